"""The frame of a dance that previews show, kept as a picture: the training itself reads no video."""

from pathlib import Path

import cv2
import numpy as np

from dancetransfer.pose.poses import Poses, person_box
from dancetransfer.storage import atomic_path


def shown_frame(poses: Poses) -> int:
    """The frame that previews show: a whole body in a wide pose."""
    box = person_box(poses)
    wide = np.nan_to_num((box[:, 2] - box[:, 0]) / np.maximum(box[:, 3] - box[:, 1], 1))
    return int(np.argmax(poses.visible[:, :17].mean(1) + 0.3 * np.minimum(wide, 1)))


def write_driving(video: Path, poses: Poses, folder: Path) -> None:
    """Keep the dance's frame that previews show as `driving.jpg`; the training itself reads no video."""
    from dancetransfer.video.read import RandomAccess

    with RandomAccess(video) as frames:
        image = frames.frame(min(shown_frame(poses), len(frames) - 1)).image
    write_picture(folder / "driving.jpg", image)


def write_picture(path: Path, image: np.ndarray) -> None:
    """RGB uint8 [H,W,3] as the kind of file that the name says (OpenCV itself can't write to every path on Windows)."""
    content = cv2.imencode(path.suffix, image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 92])[1]
    with atomic_path(path) as temporary:
        temporary.write_bytes(content.tobytes())


def read_picture(path: Path) -> np.ndarray | None:
    """RGB uint8 [H,W,3], or None where there is no such picture or it is damaged."""
    try:
        image = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if image is None else image[..., ::-1]

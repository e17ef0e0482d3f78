"""The picture that a training shows of itself: its parts in one row, and a note in the file where each lies."""

from pathlib import Path

import cv2
import numpy as np

from dancetransfer.storage import atomic_path

HEIGHT = 480
"""Pixels; lower parts stay as they are."""


def write_sheet(path: Path, parts: dict[str, np.ndarray], quality: int = 92) -> None:
    """RGB uint8 pictures [H,W,3] from left to right, at the height of the first or HEIGHT, as one JPEG.

    Its comment names them with their widths in pixels, like `parts: dance=270 skeleton=480 result=480`,
    so that whoever shows the file can take it apart again.
    """
    height = min(HEIGHT, next(iter(parts.values())).shape[0])
    tiles = {name: fitted(part, height) for name, part in parts.items()}
    row = np.concatenate(list(tiles.values()), 1)
    words = "parts: " + " ".join(f"{name}={tile.shape[1]}" for name, tile in tiles.items())
    content = cv2.imencode(".jpg", row[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    with atomic_path(path) as temporary:
        temporary.write_bytes(_commented(content, words.encode("ascii")))


def fitted(image: np.ndarray, height: int) -> np.ndarray:
    """A picture at another height, its shape kept."""
    width = max(1, round(image.shape[1] * height / image.shape[0]))
    if image.shape[:2] == (height, width):
        return image
    shrinks = height < image.shape[0]
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def _commented(jpeg: bytes, words: bytes) -> bytes:
    """A JFIF file with a comment segment (marker FFFE, ISO 10918-1 B.2.4.5) behind its first one, which is JFIF's."""
    at = 4 + int.from_bytes(jpeg[4:6], "big")
    return jpeg[:at] + b"\xff\xfe" + (len(words) + 2).to_bytes(2, "big") + words + jpeg[at:]

"""How far the picture behind a person drifts: whether the camera stands still."""

from pathlib import Path

import numpy as np

from dancetransfer.pose.poses import Poses, person_box

PAIRS, APART_SECONDS = 16, 1.0
"""Moments that are looked at, and how far apart the two frames of each are."""
SIDE = 320
"""Longer side in pixels of the pictures that are compared."""
FAINT = 0.005
"""A corner this part as strong as the strongest is followed: a whitewashed wall has no better ones."""
WINDOW = (15, 15)
"""Pixels around a corner that are compared."""
MARGIN = 0.25
"""What lies within this part of the person's width around the box of the joints is left out."""
FEWEST = 8
"""Corners that have to be found again, there and back, for a pair to count; and a third of the pairs that must."""


def drift(video: Path, track: Poses) -> float | None:
    """How far the background moves in a second, in parts of the picture's longer side: the median over pairs.

    `video` is the clip that `track` was found in, or its proxy. None where it can't be told: nothing
    to hold on to behind the person, or no second frame. Corners (Shi and Tomasi, 1994) are followed
    by the method of Lucas and Kanade (1981) there and back; the median of their ways is the camera's.

    Seen on real clips, in 1/320: a tripod on grass 0.0, a camera that is leant somewhere 0.6 and 0.7
    (it slides now and then), held by hand 1.2, 1.7, 3.5 and 4.2, a gimbal 24.
    """
    from dancetransfer.video.read import RandomAccess

    with RandomAccess(video, exact=False) as frames:
        length = min(len(frames), len(track))
        first, apart = pairs(track.time[:length])
        first = first[track.shot[first] == track.shot[first + apart]]
        wanted = moments(first, apart)  # forward only: no frame twice
        looked = {at: small(frames.frame(at).image, track.size) for at in wanted}
    return drift_between(looked, person_box(track), track.size, first, apart)


def pairs(times: np.ndarray) -> tuple[np.ndarray, int]:
    """The earlier frames of the pairs to compare, and how many frames apart they are; none in too short a clip."""
    step = np.median(np.diff(times)) if len(times) > 1 else np.inf
    apart = max(1, round(APART_SECONDS / step)) if np.isfinite(step) and step > 0 else 1
    if len(times) <= apart:
        return np.empty(0, int), apart
    return np.unique(np.linspace(0, len(times) - 1 - apart, PAIRS).astype(int)), apart


def moments(first: np.ndarray, apart: int) -> list[int]:
    """All frames of the pairs, rising."""
    wanted: list[int] = np.unique(np.concatenate([first, first + apart])).tolist()
    return wanted


def drift_between(
    looked: dict[int, np.ndarray], boxes: np.ndarray, size: tuple[int, int], first: np.ndarray, apart: int
) -> float | None:
    """`drift` from the `small` pictures of the pairs and the person's boxes [T,4] in pixels of `size`."""
    scaled = boxes * (SIDE / max(size))
    moved = [_moved(looked[at], looked[at + apart], scaled[[at, at + apart]]) for at in first.tolist()]
    found = [one for one in moved if one is not None]
    return float(np.median(found)) / SIDE if found and len(found) >= len(first) / 3 else None


def small(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """A frame as it is compared: gray, SIDE pixels long; `size` is the video's."""
    import cv2

    width, height = (max(1, round(side * SIDE / max(size))) for side in size)
    return cv2.cvtColor(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA), cv2.COLOR_RGB2GRAY)


def _moved(before: np.ndarray, after: np.ndarray, boxes: np.ndarray) -> float | None:
    """Pixels by which the background of two gray pictures moved, outside the person's two boxes [2,4]."""
    import cv2

    behind = np.full(before.shape, 255, np.uint8)
    for left, top, right, bottom in boxes[np.isfinite(boxes).all(1)]:
        edge = MARGIN * (right - left) + 3
        rows, columns = slice(max(0, int(top - edge)), int(bottom + edge)), slice(max(0, int(left - edge)), None)
        behind[rows, columns][:, : max(0, int(right + edge) - columns.start)] = 0
    corners = cv2.goodFeaturesToTrack(before, 80, FAINT, 6, mask=behind)
    if corners is None or len(corners) < FEWEST:
        return None
    way = np.empty_like(corners)
    there, found, _ = cv2.calcOpticalFlowPyrLK(before, after, corners, way, winSize=WINDOW, maxLevel=3)
    back, again, _ = cv2.calcOpticalFlowPyrLK(after, before, there, way.copy(), winSize=WINDOW, maxLevel=3)
    good = (found[:, 0] > 0) & (again[:, 0] > 0) & (np.linalg.norm(back - corners, axis=-1)[:, 0] < 0.5)
    if good.sum() < FEWEST:
        return None
    return float(np.linalg.norm(np.median((there - corners)[good, 0], 0)))

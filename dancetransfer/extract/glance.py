"""A look at a video that takes seconds, before its poses are made: whether it will do."""

from pathlib import Path

import numpy as np

from dancetransfer.extract import estimators
from dancetransfer.extract.scout import seen
from dancetransfer.pose.background import drift_between, moments, pairs, small
from dancetransfer.pose.doubts import Doubt, camera_doubt, doubts
from dancetransfer.pose.poses import JOINTS, Poses, person_box
from dancetransfer.video.read import RandomAccess

SIDE = 640
"""Longer side in pixels of the frames that are looked at."""


def glance(video: Path, whose: str = "video") -> list[Doubt]:
    """What some 32 frames, in pairs a second apart, speak against: the largest person's body, and the camera.

    It misses what happens between them, and who is to be followed; `doubts` of the cleaned track says more.
    UserError where the file is no video.
    """
    estimator = estimators.make("mediapipe")
    try:
        track, looked, first, apart = _look(video, estimator)
    finally:
        estimator.close()
    at = np.array(sorted(looked))
    found = doubts(track[at], whose)
    moves = camera_doubt(drift_between(looked, person_box(track), track.size, first, apart), whose)
    return [*found, moves] if moves else found


def _look(video: Path, estimator: estimators.Estimator) -> tuple[Poses, dict[int, np.ndarray], np.ndarray, int]:
    """The video's track with the joints of the frames that were looked at, those as `small` pictures, the pairs."""
    with RandomAccess(video, exact=False) as facts:
        size, times = (facts.info.width, facts.info.height), facts.times
    first, apart = pairs(times)
    if not len(first):  # so short that no pair is in it
        first = np.array([0])
        apart = 0
    scale = min(1.0, SIDE / max(size))
    shown = (max(1, round(size[0] * scale)), max(1, round(size[1] * scale)))
    xy = np.full((len(times), JOINTS, 2), np.nan, np.float32)
    confidence = np.zeros((len(times), JOINTS), np.float32)
    looked: dict[int, np.ndarray] = {}
    with RandomAccess(video, size=shown, exact=False) as frames:
        for at in moments(first, apart):
            image = frames.frame(at).image
            looked[at] = small(image, size)
            for person in seen(image, estimator)[:1]:
                xy[at] = (person.xy + 0.5) * (np.array(size) / shown) - 0.5
                confidence[at] = person.confidence
    return Poses(xy, confidence, times, size, estimator="glance"), looked, first, apart

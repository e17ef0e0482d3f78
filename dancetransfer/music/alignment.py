"""The beat alignment score: how near the kinematic beats of a dance lie to the beats of its music."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Seconds = NDArray[np.float64]

SIGMA_SECONDS = 0.05
"""Width of the bell by which a distance counts."""
OFFSETS = 100
"""Random offsets by which chance is told."""


@dataclass(frozen=True)
class Alignment:
    """How a dance lies under its music."""

    score: float
    """Mean over the kinematic beats of exp(-d^2 / (2 sigma^2)), 0..1; NaN where there are none."""
    milliseconds: float
    """Median distance of a kinematic beat from the nearest beat of the music."""
    beats: int
    """Kinematic beats."""


def apart(motion: Seconds, music: Seconds) -> Seconds:
    """[M] seconds from each kinematic beat to the nearest beat of the music; infinite without any."""
    if not len(music):
        return np.full(len(motion), np.inf)
    after = np.clip(np.searchsorted(music, motion), 0, len(music) - 1)
    before = np.maximum(after - 1, 0)
    return np.minimum(np.abs(motion - music[before]), np.abs(motion - music[after]))


def alignment(motion: Seconds, music: Seconds) -> Alignment:
    """The score of kinematic beats [M] under beats of music [B], both in seconds: AIST++ (Li et al., ICCV 2021)."""
    if not len(motion):
        return Alignment(float("nan"), float("nan"), 0)
    distance = apart(motion, music)
    score = float(np.exp(-0.5 * (distance / SIGMA_SECONDS) ** 2).mean())
    return Alignment(score, 1000 * float(np.median(distance)), len(motion))


def chance(motion: Seconds, music: Seconds, seconds: float, seed: int = 0) -> float:
    """The 95th percentile of the scores that the same dance has when it begins anywhere in music of `seconds`."""
    if not len(motion):
        return float("nan")
    offsets = np.random.default_rng(seed).uniform(0, seconds, OFFSETS)
    scores = [alignment(np.sort((motion + offset) % seconds), music).score for offset in offsets]
    return float(np.quantile(scores, 0.95))

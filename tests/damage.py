"""What detectors do to a track, done to a true one with known places: noise, swapped sides, outliers, gaps."""

from dataclasses import dataclass, replace

import numpy as np

from dancetransfer import puppets
from dancetransfer.pose.poses import FACE, FEET, JOINTS, LEFT_HAND, RIGHT_HAND, Poses

UPPER = [(5, 6), (7, 8), (9, 10), *zip(range(91, 112), range(112, 133), strict=True)]
LOWER = [(11, 12), (13, 14), (15, 16), (17, 20), (18, 21), (19, 22)]
NONE, UPPER_SWAPPED, LOWER_SWAPPED, BOTH_SWAPPED = range(4)


@dataclass(frozen=True)
class Damaged:
    """A damaged track and where it was damaged."""

    poses: Poses
    swapped: np.ndarray
    """int [T]: 0 no, 1 arms and hands, 2 legs and feet, 3 both change their sides; 0 where nothing is left."""
    outliers: np.ndarray
    """bool [T,133]: the joint was moved by 10 to 40 % of the height."""
    gaps: np.ndarray
    """bool [T,133]: the joint was taken out."""


def true_track(show: puppets.Performance) -> Poses:
    """The puppet's true joints as a track, all equally well believed."""
    xy, confidence = show.joints()
    return Poses(xy, 0.9 * confidence, show.times, show.size, estimator="truth")


def height_of(poses: Poses) -> float:
    """The median over time of the body's extent in pixels, the nose to the toes: what all shares are of."""
    body = poses.xy[:, : FEET.stop]
    return float(np.nanmedian(np.nanmax(np.nanmax(body, 1) - np.nanmin(body, 1), -1)))


def damage(
    poses: Poses,
    seed: int,
    noise: float = 0.006,
    memory_seconds: float = 0.0,
    swaps: float = 0.05,
    outliers: float = 0.03,
    gap_seconds: float = 0.2,
) -> Damaged:
    """The track with all of it (0 leaves a kind of damage out); equal arguments give equal damage.

    noise: sigma on each of x and y in shares of the height for body and feet, two thirds of it on the
    hands, a third on the face. memory_seconds: 0 for white noise, else half of its variance is a slow
    drift (of first order) that forgets in this time. swaps: share of frames with swapped sides, in
    stretches of up to 0.25 s, by turns of arms, legs and both. outliers: share of all joints of body,
    feet and hands, each alone in its frame. gap_seconds: every joint is gone once in about 4 s for this
    long, and once in 10 s everything is. Confidence says nothing of it but for the gaps, where it is 0.
    """
    rng = np.random.default_rng([seed, 8100])
    height = height_of(poses)
    xy = poses.xy + height * _noise(rng, poses.time, noise, memory_seconds)
    swapped = _stretches(rng, poses.time, swaps)
    world = None if poses.world is None else poses.world.copy()
    for kind, pairs in ((1, UPPER), (2, LOWER)):
        at = (swapped & kind) > 0
        left, right = np.array(pairs).T
        for values in (xy, world):
            if values is not None:
                given = values[at]
                given[:, left], given[:, right] = values[at][:, right], values[at][:, left]
                values[at] = given
    thrown = rng.random(xy.shape[:2]) < outliers
    thrown[:, FACE] = False
    angle, far = rng.uniform(0, 2 * np.pi, thrown.shape), rng.uniform(0.1, 0.4, thrown.shape)
    xy += (height * far * thrown)[..., None] * np.stack([np.cos(angle), np.sin(angle)], -1)
    gaps = _gaps(rng, poses.time, gap_seconds)
    xy[gaps] = np.nan
    if world is not None:
        world[gaps] = np.nan
    confidence = np.where(gaps, 0, poses.confidence)
    swapped[gaps.all(1)] = 0
    return Damaged(replace(poses.with_xy(xy, confidence), world=world), swapped, thrown & ~gaps, gaps)


def _noise(rng: np.random.Generator, times: np.ndarray, sigma: float, memory_seconds: float) -> np.ndarray:
    scale = np.ones(JOINTS)
    scale[LEFT_HAND], scale[RIGHT_HAND], scale[FACE] = 2 / 3, 2 / 3, 1 / 3
    white = rng.standard_normal((len(times), JOINTS, 2))
    if memory_seconds:
        slow = rng.standard_normal(white.shape)
        keep = np.exp(-np.diff(times) / memory_seconds)
        for at, kept in enumerate(keep, 1):
            slow[at] = kept * slow[at - 1] + np.sqrt(1 - kept**2) * slow[at]
        white = (white + slow) / np.sqrt(2)
    return sigma * scale[:, None] * white


def _stretches(rng: np.random.Generator, times: np.ndarray, share: float) -> np.ndarray:
    """int [T]: kinds of swap over `share` of the frames, with sound frames before, between and after."""
    kinds, turn = np.zeros(len(times), int), int(rng.integers(3))
    for _ in range(100 * len(times)):
        if (kinds > 0).sum() >= share * len(times):
            break
        begin = int(rng.integers(1, max(2, len(times) - 1)))
        end = int(np.searchsorted(times, times[begin] + rng.uniform(0, 0.25))) + 1
        clear = (
            int(np.searchsorted(times, times[begin] - 0.1)) - 1,
            int(np.searchsorted(times, times[begin] + 0.35)) + 2,
        )
        if end < len(times) and not kinds[max(0, clear[0]) : clear[1]].any():
            kinds[begin:end] = (BOTH_SWAPPED, UPPER_SWAPPED, LOWER_SWAPPED)[turn % 3]
            turn += 1
    return kinds


def _gaps(rng: np.random.Generator, times: np.ndarray, seconds: float) -> np.ndarray:
    gaps = np.zeros((len(times), JOINTS), bool)
    if seconds and len(times):
        for joints, every in ((range(JOINTS), 4.0), ([slice(None)], 10.0)):
            for joint in joints:
                for begin in np.arange(rng.uniform(0, every), times[-1], every):
                    gaps[(times >= begin) & (times < begin + seconds - 1e-6), joint] = True
    return gaps

"""The cleaning of a followed track: the list of its steps, and what remains doubtful."""

from dataclasses import replace

import numpy as np

from dancetransfer.pose import contacts, gate, smooth, swaps
from dancetransfer.pose.poses import BODY, Poses

DOUBTFUL = 0.25
"""Share of the body's joints that must be gone, gated or hardly believed for a frame to be uncertain."""

MOSTLY = 0.5
"""Only joints count that this share of a shot's frames shows: feet that the picture cuts off aren't missed."""


def clean(poses: Poses) -> Poses:
    """The cleaned track: same frames, times and shots; joints are moved, filled or taken out.

    Left and right are put right, joints that jump away are taken out, gaps up to 0.3 s filled, the rest
    smoothed without lag, and the feet's contacts with the floor found. Every step counts in seconds
    of `poses.time`, so it is right at any frame rate, also a changing one, and none looks across the
    border of a shot.

    `uncertain` is True where the raw track says so, and where somebody is there but a fourth of the
    body's joints (of the 17 those that the shot mostly shows) are not what was seen with some
    confidence: missing, below `VISIBLE` or jumping away, whether they could be filled or not. A frame
    that stays without a person is not uncertain: there is nothing to doubt.
    """
    righted, _ = swaps.repair(poses)
    gated = _without(righted, gate.outliers(righted))
    smoothed = smooth.smooth(gated)
    return replace(smoothed, uncertain=_uncertain(poses, gated, smoothed), contact=contacts.contacts(smoothed))


def _without(poses: Poses, slips: np.ndarray) -> Poses:
    """The track with these joints [T,133] taken out."""
    xy, confidence = np.where(slips[..., None], np.nan, poses.xy), np.where(slips, 0, poses.confidence)
    world = None if poses.world is None else np.where(slips[..., None], np.nan, poses.world)
    return replace(poses.with_xy(xy, confidence), world=world)


def _uncertain(raw: Poses, gated: Poses, cleaned: Poses) -> np.ndarray:
    """bool [T]; see `clean`. `gated` is the track before filling."""
    seen = gated.visible[:, BODY]
    uncertain = np.zeros(len(raw), bool) if raw.uncertain is None else raw.uncertain.copy()
    for shot in np.unique(raw.shot):
        here = (raw.shot == shot) & cleaned.present
        wanted = seen[here].mean(0) >= MOSTLY if here.any() else np.zeros(0, bool)
        if wanted.any():
            uncertain[here] |= (~seen[here][:, wanted]).mean(1) >= DOUBTFUL
    return uncertain

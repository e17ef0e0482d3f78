"""Limbs from other frames, where the chosen one shows them badly: foreshortened, hidden, or not at all."""

import math
from collections.abc import Sequence

import numpy as np

from dancetransfer.sprites.bones import ARMS, COUNT, LEGS, Bones
from dancetransfer.sprites.limbs import Limbs

POOR = 0.45
"""A limb that fits worse than this is looked for elsewhere: drawn out by half, or hidden to about a half."""
BETTER = 0.25
"""By how much the other frame's has to fit better."""
TURNED = 0.5
"""What a turn of the body counts, per height by which the shoulders stand otherwise."""
SHORTEST = 0.02
"""Heights of a bone that points to the camera."""


def lent(limbs: Limbs, spares: Sequence[Limbs], wanted: Bones) -> list[Limbs]:
    """[14] the frame that each limb is taken from for a wanted pose: `limbs` itself, or the spare that shows it best.

    Hands and feet come with their forearm and shin.
    """
    sources = [limbs] * COUNT
    if not spares:
        return sources
    for chain in (*ARMS, *LEGS):
        for limb in chain[:2]:
            own = misfit(limbs, limb, wanted)
            if not own > POOR:
                continue
            others = [misfit(spare, limb, wanted) for spare in spares]
            best = int(np.argmin(others))
            if others[best] + BETTER < own:
                sources[limb] = spares[best]
        sources[chain[2]] = sources[chain[1]]
    return sources


def misfit(limbs: Limbs, limb: int, wanted: Bones) -> float:
    """How badly a frame shows a limb for a wanted pose: 0 for perfectly. Infinite where it doesn't.

    The logarithm of how far it has to be drawn out or shortened, the part of it that is hidden, and the turn.
    """
    if limbs.layers[limb] is None:
        return math.inf
    long, short = wanted.lengths[limb], max(limbs.bones.lengths[limb], SHORTEST)
    if math.isnan(long):
        return 0.0
    drawn = math.log(max(long, SHORTEST) / short)
    turn = abs(wanted.facing - limbs.bones.facing)
    return max(drawn, -0.5 * drawn) + 1 - float(limbs.seen[limb]) + TURNED * turn


def spares_of(frames: Sequence[Limbs]) -> list[Limbs]:
    """Those of some frames that show one of the limbs best, from before and from behind."""
    best: dict[int, Limbs] = {}
    for chain in (*ARMS, *LEGS):
        for limb in chain[:2]:
            for side in (1, -1):
                held = [one for one in frames if one.layers[limb] is not None and side * one.bones.facing > 0]
                if held:
                    chosen = max(held, key=lambda one: one.seen[limb] * one.bones.lengths[limb])
                    best[id(chosen)] = chosen
    return list(best.values())

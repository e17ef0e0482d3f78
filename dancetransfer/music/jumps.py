"""Where a dance may jump to another of its moments unseen: the texture graph of its poses, blends without a jerk."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dancetransfer.music.material import FINE_SECONDS, Array, Material
from dancetransfer.music.motion import ALONE_SECONDS, FAINTEST, SMOOTH_SECONDS, bell, least, rise
from dancetransfer.pose.poses import BODY, FEET
from dancetransfer.pose.space import normalized, stand_of
from dancetransfer.texture.graph import binomial, distances, filtered, pruned

RATE = 25.0
"""Poses a second that are compared; a long dance takes fewer, so that it takes seconds."""
MOST_POSES = 3000
TAPS_SECONDS = 0.3
"""The poses that are compared around a jump: as long as a blend."""
SPEED_SECONDS = 0.12
"""A height per second of other speed counts like this many heights of distance."""
PLACE, FLOOR = 0.25, 0.6
"""What a height to the side, and of the floor, counts in the distance: the dancer would be moved there."""
SIZE = 1.0
"""What an e-fold of size counts."""
FARTHEST = 0.35
"""Heights: jumps are not moved farther than this."""

BESIDE = (-0.12, -0.08, -0.04, 0.0, 0.04, 0.08, 0.12)
"""Seconds around the moment most alike that are tried too: dances are alike a whole number of beats apart, and then
no jump would bring a beat nearer to the music's."""
MOST = 400
"""Moments alike that are looked at closely."""
KEPT = 1000
"""Jumps that the plan chooses from."""
SHORTEST_SECONDS = 1.0
"""A jump ahead or back by less would be no other moment, but a stumble."""
WIDTHS = (0.2, 0.26, 0.32, 0.4, 0.5)
"""Seconds of a blend; the shortest that is smooth enough is taken."""
LEAST_PACE = 0.3
"""Heights per second: poses farther apart take longer to go over into each other, whatever the dance's pace."""
HARDEST = 1.25
"""Times the dance's own 99th percentile of acceleration that a blend may have; stretching by 8 % adds a sixth."""
AROUND_SECONDS, CALMEST = 0.6, 0.3
"""A blend may also be no harder than what the dance does this long around it, or than this part of the limit: in a
calm passage a quick blend is seen."""
BEATS_SECONDS = 0.2
"""So far from a jump the blend makes beats of its own, and takes some away."""
DEAREST = 0.16
"""Heights: jumps between poses farther apart (mean of the filtered distance) are no jumps, but morphs."""


@dataclass(frozen=True)
class Jump:
    """At `source` seconds the dance goes on from `target` seconds."""

    source: float
    target: float
    cost: float
    """0 unseen .. 1 as bad as is allowed."""
    width: float
    """Seconds of the blend, half of it before the jump."""
    beats: tuple[float, ...] = ()
    """Kinematic beats of the blend, seconds from the jump, as far as `BEATS_SECONDS` to either side."""


def ease(s: Array) -> Array:
    """Quintic 0..1 without speed or acceleration at both ends; s is clipped to 0..1."""
    s = np.clip(s, 0, 1)
    return np.asarray(s**3 * (10 - 15 * s + 6 * s**2))


def jumps(material: Material) -> list[Jump]:
    """The good jumps of a dance, cheapest first, none over a cut; [] where no moment is like another."""
    found: list[Jump] = []
    for first, last in material.spans:
        start, stop = material.track.time[first], material.track.time[last]
        rate = min(RATE, 1 / material.step, MOST_POSES / max(material.seconds, 1e-9))
        times = np.arange(start, stop, 1 / rate)
        if len(times) < rate * (2 * max(WIDTHS) + SHORTEST_SECONDS):
            continue
        alike = _alike(material, times, rate)
        if len(alike):
            tried = np.concatenate([alike + np.array([0.0, beside, 0.0]) for beside in BESIDE])
            ends, room = tried[:, :2], max(WIDTHS) / 2 + 2 * material.step
            tried = tried[((ends >= start + room) & (ends <= stop - room)).all(1)]
            found += _smooth(material, tried)
    return _with_beats(material, sorted(found, key=lambda jump: (jump.cost, jump.source, jump.target))[:KEPT])


def _alike(material: Material, times: Array, rate: float) -> Array:
    """[A,3] seconds of source and target, and heights of distance, of the moments that are alike and move alike."""
    features, shut = _features(material, times)
    taps = 2 * max(1, round(TAPS_SECONDS * rate / 2))
    cost = filtered(distances(features, features), binomial(taps))
    middle = slice(taps // 2, taps // 2 + len(cost))  # element (a, b) compares what lies around those moments
    cost[shut[middle]] = np.inf
    cost[:, shut[middle]] = np.inf
    found = pruned(cost, MOST, shortest=max(2, round(SHORTEST_SECONDS * rate)), apart=2, first=taps // 2)
    good = [(times[one.source], times[one.target], one.cost) for one in found if one.cost < DEAREST]
    return np.array(good, np.float64).reshape(-1, 3)


def _features(material: Material, times: Array) -> tuple[Array, NDArray[np.bool_]]:
    """[N,F] whose Euclidean distance is in heights, and which moments can't be used [N]."""
    poses = material.at(times)
    stand = stand_of(poses.xy, poses.confidence)
    body = normalized(poses.xy, poses.confidence, stand)
    joints = np.stack([body.x, body.y], -1).transpose(1, 0, 2).astype(np.float64)  # [N,23,2]
    known = (body.weight > 0).T
    usual = np.where(known[..., None], joints, 0).sum(0) / np.maximum(known.sum(0), 1)[:, None]
    joints = np.where(known[..., None], joints, usual)
    place = np.column_stack([stand.pelvis[:, 0], stand.floor]) / material.height
    shut = ~np.isfinite(place).all(1) | (known[:, :17].sum(1) < 8) | ~np.isfinite(stand.height)
    shut |= ~material.track.certain[material.nearest(times)]
    size = np.log(np.where(shut, material.height, stand.height) / material.height)
    moved = joints + (np.nan_to_num(stand.pelvis) / material.height)[:, None]
    speed = np.gradient(moved, times, axis=0) if len(times) > 1 else np.zeros_like(moved)
    share = 1 / np.sqrt(joints.shape[1])
    place = np.nan_to_num(place) - np.nan_to_num(place[~shut]).mean(0) if (~shut).any() else place * 0
    parts = [
        joints.reshape(len(times), -1) * share,
        speed.reshape(len(times), -1) * share * SPEED_SECONDS,
        place * [PLACE, FLOOR],
        size[:, None] * SIZE,
    ]
    return np.concatenate(parts, 1).astype(np.float32), shut


def shifts(material: Material, source: Array, target: Array, width: float) -> Array:
    """[C,2] pixels by which the dance from `target` [C] on is moved to go on from where it is at `source` [C].

    By the feet that stand in both; where none does, by the place between the hips and the floor.
    """
    fine, moments = material.fine, np.linspace(-width / 2, width / 2, 7)
    before, after = (material.fine_at(at[:, None] + moments) for at in (source, target))
    stands = (fine.stands[before] & fine.stands[after])[..., None]
    feet = np.where(stands, fine.feet[before] - fine.feet[after], 0).sum((1, 2))
    count = stands.sum((1, 2))
    root = fine.root[before] - fine.root[after]
    known = np.isfinite(root)
    root = np.where(known, root, 0).sum(1) / np.maximum(known.sum(1), 1)
    return np.where(count >= 3, feet / np.maximum(count, 1), root)


def _smooth(material: Material, tried: Array) -> list[Jump]:
    """Those of some jumps [C,3] that can be blended without a jerk of any joint, each by its shortest blend."""
    found: list[Jump] = []
    allowed = _allowed(material, tried)
    near = np.abs(shifts(material, tried[:, 0], tried[:, 1], WIDTHS[0])).max(1) <= FARTHEST * material.height
    left, allowed = tried[near], allowed[near]
    for width in WIDTHS:
        jerk = np.concatenate([_jerk(material, some, width) for some in np.array_split(left, len(left) // 500 + 1)])
        cost = np.clip(0.7 * left[:, 2] / DEAREST + 0.3 * jerk / np.maximum(allowed, 1e-9), 0, 1)
        good = (jerk <= allowed) & (left[:, 2] <= LEAST_PACE * width)
        found += [
            Jump(float(source), float(target), float(dear), width)
            for (source, target, _), dear in zip(left[good], cost[good], strict=True)
        ]
        left, allowed = left[~good], allowed[~good]
    return found


def _allowed(material: Material, tried: Array) -> Array:
    """[C] the acceleration that the blends of jumps [C,3] may have, heights per second^2."""
    hop = max(1, round(material.step / FINE_SECONDS))
    path = material.fine.xy[::hop]
    own = acceleration(path, hop * FINE_SECONDS * np.arange(len(path))) / material.height
    own = np.where(np.isfinite(own), own, 0).max(1)
    reach = max(1, round(AROUND_SECONDS / FINE_SECONDS / hop))
    around = np.lib.stride_tricks.sliding_window_view(np.pad(own, reach + 1), 2 * reach + 1).max(1)
    usual = around[np.minimum(material.fine_at(tried[:, :2]) // hop, len(around) - 1)].max(1)
    limit = HARDEST * hardest(material)
    return np.clip(usual, CALMEST * limit, limit)


def _jerk(material: Material, tried: Array, width: float) -> Array:
    """[C] the highest acceleration of a joint, heights per second^2, in blends of jumps [C,3]; infinite: not known."""
    hop = max(1, round(material.step / FINE_SECONDS)) * FINE_SECONDS
    count = int(np.ceil(width / 2 / hop)) + 2
    moments = hop * np.arange(-count, count + 1)
    weight = ease(moments / width + 0.5)[:, None, None]
    here, there = (material.fine.xy[material.fine_at(tried[:, end, None] + moments)] for end in (0, 1))
    moved = shifts(material, tried[:, 0], tried[:, 1], width)[:, None, None]
    path = here * (1 - weight) + (there + moved) * weight
    bend = path[:, 2:] - 2 * path[:, 1:-1] + path[:, :-2]
    jerk = np.linalg.norm(bend, axis=-1) / hop**2 / material.height
    known = np.isfinite(jerk)
    return np.where(known.any((1, 2)), np.where(known, jerk, 0).max((1, 2)), np.inf)


def _with_beats(material: Material, found: list[Jump]) -> list[Jump]:
    """The jumps with the kinematic beats that their blends will have."""
    if not found:
        return []
    reach = round(ALONE_SECONDS / FINE_SECONDS)
    far = BEATS_SECONDS + ALONE_SECONDS + 4 * SMOOTH_SECONDS
    moments = FINE_SECONDS * np.arange(-round(far / FINE_SECONDS), round(far / FINE_SECONDS) + 1)
    near = np.abs((moments[1:] + moments[:-1]) / 2) <= BEATS_SECONDS
    result = []
    for jump in found:
        source, target = np.array([jump.source]), np.array([jump.target])
        here, there = (material.fine.xy[material.fine_at(end + moments), BODY] for end in (source, target))
        weight = ease(moments / jump.width + 0.5)[:, None, None]
        path = here * (1 - weight) + (there + shifts(material, source, target, jump.width)[0]) * weight
        steps = np.linalg.norm(np.diff(path, axis=0), axis=-1)
        known = np.isfinite(steps)
        speed = np.where(known, steps, 0).sum(1) / np.maximum(known.sum(1), 1)
        speed = bell(speed / FINE_SECONDS / material.height, SMOOTH_SECONDS / FINE_SECONDS)
        low = np.flatnonzero(least(speed, reach) & near)
        low = low[np.minimum(rise(speed, low, -1, reach), rise(speed, low, 1, reach)) > FAINTEST]
        result.append(replace(jump, beats=tuple(float(moments[at] + FINE_SECONDS / 2) for at in low)))
    return result


def acceleration(xy: Array, times: Array) -> Array:
    """[N-2,J] pixels per second^2 of joints [N,J,2] at times [N]; NaN where a joint is missing."""
    steps = np.diff(times)[:, None, None]
    velocity = np.diff(xy, axis=0) / steps
    return np.asarray(np.linalg.norm(2 * np.diff(velocity, axis=0) / (steps[1:] + steps[:-1]), axis=-1))


def hardest(material: Material) -> float:
    """The 99th percentile of the dance's own accelerations, heights per second^2, of body and feet."""
    found = []
    for first, last in material.spans:
        part = material.track[first : last + 1]
        if len(part) > 2:
            joints = np.where(part.visible[..., None], part.xy, np.nan)[:, : FEET.stop].astype(np.float64)
            found.append(acceleration(joints, part.time).ravel())
    known = np.concatenate(found) if found else np.zeros(0)
    known = known[np.isfinite(known)]
    return float(np.quantile(known, 0.99)) / material.height if len(known) else 0.0

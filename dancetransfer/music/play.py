"""A plan carried out: the dance's poses on an even clock, stretched, blended at the jumps and kept on their place."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dancetransfer.music.jumps import ease, shifts
from dancetransfer.music.material import Array, Material, Sampled, feet_of
from dancetransfer.music.plan import Plan, Taken
from dancetransfer.pose.poses import VISIBLE, Poses

RATE_SECONDS = 0.3
"""The speed changes smoothly over about this long."""
SLIDE = 0.03
"""Heights per second by which a dancer who was moved comes back to the place of the dance while standing ..."""
STEP = 0.3
"""... and this part of the slower foot's speed while stepping: nobody sees it slide."""


@dataclass(frozen=True)
class Clock:
    """Seconds of dance that have passed, for a second of music: the plan's rates, smoothed."""

    times: Array
    passed: Array
    raw: Array

    def smooth(self, at: Array | float) -> Array:
        return np.asarray(np.interp(at, self.times, self.passed))

    def exact(self, at: float) -> float:
        """By the unsmoothed rates, as the plan counts; some milliseconds from the smoothed."""
        return float(np.interp(at, self.times, self.raw))


def clock_of(plan: Plan) -> Clock:
    """A mean over neighbors of rates within bounds is within them too."""
    step = 0.005
    times = np.arange(-RATE_SECONDS, plan.nodes[-1] + RATE_SECONDS + step, step)
    rates = plan.rates[np.clip(np.searchsorted(plan.nodes, times, "right") - 1, 0, len(plan.rates) - 1)]
    half = max(1, round(RATE_SECONDS / 2 / step / 2))
    box = np.ones(2 * half + 1) / (2 * half + 1)
    even = rates
    for _ in range(2):  # a box twice is a triangle: the rate has no corners
        even = np.convolve(np.pad(even, half, mode="edge"), box, "valid")

    def passed(values: Array) -> Array:
        total = np.concatenate([[0.0], np.cumsum((values[1:] + values[:-1]) / 2 * step)])
        return np.asarray(total - np.interp(0.0, times, total))

    exact = np.interp(times, plan.nodes, np.concatenate([[0.0], np.cumsum(plan.rates * np.diff(plan.nodes))]))
    return Clock(times, passed(even), exact)


def play(material: Material, plan: Plan, rate: float) -> Poses:
    """The track of a plan at `rate` frames per second, from 0 to the plan's end."""
    times = np.arange(round(plan.nodes[-1] * rate)) / rate
    pieces = _pieces(material, plan, times)
    track = pieces[0]
    for taken, piece in zip(plan.taken, pieces[1:], strict=True):
        track = _joined(track, piece, taken)
    return track


def sources(plan: Plan, times: Array) -> list[Array]:
    """For each stretch between two jumps the dance's time at times [N] of the music; also outside of its turn."""
    clock = clock_of(plan)
    begins = [plan.begin] + [taken.target - clock.exact(taken.at) for taken in plan.taken]
    passed = clock.smooth(times)
    return [begin + passed for begin in begins]


def _pieces(material: Material, plan: Plan, times: Array) -> list[Poses]:
    """The stretches between jumps, each the whole length but sampled only where it is seen, each at its place."""
    found = []
    edges = [-1.0, *(taken.at for taken in plan.taken), plan.nodes[-1] + 1]
    offset = np.zeros(2)
    for n, (source, piece_sources) in enumerate(zip([None, *plan.taken], sources(plan, times), strict=True)):
        low = edges[n] - (source.width / 2 if source else 0)
        high = edges[n + 1] + (plan.taken[n].width / 2 if n < len(plan.taken) else 0)
        here = np.flatnonzero((times >= low - 1e-9) & (times <= high + 1e-9))
        if source is None or source.width == 0:
            offset = np.zeros(2)
        else:
            offset = offset + shifts(material, np.array([source.source]), np.array([source.target]), source.width)[0]
        poses = _sampled(material, piece_sources[here], times[here])
        places = _offsets(poses, offset, material, float(edges[n]))
        until = np.searchsorted(times[here], edges[n + 1]) - 1
        offset = places[max(0, until)] if len(places) else offset
        found.append(poses.with_xy(poses.xy + places[:, None]))
    return found


def _sampled(material: Material, source: Array, times: Array) -> Poses:
    found: Sampled = material.at(source)
    nearest = material.nearest(source)
    track = material.track
    return Poses(
        found.xy.astype(np.float32),
        found.confidence.astype(np.float32),
        times,
        track.size,
        track.shot[nearest],
        None if found.world is None else found.world.astype(np.float32),
        track.estimator,
        None if track.uncertain is None else track.uncertain[nearest],
        material.contact[nearest],
    )


def _offsets(poses: Poses, start: Array, material: Material, begin: float) -> Array:
    """[N,2] pixels by which a stretch is moved: `start` at its jump, then less and less, and within the picture."""
    start = _inside(poses, start)
    feet = feet_of(np.where(poses.visible[..., None], poses.xy, np.nan).astype(np.float64)) / material.height
    steps = np.diff(poses.time, prepend=poses.time[:1])
    speed = np.zeros(len(poses))
    if len(poses) > 1:
        each = np.linalg.norm(np.diff(feet, axis=0), axis=-1) / steps[1:, None]
        speed[1:] = np.nan_to_num(each.min(1))
    allowed = np.where(poses.time > begin, steps * (SLIDE + STEP * speed), 0) * material.height
    length = float(np.linalg.norm(start))
    left = np.maximum(0, 1 - np.cumsum(allowed) / length) if length > 1e-9 else np.zeros(len(poses))
    return left[:, None] * start


def _inside(poses: Poses, offset: Array) -> Array:
    """An offset that takes nobody farther out of the picture than the dance itself does."""
    joints = np.where(poses.visible[:, :23, None], poses.xy[:, :23], np.nan)
    if not np.isfinite(joints).any():
        return offset * 0
    low, high = np.nanmin(joints, (0, 1)), np.nanmax(joints, (0, 1))
    room = np.array(poses.size) - 1 - high
    return np.clip(offset, -np.maximum(low, 0), np.maximum(room, 0))


def _joined(before: Poses, after: Poses, taken: Taken) -> Poses:
    """Two stretches that overlap by a blend, or follow each other at a cut."""
    if taken.width == 0:
        return _concatenated(before[before.time < taken.at - 1e-9], after[after.time >= taken.at - 1e-9])
    both = (before.time >= after.time[0] - 1e-9, after.time <= before.time[-1] + 1e-9)
    blend = _blend(before[both[0]], after[both[1]], ease((after.time[both[1]] - taken.at) / taken.width + 0.5))
    return _concatenated(_concatenated(before[~both[0]], blend), after[~both[1]])


def _blend(before: Poses, after: Poses, weight: Array) -> Poses:
    """Joints that both show go over from one to the other; those that one shows come or go."""
    seen = before.visible, after.visible
    share = np.where(seen[0] & seen[1], weight[:, None], np.where(seen[1], 1.0, 0.0))
    xy = _mixed(before.xy, after.xy, share)
    certainty = (1 - weight[:, None]) * before.confidence + weight[:, None] * after.confidence
    alone = np.where(weight[:, None] > 0.5, after.confidence, before.confidence)
    confidence = np.where(seen[0] & seen[1], np.maximum(certainty, VISIBLE), alone)
    world = None
    if before.world is not None and after.world is not None:
        known = np.isfinite(before.world).all(-1), np.isfinite(after.world).all(-1)
        share = np.where(known[0] & known[1], weight[:, None], np.where(known[1], 1.0, 0.0))
        world = _mixed(before.world, after.world, share)
    first = weight < 0.5
    uncertain = None
    if before.uncertain is not None and after.uncertain is not None:
        uncertain = before.uncertain | after.uncertain
    contact = None
    if before.contact is not None and after.contact is not None:
        contact = before.contact & after.contact
    kept = np.where(np.isfinite(xy).all(-1), confidence, 0)
    return replace(
        before.with_xy(xy, kept),
        world=world,
        shot=np.where(first, before.shot, after.shot).astype(np.int32),
        uncertain=uncertain,
        contact=contact,
    )


def _mixed(before: NDArray[np.float32], after: NDArray[np.float32], share: Array) -> NDArray[np.float32]:
    part = share[..., None]
    mixed = np.where(part < 1, before, 0) * (1 - part) + np.where(part > 0, after, 0) * part
    return mixed.astype(np.float32)


def _concatenated(one: Poses, other: Poses) -> Poses:
    def both(a: np.ndarray | None, b: np.ndarray | None) -> np.ndarray | None:
        return None if a is None or b is None else np.concatenate([a, b])

    return Poses(
        np.concatenate([one.xy, other.xy]),
        np.concatenate([one.confidence, other.confidence]),
        np.concatenate([one.time, other.time]),
        one.size,
        np.concatenate([one.shot, other.shot]),
        both(one.world, other.world),
        one.estimator,
        both(one.uncertain, other.uncertain),
        both(one.contact, other.contact),
    )

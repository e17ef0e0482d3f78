"""The poses of a dance at any time between its frames, with their place, their height and what can be used of them."""

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from dancetransfer.pose.contacts import SIDES, contacts
from dancetransfer.pose.poses import FEET, JOINTS, LEFT_HIP, RIGHT_HIP, Poses
from dancetransfer.pose.space import body_heights, stand_of

Array = NDArray[np.floating]

FINE_SECONDS = 0.01
BLOCK = 4096
"""Steps that are looked at together, so that the hands of an hour don't lie in memory."""
GAP_SECONDS = 0.3
"""Over a longer hole nothing is interpolated."""


@dataclass(frozen=True)
class Sampled:
    """Poses of a dance at N times."""

    xy: Array
    """float64 [N,133,2] pixels; NaN where not given."""
    confidence: Array
    """float64 [N,133]."""
    world: Array | None
    """float64 [N,133,3]."""


@dataclass(frozen=True)
class Fine:
    """A dance at even steps of `FINE_SECONDS` from its start, for looking at many moments at once."""

    xy: Array
    """float64 [F,23,2] pixels of body and feet."""
    feet: Array
    """[F,2,2] pixels: the middle of the left, of the right foot."""
    stands: NDArray[np.bool_]
    """[F,2] the left, the right foot is on the floor and seen."""
    root: Array
    """[F,2] pixels: x of the hips, y of the floor under them."""


class Material:
    """A dance that is cut and stretched: smooth paths through its joints, shot by shot."""

    def __init__(self, track: Poses) -> None:
        self.track = track
        self.start, self.stop = float(track.time[0]), float(track.time[-1])

    @property
    def seconds(self) -> float:
        return self.stop - self.start

    @cached_property
    def step(self) -> float:
        """The usual seconds between two frames."""
        return float(np.median(np.diff(self.track.time)))

    @cached_property
    def height(self) -> float:
        """Pixels: the dancer's usual standing height."""
        return float(np.nanmedian(body_heights(self.track.xy, self.track.confidence)))

    @cached_property
    def contact(self) -> NDArray[np.bool_]:
        """bool [T,2]: the left, the right foot stands on the floor."""
        return contacts(self.track) if self.track.contact is None else self.track.contact.astype(bool)

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """(first, last frame) of the stretches without a cut or a hole."""
        times, shot = self.track.time, self.track.shot
        breaks = np.flatnonzero((np.diff(shot) != 0) | (np.diff(times) > max(GAP_SECONDS, 3 * self.step))) + 1
        edges = [0, *breaks.tolist(), len(times)]
        return [(a, b - 1) for a, b in pairwise(edges)]

    @cached_property
    def _paths(self) -> list["_Path"]:
        return [_Path(self.track[a : b + 1]) for a, b in self.spans]

    def span_of(self, times: Array) -> NDArray[np.int64]:
        """[N] the number of the stretch that is shown at a time: the last that has begun."""
        begins = np.array([self.track.time[a] for a, _ in self.spans])
        return np.clip(np.searchsorted(begins, times + 1e-9, side="right") - 1, 0, len(begins) - 1)

    def at(self, times: Array) -> Sampled:
        """The poses at some times; between frames on cubic splines, behind a stretch's end its last pose."""
        count = len(times)
        world = None if self.track.world is None else np.full((count, JOINTS, 3), np.nan)
        found = Sampled(np.full((count, JOINTS, 2), np.nan), np.zeros((count, JOINTS)), world)
        spans = self.span_of(times)
        for number in np.unique(spans):
            here = np.flatnonzero(spans == number)
            part = self._paths[number].at(times[here])
            found.xy[here], found.confidence[here] = part.xy, part.confidence
            if world is not None and part.world is not None:
                world[here] = part.world
        return found

    @cached_property
    def fine(self) -> Fine:
        times = self.start + FINE_SECONDS * np.arange(int(self.seconds / FINE_SECONDS + 1e-6) + 1)
        parts = [self._fine(some) for some in np.array_split(times, len(times) // BLOCK + 1)]
        return Fine(*(np.concatenate([getattr(part, one.name) for part in parts]) for one in fields(Fine)))

    def _fine(self, times: Array) -> Fine:
        poses = self.at(times)
        feet = feet_of(poses.xy)
        stand = stand_of(poses.xy, poses.confidence)
        stands = self.contact[self.nearest(times)] & np.isfinite(feet).all(-1)
        root = np.column_stack([poses.xy[:, [LEFT_HIP, RIGHT_HIP], 0].mean(1), stand.floor])
        return Fine(poses.xy[:, : FEET.stop].copy(), feet, stands, root)

    def fine_at(self, times: Array) -> NDArray[np.int64]:
        """Which step of `fine` is nearest to some times."""
        return np.clip(np.rint((times - self.start) / FINE_SECONDS).astype(int), 0, len(self.fine.xy) - 1)

    def nearest(self, times: Array) -> NDArray[np.int64]:
        """[N] the frames nearest to some times, of the stretch that is shown then."""
        edges = np.array(self.spans)[self.span_of(times)]
        after = np.clip(np.searchsorted(self.track.time, times), 1, max(1, len(self.track) - 1))
        nearer = np.abs(self.track.time[after - 1] - times) <= np.abs(self.track.time[after] - times)
        return np.clip(np.where(nearer, after - 1, after), edges[:, 0], edges[:, 1])


class _Path:
    """Splines through the joints of one stretch."""

    def __init__(self, track: Poses) -> None:
        self.times, self.visible = track.time, track.visible
        self.confidence = track.confidence.astype(np.float64)
        self.xy = _spline(track.time, np.where(self.visible[..., None], track.xy, np.nan))
        self.world = None if track.world is None else _spline(track.time, track.world)
        self.world_known = None if track.world is None else np.isfinite(track.world).all(-1)

    def at(self, times: Array) -> Sampled:
        times = np.clip(times, self.times[0], self.times[-1])
        after = np.clip(np.searchsorted(self.times, times), 1, max(1, len(self.times) - 1))
        after = np.minimum(after, len(self.times) - 1)
        before = np.maximum(after - 1, 0)
        width = np.maximum(self.times[after] - self.times[before], 1e-9)
        share = np.clip((times - self.times[before]) / width, 0, 1)[:, None]

        def needed(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
            return np.asarray((known[before] | (share > 0.999)) & (known[after] | (share < 0.001)))

        confidence = (1 - share) * self.confidence[before] + share * self.confidence[after]
        seen = needed(self.visible)
        xy = np.where(seen[..., None], self.xy(times), np.nan)
        world = None
        if self.world is not None and self.world_known is not None:
            world = np.where(needed(self.world_known)[..., None], self.world(times), np.nan)
        return Sampled(xy, np.where(seen, confidence, 0), world)


def _spline(times: Array, values: Array) -> Callable[[Array], Array]:
    """Cubic splines through values [T,J,n], straight over what is missing there: times [N] to [N,J,n]."""
    from scipy.interpolate import CubicSpline

    filled = np.array(values, np.float64)
    for joint in np.flatnonzero(~np.isfinite(filled).all((0, 2))):
        known = np.isfinite(filled[:, joint]).all(-1)
        for axis in range(filled.shape[-1]):
            path = filled[:, joint, axis]
            filled[:, joint, axis] = np.interp(times, times[known], path[known]) if known.any() else 0.0
    if len(times) < 4:
        flat = filled.reshape(len(times), -1)

        def straight(at: Array) -> Array:
            lines = np.stack([np.interp(at, times, one) for one in flat.T], -1)
            return lines.reshape(len(at), *filled.shape[1:])

        return straight
    spline: Callable[[Array], Array] = CubicSpline(times, filled, bc_type="natural")
    return spline


def feet_of(xy: Array) -> Array:
    """[N,2,2] pixels: the middle of the left, of the right foot's joints that are seen; NaN where none is."""
    feet = []
    for side in SIDES:
        joints = xy[:, side]
        known = np.isfinite(joints).all(-1, keepdims=True)
        count = known.sum(1)
        total = np.where(known, joints, 0).sum(1)
        feet.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    return np.stack(feet, 1)

"""How near the person's footage comes to each pose of a dance, and in words what it never shows."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.pose import groups
from dancetransfer.pose.poses import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_KNEE,
    LEFT_WRIST,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_KNEE,
    RIGHT_WRIST,
    Poses,
)
from dancetransfer.pose.space import Normalized, distances, normalized

VERSION = 1
"""Raised when the distance or the words change; older results are then made again."""

MISSING = 0.07
"""Distance, in heights of the person, from which on a pose is missing; see `coverage`."""
LIMB = 0.6
"""How much the distance of one limb alone counts: a limb is missing from 0.117 heights on."""
HIDDEN = 0.03
"""What is added to the distance of a pose that shows the face to one that doesn't."""
FARTHEST = 1.0
"""The distance given where the footage never shows what is asked."""

LEFT_ARM, RIGHT_ARM = (LEFT_ELBOW, LEFT_WRIST), (RIGHT_ELBOW, RIGHT_WRIST)
LEFT_LEG, RIGHT_LEG = (LEFT_KNEE, LEFT_ANKLE, 17, 18, 19), (RIGHT_KNEE, RIGHT_ANKLE, 20, 21, 22)

PER_SECOND = 15
"""Frames of footage that are compared; more only costs time."""
BLOCK = 32
"""Frames of the dance that are compared at once: what fits the processor's cache."""
RARE_SECONDS = 1.0
"""A group of poses that the footage shows for less is what is missing."""
NOTABLE_SECONDS, NOTABLE_PART = 1.0, 0.1
"""Less than both, the second a part of the dance, is not worth a word."""
LONGEST = 3
NAMED = 3
SMALL_PART = 0.1
"""A group with less than this part of what is missing is not named."""
LEGS_PART = 0.05
"""Legs that are seen in less than this part of the frames are never seen."""
OTHER, LEGS_AT_ALL = "other poses", "legs down to the feet"


@dataclass(frozen=True)
class Coverage:
    """What of a dance the footage shows, T frames of the dance."""

    time: np.ndarray
    """float64 [T], seconds."""
    distance: np.ndarray
    """float32 [T], heights of the person; NaN where nobody is."""
    missing: np.ndarray
    """bool [T]: nothing like it is in the footage."""
    groups: dict[str, np.ndarray]
    """bool [T] for each kind of pose that is missing, in plain words, the longest first; they overlap."""
    seconds: float
    """How long somebody dances."""
    missing_seconds: float
    threshold: float = MISSING

    @property
    def notable(self) -> bool:
        """Enough is missing to say so."""
        return self.missing_seconds >= min(NOTABLE_SECONDS, NOTABLE_PART * self.seconds) and self.missing_seconds > 0

    @property
    def named(self) -> list[str]:
        """The largest groups, at most three; none where nothing notable is missing."""
        large = [name for name in self.groups if self.seconds_of(name) >= SMALL_PART * self.missing_seconds]
        return sorted(large[:NAMED], key=lambda name: name == OTHER) if self.notable else []

    @property
    def film_seconds(self) -> int:
        """How much to film: 1.4 times what is named, to the nearest 5 s, 10 s at least, a minute at most."""
        return int(np.clip(5 * round(0.28 * self.seconds_of(*self.named)), 10, 60)) if self.named else 0

    def seconds_of(self, *names: str) -> float:
        """How long poses of any of these groups are missing."""
        return float(_seconds(self.time)[np.any([self.groups[name] for name in names], axis=0)].sum())

    def sentence(self) -> str:
        """What is missing and what would help."""
        if not self.named:
            return "The person's video shows poses like all of the dance's."
        words = " and ".join(filter(None, [", ".join(self.named[:-1]), self.named[-1]]))
        return (
            f"{max(1, round(self.seconds_of(*self.named)))} s of {words} are missing in the person's video; "
            f"filming about {self.film_seconds} s of them would help."
        )

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "sentence": self.sentence(),
            "groups": {name: round(self.seconds_of(name), 2) for name in self.groups},
            "missing_seconds": round(self.missing_seconds, 2),
            "film_seconds": self.film_seconds,
            "seconds": round(self.seconds, 2),
            "threshold": self.threshold,
        }


def coverage(dance: Poses, footage: list[Poses]) -> Coverage:
    """Compare each pose of a dance, fitted to the person, with the footage's.

    The distance is the lookup's (`pose.space.distances` to the nearest frame), or, where that is
    more, `LIMB` of the farthest limb's: of each arm (elbow, wrist) and leg (knee, ankle, foot) the
    distance to its own nearest place in any frame. The limbs are needed because the mean over 23
    joints hides two arms: overhead against no arm ever above the shoulder is 0.05 of a height at
    most, but 0.2 for the arm itself. Left and right are the person's own, so a back view is far
    from a front view (0.13 and 0.21 in two real clips); faces found in one and not in the other add `HIDDEN`,
    since detectors mix up left and right just there. Frames of footage that are `uncertain` show
    nothing. UserError where nobody is in the footage.

    What `MISSING` means, measured on built-in dancers (seeds 100 and 101, 150 frames of the person
    truly doing the dance, against 30 s of the tour): the nearest frame's silhouette, moved to the
    right place, overlaps the true one (intersection over union) by 0.80 at distances below 0.035,
    0.69 up to 0.05, 0.62 up to 0.07 and 0.53 beyond, where it falls no further. Blocks of 0.7 s
    against the rest of their own clip, half a second away, pass it in 0 % to 3 % of the frames of
    two squatting clips and a juggler, in 9 % and 18 % of two short dances and in 91 % of 6 s of
    breakdance, where nothing comes twice.
    """
    shown = [part for one in footage if len(part := one[_thinned(one)])]
    if not shown:
        raise UserError("Nobody is found in the person's video.", "Film the person from head to foot.")
    apart, limbs = _nearest(dance, shown)
    here = dance.present
    parts = np.stack([apart, *(LIMB * limb for limb in limbs)])
    distance = np.where(here, np.minimum(parts.max(0), FARTHEST), np.nan).astype(np.float32)
    missing = here & (parts.max(0) > MISSING)
    lasts = _seconds(dance.time)
    found = _grouped(dance, shown, missing, parts)
    found = dict(sorted(found.items(), key=lambda one: -lasts[one[1]].sum()))
    return Coverage(dance.time, distance, missing, found, float(lasts[here].sum()), float(lasts[missing].sum()))


def _thinned(poses: Poses) -> np.ndarray:
    """Numbers of the frames that are compared."""
    sure = poses.present if poses.uncertain is None else poses.present & ~poses.uncertain
    at = np.flatnonzero(sure)
    slot = np.floor(poses.time[at] * PER_SECOND + 1e-6)
    return at[np.concatenate([[True], np.diff(slot) > 0])] if len(at) else at


def _nearest(dance: Poses, shown: list[Poses]) -> tuple[np.ndarray, np.ndarray]:
    """float32 [T] and [4,T]: distance of the whole poses and of arms and legs to what is nearest each."""
    asked = normalized(dance.xy, dance.confidence)
    spaces = [normalized(one.xy, one.confidence) for one in shown]
    have = Normalized(*(np.concatenate([getattr(one, name) for one in spaces], 1) for name in ("x", "y", "weight")))
    face = _faces([dance]), _faces(shown)
    limbs = LEFT_ARM, RIGHT_ARM, LEFT_LEG, RIGHT_LEG
    apart, of_limbs = np.empty(len(dance), np.float32), np.empty((4, len(dance)), np.float32)
    for start in range(0, len(dance), BLOCK):
        part = slice(start, start + BLOCK)
        block = asked[part]
        turned = HIDDEN * (np.abs(face[0][part, None] - face[1]) == 1)
        apart[part] = (distances(block, have) + turned).min(1)
        for limb, joints in zip(of_limbs, limbs, strict=True):
            limb[part] = distances(block, have, joints).min(1)
    return apart, of_limbs


def _faces(tracks: list[Poses]) -> np.ndarray:
    """[T]: 1 where the face is shown, 0 where not, NaN where the track can't tell."""
    shown = [(groups.face_shown(one), len(one)) for one in tracks]
    return np.concatenate([np.full(n, np.nan) if one is None else one.astype(float) for one, n in shown])


def _seconds(time: np.ndarray) -> np.ndarray:
    """How long each frame stays, at most `LONGEST` times as long as most: a hole in a video is no pose."""
    if len(time) < 2:
        return np.zeros(len(time))
    steps = np.diff(time)
    usual = np.median(steps)
    return np.append(np.minimum(steps, LONGEST * usual), usual)


def _grouped(dance: Poses, shown: list[Poses], missing: np.ndarray, parts: np.ndarray) -> dict[str, np.ndarray]:
    """The missing poses by what is missing of them: first what the footage hardly shows at all.

    Arms are named only where an arm is far, legs where a leg is; a view that the footage shows is
    not what is missing.
    """
    mine = groups.groups_of(dance)
    seen = [groups.groups_of(one) for one in shown]
    rare = {name for name in mine if sum(one[name].sum() for one in seen) < RARE_SECONDS * PER_SECOND}
    limit = {name: parts[rows].max(0) for name, rows in _rows_of()}
    found: dict[str, np.ndarray] = {}
    if not _legs_seen(shown) and _legs_seen([dance]):
        found[LEGS_AT_ALL] = missing.copy()
    for wanted, far in ((rare, MISSING / 2), (set(mine) - set(groups.VIEWS), MISSING)):
        left = missing & ~np.any([*found.values(), np.zeros(len(dance), bool)], axis=0)
        for name in sorted(wanted):
            far_enough = limit[name] > (MISSING if name in groups.WHOLE else far)
            found[name] = found.get(name, False) | (left & mine[name] & far_enough)
    found[OTHER] = missing & ~np.any(list(found.values()), axis=0)
    return {name: part for name, part in found.items() if part.any()}


def _rows_of() -> list[tuple[str, list[int]]]:
    """Which rows of the distances speak for a group: the arms', the legs', or the whole body's."""
    kinds = ((groups.ARMS, [1, 2]), (groups.LEGS, [3, 4]), (groups.WHOLE, [0]))
    return [(name, rows) for names, rows in kinds for name in names]


def _legs_seen(tracks: list[Poses]) -> bool:
    ankles = [LEFT_ANKLE, RIGHT_ANKLE]
    seen = np.concatenate([one.visible[one.present][:, ankles].any(1) for one in tracks])
    return bool(len(seen) and seen.mean() >= LEGS_PART)

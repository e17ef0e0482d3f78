"""The published ways of fitting a dance to a person, kept for comparison: edn, linear, first-frame."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.fit.places import BLOCKS
from dancetransfer.pose.poses import (
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
)

FAR_SHARE = 0.5
"""EDN's f: how far above the median foot the farthest one may lie, in parts of median to closest."""
NEAR = 0.05
"""Frames this part of the range away from the far or close line tell the height there."""
IN_PLACE = 0.02
"""A range below this part of the height is no walk toward the camera but trembling feet."""
MEDIAN_FRAMES = 7
SEEN_SHARE = 0.05
"""A body part is used when it is seen in at least this share of the frames with somebody in them."""
UPRIGHT = 98
"""Percentile of the heights that counts as standing upright, where all frames are compared."""
SMALLEST = 0.5
"""The scale never falls below this part of the smaller ratio, however high a jump goes."""


@dataclass(frozen=True)
class Measured:
    """Which joints tell the height and the place of a body, best first in MEASURED."""

    top: tuple[int, ...]
    base: tuple[int, ...]
    name: str
    """What the height is, in words."""
    stands: bool
    """The base stands on the floor, so that its place tells how far away the person is."""


_SHOULDERS, _HIPS, _ANKLES = (LEFT_SHOULDER, RIGHT_SHOULDER), (LEFT_HIP, RIGHT_HIP), (LEFT_ANKLE, RIGHT_ANKLE)
MEASURED = (
    Measured((NOSE,), _ANKLES, "from nose to ankles", True),
    Measured(_SHOULDERS, _ANKLES, "from shoulders to ankles", True),
    Measured((NOSE,), _HIPS, "from nose to hips", False),
    Measured(_SHOULDERS, _HIPS, "from shoulders to hips", False),
    Measured((NOSE,), _SHOULDERS, "from nose to shoulders", False),
)


@dataclass(frozen=True)
class Ground:
    """Where a clip's person stands, in pixels of that clip."""

    far: float
    """y of the feet farthest from the camera."""
    close: float
    """y of the feet closest to it."""
    far_height: float
    close_height: float
    x: float
    """Median x between the feet."""
    in_place: bool
    """The person does not walk toward the camera: far and close are the same."""


@dataclass(frozen=True)
class Normalization:
    """What a published method did."""

    method: str
    measured: str
    """The length that body sizes were compared by."""
    source: Ground
    target: Ground
    ratios: tuple[float, float]
    """Size of the person over size of the dancer at the far and at the close line, in pixels."""
    scale: tuple[float, float]
    """Smallest and largest scale of any frame."""
    notes: tuple[str, ...] = field(default=())
    """What could not be done as it should be."""

    def sentences(self) -> list[str]:
        """What was changed, in plain words."""
        low, high = (round(100 * value) for value in self.scale)
        size = f"{low} %" if low == high else f"{low} to {high} %"
        said = [f"The dancer's skeleton was scaled to {size} (sizes compared {self.measured})."]
        if self.source.in_place:
            where = "where the person stands" if self.target.in_place else "where the person stands closest"
            said.append(f"The dance stays in place: it was put {where}, at y = {self.target.close:.0f}.")
        elif self.target.in_place:
            said.append(f"The person stays in place, so steps toward the camera end at y = {self.target.close:.0f}.")
        else:
            said.append(
                f"Steps toward the camera between y = {self.source.far:.0f} and {self.source.close:.0f} of the "
                f"dance lie between y = {self.target.far:.0f} and {self.target.close:.0f} of the person's floor."
            )
        return [*said, *self.notes]


def edn(
    source: Poses, target: Poses, measured_on: Poses | None = None, far_share: float = FAR_SHARE
) -> tuple[Poses, Normalization]:
    """Everybody Dance Now's close/far normalization (Chan et al., ICCV 2019, appendix "Global Pose
    Normalization"), then a 7-frame median per joint.

    With toe = lower ankle's y, p = (toe - far_s) / (close_s - far_s), the frame is scaled by
    far_t/far_s + p (close_t/close_s - far_t/far_s) and its toe lands at t_far + p (t_close - t_far).
    The paper leaves x open: here it is scaled about the source's median foot and put at the target's.
    Where the source stays in place p is 1 and what its feet rise above their median line is kept,
    scaled (the formula alone would press every jump flat). In frames without feet they are where
    they were before and after. `far_share` is the paper's f (0.5; 0.7 is also given). What is
    measured over all frames is measured on `measured_on`, the source without hand edits.
    """
    measured_on = source if measured_on is None else measured_on
    how = _common(measured_on, target)
    toe, _, _ = _stance(source, how)
    ground = _ground(*_stance(measured_on, how), how.stands, far_share)
    onto = _ground(*_stance(target, how), how.stands, far_share)
    ratios = onto.far_height / ground.far_height, onto.close_height / ground.close_height

    base = _filled(toe, source, ground.close)
    if ground.in_place:
        p = np.ones(len(source))
        rise = ratios[1] * (base - ground.close)
    else:
        p = (base - ground.far) / (ground.close - ground.far)
        rise = np.zeros(len(source))
    scale = ratios[0] + p * (ratios[1] - ratios[0])
    flat = scale < SMALLEST * min(ratios)
    scale = np.where(flat, SMALLEST * min(ratios), scale)
    lands = onto.far + p * (onto.close - onto.far) + rise

    xy = np.empty(source.xy.shape)
    xy[..., 0] = onto.x + scale[:, None] * (source.xy[..., 0] - ground.x)
    xy[..., 1] = lands[:, None] + scale[:, None] * (source.xy[..., 1] - base[:, None])
    here = source.present
    xy[~here] = np.nan
    fitted = replace(source, xy=median_over_time(xy, source.shot), size=target.size, world=None)
    fitted = fitted.with_xy(fitted.xy, np.where(here[:, None], source.confidence, 0))
    notes = _notes(how, np.isnan(toe) & here, flat & here)
    used = scale[here] if here.any() else scale  # by hand, everybody may be hidden
    span = float(used.min()), float(used.max())
    return fitted, Normalization("edn", how.name, ground, onto, ratios, span, tuple(notes))


def linear(source: Poses, target: Poses, measured_on: Poses | None = None) -> tuple[Poses, Normalization]:
    """One scale and one shift for the whole clip: upright heights are made equal, the median foot is
    put on the median foot. What most programs without a pose normalization of their own do."""
    measured_on = source if measured_on is None else measured_on
    how = _common(measured_on, target)
    ground, onto = (_standing(*_stance(track, how)) for track in (measured_on, target))
    scale = onto.close_height / ground.close_height
    xy = (onto.x, onto.close) + scale * (source.xy.astype(float) - (ground.x, ground.close))
    notes = tuple(_notes(how, np.zeros(1, bool), np.zeros(1, bool)))
    return _seen_by(source, target, xy), Normalization(
        "linear", how.name, ground, onto, (scale, scale), (scale, scale), notes
    )


def _standing(toe: np.ndarray, feet: np.ndarray, height: np.ndarray) -> Ground:
    """The ground of somebody who stays in place, whether or not that is so."""
    part = np.isfinite(height)
    y, upright = float(np.median(toe[part])), float(np.percentile(height[part], UPRIGHT))
    return Ground(y, y, upright, upright, float(np.median(feet[part])), True)


CHAIN = (
    *((LEFT_HIP, None), (RIGHT_HIP, None), (LEFT_SHOULDER, None), (RIGHT_SHOULDER, None), (NOSE, None)),
    *((LEFT_KNEE, LEFT_HIP), (LEFT_ANKLE, LEFT_KNEE), (RIGHT_KNEE, RIGHT_HIP), (RIGHT_ANKLE, RIGHT_KNEE)),
    *((LEFT_ELBOW, LEFT_SHOULDER), (LEFT_WRIST, LEFT_ELBOW), (RIGHT_ELBOW, RIGHT_SHOULDER), (RIGHT_WRIST, RIGHT_ELBOW)),
)
"""Joints and the joint they hang on; None: the middle of the hips."""


def first_frame(source: Poses, target: Poses, measured_on: Poses | None = None) -> tuple[Poses, Normalization]:
    """Each bone scaled by the ratio of its two lengths in the first frame of each clip, from the hips on.

    The hips move as the dancer's, scaled by the legs, from where the person's are in that frame.
    Right where both clips begin in the same pose; anything else is read as other proportions.
    """
    measured_on = source if measured_on is None else measured_on
    how = _common(measured_on, target)
    ground, onto = (_standing(*_stance(track, how)) for track in (measured_on, target))
    old, new = (_first(track) for track in (measured_on, target))
    xy = source.xy.astype(float)
    hips = xy[:, [LEFT_HIP, RIGHT_HIP]].mean(1)
    old_hips, new_hips = old[[LEFT_HIP, RIGHT_HIP]].mean(0), new[[LEFT_HIP, RIGHT_HIP]].mean(0)
    whole = _length(new[LEFT_ANKLE] - new_hips, new[RIGHT_ANKLE] - new_hips) / _length(
        old[LEFT_ANKLE] - old_hips, old[RIGHT_ANKLE] - old_hips
    )
    root = new_hips + whole * (hips - old_hips)
    out, ratios = np.full(xy.shape, np.nan), []
    for joint, parent in CHAIN:
        was, now = (old_hips, new_hips) if parent is None else (old[parent], new[parent])
        ratio = _length(new[joint] - now) / _length(old[joint] - was)
        ratio = ratio if np.isfinite(ratio) else whole
        ratios.append(ratio)
        on, of = (root, hips) if parent is None else (out[:, parent], xy[:, parent])
        out[:, joint] = on + ratio * (xy[:, joint] - of)
    for joints, parent in BLOCKS:
        out[:, joints] = out[:, [parent]] + whole * (xy[:, joints] - xy[:, [parent]])
    return _seen_by(source, target, out), Normalization(
        "first-frame", how.name, ground, onto, (whole, whole), (min(ratios), max(ratios)), ()
    )


def _first(track: Poses) -> np.ndarray:
    """[133,2]: the joints of the first frame with hips and ankles; UserError where there is none."""
    whole = track.visible[:, [LEFT_HIP, RIGHT_HIP, LEFT_ANKLE, RIGHT_ANKLE]].all(1)
    if not whole.any():
        raise UserError("No frame shows hips and feet together.", "Choose --method body or edn.")
    return track.xy[np.flatnonzero(whole)[0]].astype(float)


def _length(*vectors: np.ndarray) -> float:
    return float(np.mean([np.hypot(*vector) for vector in vectors]))


def _seen_by(source: Poses, target: Poses, xy: np.ndarray) -> Poses:
    """The source with these joints, in the target's picture; frames without a person stay empty."""
    here = source.present[:, None] & np.isfinite(xy).all(-1)
    xy = np.where(here[..., None], xy, np.nan)
    return replace(source.with_xy(xy, np.where(here, source.confidence, 0)), size=target.size, world=None)


def _common(source: Poses, target: Poses) -> Measured:
    """The best length that both tracks show often enough; UserError where there is none."""
    for track, whose in ((source, "dance"), (target, "person's video")):
        if not track.present.any():
            raise UserError(f"Nobody is found in the {whose}.", "Use a video that shows one person from head to foot.")
    for how in MEASURED:
        if all(_seen_often(track, how) for track in (source, target)):
            return how
    raise UserError(
        "The dance and the person's video never show the same part of the body.",
        "Use videos that both show head, shoulders and hips; whole bodies are best.",
    )


def _seen_often(track: Poses, how: Measured) -> bool:
    height = _stance(track, how)[2]
    return bool(np.isfinite(height).sum() >= max(1, SEEN_SHARE * track.present.sum()))


def _stance(poses: Poses, how: Measured) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pixels [T] each, NaN where not seen: y of the lower foot, x between the feet, height."""
    joints = np.where((poses.visible & poses.present[:, None])[..., None], poses.xy, np.nan).astype(np.float64)
    base, middle = joints[:, how.base], _middle(joints[:, how.base])
    toe = np.fmax.reduce(base[..., 1], axis=1)
    height = np.linalg.norm(_middle(joints[:, how.top]) - middle, axis=1)
    return toe, middle[:, 0], np.where(height > 0, height, np.nan)


def _middle(points: np.ndarray) -> np.ndarray:
    """Mean [T,2] of the points [T,N,2] that are given, NaN where none is."""
    given = np.isfinite(points).all(-1, keepdims=True)
    count = given.sum(1)
    return np.where(count > 0, np.where(given, points, 0).sum(1) / np.maximum(count, 1), np.nan)


def _ground(toe: np.ndarray, feet: np.ndarray, height: np.ndarray, stands: bool, far_share: float) -> Ground:
    """Far and close line of a clip, over the frames that show both head and feet."""
    part = np.isfinite(height)
    toe, feet, height = toe[part], feet[part], height[part]
    x, middle, close = float(np.median(feet)), float(np.median(toe)), float(toe.max())
    upright = float(np.percentile(height, UPRIGHT))
    below = middle - toe
    below = below[(below > 0) & (below < far_share * (close - middle))]
    far = middle - float(below.max()) if len(below) else close
    if not stands or close - far < IN_PLACE * upright:
        return Ground(middle, middle, upright, upright, x, True)
    reach = NEAR * (close - far)

    def tallest(line: float) -> float:
        return float(height[np.abs(toe - line) <= reach].max())  # the frame that set the line is among them

    return Ground(far, close, tallest(far), tallest(close), x, False)


def _filled(toe: np.ndarray, poses: Poses, otherwise: float) -> np.ndarray:
    """`toe` [T] with gaps bridged in time within each shot; a shot without any gets `otherwise`."""
    filled = np.full(len(toe), otherwise)
    for part in _shots(poses.shot):
        known = np.isfinite(toe[part])
        if known.any():
            filled[part] = np.interp(poses.time[part], poses.time[part][known], toe[part][known])
    return filled


def _shots(shot: np.ndarray) -> Iterator[slice]:
    """The unbroken runs of frames of one shot."""
    starts = [0, *(np.flatnonzero(np.diff(shot)) + 1).tolist()] if len(shot) else []
    for start, stop in zip(starts, [*starts[1:], len(shot)], strict=True):
        yield slice(start, stop)


def median_over_time(xy: np.ndarray, shot: np.ndarray, frames: int = MEDIAN_FRAMES) -> np.ndarray:
    """float32 [T,...]: median over `frames` (odd) neighbors in time, never across a cut.

    NaN takes no part and stays NaN; at the ends of a shot the window is what there is of it.
    """
    result = np.full(xy.shape, np.nan, np.float32)
    half = frames // 2
    for part in _shots(shot):
        values = xy[part]
        edge = np.full((half, *xy.shape[1:]), np.nan)
        padded = np.concatenate([edge, values, edge])
        for start in range(0, len(values), 1024):  # in pieces, so that the windows stay small
            piece = padded[start : min(start + 1024, len(values)) + 2 * half]
            windows = np.sort(np.lib.stride_tricks.sliding_window_view(piece, frames, axis=0), axis=-1)
            count = np.isfinite(windows).sum(-1)[..., None]  # NaN is sorted last
            low = np.take_along_axis(windows, np.maximum(count - 1, 0) // 2, -1)[..., 0]
            high = np.take_along_axis(windows, np.minimum(count // 2, frames - 1), -1)[..., 0]
            at = slice(part.start + start, part.start + start + len(windows))
            result[at] = np.where(np.isfinite(xy[at]), (low + high) / 2, np.nan)
    return result


def _notes(how: Measured, without_feet: np.ndarray, flat: np.ndarray) -> list[str]:
    notes = []
    if not how.stands:
        notes.append(
            "The legs can't be seen in both videos: sizes were compared without them, and steps "
            "toward the camera are not followed."
        )
    elif without_feet.any():
        notes.append(f"In {without_feet.sum()} frames of the dance no foot is seen; its place was bridged.")
    if flat.any():
        notes.append(f"In {flat.sum()} frames of the dance the feet are so high that the scale was held.")
    return notes

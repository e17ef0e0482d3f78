"""A pose track's camera, floor and body, and each joint's depth, out of its joints in the picture."""

from dataclasses import dataclass, replace

import numpy as np

from dancetransfer.fit.bundle import FOCAL, HEIGHT, Bundle
from dancetransfer.fit.camera import Camera
from dancetransfer.fit.hints import Hints, hints, world_unit
from dancetransfer.fit.skeleton import HIP_HEIGHT, JOINTS, LENGTHS, LIMBS, SIZE_UNIT, apparent
from dancetransfer.pose.poses import BODY, LEFT_ANKLE, LEFT_HIP, RIGHT_ANKLE, RIGHT_HIP, Poses

LONG_QUANTILE = 0.95
"""A bone is about parallel to the picture in the frames where it looks longest."""
HEIGHTS = (0.15, 2.0)
"""Bounds of the camera's height in statures, where the search for it begins."""
FEW, OFTEN = 20, 0.5
"""Frames with standing feet, or share of all with any, below which nothing is told by how high they are in the
picture: legs that come into it now and then are lifted ones."""
SAMPLES = 240
"""Frames that camera and body are measured on."""
TRUST = 0.04
"""Weight of a frame's equations beside what is expected of cameras and people: frames are not
independent of each other, and estimators (and guesses) err the same way in many."""
EXACT, EXACT_TRUST = 0.016, 1.0
"""Statures: hints that agree this well with the lengths are no estimate but measured, as motion capture's
are, and trusted so. MediaPipe's are 0.024 to 0.038 off on the built-in dancers, true depths 0.002 to 0.012."""
DOUBLED = 2.0
"""An estimate's errors are alike from frame to frame, so it is believed half as much as it looks."""


@dataclass(frozen=True)
class Line:
    """How large the person appears where the feet are: linear in their height in the picture."""

    feet: float
    """Median y of the feet."""
    slope: float
    """Pixels of a stature more for each pixel that the feet are lower."""
    level: float
    """Pixels of a stature at `feet`."""

    @property
    def horizon(self) -> float:
        """y where nothing is left of the size; a usual one where the size is the same everywhere."""
        return self.feet - (self.level / self.slope if self.slope > 0 else HEIGHT * self.level)

    def scale(self, poses: Poses) -> np.ndarray:
        """[T]: pixels of a stature."""
        sizes = self.level + self.slope * np.nan_to_num(_feet(poses) - self.feet)
        return np.clip(sizes, 0.3 * self.level, 3 * self.level)


@dataclass(frozen=True)
class Scene:
    """What a track tells of its camera and its person; all that is measured over many frames."""

    camera: Camera
    lengths: dict[str, float]
    """Of the bones in LENGTHS, in statures: thigh, shin and trunk together are `SIZE_UNIT`."""
    line: Line
    unit: float
    """Metres of a stature by the estimator's own measure."""
    grounded: bool
    """The feet are seen often enough to tell where the floor is."""


def measure(poses: Poses) -> Scene:
    """Camera, floor and lengths of the bones from all frames of a track that has somebody in it.

    Every frame shows lengths foreshortened, so they are measured together with the camera and the
    depth of the joints: those depths are sought at which bones keep their lengths over all frames,
    feet in contact are on one floor, and the depths are near what the estimator (or else the
    posture) hints at. Gauss-Newton over the depths of up to `SAMPLES` frames and the global
    unknowns at once (bundle adjustment, Triggs et al., 2000; the depths are eliminated frame by
    frame, Schur complement). It starts from the largest lengths seen and from the line between
    the apparent size of the person and the height of the feet in the picture, whose zero is the
    horizon, and besides from the usual height of a camera; what explains more is taken.
    """
    grounded, unit = feet_tell(poses), world_unit(poses)
    part = _on_floor(poses, grounded)[_samples(poses)]
    lengths, line = start(part)
    scale = line.scale(part)
    told = hints(part, lengths, scale, unit)
    bundle = Bundle(part, told, lengths, TRUST)
    size = float(np.median(scale))
    tries = []
    for height in dict.fromkeys((float(np.clip((line.feet - line.horizon) / size, *HEIGHTS)), HEIGHT)):
        focal = FOCAL * max(poses.size)
        pitch = np.arctan(((poses.size[1] - 1) / 2 - (line.feet - height * size)) / focal)
        camera = Camera(focal, float(pitch), 0.0, height, poses.size)
        tries.append(bundle.globals(camera, lengths, _first_depths(camera, scale, told)))
    _, camera, lengths = min(tries, key=lambda one: one[0])
    if part.world is None:
        return Scene(camera, lengths, line, unit, grounded)
    # How far the hints are off shows how much they may say.
    z = bundle.depths(camera, lengths, _first_depths(camera, scale, told))
    off = 1.48 * float(np.median(np.abs(z @ bundle.ends.T - told.bones)[bundle.known]))
    spread, trust = (off, EXACT_TRUST) if off < EXACT else (DOUBLED * off, TRUST)
    told = replace(told, spread=np.full_like(told.spread, max(spread, 1e-3)))
    _, camera, lengths = Bundle(part, told, lengths, trust).globals(camera, lengths, z)
    return Scene(camera, lengths, line, unit, grounded)


def depths(poses: Poses, scene: Scene) -> np.ndarray:
    """[T,13]: depth of `JOINTS` along the camera's axis in statures; NaN in frames without a person."""
    z = np.full((len(poses), len(JOINTS)), np.nan)
    here = poses.present
    if here.any():
        part = _on_floor(poses, scene.grounded)[here]
        scale = scene.line.scale(part)
        told = hints(part, scene.lengths, scale, scene.unit)
        first = _first_depths(scene.camera, scale, told)
        z[here] = Bundle(part, told, scene.lengths, TRUST).depths(scene.camera, scene.lengths, first)
    return z


def sure(poses: Poses) -> np.ndarray:
    """Numbers of the frames with somebody in them; without the doubtful ones where there are enough others."""
    here = np.flatnonzero(poses.present)
    if poses.uncertain is not None and (~poses.uncertain[here]).sum() >= FEW:
        here = here[~poses.uncertain[here]]
    return here


def _samples(poses: Poses) -> np.ndarray:
    """Numbers of up to SAMPLES of these frames, spread over the track."""
    here = sure(poses)
    return here[np.unique(np.linspace(0, len(here) - 1, min(len(here), SAMPLES)).round().astype(int))]


def start(poses: Poses) -> tuple[dict[str, float], Line]:
    """What the picture alone shows: the lengths, and how large the person is where.

    Where there are too few feet, the floor is a usual hip's height under the hips, the size is the
    same in all frames, and the horizon as high as cameras usually stand.
    """
    seen, known = apparent(poses), dict(LENGTHS)
    feet = _feet(poses)
    standing = np.isfinite(feet).sum() >= FEW and feet_tell(poses)
    for _ in range(4):
        ratios = np.concatenate([seen[name] / known[name] for name in LIMBS], 1)
        largest = np.sort(np.nan_to_num(ratios), 1)[:, -2:]
        scale = np.where(largest[:, 0] > 0, largest[:, 0], largest[:, 1])  # one of several may be a slip
        valid = np.isfinite(feet) & (scale > 0)
        if standing and valid.any():
            middle = float(np.nanmedian(feet))
            line = Line(middle, *_line(feet[valid] - middle, scale[valid]))
        else:
            level = max(float(np.median(scale[scale > 0])) if (scale > 0).any() else 0.0, 1.0)
            line = Line(_trunk_y(poses) + HIP_HEIGHT * level, 0.0, level)
        scale = line.scale(poses)
        known = {name: _longest(values / scale[:, None], LENGTHS[name]) for name, values in seen.items()}
        unit = (known["thigh"] + known["shin"] + known["trunk"]) / SIZE_UNIT
        known = {name: value / unit for name, value in known.items()}
        line = Line(line.feet, line.slope * unit, line.level * unit)
    return known, line


def _feet(poses: Poses) -> np.ndarray:
    """[T]: y of the lower ankle; NaN where none is seen."""
    ankles = np.where(poses.visible, poses.xy[..., 1], np.nan)[:, [LEFT_ANKLE, RIGHT_ANKLE]].astype(float)
    return np.asarray(np.fmax.reduce(ankles, axis=1))


def _on_floor(poses: Poses, grounded: bool) -> Poses:
    """The track without contacts where feet don't tell where the floor is."""
    return poses if grounded else replace(poses, contact=None)


def _trunk_y(poses: Poses) -> float:
    """Median y of the hips; where they are never given, of the lowest joint of each frame."""
    hips = poses.xy[:, [LEFT_HIP, RIGHT_HIP], 1]
    if np.isfinite(hips).any():
        return float(np.nanmedian(hips))
    body = np.where(poses.visible[:, BODY], poses.xy[:, BODY, 1], -np.inf)
    return float(np.median(body.max(1)))


def feet_tell(poses: Poses) -> bool:
    """Whether the feet are seen often enough to say where the floor is."""
    ankles = poses.visible[:, [LEFT_ANKLE, RIGHT_ANKLE]] & poses.present[:, None]
    stands = 0 if poses.contact is None else int((poses.contact & ankles).any(1).sum())
    seen = ankles.any(1).sum()
    return bool(stands >= FEW or seen >= OFTEN * poses.present.sum())


def _longest(lengths: np.ndarray, usual: float) -> float:
    """The largest length that is seen more than now and then; the usual one where none is."""
    seen = lengths[lengths > 0]
    return float(np.quantile(seen, LONG_QUANTILE)) if len(seen) else usual


def _line(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and level of a robust line through y(x), Cauchy weights."""
    matrix, weight = np.stack([x, np.ones_like(x)], 1), np.ones_like(x)
    for _ in range(8):
        slope, level = np.linalg.lstsq(matrix * weight[:, None], y * weight, rcond=None)[0]
        off = y - matrix @ (slope, level)
        weight = 1 / np.sqrt(1 + (off / (1.48 * np.median(np.abs(off)) + 1e-4 * level)) ** 2)
    return float(slope), float(level)


def _first_depths(camera: Camera, scale: np.ndarray, told: Hints) -> np.ndarray:
    """[T,13]: depths by the apparent size and the hints."""
    return camera.focal / scale[:, None] + told.relative

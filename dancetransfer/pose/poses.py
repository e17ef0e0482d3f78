"""`Poses`: a track of COCO-WholeBody joints with times, as every stage reads and writes it."""

import zipfile
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.storage import write_npz

FORMAT = 1
"""Version of the npz layout; a newer one is refused."""

JOINTS = 133
BODY = slice(0, 17)
FEET = slice(17, 23)
FACE = slice(23, 91)
LEFT_HAND = slice(91, 112)
RIGHT_HAND = slice(112, 133)

NOSE, LEFT_EYE, RIGHT_EYE, LEFT_EAR, RIGHT_EAR = range(5)
LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_ELBOW, RIGHT_ELBOW, LEFT_WRIST, RIGHT_WRIST = range(5, 11)
LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE = range(11, 17)
LEFT_BIG_TOE, LEFT_SMALL_TOE, LEFT_HEEL, RIGHT_BIG_TOE, RIGHT_SMALL_TOE, RIGHT_HEEL = range(17, 23)

VISIBLE = 0.3
"""A joint with at least this confidence is drawn, fitted and scored."""


@dataclass(frozen=True)
class Poses:
    """One person's joints over time, in COCO-WholeBody order (17 body, 6 feet, 68 face, 21 + 21 hands).

    Left and right are the person's own. A frame without a person has NaN joints of confidence 0;
    it stays a frame.
    """

    xy: np.ndarray
    """float32 [T,133,2], pixels of the upright frame (pixel centers are whole numbers); NaN: not given."""
    confidence: np.ndarray
    """float32 [T,133], 0..1."""
    time: np.ndarray
    """float64 [T], seconds."""
    size: tuple[int, int]
    """(width, height) of the frame in pixels."""
    shot: np.ndarray = field(default=None)  # type: ignore[arg-type]
    """int32 [T], number of the camera shot, from 0."""
    world: np.ndarray | None = None
    """float32 [T,133,3] metres, hips at the origin, where the estimator gives it."""
    estimator: str = ""
    uncertain: np.ndarray | None = None
    """bool [T]: here the joints may be wrong, or another person's; None: nobody has said."""
    contact: np.ndarray | None = None
    """bool [T,2]: the left, the right foot stands on the floor; None: not looked for."""

    def __post_init__(self) -> None:
        if self.shot is None:
            object.__setattr__(self, "shot", np.zeros(len(self.time), np.int32))
        frames = len(self.time)
        if self.xy.shape != (frames, JOINTS, 2) or self.confidence.shape != (frames, JOINTS):
            raise ValueError(f"joints {self.xy.shape} and times [{frames}] don't belong together")

    def __len__(self) -> int:
        return len(self.time)

    def __getitem__(self, part: slice | np.ndarray) -> "Poses":
        """Some frames, by a slice, their numbers [N] or a mask [T]."""
        return replace(
            self,
            xy=self.xy[part],
            confidence=self.confidence[part],
            time=self.time[part],
            shot=self.shot[part],
            world=None if self.world is None else self.world[part],
            uncertain=None if self.uncertain is None else self.uncertain[part],
            contact=None if self.contact is None else self.contact[part],
        )

    @property
    def visible(self) -> np.ndarray:
        """bool [T,133]: the joint is given and believed."""
        return (self.confidence >= VISIBLE) & np.isfinite(self.xy).all(-1)

    @property
    def present(self) -> np.ndarray:
        """bool [T]: somebody is there (a shoulder or hip, and at least four body joints, are visible)."""
        body = self.visible[:, BODY]
        trunk = body[:, [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]].any(1)
        return trunk & (body.sum(1) >= 4)

    @property
    def certain(self) -> np.ndarray:
        """bool [T]: somebody is there, and nothing says that it may be somebody else."""
        return self.present if self.uncertain is None else self.present & ~self.uncertain

    def with_xy(self, xy: np.ndarray, confidence: np.ndarray | None = None) -> "Poses":
        """The same track with other joints ([T,133,2], optionally [T,133])."""
        kept = self.confidence if confidence is None else confidence.astype(np.float32)
        return replace(self, xy=xy.astype(np.float32), confidence=kept)

    def save(self, path: str | Path, **more: np.ndarray) -> None:
        """Write the track as npz, atomically; `more` are arrays that lie in the same file and that `load` passes by."""
        optional = {"world": self.world, "uncertain": self.uncertain, "contact": self.contact}
        extra = {name: values for name, values in optional.items() if values is not None}
        write_npz(
            path,
            format=np.int32(FORMAT),
            xy=self.xy.astype(np.float32),
            confidence=self.confidence.astype(np.float32),
            time=self.time.astype(np.float64),
            size=np.asarray(self.size, np.int32),
            shot=self.shot.astype(np.int32),
            estimator=np.asarray(self.estimator),
            **extra,
            **more,
        )

    @staticmethod
    def load(path: str | Path) -> "Poses":
        """Read a track; UserError where the file is missing, not a pose track, or of a newer version."""
        path = Path(path)
        try:
            with np.load(path, allow_pickle=False) as data:
                if int(data["format"]) > FORMAT:
                    raise UserError(
                        f"{path.name} was written by a newer version of DanceTransfer.",
                        "Update the program, or make the pose track again.",
                    )
                width, height = (int(n) for n in data["size"])
                return Poses(
                    data["xy"],
                    data["confidence"],
                    data["time"],
                    (width, height),
                    data["shot"],
                    data.get("world", None),
                    str(data["estimator"]),
                    data.get("uncertain", None),
                    data.get("contact", None),
                )
        except FileNotFoundError as error:
            raise UserError(f"{path} does not exist.", "Check the path for a typing error.") from error
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{path.name} is not a pose track.", "Make one with: dancetransfer poses VIDEO -o poses.npz"
            ) from error


def absent(times: np.ndarray, size: tuple[int, int], estimator: str = "") -> Poses:
    """A track of the given times in which nobody has been found."""
    frames = len(times)
    return Poses(
        np.full((frames, JOINTS, 2), np.nan, np.float32),
        np.zeros((frames, JOINTS), np.float32),
        np.asarray(times, np.float64),
        size,
        estimator=estimator,
    )


def person_box(poses: Poses) -> np.ndarray:
    """float32 [T,4] left, top, right, bottom in pixels around the visible body and feet; NaN where nobody is.

    The head's top lies above the highest face joint by about the distance between nose and
    shoulder line, which is added.
    """
    joints = np.where(poses.visible[..., None], poses.xy, np.nan)[:, : FEET.stop]
    box = np.full((len(poses), 4), np.nan, np.float32)
    here = poses.present
    if not here.any():
        return box
    inside = joints[here]
    box[here, :2] = np.nanmin(inside, 1)
    box[here, 2:] = np.nanmax(inside, 1)
    shoulders = np.nanmean(np.where(np.isfinite(inside), inside, np.nan)[:, [5, 6], 1], 1)
    head = np.abs(shoulders - inside[:, NOSE, 1]) if len(inside) else shoulders
    box[here, 1] -= np.nan_to_num(0.6 * head)
    return box

"""What finds one person's joints in a frame: the protocol of all estimators, and which there are."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from dancetransfer.extract.follow import Candidate
from dancetransfer.pose.poses import JOINTS


@dataclass(frozen=True)
class Estimate:
    """What an estimator found in one frame."""

    xy: np.ndarray
    """float32 [133,2], pixels (pixel centers are whole numbers); NaN where not given."""
    confidence: np.ndarray
    """float32 [133], 0..1."""
    world: np.ndarray | None = None
    """float32 [133,3], metres, x right, y down, z away from the camera, hips at the origin; NaN."""
    mask: np.ndarray | None = None
    """uint8 [h,w] of `mask_size`, 0..255: how surely a pixel is the person's; None: nobody, or not asked."""
    region: Candidate | None = None
    """Where the person was looked for; hand it to another estimator to go on with this person."""


class Estimator(Protocol):
    """Joints of one followed person, frame after frame."""

    name: str
    version: int

    def __call__(self, image: np.ndarray, time: float) -> Estimate:
        """`image` uint8 RGB [H,W,3] upright, `time` its seconds; frames come in order."""
        ...

    def candidates(self, image: np.ndarray) -> list[Candidate]:
        """The people seen in a frame, largest first; doesn't touch what is followed."""
        ...

    def look(self, image: np.ndarray, person: Candidate) -> Estimate:
        """The body joints of whoever is inside a circle, quickly; doesn't touch what is followed."""
        ...

    def restart(self, start: Candidate | None = None) -> None:
        """Forget the person; go on with the one at `start`."""
        ...

    def close(self) -> None: ...


def nobody() -> Estimate:
    """The estimate of a frame without a person."""
    return Estimate(np.full((JOINTS, 2), np.nan, np.float32), np.zeros(JOINTS, np.float32))


def make(name: str, masks: bool = False, start: Candidate | None = None) -> Estimator:
    """The estimator of that name; `masks`: segment the person too, `start`: where the person is first.

    UserError where its files are not installed.
    """
    # What downloads weights takes a while to import, and MediaPipe needs none.
    if name == "mediapipe":
        from dancetransfer.extract.holistic import MediaPipeHolistic

        return MediaPipeHolistic(masks, start)
    from dancetransfer.extract.wholebody import CERTAIN, WholeBody

    if name not in CERTAIN:
        raise ValueError(f"there is no estimator {name!r}")
    return WholeBody(name, masks, start)


def identity(name: str) -> str:
    """What a result depends on: name, version and the hashes of its files; loads no network.

    UserError where its files are not installed.
    """
    from dancetransfer.extract.holistic import MediaPipeHolistic

    if name == "mediapipe":
        return f"{MediaPipeHolistic.name} {MediaPipeHolistic.version}"
    from dancetransfer import weights
    from dancetransfer.extract.wholebody import WholeBody, files_of

    return " ".join([name, str(WholeBody.version), *(weights.fingerprint(one) for one in files_of(name))])

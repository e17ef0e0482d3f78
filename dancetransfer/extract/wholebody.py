"""DWPose and RTMW as estimators: body, feet, face and hands of one followed person, from files of the user's."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dancetransfer import weights
from dancetransfer.errors import UserError
from dancetransfer.extract.detector import PersonDetector
from dancetransfer.extract.estimators import Estimate, nobody
from dancetransfer.extract.follow import SAME, Candidate, choose, distance, without_doubles
from dancetransfer.extract.holistic import MediaPipeHolistic, in_frame, on_grid
from dancetransfer.extract.simcc import SimccPose
from dancetransfer.pose.poses import BODY, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER, VISIBLE

CERTAIN = {"dwpose": 1.0, "rtmw": 3.0}
"""The SimCC score that counts as confidence 1. The scores are no probabilities: DWPose's labels have the peak 1.
RTMW is trained toward ten times that, without a bound, and others who ran it report 2 to 8 for joints in plain view;
MMPose and rtmlib draw a joint from 0.3 to 0.5 on. So a third of it, and `VISIBLE` is at 0.9. Not measured by us."""

PADDING = 1.25
"""Height of the window over that of the box, as in the training of both."""

REACH = 1.1
"""Diameter of a candidate's circle over the height of the box."""

GROWN = 1.15
"""Box of a body over the box of its joints: the skull, the toes, and the motion until the next frame."""

LOOK_SECONDS = 1.0
"""How often the detector corrects the window of somebody who is followed."""

FEWEST = 4
"""Body joints that must be seen of somebody who is there."""

TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]


class WholeBody:
    """A detector and a top-down pose network, with a tracker that keeps the window on one person.

    The window follows from the joints of the frame before, rounded to the grid of the MediaPipe
    tracker, so that two runs which differ a little soon look at the same window. The detector looks
    in the first frame of each second, the same ones however a clip is split, and when the person
    is lost. Face, hands and feet all come from the one network; world coordinates don't exist, and
    masks are MediaPipe's, of the same circle.

    Source: Yang et al., DWPose, 2023; Jiang et al., RTMW, 2024.
    """

    version = 1

    def __init__(self, name: str, masks: bool = False, start: Candidate | None = None) -> None:
        """`name`: dwpose or rtmw. UserError where their files are missing or hold something else."""
        self.name = name
        pose, detector = files_of(name)
        self._pose = SimccPose(weights.place(pose))
        self._detector = PersonDetector(weights.place(detector))
        self._masker = MediaPipeHolistic(masks=True) if masks else None
        self.network = self._pose.network
        self._seen: tuple[int | None, list[Candidate]] = (None, [])
        self.restart(start)

    def restart(self, start: Candidate | None = None) -> None:
        """Forget the person; go on with the one at `start`."""
        self._region = self._last = start
        self._second: int | None = None

    def __call__(self, image: np.ndarray, time: float) -> Estimate:
        second = int(time / LOOK_SECONDS)
        looked = self._region is None or second != self._second
        self._second = second
        if looked:
            self._correct(self.candidates(image))
        found = self._follow(image)
        if found is None and not looked:
            self._region = choose(self.candidates(image), self._last)
            found = self._follow(image)
        return found or nobody()

    def candidates(self, image: np.ndarray) -> list[Candidate]:
        """The people seen in a frame, largest first."""
        mark = hash(image[::8, ::8].tobytes())  # whoever follows people asks for the same frame again
        if self._seen[0] != mark:
            boxes = self._detector(image)
            self._seen = mark, without_doubles([self._circle(box[:4], box[4]) for box in boxes])
        return list(self._seen[1])

    def look(self, image: np.ndarray, person: Candidate) -> Estimate:
        """The joints of whoever is inside a circle; `region` is where the person really is, None: nobody."""
        return self.poses_of(image, [person])[0]

    def poses_of(self, image: np.ndarray, people: Sequence[Candidate]) -> list[Estimate]:
        """Everybody's joints, in one batch where the network takes it; `region`: where each really is or None."""
        heights = [2 * person.radius / REACH * PADDING for person in people]
        windows = np.array([(*one.center, height) for one, height in zip(people, heights, strict=True)]).reshape(-1, 3)
        xy, scores = self._pose(image, windows)
        xy[scores <= 0] = np.nan
        confidence = np.clip(scores / CERTAIN[self.name], 0, 1)
        return [
            Estimate(points, sure, region=self._around(points, sure, person))
            for points, sure, person in zip(xy, confidence, people, strict=True)
        ]

    def close(self) -> None:
        """Free the networks; call it once."""
        if self._masker is not None:
            self._masker.close()
        del self._pose, self._detector, self.network

    def _correct(self, people: list[Candidate]) -> None:
        """Take the detector's word for where the followed person is, unless it sees only others."""
        nearest = choose(people, self._region or self._last)
        if self._region is None or (nearest is not None and distance(nearest, self._region) < SAME):
            self._region = nearest

    def _follow(self, image: np.ndarray) -> Estimate | None:
        """The person in the window, or None; remembers where to look in the next frame."""
        region, self._region = self._region, None
        if region is None:
            return None
        found = self.look(image, region)
        if found.region is None:
            return None
        following = on_grid(found.region)
        if in_frame(following, image.shape[1], image.shape[0]):
            self._region = self._last = following
        return replace(found, region=region, mask=self._mask(image, found.region))

    def _mask(self, image: np.ndarray, person: Candidate) -> np.ndarray | None:
        """MediaPipe's mask of the same person, where masks are wanted."""
        if self._masker is None:
            return None
        self._masker.restart(person)
        found = self._masker(image, 0.0)
        same = found.region is not None and distance(found.region, person) < SAME
        return found.mask if same else None

    def _circle(self, box: np.ndarray, score: float = 1.0, angle: float = 0.0) -> Candidate:
        """The candidate of a box in pixel edges; its circle grows with a box that is wider than the window."""
        width, height = box[2:] - box[:2]
        center = (box[:2] + box[2:]) / 2 - 0.5
        radius = REACH / 2 * max(height, width * self._pose.size[1] / self._pose.size[0])
        return Candidate((float(center[0]), float(center[1])), float(radius), angle, float(score))

    def _around(self, xy: np.ndarray, confidence: np.ndarray, looked: Candidate) -> Candidate | None:
        """Where the body with these joints is; None where nobody can be made out."""
        if not _somebody(confidence):
            return None
        points = xy[confidence >= VISIBLE].astype(np.float64)
        low, high = points.min(0), points.max(0) + 1
        middle, half = (low + high) / 2, GROWN * (high - low) / 2
        angle = looked.angle
        if (confidence[TRUNK] >= VISIBLE).all():
            up = xy[TRUNK[:2]].mean(0) - xy[TRUNK[2:]].mean(0)
            angle = float(np.arctan2(up[0], -up[1]))
        return self._circle(np.concatenate([middle - half, middle + half]), looked.score, angle)


def files_of(name: str) -> tuple[str, str]:
    """The weights of the pose network and of the detector; UserError where one is not installed."""
    missing = weights.missing(name)
    if missing:
        raise UserError(
            f"--estimator {name} needs weights that are not installed: {', '.join(missing)}.",
            f"Install them with: dancetransfer weights {name}. Or use --estimator mediapipe.",
        )
    pose, detector = weights.whole(name)
    return pose, detector


def _somebody(confidence: np.ndarray) -> bool:
    """A shoulder or hip and some other body joints are seen: the rule of `Poses.present`."""
    seen = confidence >= VISIBLE
    return bool(seen[TRUNK].any() and seen[BODY].sum() >= FEWEST)

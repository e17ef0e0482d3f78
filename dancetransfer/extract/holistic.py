"""MediaPipe's networks as an estimator: pose, face, hands and mask of one followed person."""

import contextlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dancetransfer.extract.estimators import Estimate, nobody
from dancetransfer.extract.follow import Candidate, choose, without_doubles
from dancetransfer.extract.graph import Graph
from dancetransfer.extract.masks import mask_size
from dancetransfer.pose.poses import (
    BODY,
    FACE,
    JOINTS,
    LEFT_EYE,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_EYE,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
)

# COCO-WholeBody joint <- MediaPipe pose landmark (0..32). MediaPipe has one point at the front of
# the foot ("foot index"), which stands for the big toe; the small toes (18 and 21) are absent.
BODY_FROM_POSE = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
FEET_FROM_POSE = {17: 31, 19: 29, 20: 32, 22: 30}
INTO, OUT_OF = [*range(BODY.stop), *FEET_FROM_POSE], [*BODY_FROM_POSE, *FEET_FROM_POSE.values()]

# The 68 face points (iBUG order, which COCO-WholeBody takes over: jaw from the person's right ear
# to the left one, brows, nose, eyes, mouth) <- the 468 vertices of MediaPipe's face mesh. The jaw
# of the mesh is its outer contour, so the two topmost jaw points lie at the temples, a little
# above the ears' lobes where iBUG has them. The hands have the same 21 points in both.
FACE_FROM_MESH = (
    *(162, 234, 93, 58, 172, 136, 149, 148, 152, 377, 378, 365, 397, 288, 323, 454, 389),  # jaw
    *(71, 63, 105, 66, 107, 336, 296, 334, 293, 301),  # right brow, left brow
    *(168, 197, 5, 4, 75, 97, 2, 326, 305),  # bridge of the nose, nostrils
    *(33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380),  # right eye, left eye
    *(61, 39, 37, 0, 267, 269, 291, 405, 314, 17, 84, 181),  # outer lips
    *(78, 82, 13, 312, 308, 317, 14, 87),  # inner lips
)

FALSE_DISTANCE = 0.4
"""A face or hand further off its pose landmark than this part of the trunk is a false detection."""

LOST_OUTSIDE = 0.5
"""A track whose circle's center leaves the frame by this part of its radius is given up."""

GRID_CENTER, GRID_RADIUS, GRID_ANGLE = 1 / 16, 0.05, np.pi / 48
"""Steps to which the tracker rounds its region: parts of the radius, natural log, radians."""

EMPTY = np.zeros((64, 64, 3), np.uint8)

WIDE, WINDOW_STEP = 1.25, 0.4
"""From this ratio of the sides on the detector looks through square windows too, so many sides apart."""

_DETECTION_GRAPH = """
input_stream: "image"
output_stream: "detections"
node {
  calculator: "PoseDetectionCpu"
  input_stream: "IMAGE:image"
  output_stream: "DETECTIONS:detections"
}
"""

_LANDMARK_GRAPH = """
input_stream: "image"
input_stream: "region"
input_side_packet: "model_complexity"
input_side_packet: "enable_segmentation"
input_side_packet: "refine_landmarks"
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "MODEL_COMPLEXITY:model_complexity"
  input_side_packet: "ENABLE_SEGMENTATION:enable_segmentation"
  output_stream: "LANDMARKS:pose"
  output_stream: "AUXILIARY_LANDMARKS:circle"
  output_stream: "WORLD_LANDMARKS:world"
  output_stream: "SEGMENTATION_MASK:mask_image"
}
node {
  calculator: "FromImageCalculator"
  input_stream: "IMAGE:mask_image"
  output_stream: "IMAGE_CPU:mask"
}
node {
  calculator: "HandLandmarksLeftAndRightCpu"
  input_stream: "IMAGE:image"
  input_stream: "POSE_LANDMARKS:pose"
  output_stream: "LEFT_HAND_LANDMARKS:left_hand"
  output_stream: "RIGHT_HAND_LANDMARKS:right_hand"
}
node {
  calculator: "SplitNormalizedLandmarkListCalculator"
  input_stream: "pose"
  output_stream: "face_of_pose"
  options { [mediapipe.SplitVectorCalculatorOptions.ext] { ranges { begin: 0 end: 11 } } }
}
node {
  calculator: "FaceLandmarksFromPoseCpu"
  input_stream: "IMAGE:image"
  input_stream: "FACE_LANDMARKS_FROM_POSE:face_of_pose"
  input_side_packet: "REFINE_LANDMARKS:refine_landmarks"
  output_stream: "FACE_LANDMARKS:face"
}
"""

_BODY_GRAPH = """
input_stream: "image"
input_stream: "region"
input_side_packet: "model_complexity"
input_side_packet: "enable_segmentation"
node {
  calculator: "PoseLandmarkByRoiCpu"
  input_stream: "IMAGE:image"
  input_stream: "ROI:region"
  input_side_packet: "MODEL_COMPLEXITY:model_complexity"
  input_side_packet: "ENABLE_SEGMENTATION:enable_segmentation"
  output_stream: "LANDMARKS:pose"
  output_stream: "AUXILIARY_LANDMARKS:circle"
}
"""


class MediaPipeHolistic:
    """MediaPipe holistic 0.10: pose, face and hands of one person, with an explicit tracker.

    The networks and the graphs for hands and face are those of `mp.solutions.holistic`
    (complexity 1, no refinement); only the loop that hands the region of interest from frame to
    frame is ours. The original smooths that region with a one-euro filter (cut-off 0.01 Hz) that
    `smooth_landmarks=False` leaves on: a tracker restarted in the middle of a clip agrees with
    one that ran through only after seconds. Without a filter the loop does not contract either:
    two runs stay some 0.5 % of the person's height apart for good. Here the region follows from
    the previous frame alone and is rounded to a grid, so that two runs which differ a little soon
    look at the very same square, and from then on agree to the last bit (the body after 2 or 3
    frames where the person stands upright, the hands within 50; jitter is that of the original).
    And a lost person is looked for again in the same frame, not in the next.

    Confidence: body and feet have the network's visibility. Face and hands have none per point;
    each gets the visibility of the nose or wrist it hangs on, and is dropped where it lies
    further than 0.4 trunk lengths away from it. World coordinates exist for body and feet.

    Source: Bazarevsky et al., BlazePose, 2020; Grishchenko, Bazarevsky, MediaPipe Holistic, 2020.
    """

    name = "mediapipe-holistic"
    version = 1

    def __init__(self, masks: bool = False, start: Candidate | None = None) -> None:
        """`masks`: segment the person too. `start`: where the person is in the first frame."""
        with quiet():
            self._graph = Graph(
                _LANDMARK_GRAPH,
                ["pose", "circle", "world", "left_hand", "right_hand", "face"] + ["mask"] * masks,
                {"model_complexity": 1, "enable_segmentation": masks, "refine_landmarks": False},
            )
            self._detector = Graph(_DETECTION_GRAPH, ["detections"], {})
            plain = {"model_complexity": 1, "enable_segmentation": False}
            self._body = Graph(_BODY_GRAPH, ["pose", "circle"], plain)
            self._masks = masks
            self._empty = False
            self._detector.run(EMPTY)
            self.restart(start)  # the networks say their piece on stderr when they first run

    def restart(self, start: Candidate | None = None) -> None:
        """Forget the person: as good as a new estimator, which would cost 30 MB for good."""
        if not self._empty:  # an empty frame also clears what the graph remembers of hands and face
            self._graph.run(EMPTY, _rectangle(Candidate((32.0, 32.0), 32.0, 0.0), 64, 64))
        self._empty = True
        self._region = self._last = start

    def __call__(self, image: np.ndarray, time: float) -> Estimate:
        if self._region is not None:
            found = self._look(image, self._region)
            if found is not None:
                return found
        chosen = choose(self.candidates(image), self._last)
        found = None if chosen is None else self._look(image, chosen)
        return found or nobody()

    def candidates(self, image: np.ndarray) -> list[Candidate]:
        """The people seen in a frame, largest first.

        The detector sees 224 pixels and lists 1 or 2 of a crew of 5 in a wide picture, where
        people are small; looking through square windows too it lists 3 or 4.
        """
        height, width = image.shape[:2]
        side, people = min(width, height), self._detect(image)
        if max(width, height) > WIDE * side:
            count = 1 + int(np.ceil((max(width, height) / side - 1) / WINDOW_STEP))
            for start in np.linspace(0, max(width, height) - side, count).astype(int):
                left, top = (int(start), 0) if width > height else (0, int(start))
                seen = self._detect(image[top : top + side, left : left + side])
                people += [replace(one, center=(one.center[0] + left, one.center[1] + top)) for one in seen]
        return without_doubles(people)

    def look(self, image: np.ndarray, person: Candidate) -> Estimate:
        """The body of whoever is inside a circle, in a third of the time of a call; `region` is where it really is."""
        height, width = image.shape[:2]
        found = self._body.run(image, _rectangle(person, width, height))
        if found.pose is None:
            return nobody()
        xy, confidence = _body_joints(found.pose, width, height)
        return Estimate(xy, confidence, region=_circle_of(found.circle, width, height))

    def _detect(self, image: np.ndarray) -> list[Candidate]:
        height, width = image.shape[:2]
        detections = self._detector.run(image).detections or []
        people = []
        for detection in detections:
            points = detection.location_data.relative_keypoints
            hips, rim = ((point.x * width, point.y * height) for point in points[:2])
            people.append(_circle(hips, rim, float(detection.score[0])))
        return people

    def close(self) -> None:
        """Free the networks; call it once."""
        for graph in (self._graph, self._detector, self._body):
            graph.close()

    def _look(self, image: np.ndarray, region: Candidate) -> Estimate | None:
        """The person inside `region`, or None; remembers where to look in the next frame."""
        height, width = image.shape[:2]
        found = self._graph.run(image, _rectangle(region, width, height))
        self._region, self._empty = None, False
        if found.pose is None:
            return None
        following = on_grid(_circle_of(found.circle, width, height))
        if in_frame(following, width, height):
            self._region = self._last = following
        xy, confidence = _joints(found, width, height)
        mask = None
        if self._masks and found.mask is not None:
            mask = _stored(found.mask)
        return Estimate(xy, confidence, _world(found.world), mask, region)


def _circle(hips: tuple[float, float], rim: tuple[float, float], score: float = 1.0) -> Candidate:
    """The circle with its center at the hips; its rim point lies where the body's up points."""
    right, down = rim[0] - hips[0], rim[1] - hips[1]
    return Candidate(hips, float(np.hypot(right, down)), float(np.arctan2(right, -down)), score)


def _circle_of(landmarks: Any, width: int, height: int) -> Candidate:
    """The circle of the pose network's two auxiliary landmarks."""
    hips, rim = ((point.x * width, point.y * height) for point in landmarks.landmark[:2])
    return _circle(hips, rim)


def on_grid(person: Candidate) -> Candidate:
    """The nearest region of a grid that depends on nothing but the grid's constants."""
    radius = float(np.exp(np.round(np.log(max(person.radius, 1.0)) / GRID_RADIUS) * GRID_RADIUS))
    step = GRID_CENTER * radius
    x, y = (round(value / step) * step for value in person.center)
    angle = round(person.angle / GRID_ANGLE) * GRID_ANGLE
    return Candidate((x, y), radius, angle, person.score)


def in_frame(person: Candidate, width: int, height: int) -> bool:
    slack = LOST_OUTSIDE * person.radius
    x, y = person.center
    return -slack < x < width + slack and -slack < y < height + slack and person.radius > 2


def _rectangle(person: Candidate, width: int, height: int) -> Any:
    """The square around the circle with a margin of 25 %, as the pose network was trained with."""
    from mediapipe.framework.formats import rect_pb2

    side = 2 * 1.25 * person.radius
    return rect_pb2.NormalizedRect(
        x_center=person.center[0] / width,
        y_center=person.center[1] / height,
        width=side / width,
        height=side / height,
        rotation=person.angle,
    )


def _body_joints(landmarks: Any, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """MediaPipe's pose as joints [133,2] in pixels, and confidence [133]; no face, no hands."""
    xy, confidence = np.full((JOINTS, 2), np.nan, np.float32), np.zeros(JOINTS, np.float32)
    xy[INTO] = _pixels(landmarks, OUT_OF, width, height)
    confidence[INTO] = [landmarks.landmark[number].visibility for number in OUT_OF]
    return xy, confidence


def _joints(found: Any, width: int, height: int) -> tuple[np.ndarray, np.ndarray]:
    """MediaPipe's lists in COCO-WholeBody order: pixels [133,2] and confidence [133]."""
    xy, confidence = _body_joints(found.pose, width, height)
    shoulders, hips = xy[[LEFT_SHOULDER, RIGHT_SHOULDER]], xy[[LEFT_HIP, RIGHT_HIP]]
    trunk = np.hypot(*(shoulders.mean(0) - hips.mean(0)))  # short where the person bends forward,
    reach = FALSE_DISTANCE * max(trunk, np.hypot(*(shoulders[0] - shoulders[1])))  # so the larger
    parts = (
        (found.face, FACE, FACE_FROM_MESH, [NOSE, LEFT_EYE, RIGHT_EYE], [30, 45, 36]),
        (found.left_hand, LEFT_HAND, range(21), [LEFT_WRIST], [0]),
        (found.right_hand, RIGHT_HAND, range(21), [RIGHT_WRIST], [0]),
    )
    for landmarks, where, order, anchors, own in parts:
        if landmarks is None:
            continue
        points = _pixels(landmarks, order, width, height)
        if np.hypot(*(points[own].mean(0) - xy[anchors].mean(0))) <= reach:
            xy[where], confidence[where] = points, confidence[anchors[0]]
    return xy, confidence


def _pixels(landmarks: Any, order: Sequence[int], width: int, height: int) -> np.ndarray:
    """Normalized landmarks (0..1 from edge to edge) of these numbers as pixels whose centers are whole numbers."""
    points = np.array([(point.x, point.y) for point in map(landmarks.landmark.__getitem__, order)], np.float64)
    return (points * (width, height) - 0.5).astype(np.float32)


def _stored(mask: np.ndarray) -> np.ndarray:
    """The network's mask (float32 0..1 at the frame's size) in the size that is kept."""
    import cv2

    small = cv2.resize(mask, mask_size(mask.shape[1], mask.shape[0]), interpolation=cv2.INTER_AREA)
    return (np.clip(small, 0, 1) * 255).astype(np.uint8)


def _world(landmarks: Any) -> np.ndarray | None:
    if landmarks is None:
        return None
    world = np.full((JOINTS, 3), np.nan, np.float32)
    world[INTO] = [(point.x, point.y, point.z) for point in map(landmarks.landmark.__getitem__, OUT_OF)]
    return world


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what native code says on stdout and stderr away (events alone may go to stdout)."""
    sys.stdout.flush()
    sys.stderr.flush()
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        yield
    finally:
        for number, before in zip((1, 2), kept, strict=True):
            os.dup2(before, number)
            os.close(before)
        os.close(nowhere)

"""Small ONNX graphs with the inputs and outputs of YOLOX and of SimCC pose networks, whose answers can be seen.

The pose graph looks for three spots, red, green and blue, and gives each joint the place of one of
them. The detectors look for two plain rectangles, of CLOTHES. Both know the channel order and the
values that the real networks are trained with: in any other they find nothing, or with other scores.
"""

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper, save

WIDTH, HEIGHT = 288, 384
CLOTHES = ((200, 60, 80), (30, 200, 80))
"""RGB of the first and of the second person."""

SPOTS = np.array([[240, 0, 0], [0, 200, 0], [0, 0, 160]], np.float64)
"""RGB at the middle of head, hips and feet."""

SPOT_OF_JOINT = np.array([0] * 7 + [1] * 6 + [1] * 2 + [2] * 8 + [0] * 68 + [1] * 42)
"""Head with shoulders, hips with arms and knees, feet: which of the spots a joint is at."""


class Graph:
    """Nodes that are put one behind the other; a constant is an array, a result its name."""

    def __init__(self, name: str, shape: list[int | str]) -> None:
        self.given = helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
        self.name = name
        self._nodes: list = []
        self._constants: list = []

    def __call__(self, kind: str, *inputs: str | np.ndarray | float, name: str = "", **attributes) -> str:
        names = []
        for one in inputs:
            if not isinstance(one, str):
                array = np.asarray(one, np.float32) if not isinstance(one, np.ndarray) else one
                self._constants.append(numpy_helper.from_array(array, f"c{len(self._constants)}"))
                one = self._constants[-1].name
            names.append(one)
        result = name or f"r{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, names, [result], **attributes))
        return result

    def save(self, path: Path, **outputs: list) -> None:
        kinds = {"labels": TensorProto.INT64}
        infos = [helper.make_tensor_value_info(n, kinds.get(n, TensorProto.FLOAT), s) for n, s in outputs.items()]
        graph = helper.make_graph(self._nodes, "graph", [self.given], infos, self._constants)
        path.parent.mkdir(parents=True, exist_ok=True)
        save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)


def pose_graph(path: Path, batch: int | str = "batch", gain: float = 1.0) -> None:
    """As DWPose and RTMW: `input` [N,3,384,288] to `simcc_x` [N,133,576] and `simcc_y` [N,133,768].

    The score of a spot is `gain` times the brightness of its color over the other two, 0..1.
    """
    graph = Graph("input", [batch, 3, HEIGHT, WIDTH])
    std, mean = (np.float32(rgb).reshape(1, 3, 1, 1) for rgb in ((58.395, 57.12, 57.375), (123.675, 116.28, 103.53)))
    colors = graph("Add", graph("Mul", "input", std), mean)
    pure = np.float32(1.5 * np.eye(3) - 0.5).reshape(3, 3, 1, 1) / 255 * gain
    spots = graph("Relu", graph("Conv", colors, pure, np.full(3, -0.01, np.float32)))
    for name, axis, side in (("simcc_x", 2, WIDTH), ("simcc_y", 3, HEIGHT)):
        profile = graph("ReduceMax", spots, axes=[axis], keepdims=0)
        apart = np.arange(side)[:, None] - np.arange(2 * side) / 2
        halves = np.exp(-(apart**2) / 2)
        halves *= 1.2 if name == "simcc_y" else 1.0  # the lower peak is the score
        finer = graph("MatMul", profile, np.float32(halves / np.exp(-(apart**2) / 2).sum(0)))
        graph("Gather", finer, SPOT_OF_JOINT.astype(np.int64), axis=1, name=name)
    graph.save(path, simcc_x=[batch, 133, 2 * WIDTH], simcc_y=[batch, 133, 2 * HEIGHT])


def _boxes(graph: Graph) -> list[tuple[str, str]]:
    """For each person [4] left, top, right, bottom on the canvas, and 1 or 0: there or not."""
    found = []
    corner = graph("Slice", graph.name, np.array([639, 639]), np.array([640, 640]), np.array([2, 3]))
    surrounded = graph("Equal", graph("ReduceSum", corner, keepdims=0), 3 * 114.0)  # of a picture that isn't square
    gray = graph("Reshape", graph("Cast", surrounded, to=TensorProto.FLOAT), np.array([1]))
    # Half of the clothes' brightest color (red or green) and of their blue, where the other one is dark, so
    # neither the gray around the picture nor a spot; in the wrong order of channels nobody has it.
    for bright, dark in ((2, 1), (1, 2)):
        planes = [
            graph("Slice", graph.name, np.array([n]), np.array([n + 1]), np.array([1])) for n in (bright, 0, dark)
        ]
        high = graph("And", graph("Greater", planes[0], 100.0), graph("Greater", planes[1], 40.0))
        inside = graph("Cast", graph("And", high, graph("Less", planes[2], 90.0)), to=TensorProto.FLOAT)
        sides = []
        for last in (0, 1):
            for axis in (2, 3):  # over the rows for left and right, over the columns for top and bottom
                profile = graph("Reshape", graph("ReduceMax", inside, axes=[axis], keepdims=0), np.array([640]))
                place = graph("ArgMax", profile, axis=0, keepdims=1, select_last_index=last)
                sides.append(graph("Add", graph("Cast", place, to=TensorProto.FLOAT), float(last)))
        there = graph("Mul", graph("Reshape", graph("ReduceMax", inside, keepdims=0), np.array([1])), gray)
        found.append((graph("Concat", *sides, axis=0), there))
    return found


def picked_graph(path: Path) -> None:
    """As MMDeploy exports YOLOX: `input` [1,3,640,640] to `dets` [1,3,5] and `labels` [1,3], boxes picked.

    The first row is a surfboard where the first person is, the others are the two people.
    """
    graph = Graph("input", [1, 3, 640, 640])
    (one, first), (two, second) = _boxes(graph)
    rows = []
    for box, there, score in ((one, first, 0.95), (one, first, 0.9), (two, second, 0.8)):
        rows.append(graph("Concat", box, graph("Mul", there, np.float32([score])), axis=0))
    graph("Reshape", graph("Concat", *rows, axis=0), np.array([1, 3, 5]), name="dets")
    graph("Identity", np.array([[37, 0, 0]]), name="labels")
    graph.save(path, dets=[1, 3, 5], labels=[1, 3])


def bare_graph(path: Path) -> None:
    """As DWPose's yolox_l.onnx: `images` [1,3,640,640] to `output` [1,8400,85].

    Each person is found in the grids of strides 32 and, less surely and a little larger, 16.
    """
    graph = Graph("images", [1, 3, 640, 640])
    total = ""
    for number, (box, there) in enumerate(_boxes(graph)):
        low, high = (graph("Slice", box, np.array([n]), np.array([n + 2])) for n in (0, 2))
        center = graph("Mul", graph("Add", low, high), 0.5)
        for stride, start, grown, score in ((32, 8000, 1.0, 0.9 - number / 10), (16, 6400, 1.1, 0.6)):
            place = graph("Div", center, float(stride))
            cell = graph("Floor", place)
            size = graph("Log", graph("Mul", graph("Sub", high, low), grown / stride))
            sure = graph("Mul", there, np.float32([score]))
            # how sure something is there, and then that it is a person, not a bicycle
            row = graph("Concat", graph("Sub", place, cell), size, sure, np.float32([1, 0.4] + [0] * 78), axis=0)
            steps = np.float32([1, 640 // stride])
            index = graph("Add", graph("ReduceSum", graph("Mul", cell, steps), keepdims=1), float(start))
            where = graph("OneHot", graph("Cast", index, to=TensorProto.INT64), np.array(8400), np.float32([0, 1]))
            rows = graph("MatMul", graph("Transpose", where), graph("Reshape", row, np.array([1, 85])))
            total = graph("Add", total, rows) if total else rows
    graph("Reshape", total, np.array([1, 8400, 85]), name="output")
    graph.save(path, output=[1, 8400, 85])


def scene(
    size: tuple[int, int], people: list[tuple[float, float, float]], clothes: tuple[int, ...] = (0, 1)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A picture of `people` (x, y, height: the box's middle in pixel edges): uint8 [H,W,3], boxes [N,4], spots [N,3,2].

    The spots' middles are in pixels whose centers are whole numbers. `clothes`: whose each wears.
    """
    width, height = size
    picture = np.zeros((height, width, 3))
    across, down = np.meshgrid(np.arange(width), np.arange(height))
    boxes, spots = [], []
    for (x, y, tall), worn in zip(people, clothes, strict=False):
        box = np.round([x - tall / 5, y - tall / 2, x + tall / 5, y + tall / 2])
        left, top, right, bottom = np.clip(box, 0, [width, height] * 2).astype(int)
        picture[top:bottom, left:right] = CLOTHES[worn]
        boxes.append(box)
        middle = np.array([x - 0.5, y - 0.5])
        spots.append(middle + tall * np.array([(0, -0.37), (0.1, 0), (-0.05, 0.37)]))
        for (right_of, below), color in zip(spots[-1], SPOTS, strict=True):
            near = np.exp(-((across - right_of) ** 2 + (down - below) ** 2) / 2 / (0.025 * tall) ** 2)[..., None]
            picture = picture * (1 - near) + near * color
    return picture.round().astype(np.uint8), np.array(boxes), np.array(spots)

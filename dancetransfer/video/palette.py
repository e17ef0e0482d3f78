"""The 256 colors of a GIF: chosen from some of a clip's pictures, then drawn with, picture by picture."""

from collections.abc import Iterable
from fractions import Fraction
from typing import cast

import numpy as np
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from numpy.typing import NDArray

DITHER = "dither=bayer:bayer_scale=3:diff_mode=rectangle"
"""An ordered pattern: what stands still has the same dots in every picture, so nothing flickers and the file
stays small."""

TICK = Fraction(1, 100)


class Palette:
    """At most 256 colors that serve all of `samples` (RGB uint8 [H,W,3], all of one size)."""

    def __init__(self, samples: Iterable[NDArray[np.uint8]]) -> None:
        self._colors = _colors(samples)
        self._pictures: FilterContext | None = None
        self._painted: FilterContext | None = None
        self._count = 0

    def paint(self, frame: VideoFrame) -> VideoFrame:
        """An RGB frame in those colors (pal8). Frames come in the order of the clip."""
        frame = frame.reformat(format="bgra")
        if self._pictures is None or self._painted is None:
            self._begin(frame)
        assert self._pictures is not None and self._painted is not None
        frame.pts, frame.time_base = self._count, TICK
        self._count += 1
        self._pictures.push(frame)
        return cast(VideoFrame, self._painted.pull())

    def _begin(self, frame: VideoFrame) -> None:
        self._graph = graph = Graph()
        self._pictures, colors = _source(graph, frame), _source(graph, self._colors)
        use, self._painted = graph.add("paletteuse", DITHER), graph.add("buffersink")
        self._pictures.link_to(use, 0, 0)
        colors.link_to(use, 0, 1)
        use.link_to(self._painted)
        graph.configure()
        colors.push(self._colors)
        colors.push(None)


def _colors(samples: Iterable[NDArray[np.uint8]]) -> VideoFrame:
    graph: Graph | None = None
    for number, image in enumerate(samples):
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(image), "rgb24").reformat(format="bgra")
        frame.pts, frame.time_base = number, TICK
        if graph is None:
            graph = Graph()
            chooser = graph.add("palettegen", "reserve_transparent=1")
            graph.link_nodes(_source(graph, frame), chooser, graph.add("buffersink"))
            graph.configure()
        graph.vpush(frame)
    if graph is None:
        raise ValueError("no picture to choose colors from")
    graph.vpush(None)
    return graph.vpull()


def _source(graph: Graph, frame: VideoFrame) -> FilterContext:
    return graph.add_buffer(width=frame.width, height=frame.height, format=frame.format, time_base=TICK)

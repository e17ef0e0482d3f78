"""From a decoded frame to the picture a viewer sees: deinterlaced, upright, square pixels, BT.709."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import numpy as np
from av.filter import Graph
from av.sidedata.sidedata import Type
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

from dancetransfer.video import color

EXACT = Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INT
"""Without these swscale's fast paths are off by 1.6/255 on average and 3 at most, and color steps
in blocks of two pixels; with them by 0.8 and 2, for 6 ms more per 1080p frame."""


HIGH = "gbrp16le"
"""What HDR is mapped in: `lut3d` takes planes of 16 bits four times faster than packed pixels."""


@dataclass(frozen=True)
class Shape:
    """How a coded picture has to be turned and stretched to be seen right."""

    rotation: int  # clockwise degrees to turn the coded picture by: 0, 90, 180 or 270
    mirrored: bool  # flipped left to right after turning
    size: tuple[int, int]  # width, height of the upright picture with square pixels


def orientation(frame: VideoFrame) -> tuple[int, bool]:
    """(clockwise degrees, mirrored afterwards) from the frame's display matrix, to the next 90."""
    side: Any = cast(Any, frame.side_data).get(Type.DISPLAYMATRIX)  # PyAV's stub calls it a dict
    if side is None:
        return 0, False
    a, b, _, c, d = np.frombuffer(bytes(side), np.int32)[:5].astype(float)
    # (x, y) goes to (a x + c y, b x + d y), y pointing down.
    mirrored = a * d - b * c < 0
    if mirrored:
        a, c = -a, -c
    return round(np.degrees(np.arctan2(b - c, a + d)) / 90) % 4 * 90, mirrored


def shape_of(frame: VideoFrame, aspect: Fraction | None) -> Shape:
    """`aspect` is the width of a coded pixel over its height. Stretched, never shrunk."""
    rotation, mirrored = orientation(frame)
    ratio = float(aspect) if aspect and 0.1 < aspect < 10 else 1.0
    width = round(frame.width * max(ratio, 1))
    height = round(frame.height * max(1 / ratio, 1))
    size = (height, width) if rotation % 180 else (width, height)
    return Shape(rotation, mirrored, size)


def turns(shape: Shape) -> list[tuple[str, str]]:
    """The libavfilter filters (name, argument) that bring a picture upright."""
    filters = {
        0: [],
        90: [("transpose", "clock")],
        180: [("hflip", ""), ("vflip", "")],
        270: [("transpose", "cclock")],
    }[shape.rotation]
    return [*filters, ("hflip", "")] if shape.mirrored else list(filters)


def chain(frame: VideoFrame, time_base: Fraction, filters: list[tuple[str, dict[str, str]]]) -> Graph:
    """A graph for frames like `frame` that runs them through `filters`."""
    graph = Graph()
    source = {
        "video_size": f"{frame.width}x{frame.height}",
        "pix_fmt": frame.format.name,
        "time_base": f"{time_base.numerator}/{time_base.denominator}",
        "pixel_aspect": "1/1",
        "colorspace": str(int(frame.colorspace)),
        "range": str(int(frame.color_range)),
    }
    nodes = [graph.add("buffer", **source)]
    nodes += [graph.add(name, **options) for name, options in filters]
    graph.link_nodes(*nodes, graph.add("buffersink")).configure(auto_buffer=False)
    return graph


def drain(graph: Graph) -> Iterator[VideoFrame]:
    while True:
        try:
            yield graph.vpull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


class Deinterlacer:
    """One progressive frame per interlaced frame (bwdif), timestamps kept.

    `push` gives a frame about one frame later, `push(None)` the last ones. A frame depends on
    its neighbors: whoever starts in the middle starts one frame earlier.
    """

    def __init__(self, time_base: Fraction) -> None:
        self.time_base = time_base
        self._graph: Graph | None = None

    def push(self, frame: VideoFrame | None) -> Iterator[VideoFrame]:
        if self._graph is None:
            if frame is None:
                return
            options = {"mode": "send_frame", "deint": "interlaced"}
            self._graph = chain(frame, self.time_base, [("bwdif", options)])
        if frame is not None:
            frame.time_base = self.time_base
        self._graph.vpush(frame)
        for out in drain(self._graph):
            if out.pts is not None and out.time_base:
                out.pts = round(out.pts * out.time_base / self.time_base)
                out.time_base = self.time_base
            yield out


def _way(frame: VideoFrame, width: int, height: int) -> Interpolation:
    """How a frame is brought to a size."""
    if (width, height) == (frame.width, frame.height):
        return Interpolation.BILINEAR
    return Interpolation.AREA if width * height < frame.width * frame.height else Interpolation.BICUBIC


class Converter:
    """Decoded frames -> RGB uint8 [H,W,3], upright.

    `size` (width, height) of the upright result; None keeps the shape's own. A picture that
    changes its coded size in the middle of a file is scaled to the same result. `exact` False
    takes the fast way (see EXACT).
    """

    def __init__(self, shape: Shape, size: tuple[int, int] | None = None, exact: bool = True) -> None:
        self.shape = shape
        self._care = EXACT if exact else Interpolation(0)
        self.size = size or shape.size
        self._scaler, self._smaller = VideoReformatter(), VideoReformatter()
        self._graph: Graph | None = None
        self._graph_kind: str | None = None
        self._turning: tuple[tuple[int, int], Graph] | None = None

    def __call__(self, frame: VideoFrame) -> NDArray[np.uint8]:
        mapping = color.kind(frame.color_trc, frame.color_primaries)
        flat = self._to_rgb(frame, "rgb24" if mapping is None else HIGH)
        if mapping is not None or self.shape.rotation or self.shape.mirrored:
            flat = self._filter(flat, mapping)
        return np.ascontiguousarray(flat.to_ndarray())

    def scaled(self, frame: VideoFrame, size: tuple[int, int]) -> VideoFrame | None:
        """The upright picture at `size` (width, height, even) as limited-range BT.709 yuv420p, ready to be encoded.

        A copy is made in a tenth of the time that the way through RGB takes. None where that way has to be gone,
        which is where the colors have to be mapped. The frame itself may come back, its marks changed.
        """
        if color.kind(frame.color_trc, frame.color_primaries) is not None:
            return None
        width, height = size[::-1] if self.shape.rotation % 180 else size
        source = self._source(frame)
        care = Interpolation(0) if source["src_colorspace"] == Colorspace.ITU709 else EXACT
        small = self._smaller.reformat(
            frame,
            width,
            height,
            "yuv420p",
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation=_way(frame, width, height) | care,
            threads=2,
            **source,
        )
        if self.shape.rotation or self.shape.mirrored:
            small = self._turned(small)
        small.pict_type = PictureType.NONE  # else the new encoder would choose keyframes as the old one did
        small.color_trc = small.color_primaries = 1
        return small

    def _turned(self, small: VideoFrame) -> VideoFrame:
        size = (small.width, small.height)
        small.time_base = Fraction(1, 1000)
        if self._turning is None or self._turning[0] != size:
            filters = [(name, {"dir": value} if value else {}) for name, value in turns(self.shape)]
            self._turning = size, chain(small, Fraction(1, 1000), filters)
        self._turning[1].vpush(small)
        return self._turning[1].vpull()

    def _to_rgb(self, frame: VideoFrame, layout: str) -> VideoFrame:
        width, height = self.size[::-1] if self.shape.rotation % 180 else self.size
        return self._scaler.reformat(
            frame,
            width,
            height,
            layout,
            dst_color_range=ColorRange.JPEG,
            interpolation=_way(frame, width, height) | self._care,
            threads=2,
            **self._source(frame),
        )

    @staticmethod
    def _source(frame: VideoFrame) -> dict[str, Any]:
        """How a frame's numbers are to be read."""
        if frame.format.is_rgb:
            return {"src_colorspace": None, "src_color_range": None}
        full = frame.color_range == ColorRange.JPEG or frame.format.name.startswith("yuvj")
        return {
            "src_colorspace": color.yuv_matrix(frame.colorspace, frame.height),
            "src_color_range": ColorRange.JPEG if full else ColorRange.MPEG,
        }

    def _filter(self, frame: VideoFrame, mapping: str | None) -> VideoFrame:
        if self._graph is None or mapping != self._graph_kind:
            self._graph, self._graph_kind = self._make_graph(frame, mapping), mapping
        frame.time_base = Fraction(1, 1000)
        self._graph.vpush(frame)
        return self._graph.vpull()

    def _make_graph(self, frame: VideoFrame, mapping: str | None) -> Graph:
        filters = [(name, {"dir": value} if value else {}) for name, value in turns(self.shape)]
        if mapping is None:
            return chain(frame, Fraction(1, 1000), filters)
        with color.table_folder() as folder:
            table = Path(folder) / "table.cube"
            color.write_table(table, mapping)
            look = [("lut3d", {"file": str(table)}), ("format", {"pix_fmts": "rgb24"})]
            return chain(frame, Fraction(1, 1000), look + filters)

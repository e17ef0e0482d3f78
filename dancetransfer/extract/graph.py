"""A graph of MediaPipe's calculators that is run picture by picture."""

import os
import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np

TICK = 33333
"""Microseconds between two pictures. The graphs used here smooth nothing, so that no true times are needed."""


class Graph:
    """A running graph; `run` gives what comes out for one picture.

    `mediapipe.python.solution_base.SolutionBase` does the same and makes a new class for each picture, which costs
    half a millisecond and keeps the garbage collector busy.
    """

    def __init__(self, config: str, outputs: list[str], sides: dict[str, int | bool]) -> None:
        """`config`: the graph as text; `outputs`: streams of it, `sides`: its side packets."""
        os.environ.setdefault("GLOG_minloglevel", "2")
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        import mediapipe
        from mediapipe.framework import calculator_pb2

        # These register the option messages that the subgraphs use; `holistic` imports all of them.
        from mediapipe.python.solutions import holistic  # noqa: F401

        mediapipe.resource_util.set_resource_dir(os.path.dirname(os.path.dirname(os.path.abspath(mediapipe.__file__))))
        self._create, self._get = mediapipe.packet_creator, mediapipe.packet_getter
        self._rgb = mediapipe.ImageFormat.SRGB
        # Expanded first, as `SolutionBase` has it: from the text itself the joints come out half a pixel elsewhere.
        expanded, message = mediapipe.ValidatedGraphConfig(), calculator_pb2.CalculatorGraphConfig()
        expanded.initialize(graph_config=config)
        message.ParseFromString(expanded.binary_config)
        self._graph = mediapipe.CalculatorGraph(graph_config=message)
        self._outputs = outputs
        self._found: dict[str, Any] = {}
        self._time = 0
        for name in outputs:
            self._graph.observe_output_stream(name, self._found.__setitem__, True)
        self._graph.start_run({name: self._side(value) for name, value in sides.items()})

    def run(self, image: np.ndarray, region: Any = None) -> SimpleNamespace:
        """What comes out for uint8 RGB [H,W,3] and a `NormalizedRect`: None where a stream gives nothing.

        `mask` is float32 [H,W], `detections` a list, everything else a message.
        """
        self._found.clear()
        self._time += TICK
        shown = np.ascontiguousarray(image).view()
        shown.flags.writeable = False  # so it is not copied
        packet = self._create.create_image_frame(shown, image_format=self._rgb)
        self._graph.add_packet_to_input_stream("image", packet.at(self._time))
        if region is not None:
            self._graph.add_packet_to_input_stream("region", self._create.create_proto(region).at(self._time))
        self._graph.wait_until_idle()
        with warnings.catch_warnings():  # of MediaPipe's about its own use of protobuf
            warnings.simplefilter("ignore")
            return SimpleNamespace(**{name: self._content(name) for name in self._outputs})

    def close(self) -> None:
        """Free the networks; call it once."""
        self._graph.close()

    def _side(self, value: int | bool) -> Any:
        return self._create.create_bool(value) if isinstance(value, bool) else self._create.create_int(value)

    def _content(self, name: str) -> Any:
        packet = self._found.get(name)
        if packet is None or packet.is_empty():
            return None
        if name == "mask":
            return self._get.get_image_frame(packet).numpy_view()
        return self._get.get_proto_list(packet) if name == "detections" else self._get.get_proto(packet)

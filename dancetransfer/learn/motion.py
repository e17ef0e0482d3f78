"""How the pixels of a clip really moved: the flow that a sequential generator is taught with."""

import cv2
import numpy as np


def reference_flow(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Flow between two crops uint8 [H,W,3] of the same place: float32 [2,H,W], in pixels, x then y.

    Pixel p of `now` was at p + flow in `before`, as `models.flow.warp` reads it. Measured by dense
    inverse search (Kroeger et al., ECCV 2016); sides of 16 pixels or more.
    """
    gray = [cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY) for picture in (now, before)]
    # the faster presets are 0.06 pixels off on a picture moved by whole pixels, this one 0.01
    search = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    flow = search.calc(gray[0], gray[1], None)  # type: ignore[call-overload]
    return np.ascontiguousarray(flow.transpose(2, 0, 1))

"""Top-down pose networks that end in SimCC, as ONNX: from windows of a picture to 133 joints."""

from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.extract.runtime import open_network
from dancetransfer.pose.poses import JOINTS

MEAN, STD = np.array([[123.675, 116.28, 103.53], [58.395, 57.12, 57.375]], np.float32)
"""RGB; as in the configs of DWPose and RTMW, which say `bgr_to_rgb=True`."""

MOST_AT_ONCE = 16
"""Windows in one batch."""


class SimccPose:
    """RTMPose, DWPose or RTMW with 133 joints in COCO-WholeBody order.

    The network takes windows [N,3,H,W] (N free or fixed) and gives, for each joint, a score per
    half pixel along x (`simcc_x` [N,133,2W]) and along y (`simcc_y` [N,133,2H]). The joint is at
    the highest ones, and the lower of the two peaks is its score (SimCC, Li et al. 2022; so does
    MMPose, whose affine crop puts the window's center on pixel W/2, H/2).
    """

    def __init__(self, path: Path) -> None:
        """UserError where the file isn't such a network."""
        self.network = open_network(path)
        session = self.network.session
        (given,) = session.get_inputs()[:1]
        names = [one.name for one in session.get_outputs()]
        self._outputs = ["simcc_x", "simcc_y"] if {"simcc_x", "simcc_y"} <= set(names) else names[:2]
        joints = [one.shape[1:2] for one in session.get_outputs() if one.name in self._outputs]
        if len(given.shape) != 4 or not all(isinstance(n, int) for n in given.shape[1:]) or joints != [[JOINTS]] * 2:
            raise UserError(
                f"{path.name} is no SimCC pose network with {JOINTS} joints.",
                "Install the weights again: dancetransfer weights lists them.",
            )
        self._input = given.name
        self._batch = given.shape[0] if isinstance(given.shape[0], int) else None
        self.size: tuple[int, int] = (given.shape[3], given.shape[2])
        """Width, height of a window in the network's pixels."""

    def __call__(self, image: np.ndarray, windows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pixels [N,133,2] and raw scores [N,133] (not bounded by 1) of whoever fills each window.

        `image` uint8 RGB [H,W,3]; `windows` [N,3]: center x, y (pixel centers are whole numbers) and
        height in pixels. All go through the network together, where it takes more than one.
        """
        at_once, bins, peaks = self._batch or MOST_AT_ONCE, [], []
        for start in range(0, len(windows), at_once):
            part = windows[start : start + at_once]
            crops = np.stack([self._crop(image, window) for window in part])
            if self._batch:
                crops = np.pad(crops, ((0, self._batch - len(part)), (0, 0), (0, 0), (0, 0)))
            found = self.network.session.run(self._outputs, {self._input: crops})
            ratio = [one.shape[-1] / side for one, side in zip(found, self.size, strict=True)]
            bins.append(np.stack([one.argmax(-1) for one in found], -1)[: len(part)] / ratio)
            peaks.append(np.minimum(*(one.max(-1) for one in found))[: len(part)])
        if not bins:
            return np.zeros((0, JOINTS, 2), np.float32), np.zeros((0, JOINTS), np.float32)
        places = np.concatenate(bins) - np.array(self.size) / 2
        xy = places * (windows[:, 2] / self.size[1])[:, None, None] + windows[:, None, :2]
        return xy.astype(np.float32), np.concatenate(peaks).astype(np.float32)

    def _crop(self, image: np.ndarray, window: np.ndarray) -> np.ndarray:
        """The window as the network's input [3,H,W]; black where it reaches beyond the picture."""
        import cv2

        x, y, height = window
        scale = self.size[1] / height
        move = np.array([[scale, 0, self.size[0] / 2 - scale * x], [0, scale, self.size[1] / 2 - scale * y]])
        crop = cv2.warpAffine(image, move, self.size, flags=cv2.INTER_LINEAR)
        return ((crop - MEAN) / STD).transpose(2, 0, 1)

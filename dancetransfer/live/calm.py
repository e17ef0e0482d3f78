"""Joints as they come, calmed without looking ahead: still ones stop trembling, quick ones hardly lag."""

import numpy as np

from dancetransfer.pose import poses as p
from dancetransfer.pose.space import body_heights

STILL_HERTZ = 1.8
"""Cut-off of the low pass for a joint at rest."""
HERTZ_PER_SPEED = 12.0
"""How much it opens for each height per second. On real clips, against what is smoothed with a look ahead, this leaves
a third of the trembling and is 1.4 % of the height off where joints are quick; 6 were 2.1 %."""
SPEED_HERTZ = 4.0
"""Cut-off for the speed itself."""
HOLD_SECONDS = 0.2
"""A joint that is missed for so long stays where it was on its limb."""
GONE_SECONDS = 0.3
"""After this long without anybody all begins anew."""
HEIGHT_SHARE = 0.05
"""Part of each new height that is believed: it is only the unit for speeds."""

_ON = {
    p.RIGHT_SHOULDER: p.LEFT_SHOULDER, p.LEFT_SHOULDER: p.RIGHT_SHOULDER, p.NOSE: p.LEFT_SHOULDER,
    p.LEFT_HIP: p.LEFT_SHOULDER, p.RIGHT_HIP: p.RIGHT_SHOULDER, p.LEFT_ELBOW: p.LEFT_SHOULDER,
    p.RIGHT_ELBOW: p.RIGHT_SHOULDER, p.LEFT_WRIST: p.LEFT_ELBOW, p.RIGHT_WRIST: p.RIGHT_ELBOW,
    p.LEFT_KNEE: p.LEFT_HIP, p.RIGHT_KNEE: p.RIGHT_HIP, p.LEFT_ANKLE: p.LEFT_KNEE, p.RIGHT_ANKLE: p.RIGHT_KNEE,
    **dict.fromkeys((p.LEFT_EYE, p.RIGHT_EYE, p.LEFT_EAR, p.RIGHT_EAR), p.NOSE),
    **dict.fromkeys(range(17, 20), p.LEFT_ANKLE), **dict.fromkeys(range(20, 23), p.RIGHT_ANKLE),
    **dict.fromkeys(range(p.FACE.start, p.FACE.stop), p.NOSE),
    **dict.fromkeys(range(p.LEFT_HAND.start, p.LEFT_HAND.stop), p.LEFT_WRIST),
    **dict.fromkeys(range(p.RIGHT_HAND.start, p.RIGHT_HAND.stop), p.RIGHT_WRIST),
}  # fmt: skip
"""Joint -> the one whose way it goes while it is missed, those nearer to the trunk first."""


class Calm:
    """The One-Euro filter (Casiez, Roussel and Vogel, CHI 2012) over joints, and short gaps bridged.

    A first-order low pass whose cut-off rises with the speed: a joint that moves a height per second is late by
    12 ms.
    """

    def __init__(self) -> None:
        self._paths = _Path(), _Path()
        self._height = float("nan")
        self._last: tuple[np.ndarray, np.ndarray] | None = None
        """Joints [133,2] and confidence [133] as they were given out last."""
        self._seen = np.full(p.JOINTS, -np.inf)
        """When each joint was seen last."""
        self._somebody = -np.inf

    def __call__(
        self, xy: np.ndarray, confidence: np.ndarray, world: np.ndarray | None, time: float
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
        """Joints [133,2] pixels, confidence [133] and [133,3] metres (or None) at `time` seconds, calmed."""
        seen = (confidence >= p.VISIBLE) & np.isfinite(xy).all(-1)
        if not seen[: p.FEET.stop].any():
            return xy, confidence, world
        if time - self._somebody > GONE_SECONDS:
            self._paths, self._last, self._seen[:] = (_Path(), _Path()), None, -np.inf
        self._somebody = time
        height = float(body_heights(xy[None], confidence[None])[0])
        if np.isfinite(height):
            self._height = height if np.isnan(self._height) else self._height + HEIGHT_SHARE * (height - self._height)
        unit = self._height if np.isfinite(self._height) else 100.0
        calm, hertz = self._paths[0](np.where(seen[:, None], xy, np.nan).astype(np.float64), time, unit)
        if world is not None:
            world = self._paths[1](world.astype(np.float64), time, 1.7, hertz)[0].astype(np.float32)
        self._seen[seen] = time
        found = np.where(seen[:, None], calm, xy).astype(np.float32), confidence.astype(np.float32)
        self._last = self._held(*found, seen, time)
        return *self._last, world

    def _held(
        self, xy: np.ndarray, confidence: np.ndarray, seen: np.ndarray, time: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The joints, and those that were missed just now where they were on their limb."""
        if self._last is None:
            return xy, confidence
        before, sure = self._last
        there = seen.copy()
        for joint, on in _ON.items():
            recent = not seen[joint] and time - self._seen[joint] <= HOLD_SECONDS and sure[joint] >= p.VISIBLE
            if recent and there[on] and sure[on] >= p.VISIBLE:
                xy[joint], confidence[joint] = xy[on] + before[joint] - before[on], sure[joint]
                there[joint] = True
        return xy, confidence


class _Path:
    """The filter's memory of joints [133,n]."""

    def __init__(self) -> None:
        self._value: np.ndarray | None = None
        self._raw = self._speed = np.zeros(0)
        self._time = 0.0

    def __call__(
        self, value: np.ndarray, time: float, unit: float, hertz: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """`value` filtered, NaN where it is NaN, and the cut-offs [133,1]; speeds are in `unit`s per second."""
        step = time - self._time
        if self._value is None or step <= 0:
            before, speed = np.full_like(value, np.nan), np.zeros_like(value)
        else:
            before = self._value
            now = np.nan_to_num((value - self._raw) / step)
            speed = self._speed + _share(SPEED_HERTZ, step) * (now - self._speed)
        if hertz is None:
            hertz = STILL_HERTZ + HERTZ_PER_SPEED * np.linalg.norm(speed, axis=-1, keepdims=True) / unit
        new = np.where(np.isfinite(before), before + _share(hertz, max(step, 1e-3)) * (value - before), value)
        self._value, self._raw, self._speed, self._time = new, value, speed, time
        return new, hertz


def _share(hertz: np.ndarray | float, step: float) -> np.ndarray | float:
    """How much of a new value is taken after `step` seconds."""
    return 1 / (1 + 1 / (2 * np.pi * hertz * step))

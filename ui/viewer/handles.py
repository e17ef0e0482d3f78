"""Where on the viewer a person's joints can be taken hold of."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF

from ui.viewer import skeleton
from ui.viewer.viewer import Viewer

if TYPE_CHECKING:
    from dancetransfer.pose.poses import Poses

GRAB = 14.0
"""Pixels from a joint within which it is taken hold of."""
LOOK_AROUND = 1.0
"""Seconds before and after in which a joint that isn't seen is looked for, to offer it where it may be."""


class Handles:
    """The joints of body and feet in the frame that the viewer shows."""

    def __init__(self, viewer: Viewer, name: str, cleaned: "Poses", poses: "Poses") -> None:
        """`name`: the picture; `cleaned`: the track as it was found; `poses`: as it is now."""
        self._viewer, self._name = viewer, name
        self.cleaned, self.poses = cleaned, poses

    @property
    def frame(self) -> int:
        """The number of the frame that is shown."""
        return max(0, skeleton.frame_at(self.cleaned, self._viewer.time))

    def seen(self, poses: "Poses | None" = None) -> dict[str, tuple[float, float]]:
        """Joints in the video's pixels by name, of the track as it is now or of another one."""
        from dancetransfer.pose.names import JOINT

        poses = self.poses if poses is None else poses
        if not len(poses):
            return {}
        frame = max(0, skeleton.frame_at(poses, self._viewer.time))
        visible, xy = poses[frame : frame + 1].visible[0], poses.xy[frame]
        return {name: (float(xy[at, 0]), float(xy[at, 1])) for name, at in JOINT.items() if visible[at]}

    def places(self) -> dict[str, tuple[float, float]]:
        """`seen`, and joints that aren't, where the nearest frame in time has them."""
        return {**self._guessed(), **self.seen()}

    def on_screen(self) -> dict[str, QPointF]:
        """`places` in pixels of the viewer."""
        placed = self._viewer.placed(self._name)
        return {} if placed is None else {name: placed.map(QPointF(*at)) for name, at in self.places().items()}

    def found(self, joint: str) -> QPointF | None:
        """Where on the viewer the joint was before any edit."""
        placed, at = self._viewer.placed(self._name), self.seen(self.cleaned).get(joint)
        return None if placed is None or at is None else placed.map(QPointF(*at))

    def in_video(self, at: QPointF) -> tuple[float, float]:
        """A place of the viewer in the video's pixels."""
        placed = self._viewer.placed(self._name)
        point = at if placed is None else placed.inverted()[0].map(at)
        return point.x(), point.y()

    def near(self, at: QPointF) -> str:
        """The joint nearest to a place of the viewer; "" where none is near."""
        far = {name: (point - at).manhattanLength() for name, point in self.on_screen().items()}
        name = min(far, key=lambda one: far[one], default="")
        return name if name and far[name] <= GRAB else ""

    def _guessed(self) -> dict[str, tuple[float, float]]:
        from dancetransfer.pose.names import JOINT

        track = self.cleaned
        if not len(track):
            return {}
        now = float(track.time[self.frame])
        first, last = (int(n) for n in track.time.searchsorted([now - LOOK_AROUND, now + LOOK_AROUND]))
        part = track[first:last]
        visible, far = part.visible, abs(part.time - now)
        guessed = {}
        for name, at in JOINT.items():
            known = visible[:, at].nonzero()[0]
            if len(known):
                x, y = part.xy[known[far[known].argmin()], at]
                guessed[name] = float(x), float(y)
        return guessed

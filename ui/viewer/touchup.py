"""Touching poses up on the viewer: joints are dragged, limbs hidden, sides exchanged; every change can be undone."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPointF, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QPainter, QPen

from dancetransfer.errors import UserError
from ui import theme
from ui.viewer.handles import Handles
from ui.viewer.joints import limb_of, words
from ui.viewer.viewer import STILL, Viewer
from ui.viewer.wipe import caption_at

if TYPE_CHECKING:
    from dancetransfer.pose.edits import Edit
    from dancetransfer.pose.poses import Poses
    from ui.project.document import Document

AROUND = 10.0
"""Seconds beside the edits' own spans that are touched up anew while a joint is dragged."""


class TouchUp(QObject):
    """The mode in which the left button moves joints of one picture's person.

    What is shown is the cleaned track with all edits in it; the engine makes its own of it when it
    renders. Changes go through the document, so they are undone, saved and kept like all others.
    """

    holding = Signal()
    """A joint is being moved: what plays should stop."""
    selected = Signal(str)
    """The joint that is chosen; "" for none."""
    touched = Signal(object)
    """`Poses` as they are now with all edits."""
    refused = Signal(str, str)
    """What can't be done, and a hint."""
    active = Signal(bool)

    def __init__(self, viewer: Viewer, document: "Document", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer, self._document = viewer, document
        self._name, self._folder = "", Path()
        self._handles: Handles | None = None
        """Of the track that is touched up; None while the mode is off."""
        self._edits: list[Edit] = []
        self._made: Edit | None = None
        """The edit that a drag would leave."""
        self._joint, self._hovered = "", ""
        self._pressed = self._held_at = QPointF()
        """Where the button went down, and from there to the joint that it holds."""
        self._reach = (0.2, 0.2)
        self._part: tuple[float, float] | None = None
        # Drags come faster than a long track can be touched up: only the newest place counts.
        self._soon = QTimer(self, singleShot=True, interval=0)
        self._soon.timeout.connect(self._show_made)
        document.changed.connect(self._read_again)
        document.closed.connect(self.end)

    # --- the mode -----------------------------------------------------------------------------

    @staticmethod
    def possible(folder: Path) -> bool:
        """Whether the engine has found and cleaned the poses of this dance or clip."""
        return (folder / "cleaned.npz").exists()

    def begin(self, name: str, folder: Path) -> bool:
        """Touch up the dance or clip with that folder, shown as the picture `name`; False where that can't be."""
        from dancetransfer.pose import edits
        from dancetransfer.pose.poses import Poses

        project = self._document.project
        if project is None:
            return False
        try:
            cleaned = Poses.load(folder / "cleaned.npz")
            known = edits.read(project.edits(folder))
        except UserError as error:
            self.refused.emit(error.message, error.hint)
            return False
        self._name, self._folder, self._edits = name, folder, known
        self._handles = Handles(self._viewer, name, cleaned, cleaned)
        self._select("")
        self._viewer.set_tool(self)
        self._show(edits.apply(cleaned, known))
        self.active.emit(True)
        return True

    @Slot()
    def end(self) -> None:
        """Leave the mode; what was touched up stays shown."""
        if self._handles is not None:
            self._soon.stop()
            self._handles = self._made = None
            self._viewer.set_tool(None)
            self._select("")
            self.active.emit(False)

    @property
    def poses(self) -> "Poses | None":
        """The track with all edits; while a joint is dragged, the part of it around the frame."""
        return None if self._handles is None else self._handles.poses

    @property
    def joint(self) -> str:
        """The chosen joint's name."""
        return self._joint

    def marks(self) -> list[float]:
        """Times of the key frames, for the timeline."""
        return sorted({edit.time for edit in self._edits})

    # --- how far a change reaches -------------------------------------------------------------

    @Slot(float, float)
    def set_reach(self, before: float, after: float) -> None:
        """Seconds before and after the frame over which a change fades; 0 and 0: this frame alone."""
        self._reach, self._part = (before, after), None

    @Slot(float, float)
    def set_part(self, start: float, stop: float) -> None:
        """Changes reach over this part of the video, from where the playhead is in it."""
        self._part = (start, stop)

    def _reached(self, seconds: float) -> dict[str, float]:
        if self._part is None:
            return {"before": self._reach[0], "after": self._reach[1]}
        return {"before": max(0.0, seconds - self._part[0]), "after": max(0.0, self._part[1] - seconds)}

    # --- changes ------------------------------------------------------------------------------

    @Slot()
    def hide(self) -> None:
        """Hide the chosen joint's limb."""
        if self._handles is not None and self._joint:
            limb = limb_of(self._joint)
            self._do(self.tr("Hide {0}").format(words(limb)), self._edit(self._handles, "hidden", limb))

    @Slot(str)
    def swap(self, sides: str = "all") -> None:
        """Left was taken for right: "all", "arms" or "legs"."""
        if self._handles is not None:
            self._do(self.tr("Swap left and right"), self._edit(self._handles, "swap", sides))

    @Slot(float, float)
    def nudge(self, right: float, down: float) -> None:
        """Move the chosen joint by so many pixels of the video."""
        handles = self._handles
        if handles is not None and self._joint in (places := handles.places()):
            x, y = places[self._joint]
            made = self._placing(handles, x + right, y + down)
            self._do(self._moving(), made, merge=f"nudge {self._joint} {made.time}")

    @Slot()
    def put_back(self) -> None:
        """Take out the edits that reach this frame: those of the chosen joint, or all where none is chosen."""
        here = {edit.id for edit in self.here()}
        if here:
            self._keep(self.tr("Put back"), [edit for edit in self._edits if edit.id not in here])

    @Slot(int)
    def choose_next(self, step: int = 1) -> None:
        """Choose the next joint, or the one before, for work without a mouse."""
        names = list(self._handles.places()) if self._handles is not None else []
        if names:
            now = names.index(self._joint) if self._joint in names else (-1 if step > 0 else 0)
            self._select(names[(now + step) % len(names)])

    def here(self) -> "list[Edit]":
        """The edits whose span reaches the frame that is shown, of the chosen joint alone where there is one."""
        from dancetransfer.pose import edits
        from dancetransfer.pose.names import JOINT, joints_of

        if self._handles is None:
            return []
        track, number, found = self._handles.cleaned, self._handles.frame, []
        for edit in self._edits:
            span = edits.reach(track, edit)[1] if edits.inside(track.time, edit.time) else slice(0, 0)
            own = not self._joint or edit.what == edits.SWAP or JOINT[self._joint] in joints_of(edit.joint)
            if own and span.start <= number < span.stop:
                found.append(edit)
        return found

    def _moving(self) -> str:
        return self.tr("Move {0}").format(words(self._joint))

    def _edit(self, handles: Handles, what: str, joint: str, x: float = 0.0, y: float = 0.0) -> "Edit":
        from dancetransfer.pose.edits import Edit

        time = float(handles.cleaned.time[handles.frame])
        number = 1 + max([edit.id for edit in self._edits], default=0)
        return Edit(number, what, joint, time, x=x, y=y, **self._reached(time))

    def _placing(self, handles: Handles, x: float, y: float) -> "Edit":
        """The edit that puts the chosen joint there, or as near as it may lie outside the picture."""
        from dancetransfer.pose.edits import FARTHEST, PLACE

        width, height = handles.cleaned.size
        x = min(max(x, -FARTHEST * width), (1 + FARTHEST) * width)
        y = min(max(y, -FARTHEST * height), (1 + FARTHEST) * height)
        return self._edit(handles, PLACE, self._joint, round(x, 2), round(y, 2))

    def _with(self, track: "Poses", made: "Edit") -> "list[Edit]":
        """All edits with a new one, which takes the place of older ones of its kind and frame."""
        from dancetransfer.pose import edits

        gone = edits.replaced_by(track, self._edits, made)
        return [*(edit for edit in self._edits if edit not in gone), made]

    def _do(self, what: str, made: "Edit", merge: str = "") -> None:
        from dancetransfer.pose import edits

        if self._handles is None:
            return
        track = self._handles.cleaned
        try:
            edits.check(made)
            edits.check_on(edits.apply(track, self._edits), made)
        except UserError as error:
            self.refused.emit(error.message, error.hint)
            self._show(edits.apply(track, self._edits))
            return
        self._keep(what, self._with(track, made), merge)

    def _keep(self, what: str, wanted: "list[Edit]", merge: str = "") -> None:
        """Change the project's edits, as one step that can be undone."""
        from dancetransfer.pose.edits import entry

        self._document.set_edits(what, self._folder, [entry(edit) for edit in wanted], merge)
        self._read_again()

    @Slot()
    def _read_again(self) -> None:
        """Show what the project's edits are now, after a change or an undo."""
        from dancetransfer.pose import edits

        if self._handles is None or self._document.project is None:
            return
        try:
            known = edits.read(self._document.project.edits(self._folder))
        except UserError as error:
            self.refused.emit(error.message, error.hint)
            return
        if known != self._edits:
            self._edits = known
            self._show(edits.apply(self._handles.cleaned, known))

    def _show(self, poses: "Poses") -> None:
        if self._handles is not None:
            self._handles.poses = poses
        self._viewer.set_pose(self._name, poses)
        self.touched.emit(poses)

    def _show_made(self) -> None:
        from dancetransfer.pose import edits

        if self._made is not None and self._handles is not None:
            track, wanted = self._handles.cleaned, self._with(self._handles.cleaned, self._made)
            # Minutes take too long to follow the mouse; what lies farther off is no part of this picture.
            far = AROUND + max(max(edit.before, edit.after) for edit in wanted)
            first, last = track.time.searchsorted([self._made.time - far, self._made.time + far])
            self._show(edits.apply(track[int(first) : int(last)], wanted))

    # --- the tool -----------------------------------------------------------------------------

    def press(self, name: str, at: QPointF) -> bool:
        handles = self._handles
        joint = handles.near(at) if handles is not None and name == self._name else ""
        self._select(joint)
        if handles is not None and joint:
            self._pressed, self._held_at = at, handles.on_screen()[joint] - at
            self._viewer.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.holding.emit()
        return bool(joint)

    def move(self, name: str, at: QPointF, held: bool) -> None:
        if self._handles is None:
            return
        if held and self._made is None and (at - self._pressed).manhattanLength() < STILL:
            return  # a hand that trembles while it clicks
        if held:
            self._made = self._placing(self._handles, *self._handles.in_video(at + self._held_at))
            self._soon.start()
            return
        hovered = self._handles.near(at) if name == self._name else ""
        self._viewer.setCursor(Qt.CursorShape.OpenHandCursor if hovered else Qt.CursorShape.ArrowCursor)
        if hovered != self._hovered:
            self._hovered = hovered
            self._viewer.update()

    def release(self) -> None:
        self._soon.stop()
        made, self._made = self._made, None
        self._viewer.setCursor(Qt.CursorShape.OpenHandCursor)
        if made is not None:
            self._do(self._moving(), made)
        self._viewer.update()

    def paint(self, painter: QPainter) -> None:
        """Rings around what can be dragged; the chosen joint with its name, and where it was found."""
        if self._handles is None:
            return
        handles, seen = self._handles.on_screen(), self._handles.seen()
        accent = QColor(theme.colors().accent)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for joint, point in handles.items():
            if joint not in seen:  # hidden, or not found: offered where it may be
                for color, width in (("black", 4.0), ("white", 2.0)):
                    painter.setPen(QPen(QColor(color), width))
                    painter.drawEllipse(point, 5, 5)
        for joint in {self._hovered, self._joint} & handles.keys():
            chosen = joint == self._joint
            painter.setPen(QPen(accent if chosen else QColor("white"), 2.5))
            painter.drawEllipse(handles[joint], 9, 9)
        found = self._handles.found(self._joint) if self._made is not None else None
        if found is not None and self._joint in handles:
            painter.setPen(QPen(accent, 1.5, Qt.PenStyle.DashLine))
            painter.drawLine(found, handles[self._joint])
        painter.restore()
        named = self._joint or self._hovered
        if named in handles:
            caption_at(painter, words(named), handles[named] + QPointF(14, -14), self._viewer.rect().toRectF())

    def _select(self, joint: str) -> None:
        if joint != self._joint:
            self._joint = joint
            self.selected.emit(joint)
        self._viewer.update()

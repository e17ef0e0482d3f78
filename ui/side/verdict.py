"""What is said of each dropped video: its facts at once, after a look whether it will do, more with its poses."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QLocale, QObject, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from ui import theme
from ui.project.jobs import Job, Jobs, Outcome
from ui.training.outlook import clock

translate = QCoreApplication.translate

WAITING, GOOD, WARN, BAD = "waiting", "good", "warn", "bad"
"""How good a video is; WAITING: nobody has looked yet."""
WORST = (BAD, WARN, GOOD, WAITING)
ICONS = {WAITING: "time", GOOD: "good", WARN: "warning", BAD: "error"}
SHORT_SECONDS = {"person": 20.0, "dance": 2.0}
"""Below this a video teaches, or shows, too little for a good clip."""
SMALL_PIXELS = 360
"""Of the shorter side, below which a body has too few pixels."""
SLOW_FPS = 20.0
"""Below this a dance looks like a row of pictures."""


@dataclass(frozen=True)
class Verdict:
    """Of one video."""

    level: str
    words: str
    """A few, for the card: "good", "camera moves, feet leave the picture at 0:12"."""
    hint: str = ""
    """What one may do about it."""
    facts: str = ""
    """ "1920x1080, 1:32, 30 frames/s, with sound"."""


def of_facts(facts: dict[str, Any], role: str) -> Verdict:
    """What `info VIDEO` tells, before anybody was looked for; `role` is "dance" or "person"."""
    told, found = facts_line(facts), list[tuple[str, str]]()
    seconds = float(facts.get("seconds") or 0)
    if seconds < SHORT_SECONDS[role]:
        hint = translate("Verdict", "One or two minutes are best.") if role == "person" else ""
        found.append((translate("Verdict", "only {n} s long").format(n=round(seconds)), hint))
    if 0 < min(facts.get("width") or 0, facts.get("height") or 0) < SMALL_PIXELS:
        found.append((translate("Verdict", "small picture"), translate("Verdict", "Use the original video.")))
    if role == "dance" and 0 < float(facts.get("fps") or 0) < SLOW_FPS:
        found.append((translate("Verdict", "few frames a second"), ""))
    if facts.get("damage"):
        found.append((translate("Verdict", "damaged"), str(facts["damage"])))
    return _joined([(WARN, *one) for one in found], told) or Verdict(WAITING, told, "", told)


def of_doubts(doubts: list[dict[str, Any]], facts: dict[str, Any]) -> Verdict:
    """What `info X.dance` tells of a video whose poses are known: its entry "verdict"."""
    told = facts_line(facts)
    found = [one for one in (_words_of(doubt) for doubt in doubts if isinstance(doubt, dict)) if one]
    return _joined(found, told) or Verdict(GOOD, translate("Verdict", "good"), "", told)


def together(facts: Verdict, seen: Verdict) -> Verdict:
    """What the facts and what was seen say of the same video."""
    if facts.level not in (WARN, BAD):
        return Verdict(seen.level, seen.words, seen.hint, facts.facts or seen.facts)
    both = [facts] if seen.level not in (WARN, BAD) else [seen, facts]
    found = _joined([(one.level, one.words, one.hint) for one in both], facts.facts)
    return found or facts


def facts_line(facts: dict[str, Any]) -> str:
    """Size, length, frame rate and sound, as far as they are known."""
    told = []
    if facts.get("width") and facts.get("height"):
        told.append(f"{facts['width']}\N{MULTIPLICATION SIGN}{facts['height']}")
    if facts.get("seconds"):
        told.append(clock(float(facts["seconds"])))
    if facts.get("fps"):
        told.append(
            translate("Verdict", "{n} frames/s").format(
                n=f"{float(facts['fps']):.3g}".replace(".", QLocale().decimalPoint())
            )
        )
    if "audio" in facts:
        sound, silence = translate("Verdict", "with sound"), translate("Verdict", "no sound")
        told.append(sound if facts["audio"] else silence)
    return ", ".join(told)


def _joined(found: list[tuple[str, str, str]], told: str) -> Verdict | None:
    """All that was found in one verdict; None where nothing was."""
    if not found:
        return None
    level = min((one[0] for one in found), key=WORST.index)
    hints = dict.fromkeys(one[2] for one in found if one[2])
    return Verdict(level, ", ".join(dict.fromkeys(one[1] for one in found)), " ".join(hints), told)


def _words_of(doubt: dict[str, Any]) -> tuple[str, str, str] | None:
    """Level, words and hint of one doubt; a kind that is not known here speaks for itself."""
    kind, at = str(doubt.get("kind", "")), doubt.get("at")
    time = clock(at) if isinstance(at, (int, float)) else ""
    room = translate("Verdict", "Leave some room around the person.")
    whole = translate("Verdict", "Use a video that shows one person from head to foot.")
    known = {
        "nobody": (BAD, translate("Verdict", "nobody found"), whole),
        "absent": (WARN, translate("Verdict", "often nobody to be seen"), translate("Verdict", "Trim the video.")),
        "legs": (BAD, translate("Verdict", "legs or feet never seen"), whole),
        "feet": (WARN, translate("Verdict", "legs leave the picture"), room),
        "feet at": (WARN, translate("Verdict", "legs leave the picture at {time}"), room),
        "head": (WARN, translate("Verdict", "head leaves the picture"), room),
        "head at": (WARN, translate("Verdict", "head leaves the picture at {time}"), room),
        "side": (
            WARN,
            translate("Verdict", "from the side only"),
            translate("Verdict", "Add some seconds from the front."),
        ),
        "small": (WARN, translate("Verdict", "person is small"), translate("Verdict", "Film from nearer, or larger.")),
        "camera": (
            WARN,
            translate("Verdict", "camera moves"),
            translate("Verdict", "Film from a tripod, or lean the phone on something."),
        ),
        "uncertain": (
            WARN,
            translate("Verdict", "poses unsure"),
            translate("Verdict", "Look at the result there first."),
        ),
        "uncertain at": (
            WARN,
            translate("Verdict", "poses unsure at {time}"),
            translate("Verdict", "Look at the result there first."),
        ),
    }
    found = known.get(f"{kind} at") if time else None
    level, words, hint = found or known.get(kind) or (WARN, str(doubt.get("sentence", "")), str(doubt.get("hint", "")))
    return (level, words.format(time=time), hint) if words else None


class Verdicts(QObject):
    """Looks at videos through the engine's `info`; `changed` tells the file whose verdict is new.

    `jobs` is best a queue of its own: these looks take a second, and nobody wants to wait for a training.
    """

    changed = Signal(str)

    def __init__(self, jobs: Jobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._roles: dict[str, str] = {}
        self._facts: dict[str, dict[str, Any]] = {}
        self._found: dict[str, Verdict] = {}
        self._sure: set[str] = set()
        """Files whose poses have been judged, which counts more than a look."""
        self._looks: dict[int, str] = {}
        jobs.finished.connect(self._finished)

    def of(self, file: str) -> Verdict:
        """What is known of a file so far."""
        return self._found.get(_key(file)) or Verdict(WAITING, self.tr("Having a look"))

    def frames_of(self, file: str) -> int:
        """How many frames a file has; 0 where that is not known yet."""
        return int(self._facts.get(_key(file), {}).get("frames") or 0)

    def look(self, file: str, role: str) -> None:
        """Have a look at a dropped file ("dance" or "person"): its facts first, then some of its frames."""
        self._roles[_key(file)] = role
        self._sure.discard(_key(file))
        self._ask(["info", file], "file")

    def look_at_project(self, folder: str) -> None:
        """Ask what the poses that are there by now say of the project's videos."""
        if "project" not in self._looks.values():
            self._ask(["info", folder], "project")

    def forget(self, file: str) -> None:
        """The file is no longer wanted."""
        for known in (self._roles, self._facts, self._found):
            known.pop(_key(file), None)

    def _ask(self, words: list[str], kind: str) -> None:
        job = self._jobs.add(words, self.tr("Looking at {name}").format(name=Path(words[1]).name))
        self._looks[job.id] = kind

    def _finished(self, job: Job, outcome: Outcome) -> None:
        kind = self._looks.pop(job.id, "")
        if kind == "file":
            self._hear_facts(job.words[1], outcome)
        elif kind == "frames":
            self._hear_look(job.words[1], outcome)
        elif kind == "project":
            self._hear_project(outcome.result)

    def _hear_facts(self, file: str, outcome: Outcome) -> None:
        role = self._roles.get(_key(file))
        if role is None:
            return
        if outcome.code != 0:
            self._put(file, Verdict(BAD, outcome.message, outcome.hint))
            return
        self._facts[_key(file)] = outcome.result
        self._put(file, of_facts(outcome.result, role))
        if "codec" in outcome.result:  # not a pose track
            self._ask(["info", file, "--look"], "frames")

    def _hear_look(self, file: str, outcome: Outcome) -> None:
        role, doubts = self._roles.get(_key(file)), outcome.result.get("verdict")
        if role is None or _key(file) in self._sure:
            return
        if outcome.code != 0 or not isinstance(doubts, list):  # the facts are all that can be said
            doubts = []
        self._put(
            file, together(of_facts(outcome.result or self._facts.get(_key(file), {}), role), of_doubts(doubts, {}))
        )

    def _hear_project(self, result: dict[str, Any]) -> None:
        videos = [("person", one) for one in result.get("person", [])]
        for role, one in videos + [("dance", one) for one in result.get("dances", [])]:
            if isinstance(one, dict) and isinstance(one.get("verdict"), list):
                file, facts = str(one.get("file", "")), self._facts.get(_key(str(one.get("file", ""))), {})
                self._sure.add(_key(file))
                found = of_doubts(one["verdict"], facts)
                self._put(file, together(of_facts(facts, role), found) if facts else found)

    def _put(self, file: str, verdict: Verdict) -> None:
        if self._found.get(_key(file)) != verdict:
            self._found[_key(file)] = verdict
            self.changed.emit(file)


def _key(file: str) -> str:
    return str(Path(file).resolve())


class VerdictLine(QWidget):
    """A verdict as an icon and a few words; the hint and the facts on hovering."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._mark, self._words = QLabel(), QLabel()
        self._verdict = Verdict(WAITING, "")
        self._words.setWordWrap(True)
        self._words.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._words.setTextFormat(Qt.TextFormat.PlainText)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        self._mark.setContentsMargins(0, 1, 0, 0)
        row.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._words, 1)
        theme.notifier().changed.connect(self._draw)
        self.show_verdict(self._verdict)

    def show_verdict(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._words.setText(verdict.words[:1].upper() + verdict.words[1:])
        about = [one for one in (verdict.hint, verdict.facts) if one and one != verdict.words]
        self.setToolTip("\n".join(about))
        self.setAccessibleName(". ".join([verdict.words, *about]))
        self._draw()

    @property
    def verdict(self) -> Verdict:
        return self._verdict

    def _draw(self) -> None:
        level = self._verdict.level
        color = {GOOD: theme.colors().good, WARN: theme.colors().warn, BAD: theme.colors().bad}
        self._mark.setPixmap(
            theme.icon(ICONS[level], color.get(level, theme.colors().dim)).pixmap(
                QSize(16, 16), self.devicePixelRatioF()
            )
        )
        self._mark.setVisible(bool(self._verdict.words))
        self._words.setProperty("role", "dim" if level == WAITING else "")
        theme.restyle(self._words)

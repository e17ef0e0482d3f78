"""Every option of the program, declared once: default, bounds, unit and one sentence of help.

The command line, the window's form, `project.json` and the README's option table are made from
these declarations.
"""

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from dancetransfer.errors import UserError

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Option:
    """What is declared about a field besides its name, type and default."""

    help: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    flag: str = ""
    """Its name on the command line, where that isn't the field's own."""
    words: tuple[str, ...] = ()
    """Where there are any, the value is one of these or the path of a file or folder."""


def option(default: Any, help: str, **declared: Any) -> Any:
    """A dataclass field with its declaration."""
    return field(default=default, metadata={"option": Option(help, **declared)})


BASE, NOTHING = "base", "none"
"""What a training can start from besides an earlier dancer."""


@dataclass(frozen=True)
class TrainSettings:
    """How the generator is trained on the person."""

    recipe: str = option(
        "best",
        "best learns the person and mixes in their own frames, fast learns alone and renders quicker; sprites learns "
        "nothing and moves the own frames; the others are published methods.",
        choices=("best", "fast", "sprites", "edn", "pix2pixhd", "vid2vid"),
    )
    size: int = option(
        256,
        "Height of the generator's output: the person crop, in edn the whole frame.",
        unit="pixels",
        low=32,
        high=1024,
    )
    budget: float = option(
        300.0,
        "Training time, summed over all runs of this person; more can be added later.",
        unit="seconds",
        low=1,
        high=14 * 86400.0,
    )
    steps: int | None = option(None, "Train this many steps instead of a time.", unit="steps", low=1, high=10_000_000)
    seed: int = option(0, "Start value of everything random.", low=0, high=2**31 - 1)
    width: int | None = option(
        None,
        "Channels of the generator's first layer; the recipe's own where not given.",
        unit="channels",
        low=4,
        high=128,
    )
    blocks: int | None = option(
        None, "Residual blocks of the generator; the recipe's own where not given.", low=1, high=12
    )
    batch: int | None = option(
        None,
        "Frames that each step learns from; the recipe's own where not given. Several graphics cards share them.",
        unit="frames",
        low=1,
        high=1024,
    )
    init: str = option(
        BASE,
        "What a new training starts from: base, the generator that is shipped (where there is one of these sizes), "
        "none, or an earlier project.",
        words=(BASE, NOTHING),
    )
    device: str = option(
        "auto",
        "Where to compute: auto takes the graphics card where one works.",
        choices=("auto", "cuda", "mps", "xpu", "cpu"),
    )
    engine: str = option(
        "auto",
        "What draws the frames of a rendering: auto measures PyTorch against ONNX Runtime once and takes the faster; "
        "tensorrt is ONNX Runtime's, and needs minutes the first time.",
        choices=("auto", "torch", "onnx", "tensorrt"),
    )
    chosen: tuple[str, ...] | None = field(default=None, compare=False)
    """Names of the options that somebody chose, which may be the usual value; None: nobody noted it."""

    def by_hand(self, name: str) -> bool:
        """Somebody chose this option; where nobody noted it, its value is another than the usual one."""
        return name in _names_by_hand(self)


@dataclass(frozen=True)
class PoseSettings:
    """How the people in the videos are found."""

    estimator: str = option(
        "mediapipe",
        "What finds the joints; dwpose and rtmw are stronger and slower, and need weights that you download.",
        choices=("mediapipe", "dwpose", "rtmw"),
    )


@dataclass(frozen=True)
class RetargetSettings:
    """How the dance is fitted to the person's body and camera."""

    method: str = option(
        "body",
        "body fits every limb, the floor and the camera; the others are published methods, for comparison.",
        choices=("body", "edn", "linear", "first-frame"),
    )
    place: float | None = option(
        None,
        "Where the dance stands, 0 left to 1 right in the picture; where the person stood if not given.",
        low=0,
        high=1,
    )


@dataclass(frozen=True)
class RenderSettings:
    """Which part of which dance is rendered."""

    dance: str | None = option(None, "Name of the dance in the project; the newest where not given.")
    start: float | None = option(None, "Render from this time of the dance on.", unit="seconds", low=0, flag="from")
    stop: float | None = option(None, "Render up to this time of the dance.", unit="seconds", low=0, flag="to")


@dataclass(frozen=True)
class ExportSettings:
    """How the finished clip is written."""

    preset: str = option(
        "own",
        "The kind of file: own is an MP4 in the size of the person's video; wide and the like are made for a use.",
        choices=(
            "own", "vertical", "wide", "square", "small", "webm", "prores", "prores-alpha", "png", "gif", "webp",
        ),
    )  # fmt: skip
    crop: str = option(
        "auto",
        "What of the picture is seen: auto follows the dancer where the preset has another shape, else whole; "
        "close also comes near; still doesn't move.",
        choices=("auto", "whole", "follow", "close", "still"),
    )
    fps: float | None = option(
        None,
        "Resample to this frame rate; otherwise every frame keeps the dance's own time.",
        unit="frames/s",
        low=1,
        high=240,
    )
    sound: str = option(
        "on",
        "Whether the clip has sound: the dance's own, or that of --music.",
        choices=("on", "off"),
    )
    music: str | None = option(None, "A file whose sound takes the place of the dance's.")
    music_from: float = option(
        0.0,
        "The time of the music that the clip begins with; below 0 the music sets in that much later.",
        unit="seconds",
        low=-3600,
        high=86400,
    )
    fade: float = option(0.0, "Fade the sound out over this time at the end.", unit="seconds", low=0, high=60)
    fade_in: float = option(0.0, "Fade the sound in over this time.", unit="seconds", low=0, high=60)
    encoder: str = option(
        "software",
        "hardware is quicker and a little worse; where no such encoder opens, software is taken.",
        choices=("software", "hardware"),
    )
    label: str = option(
        "auto",
        "The visible corner label: auto shows it until a consent is recorded.",
        choices=("auto", "on", "off"),
    )
    plate: str = option(
        "own",
        "What is behind the dancer: own is the person's background; or a picture or video file, which fills the "
        "picture; none leaves it see-through, for presets that can.",
    )
    blend: str = option(
        "plain",
        "How the dancer meets another plate: plain, or poisson, which takes on its light, evenly over place and time.",
        choices=("plain", "poisson"),
    )


@dataclass(frozen=True)
class LoopSettings:
    """What is made of a clip that goes round."""

    seconds: float | None = option(
        None,
        "Length of the loop, as near as its material allows; where not given, the longest that nobody notices, or the "
        "best.",
        unit="seconds",
        low=0.5,
        high=120,
    )
    random: float | None = option(
        None,
        "Instead of a loop, play the clip for so long in an order drawn by chance.",
        unit="seconds",
        low=1,
        high=3600,
    )
    variant: int = option(0, "Another number draws another order.", low=0, high=2**31 - 1)


@dataclass(frozen=True)
class LiveSettings:
    """How a dancer dances live."""

    camera: int = option(0, "Number of the webcam, where no video is given.", low=0, high=99)
    mirror: str = option(
        "auto", "Whether the dancer moves as in a mirror: auto does before a webcam.", choices=("auto", "on", "off")
    )
    window: str = option(
        "auto",
        "Whether a window shows the dancer: auto where there is a screen; off writes the file alone.",
        choices=("auto", "off"),
    )
    pace: str = option(
        "own",
        "own shows a video at its own pace and passes over what comes too quickly; all draws every frame of it, as "
        "quickly as that goes.",
        choices=("own", "all"),
    )
    stop_after: float | None = option(None, "End after this time.", unit="seconds", low=0.1, high=86400)


GROUPS: dict[str, Any] = {
    "poses": PoseSettings,
    "train": TrainSettings,
    "retarget": RetargetSettings,
    "render": RenderSettings,
    "export": ExportSettings,
    "loop": LoopSettings,
    "live": LiveSettings,
}


def declared(group: Any) -> dict[str, tuple[dataclasses.Field[Any], Option]]:
    """Field and declaration of every option of a settings class, in order."""
    return {f.name: (f, f.metadata["option"]) for f in dataclasses.fields(group) if "option" in f.metadata}


def choose(values: Kind, **chosen: Any) -> Kind:
    """The settings with these options as somebody chose them, whose names they keep where they keep names."""
    if isinstance(values, TrainSettings):
        names = tuple(dict.fromkeys((*_names_by_hand(values), *chosen)))
        return dataclasses.replace(values, **chosen, chosen=names)
    return dataclasses.replace(values, **chosen)  # type: ignore[type-var]


def _names_by_hand(values: TrainSettings) -> tuple[str, ...]:
    if values.chosen is not None:
        return values.chosen
    return tuple(name for name, (one, _) in declared(TrainSettings).items() if getattr(values, name) != one.default)


def flag_of(name: str, about: Option) -> str:
    return "--" + (about.flag or name).replace("_", "-")


def kind_of(one: dataclasses.Field[Any]) -> str:
    """'int', 'float' or 'str' of a field that may also be None."""
    return str(getattr(one.type, "__name__", one.type)).split("|")[0].strip()


def seconds_of(text: str) -> float:
    """Seconds of '90', '90s', '1.5m', '2h' or '1:30'; UserError for anything else."""
    clock = re.fullmatch(r"(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)", text.strip())
    if clock:
        hours, minutes, seconds = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(seconds)
    found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*(s|m|h)?", text.strip().lower())
    if not found:
        raise UserError(f"'{text}' is not a time.", "Write seconds or minutes: 90s, 5m, 1:30.")
    return float(found[1]) * {"s": 1, "m": 60, "h": 3600, None: 1}[found[2]]


def parse(one: dataclasses.Field[Any], about: Option, text: Any) -> Any:
    """The value of an option written as text, checked; UserError names the option and its bounds.

    "none" takes back what was given, where the option need not be given.
    """
    flag, kind = flag_of(one.name, about), kind_of(one)
    if text == "none" and one.default is None:
        return None
    try:
        if about.unit == "seconds" and isinstance(text, str):
            below = (about.low or 0) < 0 and text.startswith("-")
            value: Any = -seconds_of(text[1:]) if below else seconds_of(text)
        else:
            value = {"int": int, "float": float, "str": str}[kind](text)
    except (TypeError, ValueError) as error:
        raise UserError(f"{flag} takes a number, not '{text}'.", about.help) from error
    check(flag, about, value)
    return value


def check(flag: str, about: Option, value: Any) -> None:
    """UserError where `value` is outside what is declared."""
    if value is None:
        return
    if about.choices and value not in about.choices:
        raise UserError(f"{flag} can't be '{value}'.", f"Choose one of: {', '.join(about.choices)}.")
    if isinstance(value, (int, float)) and not _within(value, about):
        raise UserError(f"{flag} can't be {value:g}.", f"It {_bounds(about)}.")


def _within(value: float, about: Option) -> bool:
    return (about.low is None or value >= about.low) and (about.high is None or value <= about.high) and value == value


def _bounds(about: Option) -> str:
    """'lies between 1 and 10 steps' and the like."""
    low, high = (None if edge is None else f"{edge:.12g}" for edge in (about.low, about.high))
    if low and high:
        words = f"lies between {low} and {high}"
    else:
        words = f"is at least {low}" if low else f"is at most {high}" if high else "is a number"
    return f"{words} {about.unit}".rstrip()


def _fits(one: dataclasses.Field[Any], value: Any) -> bool:
    """Whether a value from a file has the kind that the field declares."""
    if value is None:
        return one.default is None
    kinds: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,)}
    return isinstance(value, kinds[kind_of(one)]) and not isinstance(value, bool)


def from_dict(group: type[Kind], values: dict[str, Any]) -> tuple[Kind, list[str]]:
    """Settings from a project file, and the names in it that this version doesn't know.

    UserError where a value is of another kind than declared, or outside its bounds.
    """
    known = declared(group)
    values = dict(values)
    chosen = {"chosen": _names(values.pop("chosen"), known)} if group is TrainSettings and "chosen" in values else {}
    for name, value in values.items():
        if name in known:
            if not _fits(known[name][0], value):
                raise UserError(
                    f"{flag_of(name, known[name][1])} can't be {value!r} in the project file.",
                    "Delete that line of project.json.",
                )
            check(flag_of(name, known[name][1]), known[name][1], value)
    unknown = [name for name in values if name not in known]
    return group(**{n: v for n, v in values.items() if n in known}, **chosen), unknown


def _names(value: Any, known: Iterable[str]) -> tuple[str, ...] | None:
    """Those of a file's names that are options; None where it holds no names."""
    return tuple(name for name in known if name in value) if isinstance(value, (list, tuple)) else None


def table() -> str:
    """The README's option table."""
    rows = ["| option | default | what it does |", "|---|---|---|"]
    for group in GROUPS.values():
        for name, (one, about) in declared(group).items():
            default = "" if one.default is None else f"{one.default:g}" if kind_of(one) != "str" else one.default
            unit = f" {about.unit}" if about.unit and default else ""
            choices = f" ({', '.join(about.choices)})" if about.choices else ""
            rows.append(f"| `{flag_of(name, about)}` | {default}{unit} | {about.help}{choices} |")
    return "\n".join(rows)

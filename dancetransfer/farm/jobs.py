"""The list of a batch, jobs.toml: which dancers, which dances, and the commands that make each pair's clip."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

from dancetransfer import settings
from dancetransfer.errors import UserError
from dancetransfer.media import DANCER as PORTABLE
from dancetransfer.media import is_folder_name
from dancetransfer.settings import ExportSettings, PoseSettings, RetargetSettings, TrainSettings

GROUPS = (PoseSettings, TrainSettings, RetargetSettings, ExportSettings)
"""Whose options may be given: those of the command `transfer`."""
OF_DANCES = (PoseSettings, RetargetSettings, ExportSettings)
"""Those that may differ from dance to dance: a dancer is learned once."""
WHOLE = {"output", "folder", "cpus", "gpus", "retries", "options", "dancers", "dances"}
DANCER = {"name", "person", "consent", "options"}
DANCE = {"name", "file", "person", "at", "options"}
"""What may stand in the file, and in its entries."""
PROJECT = ".dance"
"""Suffix of a project's folder."""
DRAWING = {"--engine", "--device"}
"""Options of learning that also count where a dancer has been learned elsewhere."""
FILES = ("music", "plate", "init")
"""Options that may name a file, from the folder of the list on."""

Options = dict[str, Any]


@dataclass(frozen=True)
class Dancer:
    """Who shall dance: videos of a person, a project, or a portable dancer."""

    name: str
    person: tuple[Path, ...]
    consent: str
    options: Options

    @property
    def project(self) -> bool:
        return self.person[0].suffix.lower() == PROJECT

    @property
    def portable(self) -> bool:
        return self.person[0].suffix.lower() == PORTABLE


@dataclass(frozen=True)
class Dance:
    """What shall be danced, and whom to follow in it."""

    name: str
    file: Path
    follow: tuple[str, ...]
    options: Options


@dataclass(frozen=True)
class Task:
    """One clip: a dancer's dance."""

    name: str
    output: Path
    project: Path
    """The folder that is worked in; one task at a time may."""
    steps: tuple[tuple[str, ...], ...]
    """Commands of the program, one after the other."""
    inputs: tuple[Path, ...]
    about: str
    """What decides about the clip besides what is in the inputs."""
    preset: str


@dataclass(frozen=True)
class Batch:
    """All clips of a list, and how they are to be made."""

    folder: Path
    """Holds the projects of dancers that are given by videos, the logs, and what is known of finished clips."""
    tasks: tuple[Task, ...]
    cpus: int | None
    gpus: float | None
    """What each task has to itself; None: as the machines suggest."""
    retries: int
    """How often a task is tried again when its worker was lost."""


def read_batch(file: Path) -> Batch:
    """The list `file`; UserError where it can't be read, names what isn't there, or would write a clip twice."""
    data = _parsed(file)
    home = file.resolve().parent
    _known(data, WHOLE, file.name)
    common = _options(data.get("options", {}), home, "[options]")
    dancers = [_dancer(entry, home, common) for entry in _entries(data, "dancers")]
    dances = [_dance(entry, home) for entry in _entries(data, "dances")]
    for what, names in (("dancers", [one.name for one in dancers]), ("dances", [one.name for one in dances])):
        for name in names:
            if names.count(name) > 1:
                raise UserError(f"Two of the {what} are called '{name}'.", 'Give one another name: name = "..."')
    folder = home / _text(data.get("folder", f"{file.stem}-work"), "folder")
    pattern = _text(data.get("output", "{dancer}-{dance}.mp4"), "output")
    tasks = tuple(_task(one, dance, home, folder, pattern) for one, dance in product(dancers, dances))
    _apart(tasks)
    return Batch(
        folder,
        tasks,
        _number(data, "cpus", int, 1, 4096),
        _number(data, "gpus", float, 0, 64),
        _number(data, "retries", int, 0, 100) if "retries" in data else 2,
    )


def _parsed(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"{file} is not there.", "Give the file that lists dancers and dances.") from error
    except OSError as error:
        raise UserError(
            f"{file} can't be read: {error.strerror or error}.", "Give a file in the TOML format."
        ) from error
    except ValueError as error:  # of TOML, or of UTF-8
        raise UserError(f"{file.name} is not in the TOML format: {error}.", "See the README for an example.") from error


def _known(entry: Mapping[str, Any], names: set[str], where: str) -> None:
    for name in entry:
        if name not in names:
            raise UserError(f"'{name}' has no meaning in {where}.", f"Known are: {', '.join(sorted(names))}.")


def _entries(data: dict[str, Any], what: str) -> list[Any]:
    entries = data.get(what, [])
    if not isinstance(entries, list) or not entries:
        raise UserError(f"The list names no {what}.", f"Write [[{what}]] and a line below it for each.")
    return entries


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str) or not value.strip():
        raise UserError(f"{where} takes a text, not {value!r}.", f'Write it like this: {where} = "..."')
    return value


def _number(data: dict[str, Any], name: str, kind: type[int] | type[float], low: float, high: float) -> Any:
    value: Any = data.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, kind)) or not low <= value <= high:
        raise UserError(f"{name} can't be {value!r}.", f"It is a number from {low:g} to {high:g}.")
    return kind(value)


def _there(value: Any, home: Path, where: str) -> Path:
    path = (home / Path(_text(value, where)).expanduser()).resolve()
    if not path.exists():
        raise UserError(f"{path} is not there.", f"It is named as {where} in the list.")
    return path


def _dancer(entry: Any, home: Path, common: Options) -> Dancer:
    if isinstance(entry, str):
        entry = {"person": entry}
    if not isinstance(entry, dict):
        raise UserError(f"{entry!r} is no dancer.", 'Write [[dancers]] and below it person = "video.mp4"')
    _known(entry, DANCER, "[[dancers]]")
    given = entry.get("person", "")
    files = [_there(one, home, "person") for one in (given if isinstance(given, list) and given else [given])]
    dancer = Dancer(
        _name(entry.get("name", files[0].stem)),
        tuple(files),
        _text(entry["consent"], "consent") if "consent" in entry else "",
        common | _options(entry.get("options", {}), home, "the options of a dancer"),
    )
    if len(files) > 1 and {file.suffix.lower() for file in files} & {PROJECT, PORTABLE}:
        raise UserError(f"'{dancer.name}' is more than one thing.", "Give one project, one .dancer file, or videos.")
    if {"--budget", "--steps"} <= dancer.options.keys():
        raise UserError(f"'{dancer.name}' has both budget and steps.", "Give one of them.")
    return dancer


def _dance(entry: Any, home: Path) -> Dance:
    if isinstance(entry, str):
        entry = {"file": entry}
    if not isinstance(entry, dict):
        raise UserError(f"{entry!r} is no dance.", 'Write [[dances]] and below it file = "video.mp4"')
    _known(entry, DANCE, "[[dances]]")
    if {"person", "at"} <= entry.keys():
        raise UserError("A dance has both person and at.", "Give one of them: both say whom to follow.")
    file = _there(entry.get("file", ""), home, "file")
    follow = tuple(f"--{name}={entry[name]}" for name in ("person", "at") if name in entry)
    options = _options(entry.get("options", {}), home, "the options of a dance", OF_DANCES)
    return Dance(_name(entry.get("name", file.stem)), file, follow, options)


def _name(value: Any) -> str:
    name = _text(value, "name")
    if not is_folder_name(name):
        raise UserError(f"'{name}' can't be a name.", "Files are called by it: use letters, digits and hyphens.")
    return name


def _options(given: Any, home: Path, where: str, groups: tuple[type, ...] = GROUPS) -> Options:
    """Options by the names of their flags, checked as if they were typed."""
    if not isinstance(given, dict):
        raise UserError(f"{where} is no table.", "Write a line for each option: size = 512")
    declared = {
        settings.flag_of(name, about): (one, about)
        for group in groups
        for name, (one, about) in settings.declared(group).items()
    }
    checked: Options = {}
    for name, value in given.items():
        flag = "--" + name.replace("_", "-")
        if flag not in declared:
            raise UserError(f"There is no option '{name}', which stands in {where}.", "The README has them all.")
        one, about = declared[flag]
        settings.parse(one, about, str(value))
        named = flag[2:] in FILES and value not in about.words
        checked[flag] = str(_there(value, home, name)) if named else value
    return checked


def _task(dancer: Dancer, dance: Dance, home: Path, folder: Path, pattern: str) -> Task:
    from dancetransfer.render.presets import fitting

    try:
        output = (home / pattern.format(dancer=dancer.name, dance=dance.name)).resolve()
    except (KeyError, IndexError, ValueError) as error:
        raise UserError(f"output can't be '{pattern}'.", "It may hold {dancer} and {dance}.") from error
    name, options = f"{dancer.name}-{dance.name}", dancer.options | dance.options
    if dancer.project:
        project, steps = dancer.person[0], _steps_in_project(dancer, dance, output, options)
    else:
        project = folder / f"{name if dancer.portable else dancer.name}{PROJECT}"
        if dancer.portable:
            learning = set(_flag_names(TrainSettings)) - DRAWING
            options = {flag: value for flag, value in options.items() if flag not in learning}
        words = ("transfer", str(dance.file), *map(str, dancer.person), "-o", str(output), f"--project={project}")
        steps = ((*words, *dance.follow, *_flags(options, *GROUPS), *_consent(dancer)),)
    preset = options.get("--preset") or fitting("own", output.suffix)
    about = repr((sorted(options.items()), dance.follow, dancer.consent))
    return Task(name, output, project, steps, (dance.file, *dancer.person), about, preset)


def _steps_in_project(dancer: Dancer, dance: Dance, output: Path, options: Options) -> tuple[tuple[str, ...], ...]:
    """A project is taken as it is; it is trained only where nothing has been learned yet."""
    from dancetransfer.project import Project

    project = Project.open(dancer.person[0])
    where = str(project.folder)
    add = ("add-dance", where, str(dance.file), *dance.follow, *_flags(options, PoseSettings, RetargetSettings))
    learn = ("train", where, *_flags(options, TrainSettings))
    write = ("export", where, "--render", "-o", str(output), *_flags(options, ExportSettings), *_consent(dancer))
    known = project.portable or any((run / "best.safetensors").exists() for run in project.runs)
    return (add, write) if known else (add, learn, write)


def _flags(options: Options, *groups: type) -> list[str]:
    """Those of the options that belong to these groups, as words of a command."""
    names = _flag_names(*groups)
    return [f"{flag}={value}" for flag, value in options.items() if flag in names]


def _flag_names(*groups: type) -> list[str]:
    return [settings.flag_of(name, about) for kind in groups for name, (_, about) in settings.declared(kind).items()]


def _consent(dancer: Dancer) -> list[str]:
    return [f"--consent={dancer.consent}"] if dancer.consent else []


def _apart(tasks: tuple[Task, ...]) -> None:
    """UserError where two clips would have one place, or a clip would lie where it does harm."""
    places: dict[Path, Task] = {}
    read = {path for task in tasks for path in task.inputs}
    for task in tasks:
        other = places.setdefault(task.output, task)
        if other is not task:
            raise UserError(
                f"{other.name} and {task.name} would both be written to {task.output}.",
                'Let their names tell them apart: output = "{dancer}-{dance}.mp4"',
            )
        if task.output in read:
            raise UserError(f"{task.output} is one of the files that are read.", "Choose another output.")
        if task.project in task.output.parents:
            raise UserError(f"{task.output} lies in a project's folder.", "Choose a folder of its own for the clips.")

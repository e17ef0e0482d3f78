"""The whole job as a chain of stages: which are still missing, in what order, and how long they will take."""

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.heap import give_back
from dancetransfer.media import Media, has_picture
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES
from dancetransfer.settings import ExportSettings, PoseSettings, RenderSettings, RetargetSettings, TrainSettings

# Seconds of a two-core machine without a graphics card; only their ratios matter, and only until
# the first stage of a kind has been measured.
POSE_SECONDS, STEADY_SECONDS, PREPARE_SECONDS = 0.06, 0.005, 0.02
RENDER_SECONDS, EXPORT_SECONDS, SCORE_SECONDS, PREVIEW_SECONDS = 0.06, 0.03, 0.15, 0.04
"""Guessed seconds per frame of each stage."""


@dataclass(frozen=True)
class Task:
    """One stage of the chain with a first guess of its seconds."""

    name: str
    """In words for the progress line."""
    kind: str
    """Tasks of one kind share what is measured."""
    seconds: float
    run: Callable[[], Events]


def chain(tasks: list[Task]) -> Events:
    """Run tasks one after the other; every Progress gets the seconds left for all of them."""
    pace: dict[str, float] = {}
    told: tuple[float, float] | None = None
    for number, task in enumerate(tasks):
        meter = _Meter(task.seconds * pace.get(task.kind, 1.0))
        with closing(task.run()) as stage:  # type: ignore[type-var]
            for event in stage:
                if isinstance(event, Started):
                    event = replace(event, words=event.words or task.name)
                if isinstance(event, Progress):
                    now = time.monotonic()
                    left = meter.left(event, now)
                    pace[task.kind] = meter.seconds / max(task.seconds, 1e-3)
                    left += sum(one.seconds * pace.get(one.kind, 1.0) for one in tasks[number + 1 :])
                    if told is not None:  # a new estimate is taken over bit by bit
                        before = max(0.0, told[0] - (now - told[1]))
                        left = before + STEADY * (left - before)
                    told = left, now
                    event = replace(event, seconds_left=round(left, 1))
                yield event
        give_back()  # a process of another stage may need it


STEADY = 0.25
"""How much of a new estimate of the time left is believed at once."""


class _Meter:
    """How long a task takes, from the pace of its own progress since that began to move in this run."""

    def __init__(self, guess: float) -> None:
        self.seconds = guess
        """Of the whole task, also of what an earlier run has done."""
        self._from: tuple[float, float] | None = None

    def left(self, event: Progress, now: float) -> float:
        share = min(1.0, event.done / event.total) if event.total else 0.0
        if self._from is None or share <= self._from[0]:
            self._from = share, now
        elif share - self._from[0] > 0.05:
            self.seconds = (now - self._from[1]) / (share - self._from[0])
        return (1 - share) * self.seconds


# --- the tasks of a project ---------------------------------------------------------------------


def pose_tasks(project: Project, dance: str | None = None) -> list[Task]:
    """Poses and what the timeline shows of the dances (or one) and the person's clips, then their tracks."""
    chosen = [project.dance(dance)] if dance else project.dances
    tasks = []
    for one in chosen:
        tasks += _poses_of(project, one, project.dance_folder(one), False)
    return tasks + clip_tasks(project)


def clip_tasks(project: Project) -> list[Task]:
    """The same of the person's clips alone, with masks; a portable dancer is unpacked."""
    if project.portable:
        return [Task("Unpacking the portable dancer", "unpack", 5.0, partial(_arrive, project))]
    return [task for clip in project.clips for task in _poses_of(project, clip, project.clip_folder(clip), True)]


def _arrive(project: Project) -> Events:
    from dancetransfer.portable.arrive import arrive

    yield from arrive(project)


def _poses_of(project: Project, media: Media, folder: Path, masks: bool) -> list[Task]:
    from dancetransfer.pose import edits
    from dancetransfer.pose.track import clean_track

    name = Path(media.file).name
    by_hand = edits.read(project.edits(folder))
    tasks = [Task(f"Cleaning the track of {name}", "track", 1.0, partial(clean_track, folder, by_hand))]
    if not media.has_picture:
        return [Task(f"Reading the moves of {name}", "import", 1.0, partial(_import, media, folder)), *tasks]
    from dancetransfer.extract.extract import extracted
    from dancetransfer.pose.steady import steady_clip

    if masks:  # of the person, who stands before a background that is kept
        words = f"Looking whether the camera of {name} stands still"
        seconds = _frames(media.path()) * STEADY_SECONDS
        tasks.append(Task(words, "steady", seconds, partial(steady_clip, media.path(), folder)))
    estimator = project.settings(PoseSettings).estimator
    if not extracted(media.fingerprint, folder, masks=masks, follow=media.follow, estimator=estimator):
        seconds = _frames(media.path()) * POSE_SECONDS
        words = f"Finding the {'person' if masks else 'dancer'} in {name}"
        tasks.insert(0, Task(words, "poses", seconds, partial(_find, project, media, folder, masks)))
    return tasks


def _import(media: Media, folder: Path) -> Events:
    from dancetransfer.mocap.tracks import import_track

    yield from import_track(media, folder)


def _find(project: Project, media: Media, folder: Path, masks: bool) -> Events:
    from dancetransfer.extract.extract import NobodyFound, extract
    from dancetransfer.extract.follow import NobodyThere

    estimator = project.settings(PoseSettings).estimator
    try:
        yield from extract(media.path(), folder, masks=masks, follow=media.follow, estimator=estimator)
    except (NobodyFound, NobodyThere) as error:
        if isinstance(error, NobodyFound) or not (folder / "poses.npz").exists():
            project.remove(media)  # of no use, and in the way of every later command
            project.save()
        raise


def fit_tasks(project: Project, settings: RetargetSettings, dance: str | None = None) -> list[Task]:
    """Fit the dances (or one) to the person, and say what of them the footage lacks."""
    chosen = [project.dance(dance)] if dance else project.dances
    tasks = []
    for one in chosen if project.clips else []:
        words = f"Fitting {Path(one.file).name} to the person"
        tasks += [Task(words, "fit", 1.0, partial(_fit, project, settings, one)), _cover_task(project, one)]
    return tasks


def cover_tasks(project: Project) -> list[Task]:
    """Say again what the footage lacks of the dances that are fitted."""
    fitted = [one for one in project.dances if (project.dance_folder(one) / "retarget.npz").exists()]
    return [_cover_task(project, one) for one in fitted]


def _cover_task(project: Project, dance: Media) -> Task:
    words = f"Comparing {Path(dance.file).name} with the person's video"
    return Task(words, "cover", 2.0, partial(_cover, project, dance))


def _cover(project: Project, dance: Media) -> Events:
    from dancetransfer.learn.foresight import cover_dance

    yield from cover_dance(project, dance.name)


def _fit(project: Project, settings: RetargetSettings, dance: Media) -> Events:
    from dancetransfer.fit.retarget import fit_dance
    from dancetransfer.learn.driving import write_driving
    from dancetransfer.pose.poses import Poses

    yield from fit_dance(project, settings, dance.name)
    folder = project.dance_folder(dance)
    if dance.has_picture and not (folder / "driving.jpg").exists() and Path(dance.file).exists():
        write_driving(dance.path(), Poses.load(folder / "retarget.npz"), folder)


def train_tasks(project: Project, settings: TrainSettings, dance: str | None = None) -> list[Task]:
    """Crops and plate, then the training, and before it a first preview of a dance where one is named.

    Where the recipe learns nothing: crops and plate. UserError where the person is a portable dancer.
    """
    if project.portable:
        raise UserError(
            f"{Path(project.clips[0].file).name} was learned elsewhere, and brings no video to learn from.",
            "Render with it, or learn the person anew from a video in another --project.",
        )
    tasks = [prepare_task(project, settings)]
    if not _learned(settings):
        return tasks
    if dance is not None:
        words = "A first preview with the person's own frames"
        seconds = min(_dance_frames(project, dance), 600) * PREVIEW_SECONDS
        tasks.append(Task(words, "preview", seconds, partial(_preview, project, settings, dance)))
    seconds = settings.steps * 0.5 if settings.steps else settings.budget
    return [*tasks, Task("Learning the person", "train", seconds, partial(_train, project, settings))]


def prepare_task(project: Project, settings: TrainSettings) -> Task:
    """Crops and plate."""
    seconds = _clip_frames(project) * PREPARE_SECONDS
    return Task("Preparing the person", "prepare", seconds, partial(_prepare, project, settings))


def _learned(settings: TrainSettings) -> bool:
    """The recipe has something to learn."""
    return RECIPES[settings.recipe].learned


def _preview(project: Project, settings: TrainSettings, dance: str) -> Events:
    from dancetransfer.render.preview import preview

    if not any((run / "best.safetensors").exists() for run in project.runs):  # which shows itself in previews
        yield from preview(project, settings, dance)


def _prepare(project: Project, settings: TrainSettings) -> Events:
    from dancetransfer.footage.pairs import prepare

    yield from prepare(project, settings)


def _train(project: Project, settings: TrainSettings) -> Events:
    from dancetransfer.learn import runs
    from dancetransfer.learn.train import train

    worked = False
    with closing(train(project, settings)) as stage:  # type: ignore[type-var]
        for event in stage:
            worked |= isinstance(event, Started)
            yield event
    if not worked and not runs.learned(project, runs.best(project, settings).parent):
        yield Notice(
            "The training time is used up, so footage that was added or poses that changed since are not learned from.",
            "Give more time, counted from the first training on, like this: --budget 10m. Or learn anew: train --new",
        )


def render_tasks(project: Project, training: TrainSettings, settings: RenderSettings) -> list[Task]:
    """Render a dance."""
    seconds = _dance_frames(project, settings.dance) * RENDER_SECONDS
    task = Task("Rendering the dance", "render", seconds, partial(_render, project, training, settings))
    cut = RECIPES[training.recipe].own_frames and not project.portable
    return [prepare_task(project, training), task] if cut else [task]


def picture_tasks(project: Project, settings: RenderSettings) -> list[Task]:
    """All that is missing between a dance and its rendering by what is learned, by the project's settings."""
    name = project.dance(settings.dance).name
    return [
        *pose_tasks(project, name),
        *fit_tasks(project, project.settings(RetargetSettings), name),
        *render_tasks(project, project.settings(TrainSettings), settings),
    ]


def _render(project: Project, training: TrainSettings, settings: RenderSettings) -> Events:
    from dancetransfer.learn import runs
    from dancetransfer.render.render import render

    if _learned(training) and not project.portable:
        from dancetransfer.learn.course import due

        folder = runs.best(project, training).parent
        if due(folder):
            from dancetransfer.learn.report import late_report  # needs torch, which takes seconds to import

            yield from late_report(project, folder, runs.device_of(folder, training.device), Progress("render", 0))
    yield from render(project, training, settings)


def pack_tasks(project: Project, output: Path, license: str) -> list[Task]:
    """Pack the learned person into a file."""
    training = project.settings(TrainSettings)
    task = Task("Packing the dancer", "pack", 20.0, partial(_pack, project, training, output, license))
    return [*clip_tasks(project), prepare_task(project, training), task]


def _pack(project: Project, training: TrainSettings, output: Path, license: str) -> Events:
    from dancetransfer.portable.pack import pack

    yield from pack(project, training, output, license)


def estimate_tasks(project: Project, chosen: RenderSettings, settings: ExportSettings) -> list[Task]:
    """Tell how large a clip will be."""
    return [Task("Estimating the size", "estimate", 10.0, partial(_estimate, project, chosen, settings))]


def _estimate(project: Project, chosen: RenderSettings, settings: ExportSettings) -> Events:
    from dancetransfer.render.estimate import estimate

    yield from estimate(project, chosen, settings)


def export_tasks(project: Project, chosen: RenderSettings, settings: ExportSettings, output: Path) -> list[Task]:
    """Write the finished clip."""
    frames = _dance_frames(project, chosen.dance)
    return [
        Task("Writing the clip", "export", frames * EXPORT_SECONDS, partial(_export, project, chosen, settings, output))
    ]


def _export(project: Project, chosen: RenderSettings, settings: ExportSettings, output: Path) -> Events:
    from dancetransfer.render.export import export

    yield from export(project, chosen, settings, output)


def score_tasks(project: Project, training: TrainSettings) -> list[Task]:
    """Score the person's generator on held-out frames."""
    frames = min(120.0, 0.1 * _clip_frames(project))
    return [Task("Scoring", "score", frames * SCORE_SECONDS, partial(_score, project, training))]


def _score(project: Project, training: TrainSettings) -> Events:
    from dancetransfer.score.person import score_person

    yield from score_person(project, training)


def transfer(
    project: Project,
    output: Path,
    training: TrainSettings,
    fitting: RetargetSettings,
    rendering: RenderSettings,
    exporting: ExportSettings,
) -> Events:
    """Everything that is still missing between the project's videos and the finished clip."""
    name, here = project.dance(rendering.dance).name, not project.portable
    tasks = [
        *pose_tasks(project, name),
        *fit_tasks(project, fitting, name),
        *(train_tasks(project, training, name) if _learned(training) and here else []),
        *render_tasks(project, training, rendering),
        *export_tasks(project, rendering, exporting, output),
        *(score_tasks(project, training) if here else []),
    ]
    yield from chain(tasks)


def done(message: str, files: list[Path]) -> Done:
    """The last event of a command."""
    return Done("", message, [str(path) for path in files])


def _frames(path: Path) -> int:
    """For a guess of the time alone: 0 where the file has gone, which the stages that need it tell."""
    from dancetransfer.mocap.tracks import count_frames
    from dancetransfer.video.read import probe

    if not path.exists():
        return 0
    return probe(path).frames if has_picture(path) else count_frames(path)


def _clip_frames(project: Project) -> int:
    return sum(_frames(Path(clip.file)) for clip in project.clips if not clip.portable)


def _dance_frames(project: Project, name: str | None) -> int:
    return _frames(Path(project.dance(name).file))

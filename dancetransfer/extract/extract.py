"""From a video to its poses, masks, proxy, thumbnails and sound marks: one decode, in parallel."""

import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Event, Notice, Started
from dancetransfer.extract.count import STAGE, Count
from dancetransfer.extract.estimators import identity
from dancetransfer.extract.follow import Wish, larger_person
from dancetransfer.extract.identity import Bodies, uncertain
from dancetransfer.extract.masks import Masks, MaskWriter, read_masks
from dancetransfer.extract.notices import notices
from dancetransfer.extract.parts import Job, Part, fit, plan
from dancetransfer.extract.people import Guide, guide, people
from dancetransfer.extract.scout import Sightings
from dancetransfer.extract.workers import Pool, Worker
from dancetransfer.pose.poses import BODY, Poses
from dancetransfer.storage import Results, atomic_path, fingerprint, key, set_aside, write_text
from dancetransfer.video.cuts import shots
from dancetransfer.video.proxy import join_parts, join_thumbs, read_grid, thumb_grid
from dancetransfer.video.read import VideoInfo, frame_times, probe

__all__ = ["EXTRACT_VERSION", "Masks", "NobodyFound", "extract", "extracted", "read_masks"]

EXTRACT_VERSION = 3
"""Rises when the same video gives other results than before."""

MOST_WORKERS = 8
TICK_SECONDS = 0.5

SEAM = 0.005
"""Parts whose body joints differ by more at a seam, in person heights, are mended."""

POSES, MASKS, PROXY, THUMBS, SOUND = "poses.npz", "masks.npz", "proxy.mp4", "thumbs.jpg", "sound.json"
MARKS = ("peaks.npy", "onsets.npy")


class NobodyFound(UserError):
    """There is no person in any frame of the video."""


def extract(
    video: str | Path,
    folder: str | Path,
    *,
    masks: bool,
    workers: int | None = None,
    proxy: bool = True,
    follow: str = "",
    estimator: str = "mediapipe",
) -> Iterator[Event]:
    """Write poses.npz, masks.npz where wanted, and with `proxy` what the timeline shows.

    That is proxy.mp4, thumbs.jpg (read it with `video.proxy.read_grid`), sound.json
    ({"per_second": steps a second, or null without sound}) and, where there is sound, peaks.npy
    [N,2] and onsets.npy [N]. Files that are there and made from this video are kept.

    `follow` says who is followed: "" the most prominent person of the whole clip, "person 2" that
    of the list which `listing.list_people` gives, "at 312,200@2.5" who is at that point (pixels of
    the upright frame) at that time (seconds, or 0:02.5). `estimator` is a name of `estimators.make`.
    First the video is looked through a few times a second, which tells who is where; frames in
    which the joints may be another person's are `uncertain` in poses.npz, and told in a Notice.

    The video is cut into parts that `workers` processes (None: one per core, 8 at most) work on
    side by side, each decoding its frames once; a finished part is kept in folder/parts until all
    are joined, so `close()` at any yield or a kill at any moment costs the unfinished parts alone.
    Frames without a person stay frames. Raises UserError where the video can't be read, nobody is
    found in any frame, or `follow` names nobody.
    """
    video, folder = Path(video), Path(folder)
    info = probe(video)
    yield Started(STAGE, info.frames)
    if info.damage:
        yield Notice(info.damage, "What comes before it is used. Copy or export the file again to get all.")
    wish = Wish.parse(follow)
    wish.check(info)
    made_from = _made_from(fingerprint(video), follow, estimator)
    wanted = [POSES, *[MASKS] * masks, *[PROXY, THUMBS, SOUND] * proxy]
    missing = [name for name in wanted if not _current(folder, name, made_from)]
    share = 0.0
    if missing:
        task = Task(video, folder, info, made_from, frozenset(missing), workers or default_workers(), wish, estimator)
        yield from task.make_parts()
        share = task.join()
    shutil.rmtree(folder / "parts", ignore_errors=True)
    poses = Poses.load(folder / POSES)
    yield from notices(poses, 0.0 if follow else share)
    made = [folder / name for name in (*wanted, *MARKS) if (folder / name).exists()]
    yield Done(STAGE, f"{len(poses)} frames", [str(file) for file in made])


def extracted(mark: str, folder: Path, *, masks: bool, follow: str = "", estimator: str = "mediapipe") -> bool:
    """Whether `extract` has nothing left to do for the video of that fingerprint."""
    wanted = [POSES, *[MASKS] * masks, PROXY, THUMBS, SOUND]
    return all(_current(folder, name, _made_from(mark, follow, estimator)) for name in wanted)


def _made_from(mark: str, follow: str, estimator: str) -> str:
    return key(mark, identity(estimator), EXTRACT_VERSION, follow)


def default_workers() -> int:
    """One per core: two on two cores reach 1.5 times the speed of one."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(cores or 1, MOST_WORKERS))


def _current(folder: Path, name: str, made_from: str) -> bool:
    """Whether a result is there, whole and of this video; a damaged one is set aside."""
    results = Results(folder)
    if not results.current(name, key(made_from, name)):
        return False
    try:
        if name == POSES:
            Poses.load(folder / name)
        elif name == MASKS:
            read_masks(folder / name).close()
        elif name == PROXY:
            probe(folder / name)
        elif name == THUMBS:
            read_grid(folder / name)
        else:
            heard = json.loads((folder / name).read_text(encoding="utf-8"))["per_second"]
            return heard is None or all(results.current(mark, key(made_from, mark)) for mark in MARKS)
    except (UserError, ValueError, KeyError):
        set_aside(folder / name)
        return False
    return True


@dataclass
class Task:
    """One run of `extract` over a video: its parts, those that are done, and their joining."""

    video: Path
    folder: Path
    info: VideoInfo
    made_from: str
    missing: frozenset[str]
    workers: int
    wish: Wish
    estimator: str

    def __post_init__(self) -> None:
        self.place = self.folder / "parts"
        self.place.mkdir(parents=True, exist_ok=True)
        self.results = Results(self.place)
        self.parts = self._parts()
        self.settled = 0
        """Seams before the part of this number are known to be good."""
        self.mended: set[int] = set()
        self.times = frame_times(self.video)

    def _parts(self) -> list[Part]:
        """The plan of an interrupted run where there is one, so that its parts can be used."""
        file = self.place / "plan.json"
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept["key"] == self.made_from:
                return [Part(**part) for part in kept["parts"]]
        except (OSError, ValueError, KeyError, TypeError):
            pass
        shutil.rmtree(self.place)
        parts = plan(frame_times(self.video), self.workers)
        rows = [vars(part) for part in parts]
        write_text(file, json.dumps({"key": self.made_from, "parts": rows}))
        return parts

    def job(self, part: Part, region: list[float] | None = None) -> Job:
        """What is still to be made of a part; with `region` its poses are made again from there."""

        def wanted(result: str, *files: str) -> bool:
            done = all(self._done(part, file) for file in files)
            return result in self.missing and not (done and region is None)

        # Masks alone need the track too: the seams are judged by it.
        poses = wanted(POSES, "poses.npz") or wanted(MASKS, "masks.npz", "poses.npz")
        proxy = wanted(PROXY, "proxy.mp4", "thumbs.npz") or wanted(THUMBS, "proxy.mp4", "thumbs.npz")
        return Job(
            part,
            str(self.video),
            str(self.place),
            poses,
            wanted(MASKS, "masks.npz"),
            proxy and region is None,
            part.number == 0 and wanted(SOUND, "sound.npz"),
            region,
            str(self.place / "guide.npz"),
            estimator=self.estimator,
        )

    def scout(self, part: Part) -> Job:
        """Who is in a part."""
        what = Job(part, str(self.video), str(self.place), False, MASKS in self.missing, False, False, scout=True)
        point = self.wish.point(self.times, fit(self.info.width, self.info.height)[0] / self.info.width)
        chosen = None if point is None else [point.x, point.y, float(point.frame)]
        return replace(what, point=chosen, estimator=self.estimator)

    def file(self, part: Part, kind: str) -> Path:
        return self.place / f"{part.number:04d}.{kind}"

    def _done(self, part: Part, kind: str) -> bool:
        name = self.file(part, kind).name
        kept = self.results.key_of(name)
        if kept == key(self.made_from, name, "mended"):
            self.mended.add(part.number)
        return kept in (key(self.made_from, name), key(self.made_from, name, "mended"))

    def note(self, job: Job) -> None:
        """Keep in the ledger that a job's files are whole."""
        if job.scout:
            name = job.file("scout.npz").name
            self.results.note(name, key(self.made_from, name))
            return
        made = ["poses.npz"] * job.poses + ["masks.npz"] * job.masks + ["sound.npz"] * job.sound
        for kind in made + ["proxy.mp4", "thumbs.npz"] * job.proxy:
            name = job.file(kind).name
            self.results.note(name, key(self.made_from, name, *["mended"] * (job.region is not None)))

    def make_parts(self) -> Iterator[Event]:
        """Find out who is followed, have the missing parts made, and the seams that don't fit mended."""
        jobs = [self.job(part) for part in self.parts]
        count = Count(self.info.frames, self.parts, [job for job in jobs if job.wanted])
        count.first_time(self.info.damage or "")
        ready = {job.part.number for job in jobs if not job.wanted}
        with Pool("dancetransfer.extract.parts", self.workers, self.place) as pool:
            if {POSES, MASKS} & self.missing:
                yield from self._scouts(pool, count)
                self._guide().save(self.place / "guide.npz")

            def mend(job: Job | None) -> list[Job]:
                if job is not None:
                    ready.add(job.part.number)
                return count.more(self.mend(ready))

            yield from self._work(pool, count, [job for job in jobs if job.wanted], mend)

    def look_through(self) -> Iterator[Event]:
        """Find out who is where, and no more."""
        with Pool("dancetransfer.extract.parts", self.workers, self.place) as pool:
            yield from self._scouts(pool, Count(self.info.frames, self.parts, []))

    def _scouts(self, pool: Pool, count: Count) -> Iterator[Event]:
        looking = [self.scout(part) for part in self.parts if not self._done(part, "scout.npz")]
        yield from self._work(pool, count, looking, lambda _: [])

    def sightings(self) -> Sightings:
        """Who was seen, once all parts are looked through."""
        return Sightings.load([self.file(part, "scout.npz") for part in self.parts])

    def _guide(self) -> Guide:
        """Who is followed; UserError where the wish names nobody."""
        sightings = self.sightings()
        size = fit(self.info.width, self.info.height)
        if self.wish.place is not None:
            if not len(sightings.anchor):
                raise self.wish.nobody()
            return guide(sightings, self.times, size, 0)
        if self.wish.number > len(people(sightings, self.times, size)):
            raise self.wish.nobody()
        return guide(sightings, self.times, size, self.wish.number or 1)

    def _work(
        self, pool: Pool, count: Count, todo: list[Job], more: Callable[[Job | None], list[Job]]
    ) -> Iterator[Event]:
        """Have jobs done; `more` hears None, then each that is done, and gives jobs that have come up."""
        crashed: set[int] = set()
        todo[:0] = more(None)
        while True:
            while todo and (worker := pool.idle()) is not None:
                worker.give(todo[0], todo.pop(0).to_line())
            if not pool.jobs:
                return
            worker, message = pool.answer(TICK_SECONDS)
            if worker is None or worker.job is None:
                yield count.progress()
                continue
            job = worker.job
            if message is None:
                if job.part.number in crashed:
                    raise _died(worker, job)
                crashed.add(job.part.number)
                todo.insert(0, job)
                count.heard(job, 0)
            elif "frames" in message:
                count.heard(job, message["frames"])
                yield count.progress()
            elif "done" in message:
                worker.job = None
                self.note(job)
                count.heard(job, 0 if job.scout else job.part.work)
                todo[:0] = more(job)
                yield count.progress()
            elif "damage" in message:
                if count.first_time(message["damage"]):
                    yield Notice(message["damage"], "The frames that can be read are used.")
            elif "error" in message:
                raise UserError(message["error"], message["hint"])
            else:
                raise RuntimeError(message["bug"])

    def mend(self, ready: set[int]) -> list[Job]:
        """Jobs for parts that began with another person, or otherwise off, than the one before ended.

        Parts settle from the first on; a part that is made again starts where the part before,
        which is settled, saw the person at that moment.
        """
        if not {POSES, MASKS} & self.missing:
            return []
        while self.settled + 1 < len(self.parts) and {self.settled, self.settled + 1} <= ready:
            before, part = self.parts[self.settled], self.parts[self.settled + 1]
            if part.number not in self.mended:
                region = self._misfit(before, part)
                if region is not None:
                    self.mended.add(part.number)
                    ready.discard(part.number)
                    return [self.job(part, region)]
            self.settled += 1
        return []

    def _misfit(self, before: Part, part: Part) -> list[float] | None:
        """Where the person is at the start of a part's warm-up, if the part has to be made again."""
        with self._load(before) as old, self._load(part) as new:
            tail = new["tail"]
            end = old["xy"][len(old["xy"]) - len(tail) :, BODY]
            there = np.isfinite(tail[:, 0, 0]), np.isfinite(end[:, 0, 0])
            apart = np.hypot(*np.moveaxis(tail - end, -1, 0)).mean(1)
            height = np.hypot(*(end.max(1) - end.min(1)).T)  # of the box: also of somebody who lies
            fits = (there[0] == there[1]) & ~(apart > SEAM * height)
            if fits[-1:].all():
                return None
            known = old["region"][: part.warm - before.start + 1]
            known = known[np.isfinite(known[:, 0])]
            return known[-1].tolist() if len(known) else None

    def _load(self, part: Part) -> Any:
        return np.load(self.file(part, "poses.npz"), allow_pickle=False)

    def join(self) -> float:
        """Put the parts together; returns in which share of the frames another person is larger."""
        larger = 0.0
        if POSES in self.missing:
            poses, larger = self._join_poses()
            poses.save(self.folder / POSES)
        if MASKS in self.missing:
            self._join_masks()
        if {PROXY, THUMBS} & self.missing:
            join_parts([self.file(part, "proxy.mp4") for part in self.parts], self.folder / PROXY)
            grid = thumb_grid(frame_times(self.video), fit(self.info.width, self.info.height))
            thumbs = [self.file(part, "thumbs.npz") for part in self.parts]
            join_thumbs(thumbs, grid, self.folder / THUMBS)
        marks = self._write_sound() if SOUND in self.missing else []
        pair = {PROXY, THUMBS} if {PROXY, THUMBS} & self.missing else set()
        for name in (*marks, *sorted(self.missing | pair)):
            Results(self.folder).note(name, key(self.made_from, name))
        return larger

    def _join_poses(self) -> tuple[Poses, float]:
        """The whole track, and the share of frames with a larger person; UserError: nobody at all."""
        columns: dict[str, list[np.ndarray]] = {}
        for part in self.parts:
            with self._load(part) as data:
                for name in data.files:
                    columns.setdefault(name, []).append(data[name])
        whole = {name: np.concatenate(column) for name, column in columns.items() if name != "tail"}
        known = Guide.load(self.place / "guide.npz")
        bodies = Bodies(whole["hips"], whole["region"][:, 2], whole["looks"], whole["doubt"])
        poses = Poses(
            whole["xy"],
            whole["confidence"],
            whole["time"],
            (self.info.width, self.info.height),
            shots(whole["small"], whole["time"]),
            whole["world"],
            estimator=identity(self.estimator),
            uncertain=uncertain(bodies, known),
        )
        if not poses.present.any():
            raise NobodyFound(
                f"Nobody was found in any frame of {self.video.name}.",
                "Use a clip in which one person is seen from head to feet, large and in good light.",
            )
        everybody = np.concatenate([known.own[:, :6], known.others[:, :6]])
        return poses, larger_person(whole["region"], known.looked, everybody)

    def _join_masks(self) -> None:
        with MaskWriter(self.folder / MASKS, (self.info.width, self.info.height)) as writer:
            for part in self.parts:
                with read_masks(self.file(part, "masks.npz")) as masks:
                    for frame in range(len(masks)):
                        writer.add(masks[frame])

    def _write_sound(self) -> list[str]:
        """The sound's files, and sound.json which says whether there are any; returns their names."""
        with np.load(self.file(self.parts[0], "sound.npz")) as sound:
            heard = "peaks" in sound
            for mark in MARKS if heard else ():
                with atomic_path(self.folder / mark) as temporary:
                    np.save(temporary, sound[Path(mark).stem])
            per_second = int(sound["per_second"]) if heard else None
        write_text(self.folder / SOUND, json.dumps({"per_second": per_second}))
        return list(MARKS) if heard else []


def _died(worker: Worker, job: Job) -> Exception:
    """The error for a part at which two workers died."""
    if worker.exit_code() in (-9, 9, 137):
        return UserError(
            f"The system ended the pose estimation of {Path(job.video).name} twice.",
            "Most often memory has run out: close other programs, then run the same command again.",
        )
    return RuntimeError(f"A worker died twice at {job.part}: {worker.last_words()}")

"""The project folder: one person, any number of dances, and where every file of theirs lies."""

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, TypeVar

from dancetransfer import settings
from dancetransfer.errors import UserError
from dancetransfer.locks import held
from dancetransfer.media import Media, free_name, media_of
from dancetransfer.project_file import FORMAT, RECOVERY, read, text_of
from dancetransfer.storage import explain, fingerprint, set_aside, write_text

UNDO_STEPS = 100
"""Changes of a video's hand edits that can be taken back."""

Group = TypeVar("Group")


class Project:
    """What `project.json` says, and the paths of the folder. Only a front end calls `save`."""

    def __init__(self, folder: Path, data: dict[str, Any]) -> None:
        self.folder = folder
        self._data = data
        self._written = text_of(data)
        """What the file says, as far as this process knows."""
        self.notes: list[str] = []
        """What opening the project found worth telling."""

    # --- opening and saving -------------------------------------------------------------------

    @staticmethod
    def create(folder: str | os.PathLike[str]) -> "Project":
        """A new empty project at `folder`; UserError where the folder holds something else."""
        path = Path(folder).resolve()
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError(f"{path} exists and is not a DanceTransfer project.", "Choose another project folder.")
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise explain(error, path) from error
        project = Project(path, {"format": FORMAT, "clips": [], "dances": [], "settings": {}, "consent": None})
        project.save()
        return project

    @staticmethod
    def open(folder: str | os.PathLike[str]) -> "Project":
        """The project at `folder`. A damaged project.json is set aside and read from its copy."""
        path = Path(folder).resolve()
        file, copy = path / "project.json", path / "project.copy.json"
        if not file.exists() and not copy.exists():
            raise UserError(
                f"{path} is not a DanceTransfer project.",
                "Make one with: dancetransfer transfer DANCE PERSON -o CLIP.mp4",
            )
        data, note = read(file), ""
        if data is None:
            data = read(copy)
            if file.exists():
                aside = set_aside(file)
                note = f"project.json was damaged; it is kept as {aside.name} and the last copy is used."
            if data is None:
                raise UserError(
                    f"The project file in {path} is damaged and so is its copy.",
                    "What was learned is still in the folder: start a new project and add the same videos again.",
                )
        if data.get("format", 0) > FORMAT:
            raise UserError(
                f"{path.name} was made by a newer version of DanceTransfer.", "Update the program to open it."
            )
        project = Project(path, data)
        if note:
            project.notes.append(note)
            project.save()
        for group, values in data.get("settings", {}).items():
            kind = settings.GROUPS.get(group)
            unknown = [group] if kind is None else settings.from_dict(kind, values)[1]
            if unknown:
                project.notes.append(f"Settings this version doesn't know are kept: {', '.join(unknown)}.")
        return project

    @staticmethod
    def open_or_create(folder: str | os.PathLike[str]) -> "Project":
        path = Path(folder)
        known = (path / "project.json").exists() or (path / "project.copy.json").exists()
        return Project.open(path) if known else Project.create(path)

    def save(self) -> None:
        """Write project.json, then its copy, each in one step."""
        text = text_of(self._data)
        write_text(self.folder / "project.json", text)
        write_text(self.folder / "project.copy.json", text)
        self._written = text

    def refresh(self) -> bool:
        """Take over what another process has written since; False where nothing was. Unsaved changes are lost then."""
        data = read(self.folder / "project.json")
        if data is None or data.get("format", 0) > FORMAT or text_of(data) == self._written:
            return False
        self._data, self._written = data, text_of(data)
        return True

    # --- what it holds ------------------------------------------------------------------------

    @property
    def clips(self) -> list[Media]:
        """The person's videos, oldest first."""
        return [media_of(entry) for entry in self._data["clips"]]

    @property
    def portable(self) -> bool:
        """Its person is a portable dancer: nothing is learned here, and no footage can be added."""
        return any(clip.portable for clip in self.clips)

    def set_portable(self, file: Path, clips: int) -> None:
        """Take the portable dancer in a file, who was filmed in so many clips, as the person; call `save` after."""
        path = file.resolve()
        mark = fingerprint(path)
        self._data["clips"] = [asdict(Media(f"{n + 1:03d}", str(path), mark)) for n in range(clips)]

    @property
    def dances(self) -> list[Media]:
        return [media_of(entry) for entry in self._data["dances"]]

    def dance(self, name: str | None) -> Media:
        """The dance of that name, the newest where none is named; UserError where there is none."""
        dances = self.dances
        if not dances:
            raise UserError("The project has no dance yet.", "Add one with: dancetransfer add-dance X.dance DANCE")
        if name is None:
            return dances[-1]
        for one in dances:
            if one.name == name:
                return one
        raise UserError(f"The project has no dance '{name}'.", f"It has: {', '.join(d.name for d in dances)}.")

    def add_clip(self, file: Path) -> Media:
        """Add footage of the person (the same video twice is one); call `save` after."""
        return self._add("clips", file, lambda taken: f"{len(taken) + 1:03d}")

    def add_dance(self, file: Path) -> Media:
        """Add a dance, named after its file, as the newest; call `save` after."""
        return self._add("dances", file, lambda taken: free_name(file.stem, taken))

    def _add(self, what: str, file: Path, name: Any) -> Media:
        path = file.resolve()
        mark = fingerprint(path)
        entries: list[dict[str, Any]] = self._data[what]
        # The same content is the same video; another content at the same place has taken its place.
        for entry in sorted(entries, key=lambda one: one["fingerprint"] != mark):
            if entry["fingerprint"] == mark or entry["file"] == str(path):
                entry.update(file=str(path), fingerprint=mark)
                entries.remove(entry)
                entries.append(entry)
                if what == "clips":
                    entries.sort(key=lambda one: one["name"])
                return media_of(entry)
        media = Media(name({entry["name"] for entry in entries}), str(path), mark)
        entries.append(asdict(media))
        left = self._data.get("edits_of_removed", {}).pop(f"{what}/{mark}", None)
        if left:
            self._data.setdefault("edits", {})[f"{what}/{media.name}"] = left
        return media

    def set_follow(self, media: Media, words: str) -> None:
        """Keep who is followed in a video; call `save` after."""
        for entry in (*self._data["clips"], *self._data["dances"]):
            if media_of(entry) == media:
                entry["follow"] = words

    def exchange(self, media: Media, file: Path, mark: str) -> Media:
        """A video of the project lies elsewhere now: `file`, of that fingerprint. Call `save` after."""
        for entry in self._entries_of(media):
            entry.update(file=str(file), fingerprint=mark)
        return replace(media, file=str(file), fingerprint=mark)

    def trim(self, media: Media) -> tuple[float, float] | None:
        """The part of a video that is used, from and to in seconds; None: all of it."""
        for entry in self._entries_of(media):
            kept = entry.get("trim")
            if isinstance(kept, list) and len(kept) == 2 and all(isinstance(edge, (int, float)) for edge in kept):
                return (float(kept[0]), float(kept[1])) if 0 <= kept[0] < kept[1] else None
        return None

    def set_trim(self, media: Media, part: tuple[float, float] | None) -> None:
        """Keep which part of a video is used; the video itself stays whole. Call `save` after."""
        if part is not None and not (0 <= part[0] < part[1] < float("inf")):
            raise UserError(f"{part[0]:g} to {part[1]:g} s is no part of a video.", "Put the end behind the beginning.")
        for entry in self._entries_of(media):
            entry.pop("trim", None)
            if part is not None:
                entry["trim"] = [round(float(edge), 6) for edge in part]  # to the microsecond: 20 / 30 s is frame 20

    @property
    def current_dance(self) -> Media | None:
        """The dance that is worked on: the one that was chosen last, else the newest."""
        dances = self.dances
        found = [one for one in dances if one.name == self._data.get("current")] or dances[-1:]
        return found[0] if found else None

    def choose_dance(self, name: str) -> None:
        """Work on the dance of that name from now on; call `save` after."""
        self._data["current"] = self.dance(name).name

    def _entries_of(self, media: Media) -> list[dict[str, Any]]:
        entries = (*self._data["clips"], *self._data["dances"])
        return [one for one in entries if (one["name"], one["fingerprint"]) == (media.name, media.fingerprint)]

    def remove(self, media: Media) -> None:
        """Take a video that is of no use out again, with what was made of it; call `save` after."""
        for what, folder in (("clips", self.clip_folder(media)), ("dances", self.dance_folder(media))):
            entries = [entry for entry in self._data[what] if media_of(entry) == media]
            if entries:
                self._data[what].remove(entries[0])
                left = self.edits(folder)
                self._forget_edits(_place(folder))
                if left:  # for when the same video is added again
                    self._data.setdefault("edits_of_removed", {})[f"{what}/{media.fingerprint}"] = left
                shutil.rmtree(folder, ignore_errors=True)

    @property
    def consent(self) -> str | None:
        """Who agreed, when, in what words; None where nobody did."""
        return self._data.get("consent")

    @consent.setter
    def consent(self, words: str | None) -> None:
        self._data["consent"] = words

    @property
    def built_in(self) -> bool:
        """The person is a built-in dancer, whom nobody has to ask."""
        return bool(self._data.get("built_in"))

    @built_in.setter
    def built_in(self, value: bool) -> None:
        self._data["built_in"] = value

    def settings(self, group: type[Group]) -> Group:
        """The project's settings of a group, with defaults for what was never set."""
        name = next(n for n, kind in settings.GROUPS.items() if kind is group)
        return settings.from_dict(group, self._data.get("settings", {}).get(name, {}))[0]

    def set_settings(self, values: Any) -> None:
        """Keep a group of settings; keys of other versions stay. Call `save` after."""
        name = next(n for n, kind in settings.GROUPS.items() if isinstance(values, kind))
        kept = self._data.setdefault("settings", {}).setdefault(name, {})
        kept.update(asdict(values))

    # --- touched up by hand -------------------------------------------------------------------

    def edits(self, folder: Path) -> list[dict[str, Any]]:
        """The hand edits of the dance or clip with that folder, oldest first, as `pose.edits` reads them."""
        return [dict(entry) for entry in self._data.get("edits", {}).get(_place(folder), [])]

    def set_edits(self, folder: Path, entries: list[dict[str, Any]]) -> None:
        """Keep these edits instead, a step that `undo_edits` takes back; call `save` after."""
        before = self.edits(folder)
        gone = [entry for entry in before if entry not in entries]
        new = [entry["id"] for entry in entries if entry not in before]
        if gone or new:
            steps = self._data.setdefault("edits_before", {}).setdefault(_place(folder), [])
            steps.append({"gone": gone, "new": new})
            del steps[:-UNDO_STEPS]
            self._put_edits(folder, entries)

    def undo_edits(self, folder: Path) -> bool:
        """Take the last `set_edits` back; False where there is none. Call `save` after."""
        steps = self._data.get("edits_before", {}).get(_place(folder), [])
        if not steps:
            return False
        step = steps.pop()
        kept = [entry for entry in self.edits(folder) if entry["id"] not in step["new"]]
        self._put_edits(folder, kept + step["gone"])
        return True

    def _put_edits(self, folder: Path, entries: list[dict[str, Any]]) -> None:
        self._data.setdefault("edits", {})[_place(folder)] = sorted(entries, key=lambda entry: entry["id"])

    def _forget_edits(self, place: str) -> None:
        """Those of one video, or of all whose place begins like that."""
        for group in ("edits", "edits_before", "edits_of_removed"):
            kept = self._data.get(group, {})
            for name in [name for name in kept if name == place or (place.endswith("/") and name.startswith(place))]:
                del kept[name]

    # --- where things lie ---------------------------------------------------------------------

    @property
    def person(self) -> Path:
        return self.folder / "person"

    def clip_folder(self, clip: Media) -> Path:
        return self.person / "clips" / clip.name

    def dance_folder(self, dance: Media) -> Path:
        return self.folder / "dances" / dance.name

    @property
    def runs(self) -> list[Path]:
        """Folders of the trainings, oldest first."""
        return sorted(p for p in (self.person / "runs").glob("[0-9][0-9][0-9]") if p.is_dir())

    @property
    def log(self) -> Path:
        return self.folder / "log.txt"

    # --- living together ----------------------------------------------------------------------

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the project for this process; UserError names the one that has it already.

        The lock is the operating system's, so it ends with the process however that ends.
        """
        with held(self.folder / "lock", self.folder.name):
            yield

    def forget_person(self) -> None:
        """Delete everything learned of the person: poses, crops, plate, trainings, renderings, consent.

        The dances and their poses stay; exported clips outside the project are the user's.
        """
        shutil.rmtree(self.person, ignore_errors=True)
        for dance in self.dances:
            folder = self.dance_folder(dance)
            for name in ("render", "exports", "sprites"):
                shutil.rmtree(folder / name, ignore_errors=True)
            for file in folder.glob("*"):
                if file.name.lstrip(".").startswith(("retarget.", "fit.", "coverage.", "scores.", "sprites.")):
                    file.unlink(missing_ok=True)  # also one that was set aside, or left by a kill
        for file in self.folder.glob("project.json.damaged-*"):
            file.unlink(missing_ok=True)
        shutil.rmtree(self.folder / RECOVERY, ignore_errors=True)
        if self.person.exists():
            raise UserError(f"{self.person} could not be deleted whole.", "Close what has it open and try again.")
        self._forget_edits("clips/")
        self._data.update(clips=[], consent=None, built_in=False)
        self.save()


def _place(folder: Path) -> str:
    """What the project file calls a dance or clip: "dances/NAME" or "clips/001"."""
    return f"{folder.parent.name}/{folder.name}"

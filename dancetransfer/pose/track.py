"""The stage between raw poses and everything else: one track per video, cleaned, then touched up by hand."""

from collections.abc import Sequence
from pathlib import Path

from dancetransfer.errors import UserError
from dancetransfer.events import Done, Events, Notice, Started
from dancetransfer.pose.clean import clean
from dancetransfer.pose.edits import Edit, apply, inside
from dancetransfer.pose.poses import Poses
from dancetransfer.storage import Results, key

VERSION = 3
"""Of the cleaning; raised when its results change."""
EDITS_VERSION = 1
"""Of what an edit does to a track."""


def keys(made_from: str | None, edits: Sequence[Edit] = ()) -> tuple[str, str]:
    """The keys of `cleaned.npz` and `track.npz` of poses with that key."""
    cleaned = key("clean", VERSION, made_from)
    return cleaned, key("track", EDITS_VERSION, cleaned, list(edits))


def clean_track(folder: Path, edits: Sequence[Edit] = ()) -> Events:
    """Stage: `poses.npz` of a clip's or dance's folder -> `cleaned.npz` -> `track.npz`; nothing where both are current.

    `cleaned.npz` is without the edits, `track.npz` with them: an edit cleans nothing anew, and what
    is measured over all frames can be measured where no edit shows.
    """
    results = Results(folder)
    cleaned_from, wanted = keys(results.key_of("poses.npz"), edits)
    only_edits = results.current("cleaned.npz", cleaned_from)
    if only_edits and results.current("track.npz", wanted):
        return
    yield Started("track", words="Putting the edits in" if only_edits else "")
    track = cleaned(folder)
    for edit in edits:
        if not inside(track.time, edit.time):
            yield Notice(
                f"An edit of {folder.name} lies outside the video as it is now and does nothing. It is kept: {edit}.",
                f"If it is of no use any more: dancetransfer edit X.dance --remove {edit.id}",
            )
    apply(track, edits).save(folder / "track.npz")
    results.note("track.npz", wanted)
    yield Done("track")


def cleaned(folder: Path) -> Poses:
    """The cleaned track of a folder without any edit, out of `cleaned.npz` where that is current and whole."""
    results = Results(folder)
    wanted, _ = keys(results.key_of("poses.npz"))
    if results.current("cleaned.npz", wanted):
        try:
            return Poses.load(folder / "cleaned.npz")
        except UserError:
            pass  # damaged: it is made again
    track = clean(Poses.load(folder / "poses.npz"))
    track.save(folder / "cleaned.npz")
    results.note("cleaned.npz", wanted)
    return track

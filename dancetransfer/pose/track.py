"""The stage between raw poses and everything else: one cleaned track per video."""

from pathlib import Path

from dancetransfer.events import Done, Events, Started
from dancetransfer.pose import smooth
from dancetransfer.pose.poses import Poses
from dancetransfer.storage import Results, key

VERSION = 1


def clean_track(folder: Path) -> Events:
    """Stage: `poses.npz` of a clip's or dance's folder -> `track.npz`; nothing where that is current."""
    results = Results(folder)
    wanted = key("track", VERSION, results.key_of("poses.npz"))
    if results.current("track.npz", wanted):
        return
    yield Started("track")
    smooth.smooth(Poses.load(folder / "poses.npz")).save(folder / "track.npz")
    results.note("track.npz", wanted)
    yield Done("track")

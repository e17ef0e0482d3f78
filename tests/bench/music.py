"""How well dances are cut to music, on the built-in dancers and on tracks that are given.

    PYTHONPATH=tests python tests/bench/music.py [TRACK.npz ...] [--seeds 101 102 103] [--detected]

Each dance (8 s of the seed, and 30 s of it) is cut to synthesized tracks of 60 s at 96 and 132 beats per
minute; for the time needed, one of 60 s to a song of 3 minutes. One row a dance and tempo; the beats of the
music are the true ones:

- before: the beat alignment score (sigma 50 ms over kinematic beats) of the dance begun with the music;
- chance: the 95th percentile of the scores of the same dance at 100 random offsets;
- after: the score of what is made, `by ear` the same under the beats that were found; `times` after over before;
- ms: median distance of a kinematic beat from a beat, before and after; `moves` kinematic beats a second, likewise;
- rate: slowest and fastest; `jumps` a minute;
- p99: 99th percentile of the joints' acceleration in the result over that of the dance; `seams` the highest
  acceleration within a blend over the dance's own 99th percentile; `own` the dance's own highest over it;
- slide: pixels per frame that an ankle in contact moves, before and after.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from songs import song

from dancetransfer import puppets
from dancetransfer.errors import UserError
from dancetransfer.extract.estimators import make
from dancetransfer.mocap.tracks import load_track
from dancetransfer.music.alignment import alignment, chance
from dancetransfer.music.fit import fit_music, read_song
from dancetransfer.music.jumps import acceleration, jumps
from dancetransfer.music.material import Material
from dancetransfer.music.motion import kinematic_beats
from dancetransfer.music.plan import make_plan
from dancetransfer.pose.clean import clean
from dancetransfer.pose.poses import LEFT_ANKLE, RIGHT_ANKLE, Poses

SIZE, FPS, SEED = (512, 512), 25.0, 105
TEMPOS, SECONDS = (96, 132), 60.0


def true_track(seed: int, seconds: float) -> Poses:
    """The true joints of a seed's dance."""
    show = puppets.dance(seed, SIZE, seconds, FPS)
    return Poses(*show.joints(), show.times, SIZE, world=show.world(), contact=show.contacts())


def detected_track(seed: int, seconds: float) -> Poses:
    """What MediaPipe finds in its frames, cleaned."""
    show, estimator = puppets.dance(seed, SIZE, seconds, FPS), make("mediapipe")
    found = [estimator(frame, float(t)) for t, frame in zip(show.times, show.frames(), strict=True)]
    estimator.close()
    return clean(
        Poses(np.stack([one.xy for one in found]), np.stack([one.confidence for one in found]), show.times, SIZE)
    )


def hardness(track: Poses) -> np.ndarray:
    """[T-2,23] pixels per second^2 of body and feet; NaN over a cut."""
    joints = np.where(track.visible[:, :23, None], track.xy[:, :23], np.nan).astype(float)
    found = acceleration(joints, track.time)
    cut = np.diff(track.shot) != 0
    found[cut[1:] | cut[:-1]] = np.nan
    return found


def slide(track: Poses) -> float:
    contact = Material(track).contact
    stays = contact[1:] & contact[:-1]
    steps = np.linalg.norm(np.diff(track.xy[:, [LEFT_ANKLE, RIGHT_ANKLE]], axis=0), axis=-1)[stays]
    return float(np.nanmean(steps)) if len(steps) else 0.0


def row(name: str, track: Poses, bpm: float, folder: Path) -> None:
    beats = song(folder / "song.wav", bpm, SECONDS, SEED)
    try:
        events = list(fit_music(track, name, folder / "song.wav", folder / "x.npz"))
    except UserError as error:
        print(f"{name:24}{bpm:5}  {error.message}", flush=True)
        return
    said, made = events[-1].result, load_track(folder / "x.npz")  # type: ignore[union-attr]
    moves, after = kinematic_beats(track).times - track.time[0], kinematic_beats(made).times
    was, now = alignment(moves[moves < SECONDS], beats), alignment(after, beats)
    usual, own = np.nanquantile(hardness(track), 0.99), np.nanmax(hardness(track))
    found, seams = hardness(made), np.zeros(len(made) - 2, bool)
    for taken in plan_of(track, folder / "song.wav"):
        if taken.width:
            seams |= np.abs(made.time[1:-1] - taken.at) <= taken.width / 2
    lasts = track.time[-1] - track.time[0]
    print(
        f"{name:24}{bpm:5}{was.score:8.2f}{chance(moves, beats, SECONDS):8.2f}{now.score:7.2f}"
        f"{said['after']['score']:8.2f}{now.score / was.score:7.2f}{was.milliseconds:6.0f}{now.milliseconds:5.0f}"
        f"{len(moves) / lasts:7.2f}{len(after) / SECONDS:5.2f}{said['slowest']:8.3f}{said['fastest']:6.3f}"
        f"{said['jumps'] * 60 / SECONDS:7.1f}{np.nanquantile(found, 0.99) / usual:6.2f}"
        f"{np.nanmax(found[seams], initial=0) / usual:7.2f}{own / usual:6.2f}{slide(track):7.2f}{slide(made):6.2f}",
        flush=True,
    )


def plan_of(track: Poses, music: Path):
    """The jumps that are taken; the plan is the same each time."""
    material, heard = Material(track), read_song(music)
    planning = make_plan(material, kinematic_beats(track), jumps(material), heard.beats, heard.seconds)
    while True:
        try:
            next(planning)
        except StopIteration as end:
            return end.value.taken


def cost(folder: Path) -> None:
    """Seconds for a dance of a minute under a song of three."""
    track = true_track(101, 60)
    song(folder / "long.wav", 120, 180, SEED)
    begin, clock = time.process_time(), time.monotonic()
    list(fit_music(track, "a minute", folder / "long.wav", folder / "x.npz"))
    used = time.process_time() - begin
    print(f"60 s of dance, 180 s of music: {used:.1f} s of processor, {time.monotonic() - clock:.1f} s by the clock")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102, 103])
    parser.add_argument("--detected", action="store_true", help="also what is found in the frames: minutes")
    parser.add_argument("tracks", nargs="*", type=Path, help="pose tracks, as `dancetransfer poses` makes them")
    arguments = parser.parse_args()
    dances: list[tuple[str, Poses]] = []
    for seed in arguments.seeds:
        dances += [(f"{seed}, {seconds} s", true_track(seed, seconds)) for seconds in (8, 30)]
        if arguments.detected:
            dances.append((f"{seed}, 8 s, detected", detected_track(seed, 8)))
    dances += [(path.stem, load_track(path)) for path in arguments.tracks]
    print(
        f"{'dance':24}{'bpm':>5}{'before':>8}{'chance':>8}{'after':>7}{'by ear':>8}{'times':>7}{'ms':>6}{'':5}"
        f"{'moves':>7}{'':5}{'rate':>8}{'':6}{'jumps':>7}{'p99':>6}{'seams':>7}{'own':>6}{'slide':>7}"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name, track in dances:
            for bpm in TEMPOS:
                row(name, track, bpm, Path(folder))
        cost(Path(folder))


if __name__ == "__main__":
    main()

"""What the cleaning of tracks is worth, on built-in dancers whose true joints are damaged in known places.

    python tests/bench/cleaning.py [--seeds 100 101 102] [--fps 30 60] [--seconds 17]

The damage is that of tests/damage.py: noise of 0.6 % of the height (white, or half of it a drift that forgets in
0.3 s), 5 % of frames with swapped sides, 3 % outliers, gaps of 0.2 s. Errors are in % of the height, those
of acceleration in heights per second^2.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from dancetransfer import puppets
from dancetransfer.pose import swaps
from dancetransfer.pose.clean import clean
from dancetransfer.pose.poses import FACE, Poses

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from damage import damage, height_of, true_track

GROUPS = {"body": slice(0, 17), "feet": slice(17, 23), "hands": slice(91, 133), "face": FACE}
NOTHING = {"noise": 0.0, "swaps": 0.0, "outliers": 0.0, "gap_seconds": 0.0}
KINDS: dict[str, dict[str, float]] = {
    "nothing": NOTHING,
    "white noise alone": {**NOTHING, "noise": 0.006},
    "drifting noise alone": {**NOTHING, "noise": 0.006, "memory_seconds": 0.3},
    "all, white noise": {},
    "all, drifting noise": {"memory_seconds": 0.3},
}


def joint_errors(poses: Poses, truth: Poses) -> np.ndarray:
    """[T,133] distances in % of the height; NaN where a joint isn't given."""
    return 100 * np.hypot(*np.moveaxis(poses.xy - truth.xy, -1, 0)) / height_of(truth)


def acceleration_errors(poses: Poses, truth: Poses) -> np.ndarray:
    """[T-2,133] in heights per second^2."""
    off = (poses.xy - truth.xy).astype(np.float64) / height_of(truth)
    step = np.diff(truth.time)[:, None, None]
    bend = np.diff(np.diff(off, axis=0) / step, axis=0) / ((step[1:] + step[:-1]) / 2)
    return np.linalg.norm(bend, axis=-1)


def errors_table(shows: list[puppets.Performance], name: str) -> None:
    for kind, how in KINDS.items():
        pairs = [(truth, damage(truth, show.seed, **how).poses) for show in shows for truth in [true_track(show)]]
        began = time.perf_counter()
        cleaned = [clean(given) for _, given in pairs]
        spent = 1000 * (time.perf_counter() - began) / sum(len(given) for _, given in pairs)
        cells = []
        for group, joints in GROUPS.items():
            cells.append(f"{group} {_change(joint_errors, pairs, cleaned, joints, 3)}")
            cells.append(f"acc {_change(acceleration_errors, pairs, cleaned, joints, 2)}")
        print(f"{name} {kind:20} {'  '.join(cells)}  {spent:.2f} s per 1000 frames", flush=True)


def _change(
    measure: Callable[[Poses, Poses], np.ndarray],
    pairs: list[tuple[Poses, Poses]],
    cleaned: list[Poses],
    joints: slice,
    digits: int,
) -> str:
    truths = [truth for truth, _ in pairs]
    before, after = (
        float(np.nanmean([np.nanmean(measure(a, b)[:, joints]) for a, b in zip(which, truths, strict=True)]))
        for which in ([given for _, given in pairs], cleaned)
    )
    return f"{before:.{digits}f} -> {after:.{digits}f}" + (f" ({100 * after / before - 100:+.0f} %)" if before else "")


def swaps_table(shows: list[puppets.Performance], name: str) -> None:
    wrong = repaired = invented = sound = on_true = frames = 0
    for show in shows:
        truth = true_track(show)
        damaged = damage(truth, show.seed)
        found = swaps.repair(damaged.poses)[1]
        bad = damaged.swapped > 0
        wrong, repaired = wrong + bad.sum(), repaired + (found == damaged.swapped)[bad].sum()
        invented, sound = invented + (found[~bad] > 0).sum(), sound + (~bad).sum()
        unswapped = swaps.repair(damage(truth, show.seed, swaps=0).poses)[1]
        on_true, frames = on_true + (swaps.repair(truth)[1] > 0).sum() + (unswapped > 0).sum(), frames + 2 * len(truth)
    print(
        f"{name} swaps repaired {repaired} of {wrong} frames ({100 * repaired / wrong:.1f} %), "
        f"made elsewhere in the same tracks {invented} of {sound}, in tracks without any {on_true} of {frames}"
    )


def contacts_table(shows: list[puppets.Performance], name: str) -> None:
    for kind in ("nothing", "all, white noise", "all, drifting noise"):
        tracks = [(clean(damage(true_track(show), show.seed, **KINDS[kind]).poses), show) for show in shows]
        found = np.concatenate([track.contact for track, _ in tracks if track.contact is not None])
        true = np.concatenate([show.contacts() for _, show in tracks])
        print(
            f"{name} contacts, damage {kind:20} agreement {100 * (found == true).mean():.1f} %  "
            f"precision {100 * true[found].mean():.1f} %  recall {100 * found[true].mean():.1f} %"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", nargs="+", type=int, default=[100, 101, 102])
    parser.add_argument("--fps", nargs="+", type=float, default=[30, 60])
    parser.add_argument("--seconds", type=float, default=17)
    options = parser.parse_args()
    for make in (puppets.person, puppets.dance):
        for fps in options.fps:
            shows = [make(seed, (512, 512), options.seconds, fps) for seed in options.seeds]
            name = f"{make.__name__:6} {fps:2.0f} fps "
            errors_table(shows, name)
            swaps_table(shows, name)
            contacts_table(shows, name)


if __name__ == "__main__":
    main()

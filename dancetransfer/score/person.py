"""How good the person's newest training is: scored once for what it was made of, and said in a sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from dancetransfer.events import Done, Events, Notice
from dancetransfer.project import Project
from dancetransfer.recipes import RECIPES
from dancetransfer.settings import TrainSettings

if TYPE_CHECKING:
    from dancetransfer.learn.dancer import Dancer


def score_person(project: Project, training: TrainSettings) -> Events:
    """Stage: the newest training on held-out frames, where that has not been done (`score.held_out`).

    Of a recipe that learns nothing sprites are scored. A Notice where a video of the person is gone.
    """
    from dancetransfer.score import score
    from dancetransfer.storage import Results

    draws, wanted = _drawn_by(project, training)
    results = Results(project.person)
    if results.current("scores.json", wanted):
        return
    gone = [Path(clip.file) for clip in project.clips if not Path(clip.file).exists()]
    if gone:
        yield Notice(f"{gone[0]} is no longer there, so what was learned is not scored.", "Put the video back.")
        return
    results.drop("scores.json")
    (project.person / "scores.json").unlink(missing_ok=True)
    dancer = draws()
    for event in score.held_out(project, dancer, score.mediapipe_estimator, dancer.own if dancer else None):
        yield replace(event, message="") if isinstance(event, Done) else event  # the last words say it
    if (project.person / "scores.json").exists():
        results.note("scores.json", wanted)


def _drawn_by(project: Project, training: TrainSettings) -> "tuple[Callable[[], Dancer | None], str]":
    """What is scored, made when it is asked for (None: sprites), and its key."""
    from dancetransfer.learn import runs
    from dancetransfer.sprites.sprites import VERSION
    from dancetransfer.storage import fingerprint, key

    own = VERSION, runs.made_of(project)
    recipe = RECIPES[training.recipe]
    if not recipe.learned:
        return lambda: None, key("score", "sprites", *own)
    from dancetransfer import device
    from dancetransfer.footage.pairs import load_footage
    from dancetransfer.learn.dancer import load_dancer

    best = runs.best(project, training)
    mixed = own if recipe.moved else ()
    return lambda: load_dancer(best, device.choose(training.device), load_footage(project)), key(
        "score", fingerprint(best), *mixed
    )


def quality(project: Project) -> str:
    """How good the newest training is, in a sentence; "" where nothing was held out."""
    try:
        scores = json.loads((project.person / "scores.json").read_text(encoding="utf-8"))
        ours, lookup = scores["rows"]["rendered"], scores["rows"]["lookup placed"]
        return (
            f"On {scores['frames']} frames of the person that were not learned from: {ours['person_psnr']:.1f} dB, "
            f"SSIM {ours['person_ssim']:.2f} (the nearest filmed frame, moved there: "
            f"{lookup['person_psnr']:.1f} dB, {lookup['person_ssim']:.2f})."
        )
    except (OSError, ValueError, KeyError, TypeError):
        return ""

"""How well a dance is fitted to another body and camera: every method against the puppets' truth.

    PYTHONPATH=tests python tests/bench/motion.py [--seed 100] [--quick]

One table. Both dancers of a seed dance for the other, before three pairs of cameras of different
height, focal length and distance. Rows from true joints: the mean over clips of 10 s (person: 20 s
of another choreography) that begin at 20 different moments. Errors in % of the person's height:

- hip: of the 23 joints of body and feet from the middle of the hips; p95 over the clips;
- whole: of the same joints after one constant shift of the clip, which stands apart (`shift`, pixels):
  where the truth stands is the choreography's choice, where the result stands is the person's footage;
- foot: pixels of ankles in contact from the truth's after that shift, and (`own`) after the feet's own:
  a dancer who stands nearer or farther than the truth is larger, which moves the feet apart from the rest;
- slide: pixels per frame that an ankle in contact moves, in the result.

The cameras look along the stage: what a camera sees from the side is a view that the fit keeps.
`body` gets the true depth of the joints besides, as estimators tell it, `body 2D` the picture alone.
Detected rows: MediaPipe on the rendered frames of both clips, cleaned; one beginning.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dancetransfer.extract.estimators import make
from dancetransfer.fit.retarget import retarget
from dancetransfer.pose.clean import clean
from dancetransfer.pose.poses import FEET, LEFT_ANKLE, LEFT_HIP, RIGHT_ANKLE, RIGHT_HIP, Poses
from dancetransfer.puppets import Camera, Performance, dance, make_body, make_choreography, make_room
from dancetransfer.settings import RetargetSettings

SIZE, FPS, SECONDS, FOOTAGE, BEGINNINGS = (512, 512), 30.0, 10.0, 20.0, 20
PAIRS = (
    ((0.60, 1.1, 0.66), (1.65, 2.2, 0.70)),
    ((1.70, 1.5, 0.62), (1.15, 1.4, 0.68)),
    ((0.95, 1.6, 0.69), (1.35, 1.9, 0.64)),
)
"""Cameras of the dance and of the person: metres over the floor, focal length in picture heights,
share of the picture's height that the body takes."""


def show(body_seed: int, number: int, seed: int, lens: tuple[float, float, float], seconds: float) -> Performance:
    """A dancer before such a camera."""
    body, (height, focal, share) = make_body(body_seed), lens
    camera = Camera((0.0, height, focal * body.stature / share), (0.0, 0.41 * body.stature / share, 0.0), 0.0, focal)
    return Performance(body, make_choreography(number, seed), make_room(body_seed), camera, SIZE, seconds, FPS, seed)


def true_track(film: Performance, depth: bool) -> Poses:
    """The true joints and contacts."""
    xy, confidence = film.joints()
    world = film.world() if depth else None
    return Poses(xy, confidence, film.times, SIZE, world=world, contact=film.contacts())


def detected_track(film: Performance) -> Poses:
    """What MediaPipe finds in the frames, cleaned."""
    estimator = make("mediapipe")
    found = [estimator(frame, float(t)) for t, frame in zip(film.times, film.frames(), strict=True)]
    estimator.close()
    nowhere = np.full((found[0].xy.shape[0], 3), np.nan, np.float32)
    world = np.stack([nowhere if one.world is None else one.world for one in found])
    xy, confidence = np.stack([one.xy for one in found]), np.stack([one.confidence for one in found])
    return clean(Poses(xy, confidence, film.times, SIZE, world=world))


def errors(result: Poses, truth: Poses, height: float) -> np.ndarray:
    """hip, whole, shift, foot, own, slide of one clip."""
    ours, true = (one.xy[:, : FEET.stop].astype(float) for one in (result, truth))
    hips = [LEFT_HIP, RIGHT_HIP]
    relative = (ours - ours[:, hips].mean(1, keepdims=True)) - (true - true[:, hips].mean(1, keepdims=True))
    off = ours - true
    shift = np.nanmedian(off.reshape(-1, 2), 0)
    feet = off[:, [LEFT_ANKLE, RIGHT_ANKLE]]
    own = np.median(feet[truth.contact], 0)
    stays = truth.contact[1:] & truth.contact[:-1]
    steps = np.linalg.norm(np.diff(ours[:, [LEFT_ANKLE, RIGHT_ANKLE]], axis=0), axis=-1)[stays]
    return np.array(
        [
            100 * np.nanmean(np.linalg.norm(relative, axis=-1)) / height,
            100 * np.nanmean(np.linalg.norm(off - shift, axis=-1)) / height,
            np.linalg.norm(shift),
            np.linalg.norm(feet - shift, axis=-1)[truth.contact].mean(),
            np.linalg.norm(feet - own, axis=-1)[truth.contact].mean(),
            steps.mean(),
        ]
    )


def unfitted(source: Poses, target: Poses) -> Poses:
    """No normalization at all."""
    return source


def by(method: str) -> Callable[[Poses, Poses], Poses]:
    return lambda source, target: retarget(source, target, RetargetSettings(method))[0]


METHODS = {"none": unfitted} | {name: by(name) for name in ("linear", "first-frame", "edn", "body")}


def tall(film: Performance) -> float:
    """Pixels of the person's height."""
    return film.body.stature * film.camera.focal * SIZE[1] / film.camera.position[2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=100)
    parser.add_argument("--quick", action="store_true", help="true joints alone, four beginnings")
    arguments = parser.parse_args()
    beginnings = 4 if arguments.quick else BEGINNINGS
    frames, footage = round(SECONDS * FPS), round(FOOTAGE * FPS)
    starts = [round(n * 25 * FPS / beginnings) for n in range(beginnings)]
    rows: dict[str, list[np.ndarray]] = {}
    for lenses in PAIRS:
        for bodies in ((0, 1), (1, 0)):
            dancer, other = (2 * arguments.seed + n for n in bodies)
            film = show(dancer, 2, arguments.seed, lenses[0], SECONDS + 25)
            truth = show(other, 2, arguments.seed, lenses[1], SECONDS + 25)
            person = show(other, 1, arguments.seed, lenses[1], FOOTAGE + 25)
            source, wanted, target = (true_track(one, True) for one in (film, truth, person))
            for start in starts:
                parts = source[start : start + frames], target[start : start + footage]
                right = wanted[start : start + frames]
                for name, method in METHODS.items():
                    rows.setdefault(name, []).append(errors(method(*parts), right, tall(truth)))
                flat = [replace(one, world=None) for one in parts]
                rows.setdefault("body 2D", []).append(errors(METHODS["body"](*flat), right, tall(truth)))
            if arguments.quick:
                continue
            found = detected_track(replace(film, seconds=SECONDS)), detected_track(replace(person, seconds=FOOTAGE))
            for name in ("edn", "body"):
                result = METHODS[name](*found)
                rows.setdefault(f"{name}, detected", []).append(errors(result, wanted[:frames], tall(truth)))
    report(rows)
    cost()


def report(rows: dict[str, list[np.ndarray]]) -> None:
    print(f"{'':16}{'clips':>6}{'hip':>7}{'p95':>7}{'whole':>7}{'shift':>7}{'foot':>7}{'own':>7}{'slide':>7}")
    for name, values in rows.items():
        clips = np.array(values)
        hip, whole, shift, foot, own, slide = clips.mean(0)
        p95 = np.quantile(clips[:, 0], 0.95)
        numbers = (hip, p95, whole, shift, foot, own, slide)
        print(f"{name:16}{len(clips):6}" + "".join(f"{number:7.2f}" for number in numbers), flush=True)


def cost() -> None:
    """CPU seconds of cleaning and fitting 1,000 frames."""
    film = dance(100, SIZE, 1000 / FPS)
    track = replace(true_track(film, True), contact=None)
    begin = time.process_time()
    cleaned = clean(track)
    middle = time.process_time()
    retarget(cleaned, cleaned, RetargetSettings())
    end = time.process_time()
    print(f"1,000 frames: cleaning {middle - begin:.2f} s, fitting {end - middle:.2f} s of one core")


if __name__ == "__main__":
    main()

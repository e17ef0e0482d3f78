"""One table of ratios against something outside the program: how long, how soon, how large.

    PYTHONPATH=.:tests python tests/bench/speed.py [ROW ...] [--pairs 5] [--keep DIR] [--device cuda]

ROW (where none is given: the quick ones, `start`, `ingest`, `render`, `step`):
  start    `dancetransfer --help` and the window against bare imports
  ingest   decode + proxy + thumbnails + peaks of a 1080p minute against bare decode + x264 encode of the proxy
  poses    pose extraction against one bare loop of MediaPipe's graph: both as commands, from their start to the
           joints on disk (`plain_poses.py`), and ours so against the loop alone (needs two free cores)
  step     a training step of `edn`, 512x256, against `plain_edn.py`
  preview  until a preview, and one of what --recipe learns, beats the nearest filmed frame, at 256, at 512 on a
           graphics card (needs two free cores)
  render   rendering and export of 10 seconds, `fast` and `best` at 256, at 512 on a graphics card
           (needs two free cores)
  memory   all processes of a command together, on a dance of 10 seconds and of --long seconds
           (600, which takes half an hour)

Ours and theirs take turns, --pairs times. A row shows the median of the ratios, the smallest and the largest, by the
clock, and beside it by the processor's seconds of all processes, which change less where other programs run.
Material: built-in dancers (seed 101), 10 seconds of dance and 20 of the person, 30 a second, 512x512, made once.
"""

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import nullcontext
from fractions import Fraction
from pathlib import Path

import memory
import numpy as np
from first_preview import first_preview
from material import FPS, SECONDS, clip, learned, minute, through, to_and_fro, without_files
from ratios import Row, Spent, spent_in, table
from starting import starting

from dancetransfer.pose.poses import Poses
from dancetransfer.settings import ExportSettings, RenderSettings, TrainSettings
from dancetransfer.video.read import probe

QUICK = ("start", "ingest", "render", "step")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*", metavar="ROW", choices=[*ROWS])
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder that keeps the material for the next time")
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--recipe", default="fast", choices=("fast", "best"), help="what `preview` learns by")
    parser.add_argument("--long", type=float, default=600.0, help="seconds of the long dance")
    asked = parser.parse_args()
    rows: list[Row] = []
    with nullcontext(asked.keep) if asked.keep else tempfile.TemporaryDirectory() as place:
        asked.keep = Path(place)
        asked.keep.mkdir(parents=True, exist_ok=True)
        for name in asked.rows or QUICK:
            rows += ROWS[name](asked)
    print(table(rows))


# --- rows ----------------------------------------------------------------------------------------


def ingest(asked: argparse.Namespace) -> list[Row]:
    from dancetransfer.extract.parts import Job, Kept, Part, make

    path, place = minute(asked.keep), asked.keep / "ingest"
    place.mkdir(exist_ok=True)
    whole = Part(0, 0, 0, probe(path).frames)
    job = Job(whole, str(path), str(place), poses=False, masks=False, proxy=True, sound=True)
    row = Row("import of a 1080p minute", "bare decode + encode", 1.15)
    return [
        row.pair(lambda: make(job, Kept(), lambda _: None), lambda: bare_ingest(path, place / "bare.mp4"), asked.pairs)
    ]


def bare_ingest(path: Path, out: Path) -> None:
    """Decode, scale and encode with PyAV, and nothing between."""
    import av

    from dancetransfer.video.encoders import choose_encoder
    from dancetransfer.video.proxy import KEYFRAME_EVERY, QUALITY, proxy_size

    encoder = choose_encoder("proxy", quality=QUALITY, keyframe_every=KEYFRAME_EVERY)
    with av.open(str(path)) as source, av.open(str(out), "w") as sink:
        source.streams.video[0].thread_type = "AUTO"
        stream = sink.add_stream(encoder.name, FPS, dict(encoder.options))
        stream.width, stream.height = proxy_size((source.streams.video[0].width, source.streams.video[0].height))
        stream.pix_fmt = "yuv420p"
        for index, frame in enumerate(source.decode(video=0)):
            small = frame.reformat(stream.width, stream.height, "yuv420p")
            small.pts, small.time_base = index, Fraction(1, FPS)
            sink.mux(stream.encode(small))
        sink.mux(stream.encode(None))


def poses(asked: argparse.Namespace) -> list[Row]:
    """Twenty seconds of the person, and the same three times to and fro: a minute, as people film."""
    short = clip(asked.keep, "person")
    films = [short, to_and_fro(short, 60, asked.keep / "person-60.mp4")]
    return [row for film in films for row in (poses_by_command(film, asked), poses_of(film, asked))]


def poses_by_command(path: Path, asked: argparse.Namespace) -> Row:
    """Like for like: two fresh processes that decode the same film and leave its joints on disk."""
    plain, out = Path(__file__).with_name("plain_poses.py"), asked.keep / "by-command.npz"

    def run(*command: str | Path) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, *map(str, command)], check=True, capture_output=True)

    row = Row(f"poses of {probe(path).seconds:.0f} s, command", "plain_poses.py, command", 1.45, faster=True)
    ours = run("-m", "dancetransfer", "poses", path, "--raw", "-o", out)
    return row.pair(ours, run(plain, path, out), asked.pairs)


def poses_of(path: Path, asked: argparse.Namespace) -> Row:
    from mediapipe.python.solutions.holistic import Holistic

    from dancetransfer.extract.extract import extract
    from dancetransfer.extract.holistic import MediaPipeHolistic, quiet
    from dancetransfer.video.read import read_frames

    images = [frame.image for frame in read_frames(path)]
    out = asked.keep / "poses"
    with quiet():
        bare = Holistic(smooth_landmarks=False)
        bare.process(images[0])

    def ours() -> None:
        for old in out.glob("*"):
            old.unlink()
        through(extract(path, out, masks=False, proxy=False))

    row = Row(f"poses of {len(images) // FPS} s, with its start", "bare loop, started and decoded", 1.45, faster=True)
    row.pair(ours, lambda: [bare.process(image) for image in images], asked.pairs)
    loop = MediaPipeHolistic()  # the same graph, its region handed on as ours does, in one go
    unsplit = np.stack([loop(image, n / FPS).xy for n, image in enumerate(images)])
    found = Poses.load(out / "poses.npz")
    height = np.nanmedian(np.nanmax(unsplit[:, :17, 1], 1) - np.nanmin(unsplit[:, :17, 1], 1))
    apart = 100 * np.hypot(*np.moveaxis(found.xy - unsplit, -1, 0)) / height
    row.note = ", ".join(
        f"{name} apart {np.nanmean(apart[:, part]):.4f} % of the height"
        for name, part in (("body", slice(0, 23)), ("face", slice(23, 91)), ("hands", slice(91, 133)))
    )
    return row


def step(asked: argparse.Namespace) -> list[Row]:
    import torch
    from plain_edn import Plain

    from dancetransfer import device
    from dancetransfer.footage.pairs import plan_of
    from dancetransfer.learn.batches import Batches
    from dancetransfer.learn.dancer import LABELS
    from dancetransfer.learn.trainer import Trainer

    settings = TrainSettings(recipe="edn", size=256)
    person = without_files(settings)
    sizes, chosen = plan_of(settings, {"person": person.poses}), device.choose(asked.device)
    trainer, plain = Trainer(sizes, chosen, 0, None), Plain(LABELS, chosen.torch)
    batches = Batches([person], sizes, 0)
    batch = batches.draw(2, 1).to(torch.device(chosen.torch))

    def finished(work: Callable[[], object]) -> Callable[[], object]:
        """The losses are numbers, so both wait for the card as they are."""
        work()  # what is chosen and compiled at the first time is no part of a step
        return work

    row = Row(f"a step of edn, {chosen.mixed}", "plain float32", 3.0 if asked.device == "cuda" else 1.7, faster=True)
    row.by_clock = asked.device == "cuda"
    plainly = finished(lambda: plain.step(batch.labels, batch.real))
    return [row.pair(finished(lambda: trainer.step(batches, 0.2)), plainly, asked.pairs)]


def render(asked: argparse.Namespace) -> list[Row]:
    """`best` has a target on a graphics card alone; on a processor its row is for information."""
    card = asked.device == "cuda"
    return [render_by("fast", 0.1 if card else 1.0, asked), render_by("best", 0.2 if card else float("inf"), asked)]


def render_by(recipe: str, target: float, asked: argparse.Namespace) -> Row:
    from dancetransfer.render.export import export
    from dancetransfer.render.render import render as rendering

    project, settings = learned(asked.keep, asked.device, recipe)
    folder = project.dance_folder(project.dances[-1]) / "render"

    def ours() -> None:
        for old in folder.glob("*"):
            old.unlink()
        through(rendering(project, settings, RenderSettings()))
        through(export(project, RenderSettings(), ExportSettings(), asked.keep / "clip.mp4"))

    ours()  # torch and its kernels are loaded once
    row = Row(f"render and export, {recipe} {settings.size}", "the clip's seconds", target)
    shown = Spent(SECONDS["dance"], SECONDS["dance"])
    for _ in range(asked.pairs):
        row.ours.append(spent_in(ours))
        row.theirs.append(shown)
    return row


ROWS: dict[str, Callable[[argparse.Namespace], list[Row]]] = {
    "start": lambda asked: starting(asked.pairs),
    "ingest": ingest,
    "poses": poses,
    "step": step,
    "preview": lambda asked: first_preview(asked.keep, asked.device, asked.recipe),
    "render": render,
    "memory": lambda asked: memory.rows(asked.keep, asked.long, asked.device),
}

if __name__ == "__main__":
    main()

"""The export stage: the pictures of a rendered dance, label and sound, to the finished, marked and checked clip."""

from contextlib import closing
from pathlib import Path

from dancetransfer.ahead import ahead
from dancetransfer.events import Done, Events, Notice, Progress, Started
from dancetransfer.project import Project
from dancetransfer.render.backdrop import NOTHING, OWN
from dancetransfer.render.check import check
from dancetransfer.render.plan import Plan, label_wanted, plan
from dancetransfer.settings import ExportSettings, RenderSettings
from dancetransfer.video.encoders import FAMILIES, choose_encoder


def export(project: Project, chosen: RenderSettings, settings: ExportSettings, output: Path) -> Events:
    """Stage: write the clip of a rendered dance (or a stretch of it) by a preset; nothing is rendered anew.

    One frame out per frame in, at its own time, unless the settings or the preset resample. The
    dance's sound goes with it, or the music that was chosen; the AI mark is always in the file, the
    visible label until somebody's consent is recorded. The file is opened again before it is called done.
    `Done.result` tells which part of the dance it shows: "from" and "to" in seconds.
    """
    made = plan(project, chosen, settings)
    yield from _notices(project, settings, made)
    total = made.frames
    yield Started("export", total)
    with made.open(output) as writer, closing(ahead(made.pictures())) as pictures:  # type: ignore[type-var]
        for time, image in pictures:
            writer.write(image, time)
            if writer.frames % 10 == 0:
                yield Progress("export", min(writer.frames, total), total)
        count = writer.frames
    found = check(output, made.preset, count, made.size, made.seconds, made.sound is not None)
    words = f"{count} frames, {made.seconds:.1f} s, {found.size[0]}x{found.size[1]}, {_sound_words(settings, made)}."
    part = {"from": float(made.times[made.first]), "to": made.end}
    yield Done("export", words, [str(output)], part)


def _notices(project: Project, settings: ExportSettings, made: Plan) -> Events:
    if settings.label == "off" and label_wanted(project, settings):
        yield Notice(
            "The visible label stays: nobody's consent is recorded in this project.",
            'Record it with --consent "who agreed, when".',
        )
    if made.preset.alpha and settings.plate not in (OWN, NOTHING):
        yield Notice(f"The plate is not seen: the preset '{made.preset.name}' writes the dancer alone.")
    if made.hardware and made.preset.format.codec in FAMILIES:
        encoder = choose_encoder(made.preset.format.codec, name="hardware")
        if not encoder.hardware:
            yield Notice(f"No hardware encoder works on this machine: {encoder.name} writes the clip.")


def _sound_words(settings: ExportSettings, made: Plan) -> str:
    if made.sound is None:
        return "without sound"
    return f"with the sound of {Path(settings.music).name}" if settings.music else "with the dance's sound"

"""Where results may be written, found out before they are made."""

from collections.abc import Iterable
from pathlib import Path

from dancetransfer.errors import UserError


def check_output(output: Path, videos: Iterable[Path] = (), preset: str = "own") -> None:
    """UserError now where the clip could not be written in the end, or would replace one of the `videos`."""
    from dancetransfer.render.presets import PRESETS

    chosen = PRESETS[preset]
    if output.suffix.lower() not in chosen.format.suffixes:
        if not chosen.suffix:
            raise UserError(
                f"The preset {preset} writes a folder of pictures, not '{output.name}'.", "Name it like this: -o clip"
            )
        raise UserError(
            f"The clip can't be written as '{output.suffix}'.", f"Name it like this: -o clip{chosen.suffix}"
        )
    if not chosen.suffix and output.is_dir():
        if any(output.iterdir()):
            raise UserError(f"{output} is there already.", "Give the name of a new folder for the pictures.")
        output = output / "000001.png"
    if any(output.exists() and path.exists() and output.samefile(path) for path in videos):
        raise UserError(f"{output} is one of the videos that are read.", "Choose another name for the clip.")
    check_folder(output)


def check_folder(output: Path) -> None:
    """UserError where no file can be written at that place."""
    if not output.parent.is_dir():
        raise UserError(f"The folder {output.parent} does not exist.", "Make it first, or choose another one.")
    if output.is_dir():
        raise UserError(f"{output} is a folder.", "Give the name of a file.")
    probe_file = output.parent / f".{output.stem}.probe"
    try:
        probe_file.write_bytes(b"")
        probe_file.unlink()
    except OSError as error:
        from dancetransfer.storage import explain

        raise explain(error, output) from error

"""The table of scores: its columns, their words and units."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Scores:
    """One row of the table; None where there was nothing to measure."""

    frames: int
    psnr: float | None
    """dB over whole frames: of the mean squared error over all of them; 100 where equal."""
    ssim: float | None
    """-1..1, Wang et al. 2004, mean over frames."""
    person_psnr: float | None
    """The same within the person box (asked joints and 10 % around)."""
    person_ssim: float | None
    face_psnr: float | None
    """The same within the face box, where the truth shows a face."""
    face_ssim: float | None
    temporal: float | None
    """Mean change of the error between neighboring frames, 0..255."""
    background: float | None
    """Standard deviation over time where nobody ever stands, 0..255."""
    joint_error: float | None = None
    """Mean distance of found from asked body joints, % of the person's height."""
    pck: float | None = None
    """Share 0..1 of asked body joints found within 0.1 of the larger side of the person's tight box
    (PCK after Yang and Ramanan 2013, alpha = 0.1); in frames where nobody was found none is."""
    missed: float | None = None
    """Share 0..1 of the frames with somebody in which nobody was found."""
    likeness: float | None = None
    """dB of `learn.likeness` within the person box, of the mean error over frames: what chooses the best step."""
    face_likeness: float | None = None
    """The same within the face box."""
    hands_likeness: float | None = None
    """The same within the boxes of both hands."""
    person_temporal: float | None = None
    """`temporal` within the person box."""
    off_plate: float | None = None
    """Largest difference from the plate, 0..255, where a layer's alpha is below 1/255; None without such a place."""
    lpips: float | None = None
    """Zhang et al. 2018 on AlexNet within the person box, mean over frames; None without its weights."""


COLUMNS: dict[str, tuple[str, int]] = {
    "frames": ("frames", 0),
    "psnr": ("PSNR dB ↑", 2),
    "ssim": ("SSIM ↑", 4),
    "person_psnr": ("person dB ↑", 2),
    "person_ssim": ("person SSIM ↑", 4),
    "likeness": ("likeness dB ↑", 2),
    "lpips": ("LPIPS ↓", 4),
    "face_psnr": ("face dB ↑", 2),
    "face_ssim": ("face SSIM ↑", 4),
    "face_likeness": ("face like dB ↑", 2),
    "hands_likeness": ("hands like dB ↑", 2),
    "temporal": ("flicker /255 ↓", 3),
    "person_temporal": ("person flicker ↓", 3),
    "background": ("still bg /255 ↓", 3),
    "off_plate": ("off plate /255 ↓", 0),
    "joint_error": ("joints % ↓", 2),
    "pck": ("PCK@0.1 ↑", 3),
    "missed": ("missed ↓", 3),
}
"""Heading with unit and better direction, and decimals, of each field of Scores, in the table's order."""
IF_ANY = ("lpips", "off_plate")
"""Columns that are left out where no row has them."""


def table(rows: Mapping[str, Scores]) -> str:
    """The rows as plain text, aligned; an arrow says which direction is better, - means not measured."""
    columns = {
        key: about
        for key, about in COLUMNS.items()
        if key not in IF_ANY or any(getattr(scores, key) is not None for scores in rows.values())
    }
    cells = [["", *(heading for heading, _ in columns.values())]]
    for name, scores in rows.items():
        values = asdict(scores)
        cells.append(
            [name, *("-" if values[key] is None else f"{values[key]:.{n}f}" for key, (_, n) in columns.items())]
        )
    widths = [max(len(line[n]) for line in cells) for n in range(len(cells[0]))]
    lines = [
        "  ".join([line[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(line[1:], widths[1:], strict=True))])
        for line in cells
    ]
    return "\n".join(line.rstrip() for line in lines)

"""Another background for the dancer: a picture, or a video that is shown at the clip's times."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from dancetransfer.errors import UserError
from dancetransfer.recipes import RECIPES
from dancetransfer.render.presets import PRESETS
from dancetransfer.settings import ExportSettings
from dancetransfer.video.read import RandomAccess

OWN, NOTHING = "own", "none"
"""What `--plate` says besides a file: the person's background, and none at all."""


@dataclass(frozen=True)
class Backdrop:
    """What stands behind the dancer in the place of the person's own background."""

    file: Path
    blend: str
    """"plain", or "poisson": the dancer takes on its light."""
    zero: float
    """The time of the dance at which a video begins."""

    def pictures(self, times: Iterable[float], size: tuple[int, int]) -> Iterator[np.ndarray]:
        """uint8 [H,W,3] of `size` (width, height) at each of these times of the dance, which rise.

        A video runs at its own rate, and again from its beginning where it is over.
        """
        still = _picture(self.file)
        if still is not None:
            image = filling(still, size)
            for _ in times:
                yield image
            return
        with _video(self.file) as video:
            length, shown, image = video.info.seconds, -1, np.zeros(0, np.uint8)
            for time in times:
                number = int(np.searchsorted(video.times, (time - self.zero + 1e-6) % length, "right")) - 1
                if number != shown:
                    shown, image = number, filling(video.frame(max(number, 0)).image, size)
                yield image


def backdrop_of(settings: ExportSettings, zero: float) -> Backdrop | None:
    """What the settings ask for; None for the person's own background, or none. UserError as `check_backdrop`."""
    check_backdrop(settings)
    if settings.plate in (OWN, NOTHING) or PRESETS[settings.preset].alpha:
        return None
    return Backdrop(Path(settings.plate), settings.blend, zero)


def check_backdrop(settings: ExportSettings) -> None:
    """UserError where the plate is not a file that can be read, or the preset can't do without one."""
    if settings.plate == OWN:
        return
    if settings.plate == NOTHING:
        if not PRESETS[settings.preset].alpha:
            names = " or ".join(f"--preset {preset.name}" for preset in PRESETS.values() if preset.alpha)
            raise UserError(
                f"The preset '{settings.preset}' can't leave the background out: its files hold nothing see-through.",
                f"Choose {names}; or --plate {OWN} for the person's own background.",
            )
        return
    if _picture(Path(settings.plate)) is None:
        _video(Path(settings.plate)).close()


def check_recipe(settings: ExportSettings, recipe: str) -> None:
    """UserError where the dancer of such a recipe can't be cut out as the settings need it."""
    if not RECIPES[recipe].mask:
        check_cut_out(settings, False)


def check_cut_out(settings: ExportSettings, masked: bool) -> None:
    """UserError where the settings need the dancer alone and what was learned has no mask."""
    message = "The dancer can't be cut out: the published method paints the whole picture."
    if PRESETS[settings.preset].alpha and not masked:
        raise UserError(message, "Choose another preset, or learn the person with --recipe best.")
    if settings.plate != OWN and not masked:
        raise UserError(message, f"Keep the person's background (--plate {OWN}), or learn with --recipe best.")


def filling(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """The middle of a picture uint8 [h,w,3], as large as fits, scaled to fill `size` (width, height)."""
    height, width = image.shape[:2]
    scale = max(size[0] / width, size[1] / height)
    wide, tall = (min(side, max(1, round(part / scale))) for side, part in zip((width, height), size, strict=True))
    left, top = (width - wide) // 2, (height - tall) // 2
    part = image[top : top + tall, left : left + wide]
    return cv2.resize(part, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)


def _picture(file: Path) -> np.ndarray | None:
    """RGB uint8 [h,w,3] of an upright still picture; None where the file is none. UserError where it can't be read."""
    if not file.is_file():
        raise UserError(f"There is no file {file}.", f"Give --plate a picture or a video; or {OWN}, or {NOTHING}.")
    try:
        with Image.open(file) as opened:
            if opened.format == "GIF" and getattr(opened, "n_frames", 1) > 1:
                return None  # a video
        found = cv2.imdecode(np.fromfile(file, np.uint8), cv2.IMREAD_COLOR)
    except UnidentifiedImageError:
        return None
    except (OSError, Image.DecompressionBombError, cv2.error):
        found = None
    if found is None:
        raise UserError(f"The picture {file.name} can't be read.", "It is damaged or too large: give another copy.")
    return np.ascontiguousarray(found[..., ::-1])


def _video(file: Path) -> RandomAccess:
    try:
        return RandomAccess(file)
    except UserError as error:
        raise UserError(error.message, "Give --plate a picture or a video.") from error

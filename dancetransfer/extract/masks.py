"""Segmentation masks of a clip: one compressed member per frame, read one at a time."""

import zipfile
from pathlib import Path
from types import TracebackType

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.storage import atomic_path

LONGEST_SIDE = 640
"""Masks are stored this large at most: the network itself gives 256 x 256 around the person."""

SIZE = "frame_size"


def read_masks(path: str | Path) -> "Masks":
    """The masks of a clip; see `Masks`. Raises UserError where the file is missing or damaged."""
    return Masks(path)


def mask_size(width: int, height: int) -> tuple[int, int]:
    """(width, height) of the stored masks of a frame of that size."""
    scale = min(1.0, LONGEST_SIDE / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


class MaskWriter:
    """Writes masks.npz frame by frame; the file appears at its place when all is well at the end."""

    def __init__(self, path: Path, frame_size: tuple[int, int]) -> None:
        """`frame_size`: (width, height) of the video's frames in pixels."""
        self._whole = atomic_path(path)
        self._zip = zipfile.ZipFile(self._whole.__enter__(), "w", zipfile.ZIP_DEFLATED, compresslevel=1)
        self._empty = np.zeros(mask_size(*frame_size)[::-1], np.uint8)
        self._count = 0
        self._write(SIZE, np.asarray(frame_size, np.int32))

    def __enter__(self) -> "MaskWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._zip.close()
        self._whole.__exit__(kind, error, trace)

    def add(self, mask: np.ndarray | None) -> None:
        """The next frame's mask, uint8 of `mask_size`; None where nobody is."""
        if mask is not None and mask.shape != self._empty.shape:  # rounding, where frames were scaled
            wide = [(0, max(0, b - a)) for a, b in zip(mask.shape, self._empty.shape, strict=True)]
            mask = np.pad(mask, wide, "edge")[: self._empty.shape[0], : self._empty.shape[1]]
        self._write(f"{self._count:06d}", self._empty if mask is None else mask)
        self._count += 1

    def _write(self, name: str, array: np.ndarray) -> None:
        with self._zip.open(f"{name}.npy", "w") as member:
            np.lib.format.write_array(member, np.ascontiguousarray(array), allow_pickle=False)


class Masks:
    """`masks[i]` is frame i's mask, uint8 [h,w], 0..255: how surely a pixel is the person's.

    All masks have one size, `scale_x` and `scale_y` times the frame's; a frame without a person
    has zeros.
    """

    def __init__(self, path: str | Path) -> None:
        """Raises UserError where the file is missing or damaged."""
        self.path = Path(path)
        try:
            self._zip = zipfile.ZipFile(self.path)
            width, height = (int(n) for n in self._read(SIZE))
            self._count = len(self._zip.namelist()) - 1
            self.shape: tuple[int, int] = self[0].shape if self._count else (height, width)
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
            raise UserError(
                f"{self.path.name} is missing or damaged.", "Run the same command again to make it anew."
            ) from error
        self.frame_size = (width, height)

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, frame: int) -> np.ndarray:
        if not 0 <= frame < self._count:
            raise IndexError(f"mask {frame} of {self._count}")
        return self._read(f"{frame:06d}")

    @property
    def scale_x(self) -> float:
        """Mask pixels per frame pixel."""
        return self.shape[1] / self.frame_size[0]

    @property
    def scale_y(self) -> float:
        return self.shape[0] / self.frame_size[1]

    def close(self) -> None:
        self._zip.close()

    def __enter__(self) -> "Masks":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, name: str) -> np.ndarray:
        with self._zip.open(f"{name}.npy") as member:
            return np.lib.format.read_array(member, allow_pickle=False)

"""A clip as a folder of PNG pictures with alpha, each marked as made with AI."""

import os
import shutil
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
from numpy.typing import NDArray

from dancetransfer.errors import UserError
from dancetransfer.storage import explain
from dancetransfer.video.disclosure import tags, xmp_packet
from dancetransfer.video.marks import marked_png


class SequenceWriter:
    """Pictures 000001.png, 000002.png, ... in a new folder, which is there once it is whole.

    Raises UserError where the folder holds something already, or the disk refuses.
    """

    def __init__(self, folder: Path, size: tuple[int, int]) -> None:
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise UserError(f"{folder} is there already.", "Give the name of a new folder for the pictures.")
        self._folder, self._size = folder, size
        self._temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
        shutil.rmtree(self._temporary, ignore_errors=True)
        self._mark = xmp_packet(), tags()
        self.frames = 0
        try:
            self._temporary.mkdir()
        except OSError as error:
            raise explain(error, folder) from error

    def __enter__(self) -> "SequenceWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.close()
        finally:
            shutil.rmtree(self._temporary, ignore_errors=True)

    def write(self, image: NDArray[np.uint8], time: float) -> None:
        """The next picture, RGBA uint8 [H,W,4]; its time is told by its number alone."""
        if image.shape != (self._size[1], self._size[0], 4):
            raise ValueError(f"frame is {image.shape}, not RGBA of {self._size}")
        done, coded = cv2.imencode(".png", cv2.cvtColor(image, cv2.COLOR_RGBA2BGRA), [cv2.IMWRITE_PNG_COMPRESSION, 4])
        if not done:
            raise ValueError("the picture can't be coded as PNG")
        file = self._temporary / f"{self.frames + 1:06d}.png"
        try:
            file.write_bytes(marked_png(coded.tobytes(), *self._mark))
        except OSError as error:
            raise explain(error, self._folder) from error
        self.frames += 1

    def close(self) -> None:
        """Give the folder its name. Raises UserError where no picture was written."""
        if not self.frames:
            raise UserError("There is not one frame to write.", "Choose a longer stretch.")
        if self._folder.exists():
            self._folder.rmdir()  # it was empty
        os.replace(self._temporary, self._folder)

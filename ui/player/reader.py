"""The thread that decodes what the player shows: the newest request first, then what comes next."""

import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

if TYPE_CHECKING:
    from ui.player.sources import Cache, Sources

CACHE = 192 << 20
"""Bytes of pictures that are kept, some 45 frames of two 540p videos."""


class Reader(QObject):
    """Pictures of several videos by frames of the first one. A request that is overtaken is never served."""

    opened = Signal(object)
    """`Sources`: what `open` asked for is open."""
    decoded = Signal(object, int, object)
    """The `Sources`, a frame's number, {name: QImage}: the newest request is there."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._changed = threading.Condition()
        self._paths: tuple[dict[str, Path], dict[str, float]] | None = None
        self._wish: tuple[int, bool, Sequence[int]] | None = None
        self._closed = False
        self._now: tuple[Sources, Cache] | None = None
        # A daemon: a player that nobody closed must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name="decoder", daemon=True)
        self._thread.start()

    def open(self, paths: Mapping[str, Path], begins: Mapping[str, float]) -> None:
        """Open these videos instead; `opened` follows."""
        with self._changed:
            self._paths, self._wish, self._now = (dict(paths), dict(begins)), None, None
            self._changed.notify()

    def want(self, number: int, ahead: Sequence[int] = (), deliver: bool = True) -> None:
        """Decode this frame before all others (`decoded` follows if `deliver`), then those that will be next."""
        with self._changed:
            self._wish = number, deliver, ahead
            self._changed.notify()

    @property
    def sources(self) -> "Sources | None":
        """What is open; None while others are being opened."""
        with self._changed:
            return self._now[0] if self._now else None

    def ready(self, number: int) -> dict[str, QImage] | None:
        """The pictures of a frame if they are decoded already."""
        with self._changed:
            now = self._now
        return None if now is None else now[1].get(now[0].numbers(number))

    def close(self) -> None:
        """End the thread and close the files."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(5)

    # --- in the thread ----------------------------------------------------------------------------

    def _run(self) -> None:
        from ui.player.sources import Cache, Sources  # here, not at the window's start: PyAV and NumPy take a while

        sources: Sources | None = None
        cache = Cache(CACHE)
        while True:
            with self._changed:
                self._changed.wait_for(self._news)
                paths, wish, closed = self._paths, self._wish, self._closed
                self._paths = self._wish = None
            if (paths or closed) and sources is not None:
                sources.close()
                sources = None
            if closed:
                return
            if paths is not None:
                sources, cache = Sources(*paths), Cache(CACHE)
                with self._changed:
                    if self._paths is None:
                        self._now = sources, cache
                self.opened.emit(sources)
            elif wish is not None and sources is not None:
                self._serve(sources, cache, *wish)

    def _news(self) -> bool:
        return self._closed or self._paths is not None or self._wish is not None

    def _serve(self, sources: "Sources", cache: "Cache", number: int, deliver: bool, ahead: Sequence[int]) -> None:
        _decode(sources, cache, number)
        pictures = cache.get(sources.numbers(number))
        if deliver and pictures is not None:
            self.decoded.emit(sources, number, pictures)
        room = max(1, CACHE // 2 // max(sources.frame_bytes, 1))
        for at in _missing(sources, cache, ahead[:room]):
            with self._changed:
                if self._news():
                    return
            _decode(sources, cache, at)


def _decode(sources: "Sources", cache: "Cache", number: int) -> None:
    for name, at in sources.numbers(number).items():
        if not cache.has(name, at):
            cache.put(name, at, sources.picture(name, at))


def _missing(sources: "Sources", cache: "Cache", ahead: Sequence[int]) -> list[int]:
    """What of it is still to be decoded, in the order that suits the decoder.

    Backward, frames are fetched in batches from front to back: one by one, each would be a seek.
    """
    missing = [at for at in ahead if cache.get(sources.numbers(at)) is None]
    if len(ahead) > 1 and ahead[1] < ahead[0]:
        return sorted(missing) if 2 * len(missing) > len(ahead) else []
    return missing

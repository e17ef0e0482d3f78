"""The sound of what plays, whose position is the clock that the pictures follow."""

import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from dancetransfer.errors import UserError
from ui.player.clock import Course

RATE, CHANNELS = 48000, 2
BYTES = 2 * CHANNELS
"""Of one sample of all channels, 16 bits each."""


class Stream(Protocol):
    """What is used of `sounddevice.RawOutputStream`."""

    time: float
    latency: float
    active: bool

    def start(self) -> None: ...
    def abort(self) -> None: ...
    def close(self) -> None: ...


def output_stream(**how: Any) -> Stream:
    """The machine's own output; UserError where it has none."""
    hint = "The clip plays silently. Connect a loudspeaker or headphones and open it again to hear it."
    try:
        import sounddevice
    except (ImportError, OSError) as error:  # on Linux, PortAudio is the system's
        raise UserError("Sound can't be played: PortAudio is not installed.", hint) from error
    try:
        return sounddevice.RawOutputStream(**how)
    except (sounddevice.PortAudioError, ValueError) as error:
        raise UserError("Sound can't be played: no audio device was found.", hint) from error


class Samples:
    """Decoded sound, on disk so that an hour of it costs no memory; samples count from the first picture."""

    def __init__(self) -> None:
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 - held open
        self._lock = threading.Lock()

    def append(self, block: bytes) -> None:
        with self._lock:
            if not self._file.closed:
                self._file.seek(0, 2)
                self._file.write(block)

    def read(self, position: int, count: int) -> bytes:
        """16-bit samples; silence where there are none, or none yet."""
        with self._lock:
            if self._file.closed:
                return bytes(count * BYTES)
            self._file.seek(position * BYTES)
            return self._file.read(count * BYTES).ljust(count * BYTES, b"\0")

    def close(self) -> None:
        with self._lock:
            self._file.close()


class Sound(QObject):
    """Plays a file's sound along a course and knows what of it is heard at this moment."""

    came = Signal()
    """It can be heard from now on."""
    problem = Signal(str)
    """Why it can't, in words."""

    def __init__(self, open_stream: Callable[..., Stream] = output_stream, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._open_stream = open_stream
        self._lock = threading.Lock()
        self._device = threading.Lock()
        """Held while a device is looked for."""
        self._loader: threading.Thread | None = None
        self._ended = threading.Event()
        """Set to end the thread that loads."""
        self._stream: Stream | None = None
        self._samples: Samples | None = None
        self._course: Course | None = None
        self._next = 0
        """Samples handed out since playing began."""
        self._heard: tuple[float, float] | None = None
        """(seconds since playing began, when on the stream's clock they are heard)."""
        self.muted = False

    @property
    def ready(self) -> bool:
        return self._stream is not None and self._samples is not None

    def open(self, path: Path | None) -> None:
        """Load the sound of a file; `came` or `problem` follows, neither where the file has none."""
        self.stop()
        with self._lock:
            self._ended.set()
            before, self._samples = self._samples, None
        if before is not None:
            before.close()
        if path is None:
            return
        self._ended = threading.Event()
        self._loader = threading.Thread(target=self._load, args=(path, self._ended), name="sound", daemon=True)
        self._loader.start()

    def start(self, course: Course) -> None:
        """Play from the course's beginning; what is heard is `elapsed` from there."""
        with self._lock:
            self._course, self._next, self._heard = course, 0, None
        if self._stream is not None and not self._stream.active:
            self._stream.start()

    def stop(self) -> None:
        with self._lock:
            playing, self._course = self._course is not None, None
        if playing and self._stream is not None:
            self._stream.abort()

    def elapsed(self) -> float:
        """Seconds since `start` of what leaves the loudspeaker now."""
        with self._lock:
            heard, stream = self._heard, self._stream
        if heard is None or stream is None:
            return 0.0
        return max(0.0, heard[0] + stream.time - heard[1])

    @property
    def lost(self) -> bool:
        """The device has gone while it played."""
        return self._stream is not None and not self._stream.active

    def close(self) -> None:
        self.open(None)
        if self._loader is not None:
            self._loader.join(5)
        self.drop()

    def drop(self) -> None:
        """Forget a device that has gone; the next `open` looks for one again."""
        stream, self._stream = self._stream, None
        with self._lock:
            self._course = None
        if stream is not None:
            stream.close()

    # --- in threads of their own ------------------------------------------------------------------

    def _load(self, path: Path, ended: threading.Event) -> None:
        import numpy as np

        from dancetransfer.video.sound import open_sound_file, read_audio

        try:
            container, source, _ = open_sound_file(path, required=False)
            channels = 0 if source is None else min(CHANNELS, source.codec_context.channels)
            container.close()
            if not channels or ended.is_set():
                return
            # The first search for devices takes up to a second: not in the window's thread.
            with self._device:
                if self._stream is None:
                    how = {"samplerate": RATE, "channels": CHANNELS, "dtype": "int16"}
                    self._stream = self._open_stream(callback=self._fill, **how)
            samples = Samples()
            with self._lock:
                if ended.is_set():
                    return
                self._samples = samples
            for count, block in enumerate(read_audio(path, RATE, channels)):
                both = np.broadcast_to(block, (len(block), CHANNELS))  # FFmpeg's own stereo of mono is 3 dB softer
                samples.append((np.clip(both, -1, 1) * 32767).astype("<i2").tobytes())
                if ended.is_set():
                    return
                if count == 0:
                    self.came.emit()
        except UserError as error:
            if not ended.is_set():
                self.problem.emit(f"{error.message} {error.hint}")

    def _fill(self, out: Any, count: int, when: Any, status: object) -> None:
        """Hand `count` samples to the device, which says when they will be heard."""
        with self._lock:
            course, samples, begun = self._course, self._samples, self._next
            self._next += count
            stream = self._stream
            if stream is not None:
                # some systems don't say when: then it is as long as the device's usual delay
                heard = when.outputBufferDacTime or stream.time + stream.latency
                self._heard = begun / RATE, heard
        if course is None or samples is None or self.muted:
            out[:] = bytes(count * BYTES)
        else:
            out[:] = _along(course, samples, begun, count)


def _along(course: Course, samples: Samples, begun: int, count: int) -> bytes:
    """What is heard from sample `begun` of the playing on, over the loop's seam and into the silence behind the end."""
    parts, done = [], 0
    while done < count:
        elapsed = (begun + done) / RATE
        if course.ended(elapsed):
            parts.append(bytes((count - done) * BYTES))
            break
        left = round((course.last - course.at(elapsed)) * RATE)
        step = min(count - done, max(1, left))
        parts.append(samples.read(round(course.at(elapsed) * RATE), step))
        done += step
    return b"".join(parts)

"""Small video files with known content, for the tests of `dancetransfer.video`."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

SIZE = (96, 64)


def quadrants(size: tuple[int, int] = SIZE) -> np.ndarray:
    """Red | green over blue | white: tells every turn and flip and every swapped channel."""
    width, height = size
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = 200, 20, 20
    image[: height // 2, width // 2 :] = 20, 180, 20
    image[height // 2 :, : width // 2] = 20, 20, 220
    image[height // 2 :, width // 2 :] = 235, 235, 235
    return image


def numbered(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A gray picture whose level tells its index (mod 50) after lossy coding."""
    return np.full((size[1], size[0], 3), 20 + 4 * (index % 50), np.uint8)


def number_of(image: np.ndarray) -> int:
    return round((float(image.mean()) - 20) / 4)


def make_video(
    path: Path,
    images: Sequence[np.ndarray],
    times: Sequence[float] | None = None,
    *,
    fps: float = 25,
    codec: str = "libx264",
    layout: str = "yuv420p",
    options: dict[str, str] | None = None,
    matrix: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    transfer: int = 1,
    primaries: int = 1,
    colorspace: int = 1,
    tick: Fraction | None = Fraction(1, 90000),
    sound: tuple[np.ndarray, int, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """Write RGB images (or [3,H,W] raw planes of a yuv444 layout) with their times and tags."""
    times = [i / fps for i in range(len(images))] if times is None else times
    with av.open(str(path), "w", options=container_options or {}) as out:
        stream = out.add_stream(codec, rate=Fraction(fps).limit_denominator(1001), options=options or {})
        planar = images[0].shape[0] == 3
        stream.height, stream.width = images[0].shape[1:] if planar else images[0].shape[:2]
        stream.pix_fmt = layout
        if tick is not None:
            stream.codec_context.time_base = stream.time_base = tick
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if matrix is not None:
            stream.set_display_matrix(matrix)
        context = stream.codec_context
        context.color_trc, context.color_primaries = transfer, primaries
        context.colorspace, context.color_range = colorspace, 1
        audio = _audio_stream(out, sound) if sound else None
        for image, time in zip(images, times, strict=True):
            if planar:
                frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image.transpose(1, 2, 0)), layout)
            else:
                frame = av.VideoFrame.from_ndarray(image, "rgb24")
                frame = frame.reformat(format=layout, dst_colorspace=1, dst_color_range=1)
            frame.color_trc, frame.color_primaries = transfer, primaries
            frame.colorspace, frame.color_range = colorspace, 1
            base = tick or Fraction(1) / Fraction(fps).limit_denominator(1001)
            frame.pts, frame.time_base = round(time / base), base
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
        if audio is not None:
            _put_sound(out, audio, *sound[:2])
    return path


def make_sound(path: Path, samples: np.ndarray, rate: int, codec: str = "aac") -> Path:
    with av.open(str(path), "w") as out:
        _put_sound(out, _audio_stream(out, (samples, rate, codec)), samples, rate)
    return path


def _audio_stream(out, sound):
    samples, rate, codec = sound
    return out.add_stream(codec, rate=rate, layout="mono" if samples.shape[1] == 1 else "stereo")


def _put_sound(out, stream, samples, rate):
    layout = "mono" if samples.shape[1] == 1 else "stereo"
    for at in range(0, len(samples), 2048):
        planes = np.ascontiguousarray(samples[at : at + 2048].T, np.float32)
        frame = av.AudioFrame.from_ndarray(planes, "fltp", layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
        out.mux(stream.encode(frame))
    out.mux(stream.encode(None))


def tone(seconds: float, rate: int = 48000, hertz: float = 440, channels: int = 1) -> np.ndarray:
    wave = 0.4 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.repeat(wave[:, None], channels, 1).astype(np.float32)


def bursts(at: Sequence[float], seconds: float, rate: int = 48000) -> np.ndarray:
    """Silence with a decaying 1-kHz burst at each of the given seconds."""
    out = np.zeros((round(seconds * rate), 1), np.float32)
    length = rate // 20
    ramp = np.arange(length) / rate
    burst = (0.6 * np.sin(2 * np.pi * 1000 * ramp) * np.exp(-ramp * 80)).astype(np.float32)
    for second in at:
        begin = round(second * rate)
        part = out[begin : begin + length, 0]
        part += burst[: len(part)]
    return out

"""The export presets: one table of what a clip can be written as, which the window draws."""

from dataclasses import dataclass

from dancetransfer.video.formats import FORMATS, Format


@dataclass(frozen=True)
class Preset:
    """One way to write a clip."""

    name: str
    title: str
    words: str
    """What it is good for."""
    form: str
    """One of `formats.FORMATS`."""
    size: tuple[int, int] | None = None
    """Width, height; None: the person video's own size."""
    shorter: int | None = None
    """The shorter side is at most so many pixels."""
    fps: float | None = None
    """More frames a second than this are left out."""
    quality: int = 18
    """On the encoder's own scale."""
    even_rate: bool = False
    """It has no times of its own, so frames come at an even rate."""

    @property
    def format(self) -> Format:
        return FORMATS[self.form]

    @property
    def alpha(self) -> bool:
        """The dancer alone, on nothing."""
        return self.format.alpha

    @property
    def sound(self) -> bool:
        return self.format.sound is not None

    @property
    def suffix(self) -> str:
        return self.format.suffixes[0]

    @property
    def aspect(self) -> float | None:
        """Width / height where the preset asks for one."""
        return self.size[0] / self.size[1] if self.size else None


PRESETS = {
    one.name: one
    for one in (
        Preset("own", "As filmed", "MP4 in the size of the person's video: plays everywhere.", "mp4"),
        Preset("vertical", "Vertical 9:16", "1080x1920 for TikTok, Reels and Shorts.", "mp4", (1080, 1920)),
        Preset("wide", "Wide 16:9", "1920x1080 for YouTube and television.", "mp4", (1920, 1080)),
        Preset("square", "Square 1:1", "1080x1080 for feeds.", "mp4", (1080, 1080)),
        Preset("small", "Small file", "H.265 with at most 720 lines, for messengers.", "h265", shorter=720, quality=27),
        Preset("webm", "Web", "AV1 and Opus in WebM: small, for web pages.", "webm", quality=33),
        Preset("prores", "ProRes 422 HQ", "For editing programs; large.", "prores"),
        Preset("prores-alpha", "ProRes 4444, cut out", "The dancer alone, see-through around.", "prores4444"),
        Preset("png", "PNG pictures, cut out", "A folder of see-through pictures.", "png", even_rate=True),
        Preset("gif", "GIF", "A short loop without sound, 480 lines, 20 frames a second.", "gif", shorter=480, fps=20),
        Preset("webp", "Animated WebP", "As a GIF, finer and smaller.", "webp", shorter=540, fps=25, quality=80),
    )
}


def fitting(name: str, suffix: str) -> str:
    """The preset `name` where its files may be called so, else the first whose may, else `name`."""
    wanted = [PRESETS[name], *PRESETS.values()]
    found = (one.name for one in wanted if suffix and suffix.lower() in one.format.suffixes)
    return next(found, name)


def clip_size(preset: Preset, plate: tuple[int, int]) -> tuple[int, int]:
    """Width, height of a clip over a plate of that size; never enlarged but to a preset's own size."""
    if preset.size:
        return preset.size
    scale = min(1.0, preset.shorter / min(plate)) if preset.shorter else 1.0
    if scale == 1.0:
        return plate
    return round(plate[0] * scale / 2) * 2, round(plate[1] * scale / 2) * 2

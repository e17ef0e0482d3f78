"""Makes the README's pictures from what `make demo` left: a strip of frames and a short moving picture.

python tools/pictures.py [demo]
"""

import sys
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from dancetransfer.video.read import probe, read_frames

HEIGHT, MOMENTS = 256, 4
"""Rows of the strip in pixels, and how many there are."""
SECONDS, EVERY = 4.0, 2
"""Length of the moving picture, and which frames it takes."""


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "demo")
    target = Path("assets")
    clip = folder / "side-by-side.mp4"
    facts = probe(clip)
    shown = set(np.linspace(0.1 * facts.frames, 0.9 * facts.frames, MOMENTS).astype(int).tolist())
    strip, moving = [], []
    for frame in read_frames(clip):
        small = _scaled(frame.image, HEIGHT)
        if frame.index in shown:
            strip.append(small)
        if frame.time < SECONDS and frame.index % EVERY == 0:
            moving.append(Image.fromarray(_scaled(frame.image, 200)))
    Image.fromarray(np.concatenate(strip, 0)).save(target / "demo.jpg", quality=88)
    step = round(1000 * EVERY / facts.fps)
    moving[0].save(
        target / "demo.webp", save_all=True, append_images=moving[1:], duration=step, loop=0, quality=70, method=6
    )
    for name in ("demo.jpg", "demo.webp"):
        print(target / name, (target / name).stat().st_size // 1024, "KiB")


def _scaled(image: np.ndarray, height: int) -> np.ndarray:
    width = round(image.shape[1] * height / image.shape[0])
    return cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)


if __name__ == "__main__":
    main()

"""Colors of decoded video: which YUV matrix a file means, and HDR to BT.709 by a table of ours."""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

TRANSFERS = {
    1: "bt709", 4: "gamma22", 5: "gamma28", 6: "bt601", 7: "smpte240m", 8: "linear",
    13: "srgb", 14: "bt2020", 15: "bt2020", 16: "pq", 18: "hlg",
}  # fmt: skip
"""ITU-T H.273 transfer characteristics that video files carry -> the name `VideoInfo` gives."""

SDR_WHITE_NITS = 203.0
"""What full BT.709 white stands for in HDR light: the reference white of BT.2408."""

PEAK_NITS = 1000.0
"""Peak assumed for HLG displays and PQ masters (BT.2100's nominal peak, and what phones grade to)."""

TO_709 = np.array(
    [
        [1.660491, -0.587641, -0.072850],
        [-0.124550, 1.132900, -0.008349],
        [-0.018151, -0.100579, 1.118730],
    ]
)
"""Linear BT.2020 -> linear BT.709 primaries (BT.2087-0)."""

LUMA_2020 = np.array([0.2627, 0.6780, 0.0593])

M1, M2 = 2610 / 16384, 2523 / 4096 * 128
C1, C2, C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32

TABLE_SIZE = 65


def yuv_matrix(colorspace: int, height: int) -> int:
    """The swscale matrix for an H.273 matrix code; untagged video is BT.601 up to 576 lines."""
    if colorspace in (9, 10):
        return 9
    if colorspace in (1, 4, 5, 6, 7):
        return 5 if colorspace == 6 else colorspace
    return 1 if height > 576 else 5


def kind(transfer: int, primaries: int) -> str | None:
    """Which tone mapping a frame needs: "pq", "hlg", "bt2020" (wide colors, no HDR) or None."""
    name = TRANSFERS.get(transfer)
    if name in ("pq", "hlg"):
        return name
    return "bt2020" if primaries == 9 else None


def pq_to_nits(signal: Array) -> Array:
    """BT.2100 PQ EOTF: signal 0..1 -> 0..10000 cd/m2."""
    power = np.maximum(signal, 0) ** (1 / M2)
    return 10000 * (np.maximum(power - C1, 0) / (C2 - C3 * power)) ** (1 / M1)


def nits_to_pq(nits: Array) -> Array:
    """Inverse of `pq_to_nits`."""
    power = (np.maximum(nits, 0) / 10000) ** M1
    return ((C1 + C2 * power) / (1 + C3 * power)) ** M2


def hlg_to_nits(signal: Array) -> Array:
    """BT.2100 HLG EOTF: R'G'B' [...,3] 0..1 -> display light in cd/m2 on a 1000-nit display.

    The inverse OETF gives scene light; the OOTF raises it by the luminance to the power 0.2
    (system gamma 1.2 at 1000 nits), which keeps hue.
    """
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    signal = np.maximum(signal, 0)
    scene = np.where(signal <= 0.5, signal**2 / 3, (np.exp((signal - c) / a) + b) / 12)
    luminance = scene @ LUMA_2020
    return PEAK_NITS * scene * np.maximum(luminance, 1e-12)[..., None] ** 0.2


def compress(nits: Array, source_peak: float = PEAK_NITS, target_peak: float = SDR_WHITE_NITS) -> Array:
    """BT.2390-11 section 5.4.1 EETF in PQ space: light up to the knee stays, a spline above it.

    `source_peak` maps to `target_peak`; the black level is 0 in both, so the lift is left out.
    """
    source = nits_to_pq(np.array(source_peak, np.float64))
    top = nits_to_pq(np.array(target_peak, np.float64)) / source
    knee = 1.5 * top - 0.5
    signal = np.clip(nits_to_pq(nits) / source, 0, 1)
    t = np.maximum(signal - knee, 0) / (1 - knee)
    spline = (2 * t**3 - 3 * t**2 + 1) * knee + (t**3 - 2 * t**2 + t) * (1 - knee) + (3 * t**2 - 2 * t**3) * top
    return pq_to_nits(np.where(signal < knee, signal, spline) * source)


def tone_map(signal: NDArray[np.floating], source: str) -> Array:
    """R'G'B' [...,3] 0..1 of `source` ("pq", "hlg", "bt2020") -> BT.709 R'G'B' [...,3] 0..1.

    The brightest of the three channels is compressed and the others follow in proportion: hue
    and saturation stay. BT.1886 (gamma 2.4) is the display that the result is made for.
    """
    encoded = signal.astype(np.float64)
    if source == "bt2020":
        light = np.maximum(encoded, 0) ** 2.4
    else:
        nits = pq_to_nits(encoded) if source == "pq" else hlg_to_nits(encoded)
        brightest = nits.max(-1, keepdims=True)
        light = nits * (compress(brightest) / np.maximum(brightest, 1e-9)) / SDR_WHITE_NITS
    return np.clip(light @ TO_709.T, 0, 1) ** (1 / 2.4)


def write_table(path: Path, source: str) -> None:
    """`tone_map` on a grid of TABLE_SIZE^3, as a .cube file for libavfilter's `lut3d`."""
    axis = np.linspace(0, 1, TABLE_SIZE)
    blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")  # red runs fastest in .cube
    rows = tone_map(np.stack([red, green, blue], -1).reshape(-1, 3), source)
    # Numbers looked up as text of one length: far faster than formatting each.
    last = 16383
    digits = np.array([b"%.5f " % (step / last) for step in range(last + 1)])
    text = digits[np.round(rows * last).astype(int)].view(np.uint8).reshape(-1, 3, 8)
    text[:, 2, 7] = ord("\n")
    path.write_bytes(b"LUT_3D_SIZE %d\n" % TABLE_SIZE + text.tobytes())


def table_folder() -> tempfile.TemporaryDirectory[str]:
    """A folder for the table: `lut3d` reads files alone, once, when its graph is configured."""
    return tempfile.TemporaryDirectory(prefix="dancetransfer-", ignore_cleanup_errors=True)

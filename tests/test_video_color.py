"""Color: the formulas of BT.2100 and BT.2390, the table made from them, and untagged files."""

import numpy as np
import pytest
from video_samples import make_video, quadrants

from dancetransfer.video import color
from dancetransfer.video.read import probe, read_frames


@pytest.mark.parametrize("nits, signal", [(0, 0), (100, 0.508078), (203, 0.580689), (1000, 0.751827), (10000, 1)])
def test_pq_is_that_of_bt2100(nits, signal):
    assert float(color.pq_to_nits(np.float64(signal))) == pytest.approx(nits, rel=2e-5, abs=1e-3)
    assert float(color.nits_to_pq(np.float64(nits))) == pytest.approx(signal, abs=1e-5)


@pytest.mark.parametrize("signal, nits", [(0, 0), (0.5, 1000 * (1 / 12) ** 1.2), (0.75, 203), (1, 1000)])
def test_hlg_is_that_of_bt2100(signal, nits):
    """BT.2408: reference white, 203 cd/m2, is at 75 % HLG on a 1000-nit display."""
    gray = color.hlg_to_nits(np.full(3, float(signal)))
    assert gray == pytest.approx(np.full(3, nits), rel=2e-3, abs=1e-3)


def test_compression_keeps_what_is_below_the_knee_and_ends_at_white():
    top = color.nits_to_pq(np.float64(203)) / color.nits_to_pq(np.float64(1000))
    knee = float(color.pq_to_nits((1.5 * top - 0.5) * color.nits_to_pq(np.float64(1000))))
    dark = np.linspace(0, knee, 20)
    assert color.compress(dark) == pytest.approx(dark, rel=1e-6, abs=1e-6)
    assert float(color.compress(np.float64(1000))) == pytest.approx(203, rel=1e-6)
    assert float(color.compress(np.float64(4000))) == pytest.approx(203, rel=1e-6)
    light = color.compress(np.linspace(0, 1000, 500))
    assert np.all(np.diff(light) > 0)
    step = np.diff(color.compress(np.array([knee - 1e-3, knee, knee + 1e-3])))
    assert step[0] == pytest.approx(step[1], rel=1e-2)  # no kink


def test_wide_colors_keep_white_and_grays():
    grays = np.linspace(0, 1, 9)[:, None].repeat(3, 1)
    assert color.tone_map(grays, "bt2020") == pytest.approx(grays, abs=1e-4)
    # BT.709 red in BT.2020 light (BT.2087) comes back as pure red.
    red = np.array([0.6274, 0.0691, 0.0164]) ** (1 / 2.4)
    assert color.tone_map(red, "bt2020") == pytest.approx([1, 0, 0], abs=0.05)


@pytest.mark.parametrize("name, transfer", [("pq", 16), ("hlg", 18)])
def test_hdr_files_come_out_as_the_formula_says(tmp_path, name, transfer):
    """BT.2020 patches, lossless; the table is within 2/255 of the formula."""
    rng = np.random.default_rng(1)
    signal = rng.uniform(0.05, 0.75, (6, 8, 3))
    signal[0] = np.linspace(0, 0.8, 8)[:, None]  # grays
    planes = yuv_2020(np.kron(signal, np.ones((8, 8, 1))))
    path = make_video(
        tmp_path / "a.mkv", [planes] * 2, codec="ffv1", layout="yuv444p16le",
        transfer=transfer, primaries=9, colorspace=9, tick=None,
    )  # fmt: skip
    info = probe(path)
    assert info.transfer == name and info.pixel_format == "yuv444p16le"
    image = next(read_frames(path)).image[4::8, 4::8].astype(float)
    expected = color.tone_map(signal, name) * 255
    error = np.abs(image - expected)
    assert error.max() < 6 and error.mean() < 1
    assert np.all(np.diff(image[0, :, 0]) > 0)


def yuv_2020(signal: np.ndarray) -> np.ndarray:
    """R'G'B' [H,W,3] -> BT.2020 16-bit limited-range planes uint16 [3,H,W]."""
    luma = signal @ [0.2627, 0.6780, 0.0593]
    blue, red = (signal[..., 2] - luma) / 1.8814, (signal[..., 0] - luma) / 1.4746
    planes = np.stack([64 + 876 * luma, 512 + 896 * blue, 512 + 896 * red])
    return np.round(planes).astype(np.uint16) << 6


def test_hdr_scaled_and_turned(tmp_path):
    planes = np.repeat(yuv_2020(np.full((64, 96, 3), 0.5)), 1, 0)
    path = make_video(
        tmp_path / "a.mkv", [planes] * 2, codec="ffv1", layout="yuv444p16le",
        transfer=18, primaries=9, colorspace=9, tick=None,
    )  # fmt: skip
    image = next(read_frames(path, size=(48, 32))).image
    assert image.shape == (32, 48, 3)
    assert image.mean() == pytest.approx(255 * color.tone_map(np.full(3, 0.5), "hlg")[0], abs=2)


@pytest.mark.parametrize("height, code", [(64, 6), (720, 1)])
def test_untagged_video_is_601_when_small_and_709_when_large(tmp_path, height, code):
    image = quadrants((96, height))
    assert color.yuv_matrix(2, height) == {6: 5, 1: 1}[code]
    path = make_video(tmp_path / "a.mkv", [image], codec="ffv1", layout="yuv444p", colorspace=2, tick=None)
    tagged = make_video(tmp_path / "b.mkv", [image], codec="ffv1", layout="yuv444p", colorspace=code, tick=None)
    first, second = (next(read_frames(p)).image for p in (path, tagged))
    assert np.array_equal(first, second)

"""The picture of a training's report: its curve above, the worst held-out frames below; drawn by OpenCV alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from dancetransfer.learn.sheet import fitted

WIDTH, EDGE, GAP = 1600, 40, 12
CURVE = 300
"""Height of the curve in pixels."""
TALL = 300
"""Height of the frames, less where they would not fit."""
SLIM = 0.8
"""Width over height of frames up to which two cards stand side by side."""
PAPER, INK, PALE, LINE, RISE, BEST = (
    np.array(color, np.uint8)
    for color in ((250, 250, 248), (34, 36, 42), (118, 122, 130), (222, 222, 220), (44, 98, 190), (214, 92, 30))
)


@dataclass(frozen=True)
class Frame:
    """A held-out frame beside what the generator made of its pose."""

    clip: str
    seconds: float
    likeness: float
    """dB within the person box."""
    real: np.ndarray  # uint8 [H,W,3]
    made: np.ndarray  # uint8 [H,W,3]
    labels: np.ndarray  # uint8 [H,W,3]
    details: dict[str, np.ndarray]
    """Boxes [4] of face and hands in pixels of the crop; those that are seen."""


def drawn(about: dict[str, Any], worst: Sequence[Frame]) -> np.ndarray:
    """RGB uint8 [H,1600,3] of what `report.json` says and the frames it names."""
    rows = [_title(about), _curve(about["course"], about["best_step"]), _heading(about, len(worst))]
    cards = [_card(frame) for frame in worst]
    beside = 2 if cards and 2 * cards[0].shape[1] + 2 * GAP + 2 * EDGE <= WIDTH else 1
    rows += [_beside(cards[n : n + beside]) for n in range(0, len(cards), beside)]
    return np.concatenate([*rows, _paper(EDGE // 2, WIDTH)])


def _title(about: dict[str, Any]) -> np.ndarray:
    paper = _paper(128, WIDTH)
    _write(paper, "How the training went", (EDGE, 62), 34, INK, bold=True)
    words = [f"recipe {about['recipe']}"] * bool(about["recipe"])
    words.append(f"{_clock(about['seconds'])} of training, {about['steps']:,} steps")
    words.append(f"best at step {about['best_step']:,}")
    if about["frames"]:
        words.append(f"likeness {about['likeness']:.1f} dB on {about['frames']} frames of the {about['part']} part")
    _write(paper, "   ·   ".join(words), (EDGE, 102), 20, PALE)
    return paper


def _heading(about: dict[str, Any], count: int) -> np.ndarray:
    paper = _paper(92, WIDTH)
    if not count:
        _write(paper, "No held-out frame shows the person.", (EDGE, 52), 24, INK, bold=True)
        return paper
    _write(paper, "The worst frames", (EDGE, 46), 24, INK, bold=True)
    held = "not learned from" if about["part"] == "report" else (
        "which also chose the best step" if about["part"] == "choose" else "which were learned from: none is held out"
    )  # fmt: skip
    words = f"of {about['frames']} {held}: as filmed, danced again, and the pose asked for; face and hands alike"
    _write(paper, words, (EDGE, 76), 19, PALE)
    return paper


def _curve(course: list[dict[str, float]], best_step: int) -> np.ndarray:
    """The score over training time, its best step marked."""
    paper = _paper(CURVE, WIDTH)
    if not course:
        _write(paper, "There was no score yet.", (EDGE, CURVE // 2), 20, PALE)
        return paper
    seconds, scores = (np.array([row[name] for row in course], float) for name in ("seconds", "score"))
    best = max((n for n, row in enumerate(course) if row["step"] == best_step), default=int(np.argmax(scores)))
    left, right, top, bottom = EDGE + 62, WIDTH - EDGE - 10, 44, CURVE - 44
    low, high, step = _scale(scores)
    end = max(float(seconds[-1]), 1.0)

    def place(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.stack([left + x / end * (right - left), bottom - (y - low) / (high - low) * (bottom - top)], 1)

    for level in np.arange(low, high + step / 2, step):
        y = round(bottom - (level - low) / (high - low) * (bottom - top))
        cv2.line(paper, (left, y), (right, y), LINE.tolist(), 1)
        _write(paper, f"{level:g}", (left - 14, y + 6), 17, PALE, right=True)
    _write(paper, "likeness, dB", (EDGE, top - 22), 17, PALE)
    for moment in _moments(end):
        x = round(left + moment / end * (right - left))
        cv2.line(paper, (x, bottom), (x, bottom + 6), LINE.tolist(), 1)
        _write(paper, _clock(moment), (x, bottom + 28), 17, PALE, centered=True)
    points = place(seconds, scores)
    fixed = [np.rint(points * 16).astype(np.int32)]
    cv2.polylines(paper, fixed, False, RISE.tolist(), 3, cv2.LINE_AA, shift=4)
    for point in points if len(points) <= 40 else []:
        _dot(paper, point, 4, RISE)
    _dot(paper, points[best], 9, BEST)
    words = f"best {scores[best]:.1f} dB at {_clock(seconds[best])}"
    x = float(np.clip(points[best, 0], left + 110, right - 110))
    _write(paper, words, (x, points[best, 1] - 18), 19, BEST, bold=True, centered=True)
    return paper


def _card(frame: Frame) -> np.ndarray:
    """Real, made and pose side by side, face and hands beside them, and a line of words below."""
    aspect = frame.real.shape[1] / frame.real.shape[0]
    room = (WIDTH - 2 * EDGE - 2 * GAP) // 2 if aspect <= SLIM else WIDTH - 2 * EDGE
    tall = min(TALL, int((room - 4 * GAP) / (3 * aspect + 2 / 3)))  # three frames and two columns of details
    pictures = [fitted(one, tall) for one in (frame.real, frame.made, frame.labels)]
    row = _joined([*pictures, _closer(frame, tall)], GAP // 3)
    words = _paper(48, row.shape[1])
    _write(words, f"{frame.likeness:.1f} dB", (0, 24), 20, INK, bold=True)
    _write(words, f"clip {frame.clip}, {_clock(frame.seconds, True)}", (96, 24), 18, PALE)
    return np.concatenate([row, words])


def _closer(frame: Frame, tall: int) -> np.ndarray:
    """Face and hands, real and made, under each other: three rows, empty where one is not seen."""
    side = (tall - 2 * (GAP // 3)) // 3
    rows = []
    for name in ("face", "left hand", "right hand"):
        pair = [_detail(one, frame.details.get(name), side, name) for one in (frame.real, frame.made)]
        rows.append(_joined(pair, GAP // 3))
        rows.append(_paper(GAP // 3, rows[0].shape[1]))
    column = np.concatenate(rows[:-1])
    return np.concatenate([column, _paper(tall - len(column), column.shape[1])])


def _detail(picture: np.ndarray, box: np.ndarray | None, side: int, name: str) -> np.ndarray:
    if box is None:
        empty = np.full((side, side, 3), LINE, np.uint8)
        _write(empty, f"no {name}", (side / 2, side / 2 + 5), 13, PALE, centered=True)
        return empty
    scale = side / max(float(box[3] - box[1]), 1.0)
    matrix = np.array([[scale, 0, (0.5 - box[0]) * scale - 0.5], [0, scale, (0.5 - box[1]) * scale - 0.5]])
    return cv2.warpAffine(picture, matrix, (side, side), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)


# --- the paper ------------------------------------------------------------------------------------


def _paper(height: int, width: int) -> np.ndarray:
    return np.tile(PAPER, (height, width, 1))


def _joined(pictures: list[np.ndarray], gap: int) -> np.ndarray:
    space = _paper(pictures[0].shape[0], gap)
    parts = [part for one in pictures for part in (one, space)]
    return np.concatenate(parts[:-1], 1)


def _beside(cards: list[np.ndarray]) -> np.ndarray:
    row = np.concatenate([_paper(cards[0].shape[0], EDGE), _joined(cards, 2 * GAP)], 1)
    return np.concatenate([row, _paper(row.shape[0], WIDTH - row.shape[1])], 1)


def _dot(paper: np.ndarray, at: np.ndarray, radius: int, color: np.ndarray) -> None:
    center = tuple(int(v) for v in np.rint(at * 16))
    cv2.circle(paper, center, 16 * (radius + 2), PAPER.tolist(), -1, cv2.LINE_AA, shift=4)
    cv2.circle(paper, center, 16 * radius, color.tolist(), -1, cv2.LINE_AA, shift=4)


def _write(
    paper: np.ndarray,
    words: str,
    at: tuple[float, float],
    size: int,
    color: np.ndarray,
    *,
    bold: bool = False,
    right: bool = False,
    centered: bool = False,
) -> None:
    """Words of `size` pixels whose line begins (ends, has its middle) at `at`."""
    if hasattr(cv2, "FontFace"):  # OpenCV 5: a true font; 4 has strokes alone, and no more than ASCII
        face, weight = cv2.FontFace("sans"), 600 if bold else 400
        width = cv2.getTextSize((0, 0), words, (0, 0), face, size, weight)[2]
    else:
        words, scale = words.replace("·", "-"), size / 32
        width = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, scale, 1 + bold)[0][0]
    start = round(at[0] - (width if right else width / 2 if centered else 0)), round(at[1])
    if hasattr(cv2, "FontFace"):
        cv2.putText(paper, words, start, color.tolist(), face, size, weight)
    else:
        cv2.putText(paper, words, start, cv2.FONT_HERSHEY_SIMPLEX, scale, color.tolist(), 1 + bold, cv2.LINE_AA)


def _scale(values: np.ndarray) -> tuple[float, float, float]:
    """Lowest and highest line and their distance: 1, 2 or 5 of a decade, some four lines."""
    spread = max(float(values.max() - values.min()), 0.5)
    decade = 10.0 ** np.floor(np.log10(spread / 4))
    step = next(decade * one for one in (1, 2, 5, 10) if decade * one >= spread / 4)
    low, high = np.floor(values.min() / step) * step, np.ceil((values.max() + 0.3 * step) / step) * step
    return float(low), float(max(high, low + step)), float(step)


def _moments(seconds: float) -> np.ndarray:
    """Some six round moments from 0 to the end."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
    step = next((one for one in steps if seconds / one <= 8), steps[-1])
    return np.arange(0, seconds + 0.5 * step / 8, step)


def _clock(seconds: float, tenths: bool = False) -> str:
    """`4:05`, `1:02:03`, with tenths `0:07.3`."""
    whole = int(seconds) if tenths else round(seconds)
    hours, rest = divmod(whole, 3600)
    words = f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"
    return f"{words}.{int(10 * (seconds - whole))}" if tenths else words

"""How close two pictures are and how calm a clip is: measures that take one frame at a time."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from dancetransfer.footage.plate import composite
from dancetransfer.pose.poses import BODY, Poses, person_box
from dancetransfer.pose.space import body_heights

IDENTICAL_DB = 100.0
"""PSNR of equal pictures (and the most that is ever given), so that means and JSON stay finite."""
WINDOW, SIGMA = 11, 1.5
C1, C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
"""Wang et al. 2004, K1 = 0.01, K2 = 0.03, L = 255."""
BAND = 64
"""Rows that the similarity is computed for at once: twice as fast as the whole picture."""
MARGIN = 0.1
"""The person box reaches this part of its width and height beyond the joints on each side."""
CORRECT = 0.1
"""A joint counts as found within this part of the larger side of the person's tight box."""


def psnr_of(mse: float) -> float:
    """dB of a mean squared error of 0..255 values, at most 100."""
    return IDENTICAL_DB if mse <= 0 else min(IDENTICAL_DB, float(10 * np.log10(255.0**2 / mse)))


def psnr(result: np.ndarray, truth: np.ndarray) -> float:
    """dB of two uint8 pictures of the same shape."""
    return psnr_of(float(squared_error(result, truth).mean()))


def squared_error(result: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """float32 [H,W]: squared difference of two uint8 [H,W,3], mean over the colors."""
    difference = cv2.absdiff(result, truth).astype(np.float32)
    return _over_colors(cv2.multiply(difference, difference))


def ssim_map(result: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """float32 [H,W], -1..1: structural similarity of two uint8 [H,W,3], mean over the colors.

    Wang et al., "Image quality assessment: from error visibility to structural similarity", 2004,
    eq. 13, with its 11x11 Gaussian window of standard deviation 1.5. The outermost 5 pixels, where
    the window would leave the picture, are NaN (a picture smaller than 11 is NaN everywhere).
    """
    height, width = result.shape[:2]
    similar = np.full((height, width), np.nan, np.float32)
    edge = WINDOW // 2
    if width < WINDOW:
        return similar
    for top in range(edge, height - edge, BAND):  # in bands that fit the processor's cache
        bottom = min(top + BAND, height - edge)
        rows = slice(top - edge, bottom + edge)
        similar[top:bottom, edge:-edge] = _ssim_band(result[rows], truth[rows])[edge:-edge, edge:-edge]
    return similar


def _ssim_band(result: np.ndarray, truth: np.ndarray) -> np.ndarray:
    kernel = cv2.getGaussianKernel(WINDOW, SIGMA, cv2.CV_32F)

    def mean(values: np.ndarray) -> np.ndarray:
        return cv2.sepFilter2D(values, cv2.CV_32F, kernel, kernel)

    # Around 128 instead of 0 the squares are small enough for float32. OpenCV's own arithmetic
    # runs on all cores.
    x, y = result.astype(np.float32) - 128, truth.astype(np.float32) - 128
    mean_x, mean_y = mean(x), mean(y)
    squares = mean(cv2.add(cv2.multiply(x, x), cv2.multiply(y, y)))
    variances = squares - cv2.multiply(mean_x, mean_x) - cv2.multiply(mean_y, mean_y)
    covariance = mean(cv2.multiply(x, y)) - cv2.multiply(mean_x, mean_y)
    mean_x += 128
    mean_y += 128
    light = cv2.divide(
        2 * cv2.multiply(mean_x, mean_y) + C1,
        cv2.multiply(mean_x, mean_x) + cv2.multiply(mean_y, mean_y) + C1,
    )
    shape = cv2.divide(2 * covariance + C2, variances + C2)
    return _over_colors(cv2.multiply(light, shape))


def _over_colors(values: np.ndarray) -> np.ndarray:
    """Mean [H,W] of float32 [H,W,3] (NumPy's own along so short an axis is ten times slower)."""
    return cv2.transform(values, np.full((1, 3), 1 / 3, np.float32))


def ssim(result: np.ndarray, truth: np.ndarray) -> float:
    """Mean structural similarity of two uint8 [H,W,3]; NaN where they are smaller than 11 pixels."""
    similar = ssim_map(result, truth)
    return float(np.nanmean(similar)) if np.isfinite(similar).any() else float("nan")


def pixels_in(box: np.ndarray, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns whose centers lie in a box (left, top, right, bottom in pixel edges), cut to the picture."""
    (left, top), (right, bottom) = np.rint(box[:2]).astype(int), np.rint(box[2:]).astype(int)
    height, width = shape[:2]
    return slice(min(max(top, 0), height), max(bottom, 0)), slice(min(max(left, 0), width), max(right, 0))


def person_boxes(poses: Poses) -> np.ndarray:
    """float64 [T,4] pixel edges: body, feet and head with 10 % around; NaN where nobody is."""
    box = person_box(poses).astype(np.float64) + 0.5  # joints are pixel centers
    margin = MARGIN * (box[:, 2:] - box[:, :2])
    return np.concatenate([box[:, :2] - margin, box[:, 2:] + margin], 1)


@dataclass
class Fidelity:
    """PSNR and SSIM of a stream of frames, over the whole picture or a box of it.

    PSNR is that of the squared error averaged over all frames (not the mean of the frames' PSNR,
    in which a few perfect frames would hide bad ones); SSIM is the mean over frames.
    """

    frames: int = 0
    mse: float = 0.0
    """Sum over the frames."""
    similar: float = 0.0
    similar_frames: int = 0
    latest: float = float("nan")
    """SSIM of the last frame; NaN where it could not be told."""

    def add(self, error: np.ndarray, similar: np.ndarray, box: np.ndarray | None = None) -> None:
        """`error` and `similar`: [H,W] of a frame (`squared_error`, `ssim_map`); a NaN box is skipped."""
        self.latest = float("nan")
        if box is not None:
            if not np.isfinite(box).all():
                return
            part = pixels_in(box, error.shape)
            error, similar = error[part], similar[part]
        if not error.size:
            return
        self.frames += 1
        self.mse += float(error.mean())
        known = similar[np.isfinite(similar)]
        if known.size:
            self.similar_frames += 1
            self.latest = float(known.mean())
            self.similar += self.latest

    @property
    def psnr(self) -> float | None:
        """dB; None where there was no frame."""
        return psnr_of(self.mse / self.frames) if self.frames else None

    @property
    def ssim(self) -> float | None:
        return self.similar / self.similar_frames if self.similar_frames else None


@dataclass
class Trembling:
    """Temporal error: how much the error changes from one frame to the next, mean, in 0..255.

    A constant error (a wrong color) gives 0, one that comes and goes gives its size; what moves in
    both clips alike gives nothing.
    """

    before: np.ndarray | None = None
    total: float = 0.0
    pairs: int = 0
    boxed_total: float = 0.0
    boxed_pairs: int = 0

    def add(self, result: np.ndarray, truth: np.ndarray, box: np.ndarray | None = None) -> None:
        """uint8 [H,W,3] each; `box` (pixel edges) is a part to be told apart, too (NaN: nobody is there)."""
        error = result.astype(np.int16) - truth
        if self.before is not None:
            change = np.abs(error - self.before)
            self.total += float(change.mean())
            self.pairs += 1
            if box is not None and np.isfinite(box).all() and (part := change[pixels_in(box, truth.shape)]).size:
                self.boxed_total += float(part.mean())
                self.boxed_pairs += 1
        self.before = error

    def cut(self) -> None:
        """The next frame is no neighbor of the last one."""
        self.before = None

    @property
    def value(self) -> float | None:
        return self.total / self.pairs if self.pairs else None

    @property
    def boxed(self) -> float | None:
        """Within the boxes alone."""
        return self.boxed_total / self.boxed_pairs if self.boxed_pairs else None


def off_plate(frame: np.ndarray, plate: np.ndarray, layer: np.ndarray, box: np.ndarray) -> int | None:
    """Largest difference, 0..255, of a composed frame from its plate where the layer's alpha is below 1/255.

    `frame` and `plate` uint8 [H,W,3], not yet encoded; `layer` uint8 [h,w,4], which lies at `box` (pixel
    edges). None where the layer covers everything, as that of a recipe without a mask does.
    """
    white = layer.copy()
    white[..., :3] = 255
    drawn = composite(np.zeros_like(plate), white, box)[..., 0] > 0
    return None if drawn.all() else int(cv2.absdiff(frame, plate)[~drawn].max())


@dataclass
class Stillness:
    """Standard deviation over time of the pixels where nobody ever stands, mean, in 0..255.

    Welford's recursion: three pictures are held, however long the clip is. Over several stretches
    (`cut` between them) the stretches are weighted by their free pixels.
    """

    count: int = 0
    mean: np.ndarray | None = None
    spread: np.ndarray | None = None
    """Sum of squared differences from the mean so far."""
    free: np.ndarray | None = field(default=None)
    """bool [H,W]: nobody has stood here."""
    total: float = 0.0
    pixels: int = 0

    def add(self, frame: np.ndarray, person: np.ndarray) -> None:
        """`frame` uint8 [H,W,3], `person` box (pixel edges; NaN: nobody)."""
        values = frame.astype(np.float32)
        if self.mean is None or self.spread is None or self.free is None:
            self.mean, self.spread = np.zeros_like(values), np.zeros_like(values)
            self.free = np.ones(frame.shape[:2], bool)
        self.count += 1
        off = values - self.mean
        self.mean += off / self.count
        self.spread += off * (values - self.mean)
        if np.isfinite(person).all():
            self.free[pixels_in(person, frame.shape)] = False

    def cut(self) -> None:
        """End a stretch: what follows is another place or another time."""
        if self.count > 1 and self.spread is not None and self.free is not None:
            deviation = np.sqrt(self.spread[self.free] / self.count)
            self.total += float(deviation.sum(dtype=np.float64) / 3)
            self.pixels += len(deviation)
        self.count, self.mean, self.spread, self.free = 0, None, None, None

    @property
    def value(self) -> float | None:
        """Of all stretches that were ended with `cut`; None where no pixel was ever free."""
        return self.total / self.pixels if self.pixels else None


@dataclass
class JointTally:
    """Joint error, PCK and misses, summed over stretches."""

    error: float = 0.0
    compared: int = 0
    correct: int = 0
    asked: int = 0
    lost: int = 0
    frames: int = 0

    def add(self, found: Poses, asked: Poses) -> None:
        """Two tracks of the same T frames in the same pixels."""
        wanted = asked.visible[:, BODY] & asked.present[:, None]
        both = wanted & found.visible[:, BODY] & found.present[:, None]
        apart = np.linalg.norm(found.xy[:, BODY] - asked.xy[:, BODY], axis=-1)
        height = np.full(len(asked), np.nan)
        for shot in np.unique(asked.shot):
            part = (asked.shot == shot) & asked.present
            if part.any():
                height[part] = np.nanmedian(body_heights(asked.xy[part], asked.confidence[part]))
        relative = np.where(both, apart / height[:, None], np.nan)
        self.error += float(np.nansum(relative))
        self.compared += int(np.isfinite(relative).sum())
        self.correct += int((both & (apart <= CORRECT * _tight_side(asked)[:, None])).sum())
        self.asked += int(wanted.sum())
        self.lost += int((asked.present & ~found.present).sum())
        self.frames += int(asked.present.sum())

    @property
    def joint_error(self) -> float | None:
        return 100 * self.error / self.compared if self.compared else None

    @property
    def pck(self) -> float | None:
        return self.correct / self.asked if self.asked else None

    @property
    def missed(self) -> float | None:
        return self.lost / self.frames if self.frames else None


def _tight_side(poses: Poses) -> np.ndarray:
    """Pixels [T]: larger side of the box around the visible body joints; 0 where nobody is."""
    seen = poses.visible[:, BODY, None]
    high = np.where(seen, poses.xy[:, BODY], -np.inf).max(1)
    low = np.where(seen, poses.xy[:, BODY], np.inf).min(1)
    return np.where(poses.present, (high - low).max(1), 0.0)


def pose_scores(found: Poses, asked: Poses) -> tuple[float | None, float | None, float | None]:
    """joint_error, pck and missed (see Scores) of two tracks of the same frames in the same pixels."""
    tally = JointTally()
    tally.add(found, asked)
    return tally.joint_error, tally.pck, tally.missed

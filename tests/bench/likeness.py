"""Which measure of likeness sees what an eye sees: known damage of graded strength, judged by several measures.

    python tests/bench/likeness.py [--clip person.mp4] [--height 256] [--seeds 4] [--sheet sheet.png]

On built-in dancers with true joints (seeds from 100), and on a real clip where one is given. Prints per
measure: in how many sequences it finds every stronger damage worse; in how many pairs it calls the
damage worse that is plainly worse; milliseconds per crop. `--sheet` draws every damage once.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from dancetransfer import puppets, transfer
from dancetransfer.adding import add_media
from dancetransfer.footage.pairs import Footage, boxes_of, load_footage, plan_of, prepare, split
from dancetransfer.footage.plate import clean_plate, cut_out
from dancetransfer.learn.batches import into_boxes
from dancetransfer.learn.likeness import likeness_error
from dancetransfer.pose import poses as p
from dancetransfer.pose.crop import face_boxes, into_crop
from dancetransfer.pose.poses import Poses, person_box
from dancetransfer.project import Project
from dancetransfer.score.metrics import ssim_map
from dancetransfer.settings import TrainSettings

FRAMES = 10
"""Of each clip."""
Measure = Callable[[np.ndarray, np.ndarray, np.ndarray], float]
"""Made and real picture (uint8 [H,W,3]) and the box that counts; larger is worse, 0 where both are the same."""


@dataclass(frozen=True)
class Case:
    """One frame of a person, with what is needed to damage it."""

    real: np.ndarray  # uint8 [H,W,3]
    mask: np.ndarray  # float32 [H,W,1], 0..1
    plate: np.ndarray  # uint8 [H,W,3]
    joints: np.ndarray  # [133,2] pixels of the crop
    box: np.ndarray  # the person
    face: np.ndarray  # [4], NaN where none is seen
    others: list[np.ndarray]  # crops of other moments, the likeliest pose first

    @property
    def unit(self) -> float:
        """A 256th of the height: sizes of damage are given in it."""
        return self.real.shape[0] / 256


# --- the damage -----------------------------------------------------------------------------------


def on_person(case: Case, picture: np.ndarray) -> np.ndarray:
    """`picture` on and close around the person, the real one elsewhere."""
    side = int(6 * case.unit) | 1
    near = cv2.blur(cv2.dilate(case.mask, np.ones((side, side), np.uint8)), (side, side))[..., None]
    return mixed(case.real, picture, near)


def mixed(a: np.ndarray, b: np.ndarray, share: np.ndarray | float) -> np.ndarray:
    values = a.astype(np.float32) * (1 - share) + b.astype(np.float32) * share
    return np.rint(values).clip(0, 255).astype(np.uint8)


def blurred(case: Case, strength: float) -> np.ndarray:
    return on_person(case, cv2.GaussianBlur(case.real, (0, 0), strength * case.unit))


def noisy(case: Case, strength: float) -> np.ndarray:
    noise = np.random.default_rng(0).normal(0, strength, case.real.shape)
    return on_person(case, np.rint(case.real + noise).clip(0, 255).astype(np.uint8))


def tinted(case: Case, strength: float) -> np.ndarray:
    """Another color of the same brightness."""
    change = strength * np.array([1.0, -0.6, 0.5])
    return on_person(case, np.rint(case.real + change).clip(0, 255).astype(np.uint8))


def darkened(case: Case, strength: float) -> np.ndarray:
    return on_person(case, np.rint(case.real * (1 - strength)).astype(np.uint8))


def checkered(case: Case, strength: float) -> np.ndarray:
    """The pattern that transposed convolutions leave."""
    rows, columns = np.indices(case.real.shape[:2])
    sign = np.where((rows // 2 + columns // 2) % 2, strength, -strength)[..., None]
    return on_person(case, np.rint(case.real + sign).clip(0, 255).astype(np.uint8))


def arm(case: Case) -> np.ndarray:
    """float32 [H,W,1]: the forearm that lies freer, with its hand."""
    ends = [
        case.joints[[elbow, wrist]] for elbow, wrist in ((p.LEFT_ELBOW, p.LEFT_WRIST), (p.RIGHT_ELBOW, p.RIGHT_WRIST))
    ]
    middle = np.nanmean(case.joints[[p.LEFT_HIP, p.RIGHT_HIP], 0])
    away = [abs(float(end[1, 0]) - middle) if np.isfinite(end).all() else -1.0 for end in ends]
    elbow, wrist = ends[int(np.argmax(away))]
    cover = np.zeros(case.real.shape[:2], np.uint8)
    tip = wrist + 0.6 * (wrist - elbow)
    points = [tuple(int(v) for v in np.rint(point)) for point in (elbow, tip)]
    cv2.line(cover, points[0], points[1], 255, int(20 * case.unit), cv2.LINE_AA)
    return cover[..., None].astype(np.float32) / 255 * case.mask


def armless(case: Case, strength: float) -> np.ndarray:
    return mixed(case.real, case.plate, strength * arm(case))


def doubled(case: Case, strength: float) -> np.ndarray:
    """The forearm a second time, a tenth of the height away."""
    shift = np.array([[1, 0, 0.0], [0, 1, -26 * case.unit]])
    size = case.real.shape[1::-1]
    cover = cv2.warpAffine(arm(case), shift, size)[..., None]
    return mixed(case.real, cv2.warpAffine(case.real, shift, size), strength * cover)


def faceless(case: Case, strength: float) -> np.ndarray:
    left, top, right, bottom = np.rint(case.face).astype(int)
    made, part = case.real.copy(), np.s_[max(0, top) : bottom, max(0, left) : right]
    made[part] = cv2.GaussianBlur(case.real, (0, 0), strength * case.unit)[part]
    return made


def shifted(case: Case, strength: float) -> np.ndarray:
    """The person a little off, sharp."""
    way = strength * case.unit * np.array([0.8, 0.6])
    matrix, size = np.array([[1, 0, way[0]], [0, 1, way[1]]]), case.real.shape[1::-1]
    person = cv2.warpAffine(case.real, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return mixed(case.plate, person, cv2.warpAffine(case.mask, matrix, size)[..., None])


def melted(case: Case, strength: float) -> np.ndarray:
    """Every part pulled another way, sharp."""
    rng, (height, width) = np.random.default_rng(1), case.real.shape[:2]
    field = rng.normal(0, 1, (2, height, width)).astype(np.float32)
    ways = [cv2.GaussianBlur(one, (0, 0), 10 * case.unit) for one in field]
    scale = strength * case.unit / np.sqrt(np.mean(np.square(ways)))
    rows, columns = np.indices((height, width)).astype(np.float32)
    far = cv2.remap(case.real, columns + scale * ways[0], rows + scale * ways[1], cv2.INTER_CUBIC)
    return on_person(case, far)


def ghosted(case: Case, strength: float) -> np.ndarray:
    """Another moment shines through."""
    return mixed(case.real, case.others[len(case.others) // 2], strength)


def frozen(case: Case, strength: float) -> np.ndarray:
    """A sharp picture of another pose."""
    return case.others[int(strength)]


DAMAGE: dict[str, tuple[Callable[[Case, float], np.ndarray], tuple[float, ...]]] = {
    "blur": (blurred, (0.7, 1.2, 2, 4)),
    "noise": (noisy, (3, 6, 12, 24)),
    "color": (tinted, (5, 10, 20, 40)),
    "dark": (darkened, (0.05, 0.1, 0.2, 0.4)),
    "checkerboard": (checkered, (3, 6, 12, 24)),
    "no arm": (armless, (0.25, 0.5, 0.75, 1)),
    "two arms": (doubled, (0.25, 0.5, 0.75, 1)),
    "face blurred": (faceless, (0.7, 1.2, 2, 4)),
    "shift": (shifted, (0.5, 1, 2, 4)),
    "melted": (melted, (0.5, 1, 2, 4)),
    "ghost": (ghosted, (0.1, 0.2, 0.4, 0.7)),
    "wrong pose": (frozen, (0, 1, 2, 3)),
}
"""Each with four strengths; lengths are in 256ths of the height."""

PLAIN = (
    (("blur", 2), ("shift", 1)),
    (("blur", 2), ("shift", 2)),
    (("blur", 1), ("shift", 1)),
    (("blur", 2), ("melted", 1)),
    (("face blurred", 3), ("shift", 0)),
    (("face blurred", 3), ("noise", 0)),
    (("no arm", 3), ("shift", 1)),
    (("no arm", 3), ("noise", 1)),
    (("two arms", 3), ("shift", 1)),
    (("two arms", 3), ("noise", 1)),
    (("ghost", 2), ("shift", 1)),
    (("ghost", 2), ("blur", 0)),
    (("checkerboard", 2), ("shift", 1)),
    (("noise", 3), ("shift", 1)),
    (("melted", 3), ("shift", 1)),
    (("wrong pose", 3), ("shift", 2)),
    (("wrong pose", 3), ("blur", 1)),
    (("wrong pose", 3), ("noise", 1)),
    (("wrong pose", 3), ("color", 1)),
)
"""Which damage of which strength (0 to 3) is plainly worse than which other."""


# --- measures that were not chosen ----------------------------------------------------------------


def within(values: np.ndarray, box: np.ndarray, scale: float = 1.0) -> np.ndarray:
    left, top, right, bottom = (round(float(v) * scale) for v in box)
    return values[max(0, top) : max(0, bottom), max(0, left) : max(0, right)]


def gray(picture: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32)


def squared(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    return float(np.mean((within(made, box).astype(np.float32) - within(real, box)) ** 2))


def dissimilar(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    """1 - SSIM (Wang et al. 2004)."""
    return 1 - float(np.nanmean(within(ssim_map(made, real), box)))


def multiscale(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    """1 - MS-SSIM (Wang, Simoncelli and Bovik 2003), on four scales, in color."""
    weights, product, scale = np.array([0.0448, 0.2856, 0.3001, 0.2363]), 1.0, 1.0
    for weight in weights / weights.sum():
        product *= max(1e-3, float(np.nanmean(within(ssim_map(made, real), box, scale)))) ** weight
        made, real, scale = cv2.pyrDown(made), cv2.pyrDown(real), scale / 2
    return 1 - product


def gmsd(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    """Gradient magnitude similarity deviation (Xue et al. 2014)."""
    size, kernel = (made.shape[1] // 2, made.shape[0] // 2), np.array([[1, 0, -1]] * 3, np.float32) / 3
    sizes = []
    for picture in (made, real):
        small = cv2.resize(gray(picture), size, interpolation=cv2.INTER_AREA)
        sizes.append(np.hypot(cv2.filter2D(small, -1, kernel), cv2.filter2D(small, -1, kernel.T)))
    similar = (2 * sizes[0] * sizes[1] + 170) / (sizes[0] ** 2 + sizes[1] ** 2 + 170)
    return float(within(similar, box, 0.5).std())


def nlpd(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    """Normalized Laplacian pyramid distance (Laparra et al. 2016), its filter of 5x5, in gray."""
    near = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)  # the neighbors' amplitudes divide
    bands = []
    for picture in (made, real):
        level, normal = (gray(picture) / 255) ** (1 / 2.6), []
        for _ in range(5):
            small = cv2.pyrDown(level)
            band = level - cv2.pyrUp(small, dstsize=level.shape[1::-1])
            normal.append(band / (0.17 + cv2.filter2D(np.abs(band), -1, near / 4)))
            level = small
        bands.append([*normal, level / (4.86 + level)])
    apart = [np.sqrt(np.mean(within((a - b) ** 2, box, 0.5**n))) for n, (a, b) in enumerate(zip(*bands, strict=True))]
    return float(np.mean(apart))


def complex_wavelets(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    """1 - CW-SSIM (Sampat et al. 2009), with Gabor filters of six directions on three scales, in gray."""
    values = []
    scale = 1.0
    a, b = gray(made), gray(real)
    for _ in range(3):
        for turn in np.arange(6) * np.pi / 6:
            even, odd = (cv2.getGaborKernel((9, 9), 2.0, turn, 4.5, 0.7, phase, cv2.CV_32F) for phase in (0, np.pi / 2))
            even -= even.mean()
            x, y = (cv2.filter2D(one, -1, even) + 1j * cv2.filter2D(one, -1, odd) for one in (a, b))
            cross = x * np.conj(y)
            cross = cv2.blur(cross.real, (7, 7)) + 1j * cv2.blur(cross.imag, (7, 7))
            power = cv2.blur(np.abs(x) ** 2 + np.abs(y) ** 2, (7, 7))
            values.append(float(within((2 * np.abs(cross) + 100) / (power + 100), box, scale).mean()))
        a, b, scale = cv2.pyrDown(a), cv2.pyrDown(b), scale / 2
    return 1 - float(np.mean(values))


def statistics(made: np.ndarray, real: np.ndarray, box: np.ndarray) -> float:
    """Local means and deviations over squares of a 32nd and a 16th of the height."""
    errors = []
    for side in (max(2, made.shape[0] // 32), max(4, made.shape[0] // 16)):
        sums = []
        for picture in (made, real):
            values = picture.astype(np.float32) / 255
            mean = cv2.blur(values, (side, side))
            sums.append((mean, np.sqrt(np.maximum(cv2.blur(values**2, (side, side)) - mean**2, 0))))
        errors.append(sum((within(a, box) - within(b, box)) ** 2 for a, b in zip(*sums, strict=True)))
    return float(np.mean(errors))


MEASURES: dict[str, Measure] = {
    "squared error": squared,
    "1 - SSIM": dissimilar,
    "1 - MS-SSIM": multiscale,
    "GMSD": gmsd,
    "NLPD": nlpd,
    "1 - CW-SSIM": complex_wavelets,
    "means and deviations": statistics,
    "likeness_error": likeness_error,
}


# --- the pictures ---------------------------------------------------------------------------------


def puppet(seed: int, settings: TrainSettings) -> Footage:
    """A few seconds of a built-in person with true joints and masks."""
    show = puppets.person(seed, (512, 512), 4.0, 10)
    poses = Poses(*show.joints(), show.times, show.size)
    sizes = plan_of(settings, {"person": poses})
    boxes = boxes_of(poses, sizes)
    frames, masks = list(show.frames()), list(show.masks())
    cut = [
        np.dstack([cut_out(one, box, sizes.size) for one in pair])
        for *pair, box in zip(frames, masks, boxes, strict=True)
    ]
    plate = clean_plate(frames, masks)
    return Footage("001", np.stack(cut), boxes, np.arange(len(poses)), poses, plate, split(poses.time))


def filmed(clip: Path, settings: TrainSettings, folder: Path) -> Footage:
    """A real clip as the training would see it."""
    project = Project.open_or_create(folder / "bench.dance")
    for _ in add_media(project, [], [clip]):
        pass
    for _ in transfer.chain(transfer.pose_tasks(project)):
        pass
    for _ in prepare(project, settings):
        pass
    return load_footage(project)[0]


def cases(footage: Footage) -> Iterator[Case]:
    """Frames spread over a clip, on which face and forearms are seen."""
    size = footage.crops.shape[2], footage.crops.shape[1]
    joints = into_crop(footage.poses, footage.boxes, size)
    people, faces = person_box(joints), into_boxes(face_boxes(footage.poses), footage.boxes, size)
    arms = joints.visible[:, [p.LEFT_ELBOW, p.RIGHT_ELBOW, p.LEFT_WRIST, p.RIGHT_WRIST]].all(1)
    usable = np.flatnonzero(np.isfinite(faces).all(1) & arms)
    body = np.where(joints.visible[..., None], joints.xy, np.nan)[:, :17]
    for n in usable[np.linspace(0, len(usable) - 1, min(FRAMES, len(usable))).astype(int)]:
        apart = np.nanmean(np.linalg.norm(body - body[n], axis=-1), 1)
        order = np.argsort(apart)
        ranks = np.array([0.05, 0.25, 0.6, 0.98]) * (len(order) - 1)
        crop = np.asarray(footage.crops[n])
        yield Case(
            np.ascontiguousarray(crop[..., :3]),
            crop[..., 3:].astype(np.float32) / 255,
            footage.backdrop(int(n), size),
            joints.xy[n],
            people[n],
            faces[n],
            [np.ascontiguousarray(footage.crops[order[int(np.ceil(rank))], ..., :3]) for rank in ranks],
        )


# --- the tables -----------------------------------------------------------------------------------


def judged(case: Case, pictures: dict[str, list[np.ndarray]]) -> dict[str, tuple[dict[str, list[float]], float]]:
    """Per measure the errors of each damage by rising strength, and the seconds that one picture took."""
    found = {}
    for name, measure in MEASURES.items():
        begun = time.perf_counter()
        errors = {what: [measure(one, case.real, case.box) for one in row] for what, row in pictures.items()}
        found[name] = errors, (time.perf_counter() - begun) / sum(len(row) for row in pictures.values())
    return found


def tables(all_cases: list[Case]) -> str:
    found = []
    for case in all_cases:
        pictures = {
            what: [draw(case, strength) for strength in strengths] for what, (draw, strengths) in DAMAGE.items()
        }
        found.append(judged(case, pictures))
    lines = ["share of sequences in which every stronger damage is found worse; pairs in which the plainly worse is"]
    lines.append(" " * 22 + "".join(f"{what:>13s}" for what in DAMAGE) + f"{'all':>8s}{'pairs':>8s}{'ms':>8s}")
    for name in MEASURES:
        rows = [one[name][0] for one in found]
        shares = [np.mean([bool((np.diff([0.0, *row[what]]) > 0).all()) for row in rows]) for what in DAMAGE]
        pairs = [row[a][i] > row[b][j] for row in rows for (a, i), (b, j) in PLAIN]
        milliseconds = 1000 * np.median([one[name][1] for one in found])
        lines.append(
            f"{name:22s}" + "".join(f"{share:13.2f}" for share in shares)
            + f"{np.mean(shares):8.3f}{np.mean(pairs):8.3f}{milliseconds:8.2f}"
        )  # fmt: skip
    lines.append("\nshare of frames in which the first damage is found worse than the second")
    lines.append(" " * 40 + "".join(f"{name:>22s}" for name in MEASURES))
    for (a, i), (b, j) in PLAIN:
        shares = [np.mean([one[name][0][a][i] > one[name][0][b][j] for one in found]) for name in MEASURES]
        words = f"{a} {DAMAGE[a][1][i]:g} > {b} {DAMAGE[b][1][j]:g}"
        lines.append(f"{words:40s}" + "".join(f"{share:22.2f}" for share in shares))
    return "\n".join(lines)


def sheet(case: Case) -> np.ndarray:
    """The frame, and every damage by rising strength, a column each."""
    columns = [np.concatenate([case.real] + [draw(case, one) for one in four]) for draw, four in DAMAGE.values()]
    return np.concatenate(columns, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clip", type=Path)
    parser.add_argument("--height", type=int, default=256)
    parser.add_argument("--seeds", type=int, default=4)
    parser.add_argument("--sheet", type=Path)
    asked = parser.parse_args()
    settings = TrainSettings(size=asked.height)
    found = {"built-in dancers": [one for n in range(asked.seeds) for one in cases(puppet(100 + n, settings))]}
    if asked.clip:
        with tempfile.TemporaryDirectory() as folder:
            found[asked.clip.name] = list(cases(filmed(asked.clip, settings, Path(folder))))
    for name, some in found.items():
        print(f"\n{name}: {len(some)} frames of {some[0].real.shape[1]}x{some[0].real.shape[0]}\n{tables(some)}")
        if asked.sheet:
            target = asked.sheet.with_stem(f"{asked.sheet.stem}_{name.split('.')[0].replace(' ', '_')}")
            cv2.imwrite(str(target), sheet(some[len(some) // 2])[..., ::-1])


if __name__ == "__main__":
    main()

"""The fit of a whole body: bone by bone in space, feet on the floor, seen by the person's camera."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from dancetransfer.errors import UserError
from dancetransfer.fit import lift
from dancetransfer.fit.camera import Camera
from dancetransfer.fit.gaps import filled
from dancetransfer.fit.inside import shortened, wandered
from dancetransfer.fit.lift import Scene
from dancetransfer.fit.places import pelvis, places
from dancetransfer.fit.skeleton import ANKLE_HEIGHT, LENGTHS, LIMBS
from dancetransfer.pose.poses import (
    BODY,
    FACE,
    FEET,
    LEFT_ANKLE,
    LEFT_ELBOW,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_ELBOW,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
    RIGHT_WRIST,
    Poses,
)

HEAD_QUANTILE = 0.9
"""A head is measured in the frames that show most of it."""
LANDING_SECONDS = 0.12
"""A foot is led over this time to and from the place where it stands still."""
SAME = 0.015
"""Lengths that differ by less are called the same."""


@dataclass(frozen=True)
class Person:
    """One shot's camera and body, and where the body stands."""

    scene: Scene
    head: float
    """Statures between the farthest two of nose, eyes and ears; NaN where they are not seen."""
    face: float
    """Statures of the face's spread around its middle; NaN where it is not seen."""
    middle: np.ndarray
    """[3]: place of the pelvis, its median over time."""
    legs: bool
    """Feet are seen often enough to tell where the floor is."""


@dataclass(frozen=True)
class BodyFit:
    """What the fit did."""

    ratios: dict[str, float]
    """The person's lengths over the dancer's, both in statures: 1 is the same proportion."""
    source: Camera
    """The dance's camera (that of its first shot), in the dancer's statures."""
    target: Camera
    """The person's camera, in the person's statures."""
    stands: tuple[float, float]
    """Pixels (x, y) under the middle of the dance on the person's floor."""
    aside: float
    """Factor on the way to the sides: below 1 where the dance would leave the picture."""
    toward: float
    """Likewise on the way toward the camera and away from it."""
    notes: tuple[str, ...] = ()
    """What could not be done as it should be."""

    def sentences(self) -> list[str]:
        """What was changed, in plain words."""
        words = {"thigh": "thighs", "shin": "shins", "upper arm": "upper arms", "forearm": "forearms"}
        said = []
        for name, ratio in self.ratios.items():
            if abs(ratio - 1) >= SAME:
                how = "longer" if ratio > 1 else "shorter"
                said.append(f"{words.get(name, name)} {abs(ratio - 1):.0%} {how}")
        limbs = f"For their size, the person has {', '.join(said)} than the dancer." if said else ""
        if not said:
            limbs = "The person has the dancer's proportions."
        return [
            limbs,
            f"The dance was filmed from {_height(self.source)}, the person from {_height(self.target)}; "
            "the floor was fitted to the person's.",
            f"The dance stands at x = {self.stands[0]:.0f}, y = {self.stands[1]:.0f} of the person's picture.",
            *self.notes,
        ]


def body(
    source: Poses, target: Poses, measured_on: Poses | None = None, place: float | None = None
) -> tuple[Poses, BodyFit]:
    """Fit by camera, floor and every bone of both, measured over all frames (`lift.measure`).

    In space, each bone keeps its direction and gets the person's length, from the pelvis on; ankles
    stand where the dancer's do, steps scaled by the legs, and knees bend as the dancer's; feet in
    contact stand still. Hands scale with the forearm, head and face have the person's size. The
    middle of the dance is put on the middle of where the person stood (`place`: at this part of the
    picture's width instead), and all is seen by the person's camera. Each shot has a camera of its
    own; its person is the same. `measured_on` is the source without hand edits.
    """
    measured_on = source if measured_on is None else measured_on
    for track, whose in ((measured_on, "dance"), (target, "person's video")):
        _check(track, whose)
    parts = [(at, measure(measured_on[at])) for at in shots(measured_on) if measured_on.present[at].any()]
    dancer = _pooled([person for _, person in parts], [len(at) for at, _ in parts])
    person = measure(target)
    ratios = ratios_of(dancer[0], person)
    person = _moved(person, place)
    camera = person.scene.camera

    points = np.full((*source.xy.shape[:2], 3), np.nan)
    whole = points.copy()
    for (at, _), one in zip(parts, dancer, strict=True):
        whole[at], stills = danced(measured_on[at], one, person, ratios)
        points[at] = whole[at] if measured_on is source else danced(source[at], one, person, ratios, stills)[0]
    way = wandered(whole, measured_on, person.middle)
    aside, toward = shortened(whole, measured_on, way, camera)
    fitted, _ = camera.project(points - (way * (1 - aside, 0, 1 - toward))[:, None])
    here = source.present & np.isfinite(fitted[:, BODY]).any((1, 2))
    fitted[~here] = np.nan
    poses = replace(source.with_xy(fitted, np.where(here[:, None], source.confidence, 0)), size=target.size, world=None)
    stands, _ = camera.project(person.middle * (1, 0, 1))
    return poses, BodyFit(
        {name: ratios[name] for name in LIMBS} | {"shoulders": ratios["shoulders"], "head": ratios["head"]},
        dancer[0].scene.camera,
        camera,
        (float(stands[0]), float(stands[1])),
        aside,
        toward,
        tuple(_notes(dancer, person, aside, toward)),
    )


def measure(poses: Poses) -> Person:
    """Camera, floor, lengths and place of the person in one shot."""
    scene = lift.measure(poses)
    sure = poses[lift.sure(poses)]
    where = places(sure, scene)
    seen = np.where(sure.visible[..., None], where, np.nan)
    middle = np.nanmedian(pelvis(filled(where, sure.time)), 0)
    return Person(scene, _head(seen), _face(seen), middle, scene.grounded)


def shots(poses: Poses) -> Iterator[np.ndarray]:
    """Numbers of the frames of each shot."""
    for shot in np.unique(poses.shot):
        yield np.flatnonzero(poses.shot == shot)


def _trunk(poses: Poses) -> np.ndarray:
    """bool [T]: a hip and a shoulder are seen."""
    hips, shoulders = poses.visible[:, [LEFT_HIP, RIGHT_HIP]], poses.visible[:, [LEFT_SHOULDER, RIGHT_SHOULDER]]
    return np.asarray(hips.any(1) & shoulders.any(1))


def _check(track: Poses, whose: str) -> None:
    if not track.present.any():
        raise UserError(f"Nobody is found in the {whose}.", "Use a video that shows one person from head to foot.")
    if not _trunk(track).any():
        raise UserError(
            f"The {whose} never shows shoulders and hips together.",
            "Use a video that shows more of the body, or choose --method edn.",
        )


def _head(seen: np.ndarray) -> float:
    apart = np.linalg.norm(seen[:, :5, None] - seen[:, None, :5], axis=-1)
    wide = np.nan_to_num(apart).max((1, 2))
    return float(np.quantile(wide[wide > 0], HEAD_QUANTILE)) if (wide > 0).any() else float("nan")


def _face(seen: np.ndarray) -> float:
    face = seen[:, FACE]
    spread = np.linalg.norm(face - face.mean(1, keepdims=True), axis=-1).mean(1)
    return float(np.nanquantile(spread, HEAD_QUANTILE)) if np.isfinite(spread).any() else float("nan")


def _pooled(people: list[Person], frames: list[int]) -> list[Person]:
    """The people of all shots with the lengths that they have on the whole."""
    weights = np.array(frames) / sum(frames)

    def mean(values: list[float]) -> float:
        known = np.isfinite(values)
        return (
            float(np.exp(np.average(np.log(np.array(values)[known]), weights=weights[known]))) if known.any() else 0.0
        )

    lengths = {name: mean([one.scene.lengths[name] for one in people]) for name in LENGTHS}
    head, face = mean([one.head for one in people]), mean([one.face for one in people])
    return [replace(one, scene=replace(one.scene, lengths=lengths), head=head, face=face) for one in people]


def ratios_of(dancer: Person, person: Person) -> dict[str, float]:
    """The person's lengths over the dancer's; 1 where one of them is not known."""
    old, new = dancer.scene.lengths, person.scene.lengths
    ratios = {name: new[name] / old[name] for name in LENGTHS}

    def leg(lengths: dict[str, float]) -> float:
        return lengths["thigh"] + lengths["shin"] + ANKLE_HEIGHT

    ratios["leg"] = leg(new) / leg(old)
    ratios["head"] = person.head / dancer.head if dancer.head > 0 and np.isfinite(person.head) else 1.0
    ratios["face"] = person.face / dancer.face if dancer.face > 0 and np.isfinite(person.face) else ratios["head"]
    return ratios


def _moved(person: Person, place: float | None) -> Person:
    """The person standing at that part of the picture's width."""
    if place is None:
        return person
    camera = person.scene.camera
    (_, y), depth = camera.project(person.middle)
    ray = camera.rays(np.array([place * (camera.size[0] - 1), y]))
    return replace(person, middle=person.middle * (0, 1, 1) + camera.level(ray * depth) * (1, 0, 0))


Stills = tuple[np.ndarray, np.ndarray]
"""[T,3] each: what makes the left and the right foot stand still."""


def danced(
    source: Poses, dancer: Person, person: Person, ratio: dict[str, float], stills: Stills | None = None
) -> tuple[np.ndarray, Stills]:
    """[T,133,3]: one shot's joints in the person's space, as the person does them; and how the feet were held.

    `stills` are those of the track without hand edits: the place of a foot is the mean over its
    whole stand, and an edit of one frame shall not move it.
    """
    here = places(source, dancer.scene)
    given = np.isfinite(here).all(-1)
    here = filled(here, source.time)
    step = ratio["leg"]
    told = dancer.legs and person.legs  # else the trunk goes where the trunk is, whatever the floor
    floor = np.array([1.0, 0.0 if told else 1.0, 1.0])
    shift = person.middle * floor - step * dancer.middle * floor
    hips, root = pelvis(here), step * pelvis(here) + shift
    neck = (here[:, LEFT_SHOULDER] + here[:, RIGHT_SHOULDER]) / 2
    top = root + ratio["trunk"] * (neck - hips)
    out = np.full(here.shape, np.nan)

    def hang(joint: int | slice, on: np.ndarray, parent: np.ndarray, name: str) -> None:
        """Put joints on a new place `on`, as far from it as the ratio says."""
        flat = isinstance(joint, int)
        out[:, joint] = (on if flat else on[:, None]) + ratio[name] * (
            here[:, joint] - (parent if flat else parent[:, None])
        )

    for hip, shoulder in ((LEFT_HIP, LEFT_SHOULDER), (RIGHT_HIP, RIGHT_SHOULDER)):
        hang(hip, root, hips, "hips")
        hang(shoulder, top, neck, "shoulders")
    for shoulder, elbow, wrist, hand in ARMS:
        hang(elbow, out[:, shoulder], here[:, shoulder], "upper arm")
        hang(wrist, out[:, elbow], here[:, elbow], "forearm")
        hang(hand, out[:, wrist], here[:, wrist], "forearm")
    hang(NOSE, top, neck, "neck")
    hang(slice(1, 5), out[:, NOSE], here[:, NOSE], "head")
    hang(FACE, out[:, NOSE], here[:, NOSE], "face")
    held = np.zeros((len(source), 3)), np.zeros((len(source), 3))
    for side, (hip, knee, ankle, foot) in enumerate(LEGS):
        out[:, ankle] = step * here[:, ankle] + shift
        hang(foot, out[:, ankle], here[:, ankle], "leg")
        still = held[side] if stills is None else stills[side]
        if stills is None and source.contact is not None:
            points = out[:, [ankle, *range(foot.start, foot.stop)]]
            still[:] = standing(points, source.contact[:, side], source.time)
        out[:, ankle] += still
        out[:, foot] += still[:, None]
        share = _share(dancer.scene.lengths, person.scene.lengths)
        out[:, knee] = bent(here[:, hip], here[:, knee], here[:, ankle], out[:, hip], out[:, ankle], share)
    out[:, BODY][~given[:, BODY]] = np.nan
    return out, held


ARMS = ((LEFT_SHOULDER, LEFT_ELBOW, LEFT_WRIST, LEFT_HAND), (RIGHT_SHOULDER, RIGHT_ELBOW, RIGHT_WRIST, RIGHT_HAND))
LEGS = (
    (LEFT_HIP, LEFT_KNEE, LEFT_ANKLE, slice(17, 20)),
    (RIGHT_HIP, RIGHT_KNEE, RIGHT_ANKLE, slice(20, FEET.stop)),
)


def _share(old: dict[str, float], new: dict[str, float]) -> float:
    """How much more of the leg is thigh than in the dancer."""
    return new["thigh"] / (new["thigh"] + new["shin"]) * (old["thigh"] + old["shin"]) / old["thigh"]


def bent(
    hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray, new_hip: np.ndarray, new_ankle: np.ndarray, share: float
) -> np.ndarray:
    """[T,3]: the knee of a leg from `new_hip` to `new_ankle` that is bent as the old one is.

    The knee's place along the leg and aside of it is scaled with the leg. (Two lengths and two
    ends would do too, but the knee of a nearly straight leg then flies off at the least error.)
    """
    old, new = ankle - hip, new_ankle - new_hip
    long = np.maximum(np.linalg.norm(old, axis=-1, keepdims=True), 1e-3)
    along = ((knee - hip) * old).sum(-1, keepdims=True) / long**2
    aside = knee - hip - along * old
    return new_hip + along * share * new + np.linalg.norm(new, axis=-1, keepdims=True) / long * aside


def standing(foot: np.ndarray, contact: np.ndarray, time: np.ndarray) -> np.ndarray:
    """[T,3]: what to add to a foot's points [T,n,3] so that it stands still on the floor while in contact.

    Over each contact the foot stays at its mean place on the floor; before and after, the difference
    fades over `LANDING_SECONDS`.
    """
    edges = np.flatnonzero(np.diff(np.concatenate([[0], contact.astype(int), [0]])))
    total, weight = np.zeros((len(foot), 3)), np.zeros((len(foot), 1))
    for first, stop in edges.reshape(-1, 2):
        given = np.isfinite(foot[first:stop]).all(-1)
        if not given.any():
            continue
        part = given.sum(0) == given.sum(0).max()
        middle = foot[:, part].mean(1) * (1, 0, 1)  # always of the same joints
        known = np.isfinite(middle[first:stop, 0])
        if not known.any():
            continue
        off = middle[first:stop][known].mean(0) - middle
        off = off[np.clip(np.arange(len(foot)), first, stop - 1)]  # outside, what it was at the edge
        away = np.maximum(np.maximum(time[first] - time, time - time[stop - 1]), 0) / LANDING_SECONDS
        near = np.clip(1 - away, 0, 1)[:, None]
        near = near**2 * (3 - 2 * near)
        total += near * np.nan_to_num(off)
        weight += near
    return total / np.maximum(weight, 1)


def _height(camera: Camera) -> str:
    degrees = np.degrees(camera.pitch)
    looks = "level" if abs(degrees) < 1 else f"{abs(degrees):.0f} degrees {'down' if degrees > 0 else 'up'}"
    return f"{camera.height:.2f} of the body's height, looking {looks}"


def _notes(dancers: list[Person], person: Person, aside: float, toward: float) -> Iterator[str]:
    if not (person.legs and all(one.legs for one in dancers)):
        yield (
            "The legs can't be seen in both videos: usual proportions and a usual floor were taken for them, "
            "and steps toward the camera are not followed."
        )
    for share, where in ((aside, "to the sides"), (toward, "toward the camera")):
        if share < 1:
            yield (
                f"The way {where} was shortened to {share:.0%} so that the person stays in the picture; "
                "feet may slide a little."
            )

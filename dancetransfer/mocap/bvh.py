"""Reads BVH motion capture files: the skeleton, its motion, and every joint's place in space."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dancetransfer.errors import UserError

END = ""
"""Name of an End Site: a bone's tip, which has no channels."""

AXES = {"x": 0, "y": 1, "z": 2}
CHANNEL = re.compile(r"([xyz])(position|rotation)")
SECTIONS = re.compile(r"^\s*HIERARCHY\b(.*?)^[ \t]*MOTION\b(.*)", re.IGNORECASE | re.DOTALL | re.MULTILINE)
TIMING = re.compile(r"\s*Frames\s*:\s*(\S+)\s+Frame\s+Time\s*:\s*(\S+)(.*)", re.IGNORECASE | re.DOTALL)

HINT = "Export it again from the program that made it, as BVH with hierarchy and motion."


@dataclass(frozen=True)
class Joint:
    """A joint of the skeleton or an End Site."""

    name: str
    parent: int
    """Number of the joint it hangs on, -1 of a root. Parents come before their children."""
    offset: tuple[float, float, float]
    """From the parent in the rest pose, in the file's units."""
    channels: tuple[tuple[str, int], ...]
    """("position" or "rotation", axis) in the order of the file, which is the order of the numbers."""


@dataclass(frozen=True)
class Bvh:
    """What a file holds."""

    joints: tuple[Joint, ...]
    values: np.ndarray
    """float64 [T,C]: all joints' channels one after the other; positions in file units, rotations in degrees."""
    frame_seconds: float

    def every(self, step: int) -> "Bvh":
        """Every `step`-th frame, from the first on."""
        return replace(self, values=self.values[::step], frame_seconds=self.frame_seconds * step)

    def rest(self) -> np.ndarray:
        """float64 [J,3]: the joints' places where nothing is turned, in file units."""
        return _forward(self.joints, np.zeros((1, 0)))[0][0]

    def forward(self) -> tuple[np.ndarray, np.ndarray]:
        """Places [T,J,3] (file units) and turns [T,J,3,3] of all joints in the file's space.

        A turn's columns are the joint's own axes; it is 1 in the rest pose.
        """
        return _forward(self.joints, self.values)


def read_bvh(path: str | Path) -> Bvh:
    """The skeleton and motion of a BVH file; UserError where it is not one, is cut off or holds no motion.

    Any order of 1 to 6 channels a joint, several roots, tabs, any line ends and names with spaces
    are read. A joint's position channels stand in place of its OFFSET; where they are 0 throughout
    (as some programs write them) the OFFSET stays.
    """
    path = Path(path)
    sections = SECTIONS.match(_text(path))
    if not sections:
        raise UserError(f"{path.name} is not a BVH file, or has lost its motion.", HINT)
    joints = _hierarchy(sections[1], path)
    count, seconds, numbers = _timing(sections[2], path)
    columns = sum(len(joint.channels) for joint in joints)
    try:
        values = np.array(numbers.split(), np.float64)
    except ValueError:
        values = np.array([np.nan])
    if not np.isfinite(values).all():
        raise UserError(f"The motion of {path.name} holds something that is not a number.", HINT)
    if len(values) < count * columns:
        whole = len(values) // columns
        raise UserError(f"{path.name} is cut off: it announces {count} frames and holds {whole}.", HINT)
    if len(values) > count * columns:
        raise UserError(
            f"The motion of {path.name} doesn't fit its skeleton: {count} frames of {columns} channels are "
            f"{count * columns} numbers, but it holds {len(values)}.",
            HINT,
        )
    return Bvh(joints, values.reshape(count, columns), seconds)


def read_timing(path: str | Path) -> tuple[int, float]:
    """Number of frames and seconds of each, as the file announces them; errors as of `read_bvh`."""
    sections = SECTIONS.match(_text(Path(path)))
    if not sections:
        raise UserError(f"{Path(path).name} is not a BVH file, or has lost its motion.", HINT)
    return _timing(sections[2], Path(path))[:2]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError as error:
        raise UserError(f"{path} does not exist.", "Check the path for a typing error.") from error
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror}.", "Check the file and its permissions.") from error


def _timing(motion: str, path: Path) -> tuple[int, float, str]:
    """Frames, seconds of each, and the text of the numbers."""
    found = TIMING.match(motion)
    try:
        count, seconds = (int(found[1]), float(found[2])) if found else (-1, 0.0)
    except ValueError:
        found = None
    if not found:
        raise UserError(f"{path.name} doesn't say how many frames it holds and how long each is.", HINT)
    if count < 1:
        raise UserError(f"{path.name} holds no frames.", HINT)
    if not 0 < seconds < np.inf:
        raise UserError(f"The frame time of {path.name} is {found[2]} seconds.", "Export it with a frame rate.")
    return count, seconds, found[3]


def _hierarchy(text: str, path: Path) -> tuple[Joint, ...]:
    """The joints in the file's order."""
    words = iter(re.sub(r"([{}])", r" \1 ", text).split())
    joints: list[Joint] = []
    above: list[int] = []
    try:
        for word in words:
            if word == "}":
                above.pop()
            elif word.upper() == "OFFSET":
                offset = float(next(words)), float(next(words)), float(next(words))
                joints[above[-1]] = replace(joints[above[-1]], offset=offset)
            elif word.upper() == "CHANNELS":
                channels = tuple(_channel(next(words)) for _ in range(int(next(words))))
                joints[above[-1]] = replace(joints[above[-1]], channels=channels)
            elif word.upper() in ("ROOT", "JOINT", "END"):
                name = " ".join(_until_brace(words))
                joints.append(
                    Joint(END if word.upper() == "END" else name, above[-1] if above else -1, (0.0, 0.0, 0.0), ())
                )
                above.append(len(joints) - 1)
            else:
                raise ValueError(f"unknown word {word}")
    except (ValueError, IndexError, StopIteration, RuntimeError) as error:
        raise UserError(f"The skeleton in {path.name} can't be read.", HINT) from error
    if above or not any(joint.channels for joint in joints):
        raise UserError(f"The skeleton in {path.name} is not complete.", HINT)
    return tuple(joints)


def _until_brace(words: Iterator[str]) -> Iterator[str]:
    while (word := next(words)) != "{":
        yield word


def _channel(word: str) -> tuple[str, int]:
    found = CHANNEL.fullmatch(word.lower())
    if not found:
        raise ValueError(f"unknown channel {word}")
    return found[2], AXES[found[1]]


def _forward(joints: tuple[Joint, ...], values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Places [T,J,3] and turns [T,J,3,3]; with no columns in `values` those of the rest pose.

    Frames lie along the last axis while it computes: a turn about one axis only mixes two columns
    of the matrix, for all frames at once, so no small matrices are multiplied.
    """
    frames, column = len(values), 0
    places = np.zeros((len(joints), 3, frames))
    turns = np.zeros((len(joints), 3, 3, frames), np.float32)
    for number, joint in enumerate(joints):
        turn = np.repeat(np.eye(3)[..., None], frames, -1)
        place = np.zeros((3, frames))
        if joint.parent >= 0:
            turn, place = turns[joint.parent].astype(np.float64), places[joint.parent]
        own = values[:, column : column + len(joint.channels)].T
        column += len(own)
        places[number] = place + np.einsum("abt,bt->at", turn, _shift(joint, own))
        for (kind, axis), angle in zip(joint.channels, np.radians(own), strict=False):
            if kind == "rotation":
                turn = _turned(turn, axis, angle)
        turns[number] = turn
    return np.moveaxis(places, -1, 0), np.moveaxis(turns, -1, 0)


def _shift(joint: Joint, own: np.ndarray) -> np.ndarray:
    """[3,T]: from the parent to the joint, by the parent's axes."""
    shift = np.repeat(np.array(joint.offset)[:, None], own.shape[1], 1)
    moved = [(axis, row) for (kind, axis), row in zip(joint.channels, own, strict=False) if kind == "position"]
    if joint.parent < 0 or any(row.any() for _, row in moved):
        for axis, row in moved:
            shift[axis] = row
    return shift


def _turned(turn: np.ndarray, axis: int, angle: np.ndarray) -> np.ndarray:
    """turn [3,3,T] times the rotation about one of its own axes by `angle` [T] radians."""
    one, two = (axis + 1) % 3, (axis + 2) % 3
    cos, sin = np.cos(angle), np.sin(angle)
    turned = turn.copy()
    turned[:, one] = cos * turn[:, one] + sin * turn[:, two]
    turned[:, two] = cos * turn[:, two] - sin * turn[:, one]
    return turned

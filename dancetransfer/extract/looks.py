"""What a person looks like: the colors of the clothes on trunk and thighs, and how far two looks are apart."""

import cv2
import numpy as np

from dancetransfer.extract.follow import Candidate
from dancetransfer.pose.poses import (
    LEFT_HIP,
    LEFT_KNEE,
    LEFT_SHOULDER,
    RIGHT_HIP,
    RIGHT_KNEE,
    RIGHT_SHOULDER,
)

SIZE = 6
"""Numbers of a looks vector: lightness, green-red, blue-yellow of the trunk, then of the thighs."""

WEIGHTS = np.array([0.5, 1.0, 1.0] * 2)
"""Lightness counts less: it changes with the lamp, the turn of the body and its shadow."""

# Where a standing body has its joints, in radii of its circle right of and below the hips.
_STANDING = np.array([[0.2, -0.5], [-0.2, -0.5], [0.13, 0.0], [-0.13, 0.0], [0.13, 0.5], [-0.13, 0.5]])
_JOINTS = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP, LEFT_KNEE, RIGHT_KNEE]
_ACROSS, _ALONG = (grid.ravel() for grid in np.meshgrid(np.linspace(0.25, 0.75, 6), np.linspace(0.1, 0.85, 8)))


def of_joints(image: np.ndarray, xy: np.ndarray) -> np.ndarray:
    """The looks [6] of the body with the joints `xy` [133,2]; NaN where its trunk or thighs are outside."""
    return _measure(image, xy[_JOINTS].astype(np.float64))


def of_circle(image: np.ndarray, person: Candidate) -> np.ndarray:
    """The looks [6] of a person of whom only the circle is known, as if standing."""
    cos, sin = np.cos(person.angle), np.sin(person.angle)
    turned = _STANDING @ np.array([[cos, sin], [-sin, cos]])
    return _measure(image, turned * person.radius + person.center)


def apart(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """How different looks [...,6] are: steps of the Lab color space; NaN where there is nothing to compare."""
    steps = ((one - other) * WEIGHTS) ** 2
    with np.errstate(invalid="ignore"):
        known = np.isfinite(steps)
        mean = np.where(known, steps, 0).sum(-1) / np.where(known.any(-1), known.sum(-1), np.nan)
    return np.asarray(np.sqrt(3 * mean))


def _measure(image: np.ndarray, joints: np.ndarray) -> np.ndarray:
    """Median colors of the trunk and of both thighs; `joints` [6,2]: shoulders, hips, knees."""
    shoulders, hips, knees = joints[:2], joints[2:4], joints[4:]
    trunk = _between(shoulders[0], shoulders[1], hips[0], hips[1])
    half = 0.3 * np.array([hips[0] - hips[1], hips[0] - hips[1]])
    thighs = [
        _between(hip - side, hip + side, knee - side, knee + side)
        for hip, knee, side in zip(hips, knees, half, strict=True)
    ]
    return np.concatenate([_color(image, trunk), _color(image, np.concatenate(thighs))])


def _between(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray) -> np.ndarray:
    """Points [48,2] inside the quadrilateral whose upper side is a-b and whose lower side is c-d."""
    top = a + (b - a) * _ACROSS[:, None]
    return np.asarray(top + (c + (d - c) * _ACROSS[:, None] - top) * _ALONG[:, None])


def _color(image: np.ndarray, points: np.ndarray) -> np.ndarray:
    """The median color [3] of the picture at points [N,2], of which at least a third has to be inside."""
    inside = np.isfinite(points).all(1)
    places = np.round(points[inside]).astype(int)
    places = places[((places >= 0) & (places < (image.shape[1], image.shape[0]))).all(1)]
    if 3 * len(places) < len(points):
        return np.full(3, np.nan)
    colors = image[places[:, 1], places[:, 0]][None]  # one line: OpenCV shares lines out among threads
    return np.asarray(np.median(cv2.cvtColor(colors, cv2.COLOR_RGB2LAB)[0].astype(np.float64), axis=0))

"""A hole in a picture filled with pieces of what is around it, so that grass stays grass and edges go on."""

import cv2
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

PATCH = 7
"""Side of the squares that are compared and copied, in pixels."""
COARSE = 3
"""Pixels to the hole's rim from its middle at the coarsest size, where the first guess is smooth."""
ROUNDS = 8
"""Searches and fillings at the coarsest size; one less on every finer one, at least `FEWEST`."""
FEWEST = 3
AROUND, NEAR = 1.0, 48
"""How far away pieces are taken from: this many times the hole's longer side, and at least so many pixels."""
TRUST = 1.5
"""A pixel counts this much less for every pixel that it lies farther inside the hole, when squares are compared and
when they propose."""
LEVEL = 900.0
"""What it costs (in squared steps of 0..255) to take from above or below by the hole's own height: rooms and
landscapes lie in layers."""

Pixels = np.ndarray
"""int [N,2]: y and x."""


def filled(picture: np.ndarray, hole: np.ndarray, seed: int = 0) -> np.ndarray:
    """A copy of uint8 [H,W,3] whose hole (bool [H,W]) is filled with pieces of its surroundings.

    Coarse to fine, squares that reach into the hole look for the most similar square outside it, and
    each pixel of the hole becomes the mean of what the squares over it propose: Wexler, Shechtman and
    Irani, "Space-Time Completion of Video", PAMI 2007, eqs. 1 to 4. The search is that of Barnes et
    al., "PatchMatch", SIGGRAPH 2009, section 3: what suits a neighbor is tried, then random places
    ever nearer. Holes that lie apart are filled one after the other. Where hardly anything is left
    outside, the filling is smooth (Telea 2004).
    """
    result = picture.copy()
    count, labels = cv2.connectedComponents(cv2.dilate(hole.astype(np.uint8), np.ones((PATCH, PATCH), np.uint8)))
    random = np.random.default_rng(seed)
    for number in range(1, count):
        own = (labels == number) & hole
        rows, columns = (np.flatnonzero(own.any(axis)) for axis in (1, 0))
        around = max(NEAR, round(AROUND * max(np.ptp(rows), np.ptp(columns))))
        part = np.s_[
            max(0, rows[0] - around) : rows[-1] + 1 + around, max(0, columns[0] - around) : columns[-1] + 1 + around
        ]
        result[part] = _filled(result[part], own[part], hole[part], random)
    return result


def _filled(picture: np.ndarray, hole: np.ndarray, holes: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """`hole` is filled; nothing is taken from any of the `holes`."""
    pictures, inside, outside = [picture], [hole], [holes]
    while _depth(inside[-1]) > COARSE and min(inside[-1].shape) >= 8 * PATCH:
        size = inside[-1].shape[1] // 2, inside[-1].shape[0] // 2
        pictures.append(cv2.resize(pictures[-1], size, interpolation=cv2.INTER_AREA))
        for masks in (inside, outside):
            masks.append(cv2.resize(masks[-1].astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0)
    made = cv2.inpaint(pictures[-1], inside[-1].astype(np.uint8), 5, cv2.INPAINT_TELEA).astype(np.float32)
    found: np.ndarray | None = None
    for level in reversed(range(len(pictures))):
        search = _Search(inside[level], outside[level], random)
        if not search.possible:
            return cv2.inpaint(picture, hole.astype(np.uint8), 5, cv2.INPAINT_TELEA)
        if found is not None:  # one size finer: the same pieces, twice as large
            search.begin(found)
            known = pictures[level].astype(np.float32)
            larger = cv2.resize(made, known.shape[1::-1], interpolation=cv2.INTER_LINEAR)
            made = np.where(inside[level][..., None], larger, known)
            made = search.vote(made)
        for _ in range(max(FEWEST, ROUNDS - (len(pictures) - 1 - level))):
            search.look(made)
            made = search.vote(made)
        found = search.whole()
    return np.clip(np.rint(made), 0, 255).astype(np.uint8)


def _depth(hole: np.ndarray) -> float:
    """Pixels from the hole's middle to its rim."""
    framed = cv2.copyMakeBorder(hole.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    return float(cv2.distanceTransform(framed, cv2.DIST_L2, 3).max())


class _Search:
    """At one size: which square outside the hole is most like each square that reaches into it."""

    def __init__(self, hole: np.ndarray, holes: np.ndarray, random: np.random.Generator) -> None:
        self.hole, self.random, half = hole, random, PATCH // 2
        square = np.ones((PATCH, PATCH), np.uint8)
        inner = np.zeros(hole.shape, bool)
        inner[half:-half, half:-half] = True
        reaching = (cv2.dilate(hole.astype(np.uint8), square) > 0) & inner
        self.allowed = (cv2.dilate(holes.astype(np.uint8), square) == 0) & inner
        self.targets = np.argwhere(reaching)
        self.number = np.full(hole.shape, -1)
        self.number[reaching] = np.arange(len(self.targets))
        sources = np.argwhere(self.allowed)
        self.possible = len(sources) >= PATCH**2 and len(self.targets) > 0
        if self.possible:
            self.found = sources[random.integers(len(sources), size=len(self.targets))]
            trust = TRUST ** -cv2.distanceTransform(hole.astype(np.uint8), cv2.DIST_L2, 3)
            self.trust = trust[tuple(self.targets.T)]
            weights = sliding_window_view(trust, (PATCH, PATCH))[tuple((self.targets - half).T)]
            self.weights = weights / weights.sum((1, 2), keepdims=True)
            self.extent = max(1, int(hole.any(1).sum()))
            self.errors = np.zeros(len(self.targets), np.float32)

    def whole(self) -> np.ndarray:
        """int [H,W,2]: the place that was found for every pixel with a target, -1 elsewhere."""
        result = np.full((*self.hole.shape, 2), -1)
        result[tuple(self.targets.T)] = self.found
        return result

    def begin(self, coarser: np.ndarray) -> None:
        """Take over what was found at half the size."""
        at = np.minimum(self.targets // 2, np.array(coarser.shape[:2]) - 1)
        before = coarser[tuple(at.T)]
        finer = 2 * before + self.targets % 2
        good = (before[:, 0] >= 0) & self._valid(finer)
        self.found[good] = finer[good]

    def look(self, made: np.ndarray) -> None:
        """Better squares, by neighbors' luck and by chance, in the picture float32 [H,W,3] as it is now."""
        squares = sliding_window_view(made, (PATCH, PATCH), (0, 1))
        half = PATCH // 2
        wanted = squares[tuple((self.targets - half).T)]
        self.errors = self._errors(squares, wanted, self.found, np.arange(len(self.targets)))
        for step in ((0, 1), (1, 0), (0, -1), (-1, 0), (0, 2), (2, 0), (0, -2), (-2, 0)):
            beside = self.targets + step
            clipped = np.clip(beside, 0, np.array(self.hole.shape) - 1)
            number = self.number[tuple(clipped.T)]
            candidates = np.where((number >= 0)[:, None], self.found[number] - step, -1)
            self._try(squares, wanted, candidates)
        radius = float(max(self.hole.shape))
        while radius >= 1:
            offset = self.random.uniform(-radius, radius, self.found.shape)
            self._try(squares, wanted, np.rint(self.found + offset).astype(int))
            radius /= 2

    def _try(self, squares: np.ndarray, wanted: np.ndarray, candidates: Pixels) -> None:
        good = np.flatnonzero(self._valid(candidates))
        errors = self._errors(squares, wanted[good], candidates[good], good)
        better = errors < self.errors[good]
        self.found[good[better]], self.errors[good[better]] = candidates[good[better]], errors[better]

    def _valid(self, places: Pixels) -> np.ndarray:
        inside = ((places >= 0) & (places < self.hole.shape)).all(1)
        clipped = np.clip(places, 0, np.array(self.hole.shape) - 1)
        return np.asarray(inside & self.allowed[tuple(clipped.T)])

    def _errors(self, squares: np.ndarray, wanted: np.ndarray, places: Pixels, of: np.ndarray) -> np.ndarray:
        """float32 [N]: how unlike the squares around places are those that the targets `of` want."""
        apart = squares[tuple((places - PATCH // 2).T)] - wanted
        unlike = np.einsum("nchw,nchw,nhw->n", apart, apart, self.weights[of], optimize=False) / 3
        off = (places[:, 0] - self.targets[of, 0]) / self.extent
        return np.asarray(unlike + LEVEL * off * off, np.float32)

    def vote(self, made: np.ndarray) -> np.ndarray:
        """The picture with each pixel of the hole as the squares over it propose."""
        width = max(float(np.percentile(self.errors, 75)), 1.0)
        weights = (self.trust * np.exp(-self.errors / (2 * width))).astype(np.float32)
        total = np.zeros((*self.hole.shape, 4), np.float32)
        for dy in range(-(PATCH // 2), PATCH // 2 + 1):
            for dx in range(-(PATCH // 2), PATCH // 2 + 1):
                offset = np.array([dy, dx])
                rows, columns = (self.targets + offset).T
                color = made[tuple((self.found + offset).T)]
                total[rows, columns, :3] += weights[:, None] * color  # each target once: no index comes twice
                total[rows, columns, 3] += weights
        known = self.hole & (total[..., 3] > 0)
        result = made.copy()
        result[known] = total[known][:, :3] / total[known][:, 3:]
        return result

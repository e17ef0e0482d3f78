"""A membrane: values that are known around holes, continued into them as evenly as can be over place and time."""

import cv2
import numpy as np
from scipy import sparse
from scipy.sparse.linalg import cg

FEW = 400
"""Unknown cells that are solved for without a coarser solution to begin from."""
HOLD = 1e-4
"""How much a cell in a hole is held to its own value, over one neighbor: decides where nothing is known at all."""


def membrane(values: np.ndarray, holes: np.ndarray, stiffness: np.ndarray, tolerance: float = 1e-3) -> np.ndarray:
    """The values with the holes filled: float32 [T,h,w,C], in each hole cell the weighted mean of its neighbors.

    `values` float32 [T,h,w,C], `holes` bool [T,h,w], `stiffness` [T-1] the weight of the neighbor in time between
    each two frames, over that of a neighbor in place. It is the Poisson equation of gradient-domain editing with
    nothing but the difference at the edge to spread (Perez et al. 2003, eq. 4; over time too: Wang, Raskar, Ahuja
    2004), solved by conjugate gradients that begin with the solution at half the size.
    """
    count = int(holes.sum())
    if not count:
        return values
    begin = values
    if count > FEW and min(values.shape[1:3]) > 4:
        begin = _from_half(values, holes, stiffness, tolerance)
    matrix, known = _equations(values, holes, stiffness)
    filled = values.copy()
    scale = sparse.diags(1 / matrix.diagonal())
    for channel in range(values.shape[3]):
        start = begin[holes][:, channel].astype(np.float64)
        found, _ = cg(matrix, known[:, channel], start, rtol=tolerance, maxiter=200, M=scale)
        filled[holes, channel] = found
    return filled


def _from_half(values: np.ndarray, holes: np.ndarray, stiffness: np.ndarray, tolerance: float) -> np.ndarray:
    """The membrane of half the size, enlarged."""
    height, width = values.shape[1:3]
    size = (width + 1) // 2, (height + 1) // 2
    known = (~holes).astype(np.float32)
    share = _resized(known[..., None], size)
    mean = _resized(values * known[..., None], size) / np.maximum(share, 1e-6)
    hidden = share[..., 0] < 1e-6
    mean[hidden] = _resized(values, size)[hidden]
    # a cell of twice the size lies twice as far from its neighbors in place, not in time
    return _resized(membrane(mean, hidden, 4 * stiffness, tolerance), (width, height))


def _resized(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    kind = cv2.INTER_AREA if size[0] < frames.shape[2] else cv2.INTER_LINEAR
    return np.stack([cv2.resize(one, size, interpolation=kind).reshape(size[1], size[0], -1) for one in frames])


def _equations(values: np.ndarray, holes: np.ndarray, stiffness: np.ndarray) -> tuple[sparse.csr_array, np.ndarray]:
    """The matrix of the hole cells [N,N], and what they know from their neighbors outside: [N,C]."""
    count = int(holes.sum())
    number = np.full(holes.shape, -1)
    number[holes] = np.arange(count)
    diagonal = np.full(count, HOLD)
    known = HOLD * values[holes].astype(np.float64)
    rows, columns, weights = [], [], []
    for axis in range(3):
        weight = np.ones(holes.shape[axis] - 1) if axis else np.asarray(stiffness, float)
        shape = [-1 if one == axis else 1 for one in range(3)]
        pairs = np.broadcast_to(weight.reshape(shape), np.delete(number, 0, axis).shape)
        ends = [np.delete(number, 0, axis), np.delete(number, -1, axis)]
        colors = [np.delete(values, 0, axis), np.delete(values, -1, axis)]
        for mine, other, color in ((ends[0], ends[1], colors[1]), (ends[1], ends[0], colors[0])):
            both, edge = (mine >= 0) & (other >= 0), (mine >= 0) & (other < 0)
            np.add.at(diagonal, mine[mine >= 0], pairs[mine >= 0])
            np.add.at(known, mine[edge], pairs[edge][:, None] * color[edge])
            rows.append(mine[both])
            columns.append(other[both])
            weights.append(-pairs[both])
    every = np.arange(count)
    entries = np.concatenate([*weights, diagonal])
    at = np.concatenate([*rows, every]), np.concatenate([*columns, every])
    return sparse.csr_array((entries, at), shape=(count, count)), known

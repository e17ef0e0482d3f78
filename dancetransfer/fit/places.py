"""Where all joints of a track are in space: right, over the floor, and away from the camera."""

import numpy as np

from dancetransfer.fit.lift import Scene, depths
from dancetransfer.fit.skeleton import JOINTS
from dancetransfer.pose.crop import smooth_path
from dancetransfer.pose.poses import (
    FACE,
    LEFT_ANKLE,
    LEFT_HAND,
    LEFT_HIP,
    LEFT_WRIST,
    NOSE,
    RIGHT_ANKLE,
    RIGHT_HAND,
    RIGHT_HIP,
    RIGHT_WRIST,
    Poses,
)

AT = {joint: n for n, joint in enumerate(JOINTS)}
BLOCKS = (
    (slice(17, 20), LEFT_ANKLE),
    (slice(20, 23), RIGHT_ANKLE),
    (slice(1, 5), NOSE),
    (FACE, NOSE),
    (LEFT_HAND, LEFT_WRIST),
    (RIGHT_HAND, RIGHT_WRIST),
)
"""Joints that hang on another one, whose depth is sought."""
SOLE, FOOT = 0.01, 0.16
"""Statures of heel and toes over the floor, and the longest way from an ankle to a toe."""
BODY_SECONDS, LIMB_SECONDS = 0.15, 0.05
"""Standard deviations of the smoothing of the body's depth, and of a joint's against the body's."""
JUMP_SECONDS = 1.0
"""Between two contacts this close the body's depth is led from one to the other: a jump is no step."""


def places(poses: Poses, scene: Scene) -> np.ndarray:
    """[T,133,3] statures; NaN where nobody is or the joint is not given."""
    z = steady(depths(poses, scene), poses)
    depth = np.empty(poses.xy.shape[:2])
    depth[:, JOINTS] = z
    for joints, parent in BLOCKS:
        depth[:, joints] = z[:, [AT[parent]]] + _behind(poses, joints, parent) / scene.unit
    if poses.contact is not None:
        for side, (joints, parent) in enumerate(BLOCKS[:2]):
            floor = scene.camera.on_floor(poses.xy[:, joints].astype(float), SOLE)
            near = poses.contact[:, [side]] & (np.abs(floor - z[:, [AT[parent]]]) < FOOT)
            depth[:, joints] = np.where(near, floor, depth[:, joints])
    return scene.camera.level(scene.camera.rays(poses.xy.astype(float)) * depth[..., None])


def pelvis(points: np.ndarray) -> np.ndarray:
    """[T,n]: the middle of the hips of joints [T,133,n]."""
    return (points[:, LEFT_HIP] + points[:, RIGHT_HIP]) / 2


def steady(z: np.ndarray, poses: Poses) -> np.ndarray:
    """Depths [T,13] of one shot without trembling, and without steps to and fro during jumps."""
    known = np.flatnonzero(np.isfinite(z).all(1))
    if not len(known):
        return z
    time, hips = poses.time[known], [AT[LEFT_HIP], AT[RIGHT_HIP]]
    body = z[known][:, hips].mean(1)
    limbs = z[known] - body[:, None]
    if poses.contact is not None:
        stands = poses.contact[known].any(1)
        if stands.any():
            moments = time[stands]
            after = np.searchsorted(moments, time)
            apart = moments[np.minimum(after, len(moments) - 1)] - moments[np.maximum(after - 1, 0)]
            jump = ~stands & (after > 0) & (after < len(moments)) & (apart < JUMP_SECONDS)
            body = np.where(jump, np.interp(time, moments, body[stands]), body)
    steadied = z.copy()
    limbs = smooth_path(limbs, time, LIMB_SECONDS)
    steadied[known] = smooth_path(body[:, None], time, BODY_SECONDS) + limbs
    return steadied


def _behind(poses: Poses, joints: slice, parent: int) -> np.ndarray:
    """[T,n] metres that joints lie behind their parent, as the estimator says; 0 where it doesn't."""
    if poses.world is None:
        return np.zeros((len(poses), joints.stop - joints.start))
    told = poses.world[:, joints, 2] - poses.world[:, [parent], 2]
    return np.nan_to_num(told.astype(float))

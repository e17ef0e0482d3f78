"""Bundle adjustment: the camera, the bones' lengths and the joints' depths that explain a track best."""

import copy
from dataclasses import fields, replace

import numpy as np

from dancetransfer.fit.camera import Camera
from dancetransfer.fit.hints import Hints
from dancetransfer.fit.skeleton import ANKLE_HEIGHT, BONES, JOINTS, LENGTHS, SIZE_UNIT, difference
from dancetransfer.pose.poses import LEFT_ANKLE, RIGHT_ANKLE, Poses

FOCAL, FOCAL_SPREAD = 1.3, 0.25
"""Expected focal length in parts of the picture's longer side, and how sure (of its natural log)."""
HEIGHT, HEIGHT_SPREAD = 0.7, 0.4
"""Expected height of the camera in statures (a phone at the chest), likewise."""
PITCH_SPREAD, ROLL_SPREAD = 0.2, 0.02
"""Radians by which cameras look up or down, and are tilted."""
LENGTH_SPREAD, QUANTILE_SPREAD = 0.12, 0.03
"""Natural log: people about the table's proportions; the largest seen lengths about the true ones, unless
they are far from them: shoulders that a clip shows from the side alone."""
FLOOR_SPREAD, BONE_SPREAD = 0.01, 0.008
"""Statures by which a standing ankle and a bone's length may be off."""
NEAR_SPREAD = 3.0
"""Statures of a joint from the mean of all along the view: next to nothing, for joints that nobody knows."""
NEAREST = 0.3
"""Statures between the camera and a joint, at least."""
OUTLIER = 3.0
"""Residuals beyond this many spreads count less and less (Cauchy's weights)."""
AT_ONCE = 1024
"""Frames whose depths are solved for at once: each takes 20 kB."""
ANKLES = [JOINTS.index(LEFT_ANKLE), JOINTS.index(RIGHT_ANKLE)]
PLACES = {"focal": 0, "pitch": 1, "roll": 2, "height": 3}
HEAD = len(PLACES)
"""The camera's numbers stand before the lengths in the vector of global unknowns."""


class Bundle:
    """The equations between depths, bones, floor and hints of some frames.

    `depths` [T,13] are those of `JOINTS` along the camera's axis. The global unknowns are the
    camera's focal length, pitch, roll and height and the lengths of the bones, all but the angles
    by their logs. Rows of the equations: bones' lengths, hints, ankles in contact, and a weak pull
    of all joints to their mean.
    """

    def __init__(self, poses: Poses, told: Hints, lengths: dict[str, float], trust: float) -> None:
        """`lengths`: the longest seen; `trust`: weight of a frame beside what is expected."""
        seen = poses.visible[:, JOINTS]
        self.xy = np.where(seen[..., None], poses.xy[:, JOINTS], np.nan).astype(float)
        self.ends = difference()
        """[B,13]: the ends of each bone as weights of the joints."""
        self.known = ~((self.ends != 0) & ~seen[:, None]).any(-1)
        """[T,B]: both ends are seen."""
        contact = np.zeros((len(poses), 2), bool) if poses.contact is None else poses.contact
        self.stands = contact & seen[:, ANKLES]
        self.told, self.longest, self.trust = told, dict(lengths), trust

    def equations(
        self, camera: Camera, lengths: dict[str, float], z: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Residuals [T,R], their slopes by depth [T,R,13] and by the global unknowns [T,R,G]."""
        rays = np.nan_to_num(camera.rays(self.xy))
        points, by_focal = rays * z[..., None], -rays * (1, 1, 0) * z[..., None]
        rows = (
            self._bones(rays, points, by_focal, lengths),
            self._hints(z, len(lengths)),
            self._floor(rays, points, by_focal, camera, len(lengths)),
            self._together(z, len(lengths)),
        )
        r, j, g = (np.concatenate(part, 1) for part in zip(*rows, strict=True))
        return r, j, g

    def _bones(
        self, rays: np.ndarray, points: np.ndarray, by_focal: np.ndarray, lengths: dict[str, float]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        names = list(lengths)
        vectors = self.ends @ points
        long = np.linalg.norm(vectors, axis=-1) + 1e-9
        along = vectors / long[..., None]
        weight = self.known / (BONE_SPREAD * np.array([bone.spread for bone in BONES]))
        r = (long - [lengths[bone.length] for bone in BONES]) * weight
        j = self.ends * (along @ rays.transpose(0, 2, 1)) * weight[..., None]
        g = np.zeros((*r.shape, HEAD + len(names)))
        g[..., 0] = (along * (self.ends @ by_focal)).sum(-1) * weight
        for b, bone in enumerate(BONES):
            g[:, b, HEAD + names.index(bone.length)] = -lengths[bone.length] * weight[:, b]
        return r, j, g

    def _hints(self, z: np.ndarray, lengths: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        weight = self.known / self.told.spread
        r = (z @ self.ends.T - self.told.bones) * weight
        return r, self.ends * weight[..., None], np.zeros((*r.shape, HEAD + lengths))

    def _floor(
        self, rays: np.ndarray, points: np.ndarray, by_focal: np.ndarray, camera: Camera, lengths: int
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        firm, up = self.stands / FLOOR_SPREAD, camera.up
        r = (points[:, ANKLES] @ up + camera.height - ANKLE_HEIGHT) * firm
        j = np.zeros((*r.shape, len(JOINTS)))
        for row, joint in enumerate(ANKLES):
            j[:, row, joint] = (rays[:, joint] @ up) * firm[:, row]
        g = np.zeros((*r.shape, HEAD + lengths))
        g[..., 0] = (by_focal[:, ANKLES] @ up) * firm
        turn = 1e-5
        for n, other in (
            (1, replace(camera, pitch=camera.pitch + turn)),
            (2, replace(camera, roll=camera.roll + turn)),
        ):
            g[..., n] = (points[:, ANKLES] @ ((other.up - up) / turn)) * firm
        g[..., 3] = camera.height * firm
        return r, j, g

    def _together(self, z: np.ndarray, lengths: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        count = len(JOINTS)
        r = (z - z.mean(1, keepdims=True)) / NEAR_SPREAD
        j = np.broadcast_to((np.eye(count) - 1 / count) / NEAR_SPREAD, (len(z), count, count))
        return r, j, np.zeros((*r.shape, HEAD + lengths))

    def prior(self, camera: Camera, lengths: dict[str, float]) -> tuple[np.ndarray, np.ndarray]:
        """Residuals and slopes of what is expected of the global unknowns."""
        names = list(lengths)
        r, g = [], []

        def expect(value: float, spread: float, **slopes: float) -> None:
            row = np.zeros(HEAD + len(names))
            for name, slope in slopes.items():
                place = PLACES.get(name)
                row[HEAD + names.index(name) if place is None else place] = slope
            r.append(value / spread)
            g.append(row / spread)

        expect(np.log(camera.focal / (FOCAL * max(camera.size))), FOCAL_SPREAD, focal=1)
        expect(camera.pitch, PITCH_SPREAD, pitch=1)
        expect(camera.roll, ROLL_SPREAD, roll=1)
        expect(np.log(camera.height / HEIGHT), HEIGHT_SPREAD, height=1)
        for name in names:
            expect(np.log(lengths[name] / LENGTHS[name]), LENGTH_SPREAD, **{name: 1})
            off = np.log(lengths[name] / self.longest[name])
            expect(off, QUANTILE_SPREAD / float(robust(off / QUANTILE_SPREAD)), **{name: 1})
        size = sum(lengths[name] for name in ("thigh", "shin", "trunk"))
        expect(np.log(size / SIZE_UNIT), 1e-3, **{n: lengths[n] / size for n in ("thigh", "shin", "trunk")})
        return np.array(r), np.array(g)

    def globals(
        self, camera: Camera, lengths: dict[str, float], z: np.ndarray, rounds: int = 20
    ) -> tuple[float, Camera, dict[str, float]]:
        """The camera and the lengths that explain all frames best, and what they leave unexplained.

        Levenberg and Marquardt's steps, each judged by the depths that go with it.
        """
        z = self.depths(camera, lengths, z)
        cost, damping = np.inf, 1e-3
        best = camera, lengths, z
        for _ in range(rounds):
            r, j, g = self.equations(camera, lengths, z)
            r0, g0 = self.prior(camera, lengths)
            new = self.trust * OUTLIER**2 * np.log1p((r / OUTLIER) ** 2).sum() + (r0**2).sum()
            if new < cost:
                done = cost - new < 1e-5 * new
                best, equations, cost, damping = (camera, lengths, z), (r, j, g, r0, g0), new, damping / 5
                if done:
                    break
            else:
                damping *= 10
            step, dz = self._step(*equations, damping)
            camera, lengths, z = _moved(*best[:2], step, best[2] + dz)
            z = self.depths(camera, lengths, z, 2)
        return cost, *best[:2]

    def _step(
        self, r: np.ndarray, j: np.ndarray, g: np.ndarray, r0: np.ndarray, g0: np.ndarray, damping: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """The damped step of the global unknowns [G] and of the depths [T,13]."""
        w = robust(r)
        r, j, g = r * w, j * w[..., None], g * w[..., None]
        across = j.transpose(0, 2, 1)
        hzz = across @ j + 1e-3 * np.eye(j.shape[-1])
        hzg, bz = across @ g, (across @ r[..., None])[..., 0]
        solved = np.linalg.solve(hzz, np.concatenate([hzg, bz[..., None]], -1))
        count = g.shape[-1]
        g, hzg, solved_flat = g.reshape(-1, count), hzg.reshape(-1, count), solved.reshape(-1, count + 1)
        hgg = self.trust * (g.T @ g - hzg.T @ solved_flat[:, :-1])
        bg = self.trust * (g.T @ r.ravel() - hzg.T @ solved_flat[:, -1])
        whole = hgg + g0.T @ g0
        whole += np.diag(damping * np.diagonal(whole))
        step = np.clip(-np.linalg.solve(whole, bg + g0.T @ r0), -0.2, 0.2)
        return step, -solved[..., -1] - solved[..., :-1] @ step

    def depths(self, camera: Camera, lengths: dict[str, float], z: np.ndarray, rounds: int = 8) -> np.ndarray:
        """[T,13]: the depths for a known camera and known lengths, from a first guess."""
        if len(z) > AT_ONCE:  # no frame's depths depend on another's
            spans = [slice(start, start + AT_ONCE) for start in range(0, len(z), AT_ONCE)]
            return np.concatenate([self._of(span).depths(camera, lengths, z[span], rounds) for span in spans])
        for _ in range(rounds):
            r, j, _ = self.equations(camera, lengths, z)
            w = robust(r)
            r, j = r * w, j * w[..., None]
            across = j.transpose(0, 2, 1)
            step = np.linalg.solve(across @ j + 1e-3 * np.eye(j.shape[-1]), across @ r[..., None])[..., 0]
            z = np.maximum(z - np.clip(step, -0.3, 0.3), NEAREST)
        return z

    def _of(self, span: slice) -> "Bundle":
        """The same equations of some of the frames."""
        part = copy.copy(self)
        part.xy, part.known, part.stands = self.xy[span], self.known[span], self.stands[span]
        part.told = Hints(*(getattr(self.told, one.name)[span] for one in fields(Hints)))
        return part


def _moved(
    camera: Camera, lengths: dict[str, float], step: np.ndarray, z: np.ndarray
) -> tuple[Camera, dict[str, float], np.ndarray]:
    """The unknowns after a step: focal length, height and lengths by their logs, the angles as they are."""
    camera = replace(
        camera,
        focal=float(camera.focal * np.exp(step[0])),
        pitch=camera.pitch + float(step[1]),
        roll=camera.roll + float(step[2]),
        height=float(camera.height * np.exp(step[3])),
    )
    lengths = {name: float(value * np.exp(step[HEAD + n])) for n, (name, value) in enumerate(lengths.items())}
    return camera, lengths, np.maximum(z, NEAREST)


def robust(r: np.ndarray) -> np.ndarray:
    """Square roots of Cauchy's weights."""
    return 1 / np.sqrt(1 + (r / OUTLIER) ** 2)

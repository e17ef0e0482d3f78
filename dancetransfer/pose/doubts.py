"""Why a track may not do: what of the body it never shows, and how the camera was used."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dancetransfer.pose.background import drift
from dancetransfer.pose.groups import SIDE, facing
from dancetransfer.pose.poses import LEFT_ANKLE, LEFT_EYE, LEFT_KNEE, RIGHT_ANKLE, RIGHT_EYE, RIGHT_KNEE, Poses
from dancetransfer.pose.space import body_heights

NEVER, RARELY, MOSTLY = 0.05, 0.8, 0.95
"""Parts of the frames with somebody in them: less than the first is never, more than the last is always."""
CUT_PART = 0.2
"""Feet or a head that are outside the picture for this part of the time are worth a word."""
FOREHEAD = 0.06
"""Heights of the person between the eyes and the top of the head."""
SMALL_PIXELS = 120
"""Below this height hands and faces have too few pixels to be found or learned."""
UNCERTAIN_SECONDS = 0.3
"""Shorter doubt is no news."""
STRETCHES = 3
LASTING = 0.4
"""Seconds from which on something cut off is no blink of the detector."""
MOVES = 0.9 / 320
"""Drift of the background in a second, in parts of the longer side, from which on a camera is not fixed."""


@dataclass(frozen=True)
class Doubt:
    """One reason, for people."""

    sentence: str
    hint: str
    kind: str = ""
    """What it is about, for a front end that has words of its own: nobody, absent, legs (never seen), feet or head
    (cut off), side, small, camera, uncertain."""
    at: float | None = None
    """Seconds of the video at which it is first seen, where it is not so all along."""


def doubts(track: Poses, whose: str, video: Path | None = None) -> list[Doubt]:
    """What speaks against a good result with this cleaned track of `whose` ("dance" or "person's video").

    `video`, the clip or its proxy, tells whether the camera moves (`background.drift`; some 32 frames
    are decoded); without it nothing is said of that.
    """
    here = track[track.present]
    if not len(here):
        return [
            Doubt(f"Nobody is found in the {whose}.", "Use a video that shows one person from head to foot.", "nobody")
        ]
    found = [_absent(track, whose), *_legs(here, whose), _head(here, whose), _side(here, whose), _small(here, whose)]
    found += [_moving(track, whose, video), _uncertain(track, whose)]
    return [one for one in found if one]


def _absent(track: Poses, whose: str) -> Doubt | None:
    share = float(track.present.mean())
    if share >= RARELY:
        return None
    said = f"Somebody is found in only {100 * share:.0f} % of the {whose}."
    return Doubt(said, "Cut the video to where the whole person is in the picture.", "absent")


def _legs(here: Poses, whose: str) -> list[Doubt | None]:
    legs = here.visible[:, [LEFT_KNEE, RIGHT_KNEE, LEFT_ANKLE, RIGHT_ANKLE]]
    if legs[:, 2:].any(1).mean() < NEVER:
        what = "feet" if legs[:, :2].any(1).mean() >= 0.5 else "legs"
        return [Doubt(f"The {what} are never seen in the {whose}.", "Use a video that shows the whole body.", "legs")]
    seen = np.where(here.visible[..., None], here.xy, np.nan)[:, [LEFT_ANKLE, RIGHT_ANKLE], 1]
    cut = ~np.isfinite(seen).any(1) | (np.nan_to_num(seen).max(1) > here.size[1] - 1)
    return [_cut(cut, here, "feet", whose)]


def _head(here: Poses, whose: str) -> Doubt | None:
    eyes = np.where(here.visible[..., None], here.xy, np.nan)[:, [LEFT_EYE, RIGHT_EYE], 1]
    top = np.fmin.reduce(eyes, axis=1) - FOREHEAD * body_heights(here.xy, here.confidence)
    with np.errstate(invalid="ignore"):
        return _cut(top < -0.02 * here.size[1], here, "head", whose)


def _cut(cut: np.ndarray, here: Poses, what: str, whose: str) -> Doubt | None:
    """A doubt about the frames of `here` in which a part is cut off, bool [T]."""
    share = float(cut.mean())
    if share < CUT_PART:
        return None
    are = "are" if what == "feet" else "is"
    said = f"The {what} {are} cut off or hidden in {100 * share:.0f} % of the {whose}."
    return Doubt(said, "Leave some room around the person in the picture.", what, _first(cut, here.time))


def _first(wrong: np.ndarray, time: np.ndarray) -> float | None:
    """The beginning of the first stretch of LASTING; None where it is wrong from the start."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], wrong.astype(int), [0]])))
    spans = zip(edges[::2], edges[1::2], strict=True)
    lasting = [a for a, b in spans if time[b - 1] - time[a] >= LASTING] or edges[:1].tolist()
    return float(time[lasting[0]]) if time[lasting[0]] - time[0] >= LASTING else None


def _side(here: Poses, whose: str) -> Doubt | None:
    turned = facing(here)
    turned = turned[np.isfinite(turned)]
    if len(turned) < 0.5 * len(here) or np.mean(np.abs(turned) < SIDE) < MOSTLY:
        return None
    said = f"The {whose} shows the person from the side only: widths of the body are guessed."
    return Doubt(said, "Add some seconds from the front.", "side")


def _small(here: Poses, whose: str) -> Doubt | None:
    heights = body_heights(here.xy, here.confidence)
    height = float(np.nanmedian(heights)) if np.isfinite(heights).any() else np.inf
    if height >= SMALL_PIXELS:
        return None
    return Doubt(
        f"The person in the {whose} is only {height:.0f} pixels high.", "Film from nearer, or larger.", "small"
    )


def _moving(track: Poses, whose: str, video: Path | None) -> Doubt | None:
    return camera_doubt(drift(video, track) if video is not None and video.exists() else None, whose)


def camera_doubt(moved: float | None, whose: str) -> Doubt | None:
    """What a `background.drift` speaks against, None where nothing."""
    if moved is None or moved < MOVES:
        return None
    if whose == "dance":
        said = f"The camera moves in the {whose}: steps and the camera's own way can't be told apart."
        return Doubt(said, "Use a dance that was filmed by a fixed camera if the feet slide.", "camera")
    said = f"The camera moves in the {whose}: the background behind the result is only nearly right."
    return Doubt(said, "Film from a tripod, or lean the phone against something.", "camera")


def _uncertain(track: Poses, whose: str) -> Doubt | None:
    if track.uncertain is None or not track.uncertain.any():
        return None
    edges = np.flatnonzero(np.diff(np.concatenate([[0], track.uncertain.astype(int), [0]])))
    step = float(np.median(np.diff(track.time))) if len(track) > 1 else 0.0
    spans = [(track.time[a], track.time[b - 1] + step) for a, b in zip(edges[::2], edges[1::2], strict=True)]
    total = sum(stop - start for start, stop in spans)
    if total < UNCERTAIN_SECONDS:
        return None
    longest = sorted(sorted(spans, key=lambda span: span[0] - span[1])[:STRETCHES])
    words = ", ".join(f"{start:.1f} to {stop:.1f} s" for start, stop in longest)
    more = f" and {len(spans) - STRETCHES} more" if len(spans) > STRETCHES else ""
    said = f"The poses of the {whose} may be wrong for {total:.1f} s ({words}{more})."
    return Doubt(said, "Look at the result there first.", "uncertain", float(longest[0][0]))

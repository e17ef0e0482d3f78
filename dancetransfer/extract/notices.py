"""What the user should know about a video's poses once they are made."""

from collections.abc import Iterator

from dancetransfer.events import Notice
from dancetransfer.extract.follow import OFTEN
from dancetransfer.pose.poses import LEFT_ANKLE, RIGHT_ANKLE, Poses

FEET_SEEN = 0.05
"""Share of the frames with an ankle in the picture below which the legs count as never seen."""

TOGETHER_SECONDS, MOST_SPANS = 0.5, 5
"""Uncertain stretches with less between them are told as one; and how many are told."""


def notices(poses: Poses, larger: float) -> Iterator[Notice]:
    """What the user should know about the track."""
    present = poses.present
    if present.mean() < 0.5:
        yield Notice(
            f"A person is found in {present.mean():.0%} of the frames.",
            "The other frames show the background alone. If the person is there, more light helps.",
        )
    ankles = poses.xy[present][:, [LEFT_ANKLE, RIGHT_ANKLE]]
    inside = ((ankles >= 0) & (ankles < poses.size)).all(-1)  # MediaPipe guesses what lies outside
    seen = inside & poses.visible[present][:, [LEFT_ANKLE, RIGHT_ANKLE]]
    if seen.any(1).mean() < FEET_SEEN:
        yield Notice(
            "The legs are never seen down to the feet.",
            "Their motion is guessed or missing, and the person can't be placed on the floor. "
            "Use a clip that shows the whole body.",
        )
    if larger > OFTEN:
        yield Notice(
            f"Another person is larger than the one that is followed ({larger:.0%} of the time).",
            "To follow the other one, choose by a point, like --at 312,200@2.5, or from the list of poses --list.",
        )
    yield from _doubts(poses)


def _doubts(poses: Poses) -> Iterator[Notice]:
    """Where somebody should look whether it is the right person."""
    if poses.uncertain is None or not poses.uncertain.any():
        return
    spans: list[tuple[float, float]] = []
    for time in poses.time[poses.uncertain]:
        if spans and time - spans[-1][1] < TOGETHER_SECONDS:
            spans[-1] = spans[-1][0], float(time)
        else:
            spans.append((float(time), float(time)))
    listed = ", ".join(f"{clock(start)} to {clock(stop)}" for start, stop in spans[:MOST_SPANS])
    more = f" and {len(spans) - MOST_SPANS} more" if len(spans) > MOST_SPANS else ""
    yield Notice(
        f"Check the dancer at {listed}{more}: another person is near or in front, or the body is hard to make out.",
        "These frames are marked as uncertain. If it is the wrong person, choose by a point, like --at 312,200@2.5.",
    )


def clock(seconds: float) -> str:
    """A time as 0:02.1."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"

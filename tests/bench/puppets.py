"""How fast the puppets are drawn on one core, and how often MediaPipe finds them.

    OMP_NUM_THREADS=1 python tests/bench/puppets.py [--seeds 101 102] [--detect] [--every 1]

The seeds are none that the tests use. --detect runs the real detector over whole clips at 512x512.
"""

import argparse
import os
import time

import cv2
import numpy as np

from dancetransfer.puppets import Performance, dance, person, truth

# MediaPipe's 33 pose landmarks that are COCO's 17.
COCO = [0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28]


def speed(performance: Performance, count: int = 40) -> float:
    """Frames drawn per second, the first (which draws the room) left out."""
    frames = performance.frames(0, count + 1)
    next(frames)
    start = time.process_time()
    for _ in frames:
        pass
    return count / (time.process_time() - start)


def detect(performance: Performance, every: int) -> dict[str, float]:
    """Shares of frames in which the detector found what, and its error against the true joints."""
    from mediapipe.python.solutions.holistic import Holistic

    xy, _ = performance.joints()
    size = np.array(performance.size)
    rows, errors = [], []
    with Holistic(smooth_landmarks=False, model_complexity=1) as holistic:
        for index in range(0, len(xy), every):
            found = holistic.process(next(performance.frames(index, index + 1)))
            left, right, nose = xy[index, [3, 4, 0], 0]
            frontal = left > right and 0.15 < (nose - right) / (left - right) < 0.85
            rows.append(
                (
                    found.pose_landmarks is not None,
                    found.face_landmarks is not None,
                    found.left_hand_landmarks is not None or found.right_hand_landmarks is not None,
                    frontal,
                )
            )
            if found.pose_landmarks:
                spots = np.array([[m.x, m.y] for m in found.pose_landmarks.landmark])[COCO] * size
                errors.append(np.linalg.norm(spots - xy[index, :17], axis=-1))
    pose, face, hand, frontal = np.array(rows, bool).T
    return {
        "pose": pose.mean(),
        "face of frontal": face[frontal].mean(),
        "hand": hand.mean(),
        "frontal": frontal.mean(),
        "error px": float(np.mean(errors)),
        "error median px": float(np.median(errors)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[101, 102])
    parser.add_argument("--detect", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="run the detector on every n-th frame")
    options = parser.parse_args()
    cv2.setNumThreads(1)
    print(f"threads: OpenCV 1, OMP {os.environ.get('OMP_NUM_THREADS', 'not limited')}")
    for side in (256, 512):
        rates = [speed(make(seed, size=(side, side))) for seed in options.seeds for make in (dance, person)]
        print(f"{side}x{side}: {min(rates):.1f} to {max(rates):.1f} frames per CPU second")
    if not options.detect:
        return
    for seed in options.seeds:
        for make in (dance, person, truth):
            figures = detect(make(seed), options.every)
            row = ", ".join(f"{name} {value:.3f}" for name, value in figures.items())
            print(f"{make.__name__} {seed}: {row}", flush=True)


if __name__ == "__main__":
    main()

"""The joints of a video as a short script with MediaPipe makes them: `python tests/bench/plain_poses.py VIDEO OUT.npz`.

What `speed.py poses` compares with: one process, PyAV's decoder, the same graph, nobody looked for, nothing judged.
"""

import sys

import av
import mediapipe as mp
import numpy as np


def points(landmarks: object, count: int) -> np.ndarray:
    """[count,4]: x and y as parts of the picture, depth, visibility; NaN where nothing was found."""
    if landmarks is None:
        return np.full((count, 4), np.nan, np.float32)
    return np.array([(one.x, one.y, one.z, one.visibility) for one in landmarks.landmark], np.float32)


def main(video: str, out: str) -> None:
    holistic = mp.solutions.holistic.Holistic(smooth_landmarks=False)
    rows, times = [], []
    with av.open(video) as container:
        container.streams.video[0].thread_type = "AUTO"
        for frame in container.decode(video=0):
            found = holistic.process(frame.to_ndarray(format="rgb24"))
            parts = (found.pose_landmarks, 33), (found.face_landmarks, 468)
            hands = (found.left_hand_landmarks, 21), (found.right_hand_landmarks, 21)
            rows.append(np.concatenate([points(*part) for part in (*parts, *hands)]))
            times.append(frame.time)
    np.savez(out, joints=np.stack(rows), time=np.array(times))


if __name__ == "__main__":
    main(*sys.argv[1:])

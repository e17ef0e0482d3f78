"""Entry of `dancetransfer` and `python -m dancetransfer`."""

import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    # Before torch is loaded: its threads spin while they wait for each other, which on a busy
    # machine makes a training step ten times slower. A short spin keeps the speed of an idle machine
    # (measured: 0.18 s a step with 1,000 turns or more, 0.23 s with none).
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")
    # Before NumPy is loaded: its products here are small, and after each of them OpenBLAS's threads spin for
    # longer than it took (measured, choosing among own frames: 21 ms of all cores a picture with two threads,
    # 0.4 with one).
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Before OpenCV is loaded: webcams take Windows seconds to minutes longer to open with it (OpenCV's issue 17687).
    os.environ.setdefault("OPENCV_VIDEOIO_MSMF_ENABLE_HW_TRANSFORMS", "0")
    from dancetransfer.cli import streams
    from dancetransfer.cli.parser import main as run
    from dancetransfer.cli.several import main_of_several, several

    words = sys.argv[1:]
    with streams.taken("--json" in words) as ours:
        return main_of_several(words, ours) if several() else run(words, ours)


if __name__ == "__main__":
    sys.exit(main())

"""Entry of `dancetransfer` and `python -m dancetransfer`."""

import os
import sys


def main() -> int:
    """Run the command line; returns the exit code."""
    # Before torch is loaded: its threads spin while they wait for each other, which on a busy
    # machine makes a training step ten times slower.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("GOMP_SPINCOUNT", "0")
    from dancetransfer.cli import streams
    from dancetransfer.cli.commands import main as run

    words = sys.argv[1:]
    with streams.taken("--json" in words) as ours:
        return run(words, ours)


if __name__ == "__main__":
    sys.exit(main())

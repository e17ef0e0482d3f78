"""The program under torchrun: the first process is the command line, the others learn with it."""

import contextlib
import os

from dancetransfer.cli.console import FAILED
from dancetransfer.cli.parser import main
from dancetransfer.cli.streams import Streams
from dancetransfer.errors import UserError


def several() -> bool:
    """torchrun has started this process, and others."""
    return int(os.environ.get("WORLD_SIZE", "1")) > 1 and "MASTER_ADDR" in os.environ


def main_of_several(words: list[str], streams: Streams) -> int:
    """Run a command line in one of the processes; returns its exit code, which is the first one's to tell."""
    from dancetransfer.learn import together

    try:
        with together.opened() as number:
            if number == 0:
                try:
                    return main(words, streams)
                finally:
                    together.end()
            from dancetransfer.learn.partner import partner

            partner()
            return 0
    except UserError as error:
        with contextlib.suppress(OSError):
            streams.err.write(f"Process {os.environ.get('RANK', '?')}: {error.message}\n{error.hint}\n")
        return FAILED

"""The program under torchrun: the first process is the command line, the others learn with it.

torchrun itself ends with 1 where a process ends with anything but 0, behind many lines of its own; what it can be
given is a word for the last of them.
"""

import contextlib
import json
import os
import time

from dancetransfer.cli.console import FAILED, STOPPED
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
                    code = main(words, streams)
                finally:
                    together.end()
                if code:
                    _tell_torchrun(KEPT if code == STOPPED else ABOVE)
                return code
            from dancetransfer.learn.partner import partner

            partner()
            return 0
    except UserError as error:
        said = f"Process {os.environ.get('RANK', '?')}: {error.message}\n{error.hint}"
        if not _tell_torchrun(said):
            with contextlib.suppress(OSError):
                streams.err.write(f"{said}\n")
        return FAILED


KEPT = "It was stopped, which is no failure, and keeps what it has. The same command goes on."
ABOVE = "What happened, and what to do, stands above torchrun's own lines."


def _tell_torchrun(words: str) -> bool:
    """What it writes about this process at the end, in the form of torch.distributed.elastic's error files."""
    file = os.environ.get("TORCHELASTIC_ERROR_FILE")
    if not file:
        return False
    about = {"message": words, "extraInfo": {"timestamp": str(int(time.time()))}}
    with contextlib.suppress(OSError):
        with open(file, "w", encoding="utf-8") as place:
            json.dump({"message": about}, place)
        return True
    return False

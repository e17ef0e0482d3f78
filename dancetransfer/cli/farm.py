"""The `batch` command: every dance of a list by every dancer of it, on this machine or on a cluster."""

import argparse
from pathlib import Path

from dancetransfer.cli.console import Context
from dancetransfer.events import Events


def add_flags(one: argparse.ArgumentParser) -> None:
    one.add_argument("list", metavar="jobs.toml", help="The list of dancers and dances; see the README.")
    one.add_argument("--ray", metavar="ADDRESS", help="The Ray cluster that does the work, where not this machine.")


def batch(arguments: argparse.Namespace, context: Context) -> Events:
    """Many dances by many dancers: each dancer is learned once, and each of the pairs becomes a clip."""
    from dancetransfer.farm.batch import batch as stage
    from dancetransfer.farm.jobs import read_batch
    from dancetransfer.farm.pool import LOCAL, open_pool

    plan = read_batch(Path(arguments.list))
    with open_pool(arguments.ray or LOCAL, plan.cpus, plan.gpus) as pool:
        yield from stage(plan, pool)

"""The flags that name whom to follow in a video."""

import argparse


def add_choice(one: argparse.ArgumentParser, where: str = "the video") -> None:
    """`--person N` and `--at X,Y@TIME`."""
    either = one.add_mutually_exclusive_group()
    either.add_argument(
        "--person",
        dest="person_number",
        metavar="N",
        help=f"Whom to follow in {where}: a number of the list that poses VIDEO --list prints.",
    )
    either.add_argument(
        "--at",
        metavar="X,Y@TIME",
        help=f"Whom to follow in {where}: who is at that point (pixels) at that time, like 312,200@2.5 or 312,200.",
    )


def chosen(arguments: argparse.Namespace) -> str:
    """Whom to follow in words, as `Media.follow` keeps it; "" where nothing was typed. UserError: not readable."""
    from dancetransfer.extract.follow import Wish

    words = ""
    if arguments.person_number is not None:
        words = f"person {arguments.person_number}"
    elif arguments.at is not None:
        words = f"at {arguments.at}"
    Wish.parse(words)
    return words

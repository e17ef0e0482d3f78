"""The command line made from the settings' declarations: one flag per option, checked by its bounds."""

import argparse
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from dancetransfer import settings
from dancetransfer.cli.console import Usage
from dancetransfer.errors import UserError
from dancetransfer.project import Project

Group = TypeVar("Group")


class Parser(argparse.ArgumentParser):
    """argparse that raises instead of leaving."""

    def error(self, message: str) -> NoReturn:
        raise Usage(f"{message}\n{self.format_usage().strip()}")


def add_options(parser: argparse.ArgumentParser, group: type, without: tuple[str, ...] = ()) -> None:
    """A flag for every option of a settings class, except those named."""
    for name, (one, about) in settings.declared(group).items():
        if name in without:
            continue
        default = "" if one.default is None else f" (default {one.default})"
        kind = settings.kind_of(one)
        meta = "TIME" if about.unit == "seconds" else {"int": "N", "float": "X", "str": "NAME"}[kind]
        if about.choices:
            meta = "|".join(about.choices)
        if about.words:
            meta = "|".join((*about.words, "PATH"))
        parser.add_argument(
            settings.flag_of(name, about),
            dest=f"{group.__name__}.{name}",
            metavar=meta,
            default=None,
            help=(about.help + default).replace("%", "%%"),
        )


def given(arguments: argparse.Namespace, group: type) -> dict[str, Any]:
    """The options of a group that were typed, parsed and checked. Usage where one is not valid."""
    values = {}
    for name, (one, about) in settings.declared(group).items():
        text = getattr(arguments, f"{group.__name__}.{name}", None)
        if text is not None:
            try:
                values[name] = _whole_path(settings.parse(one, about, text), about)
            except UserError as error:
                raise Usage(f"{error.message}\n{error.hint}") from error
    return values


def _whole_path(value: Any, about: settings.Option) -> Any:
    """A path as it is kept: the next command may be called from another folder. Any other value as it is."""
    if not about.words or value in about.words:
        return value
    path = Path(value).resolve()
    if not path.exists():
        raise UserError(f"{path} is not there.", f"Give {', '.join(about.words)} or the path of what is there.")
    return str(path)


def check(arguments: argparse.Namespace) -> None:
    """Usage where any option that was typed is not valid, before anything is done."""
    for group in settings.GROUPS.values():
        if {"budget", "steps"} <= given(arguments, group).keys():
            raise Usage("--budget and --steps exclude each other.\nGive one of them.")


def read(arguments: argparse.Namespace, group: type[Group]) -> Group:
    """A group of settings as typed, else the defaults."""
    return settings.choose(group(), **given(arguments, group))


def read_kept(arguments: argparse.Namespace, group: type[Group], project: Project) -> Group:
    """A group of settings: what was typed, else what the project keeps; the project then keeps the result."""
    values = given(arguments, group)
    if "budget" in values:
        values["steps"] = None
    merged = settings.choose(project.settings(group), **values)
    project.set_settings(merged)
    return merged

"""The full parser, for help and for what is wrong with a command line; its complaints are our errors."""

from __future__ import annotations

import argparse

from advisor.errors import UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any, NoReturn

    from advisor.cli.options import Option


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` with the nearest valid flag, and never abbreviates."""

    def error(self, message: str) -> NoReturn:
        prefix = "unrecognized arguments: "
        close = None
        if message.startswith(prefix):
            first = message[len(prefix) :].split()[0].split("=")[0]
            message = f"{first[:80]!r} is no option of `{self.prog}`"
            close = nearest(first, [flag for action in self._actions for flag in action.option_strings])
        elif ": not allowed with argument " in message:
            one, _, other = message.removeprefix("argument ").partition(": not allowed with argument ")
            message = f"{other} and {one} contradict each other"
        elif "invalid choice: " in message:
            argument, _, rest = message.partition(": invalid choice: ")
            given, _, choices = rest.partition(" (choose from ")
            valid = [choice.strip(" '\")") for choice in choices.split(",")]
            message = f"{argument.removeprefix('argument ')}: {given} is not possible"
            raise UsageError(message, expected=", ".join(valid), nearest=nearest(given.strip("'"), valid))
        raise UsageError(message, nearest=close)


def full(
    values: dict[str, Any],
    command: str,
    description: str,
    table: Sequence[Option],
    argv: Sequence[str],
    arguments: Sequence[Option],
    epilog: str,
) -> None:
    """Put the options in `argv` into `values`, by argparse. Raises `UsageError`; for help it prints and leaves."""
    parser = Parser(
        prog=f"advisor {command}",
        description=description,
        epilog=epilog,
        allow_abbrev=False,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for known in arguments:
        nargs = "?" if known.kind == "optional" else None
        parser.add_argument(
            known.dest,
            metavar=known.metavar,
            nargs=nargs,
            choices=known.choices,
            default=known.default,
            help=known.help,
        )
    groups: dict[str, argparse._MutuallyExclusiveGroup] = {}
    for known in table:
        where: argparse._ActionsContainer = parser
        if known.exclusive is not None:
            if known.exclusive not in groups:
                groups[known.exclusive] = parser.add_mutually_exclusive_group()
            where = groups[known.exclusive]
        _add(where, known)
    parser.parse_args(argv, namespace=_Target(values))


def _add(where: argparse._ActionsContainer, known: Option) -> None:
    if known.kind in ("value", "values"):
        where.add_argument(
            known.flag,
            dest=known.dest,
            action="append" if known.kind == "values" else _Once,
            default=list(known.default) if known.kind == "values" else known.default,
            choices=known.choices,
            metavar=known.metavar,
            help=known.help,
        )
    else:
        value = {"flag": True, "off": False}.get(known.kind, known.value)
        where.add_argument(
            known.flag,
            dest=known.dest,
            action="store_const",
            const=value,
            default=known.default,
            help=known.help,
        )


class _Once(argparse.Action):
    """Stores a value; another one for the same option is a contradiction."""

    given: Any = None

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if self.given not in (None, values):
            parser.error(f"{option_string} {self.given} and {option_string} {values} contradict each other")
        self.given = values
        setattr(namespace, self.dest, values)


class _Target(argparse.Namespace):
    """Puts each value where the caller wants it."""

    def __init__(self, values: dict[str, Any]) -> None:
        self.__dict__ = values

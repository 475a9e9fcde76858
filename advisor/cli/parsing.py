"""Parsers whose complaints are our errors, and the options that several commands share."""

from __future__ import annotations

import argparse

from advisor.errors import AnswersError, UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from advisor.answers import Answers
    from advisor.facts import Fact
    from advisor.knowledge.rules import Rules


class _Help(argparse.RawDescriptionHelpFormatter):
    """A fixed width: asking for the terminal's imports archive formats, and argparse makes a formatter per option."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=79)


class Parser(argparse.ArgumentParser):
    """An argument parser that raises `UsageError` with the nearest valid flag, and never abbreviates."""

    def __init__(self, command: str, description: str, epilog: str = "") -> None:
        super().__init__(
            prog=f"advisor {command}",
            description=description,
            epilog=epilog,
            allow_abbrev=False,
            formatter_class=_Help,
        )

    def error(self, message: str) -> NoReturn:
        prefix = "unrecognized arguments: "
        close = None
        if message.startswith(prefix):
            first = message[len(prefix) :].split()[0].split("=")[0]
            message = f"{first[:80]!r} is no option of `{self.prog}`"
            close = nearest(first, [flag for action in self._actions for flag in action.option_strings])
        elif "invalid choice: " in message:
            argument, _, rest = message.partition(": invalid choice: ")
            given, _, choices = rest.partition(" (choose from ")
            valid = [c.strip(" '\")") for c in choices.split(",")]
            message = f"{argument.removeprefix('argument ')}: {given} is not possible"
            raise UsageError(message, expected=", ".join(valid), nearest=nearest(given.strip("'"), valid))
        raise UsageError(message, nearest=close)


def add_situation(parser: Parser, *, several: bool = False) -> None:
    """The options that say whose situation is meant; with `several`, --profile and --rules can be repeated."""
    group = parser.add_argument_group("situation")
    action = "append" if several else "store"
    again = "; repeatable" if several else ""
    group.add_argument(
        "--profile", metavar="NAME", action=action, help=f"a named set of answers, such as research{again}"
    )
    group.add_argument(
        "--answers",
        metavar="FILE",
        help="YAML or JSON: question key to option id or list of ids; - for stdin",
    )
    group.add_argument(
        "--answer",
        metavar="KEY=OPTION[,OPTION]",
        action="append",
        default=[],
        help="one answer; wins over --answers, which wins over --profile; repeatable",
    )
    group.add_argument(
        "--rules",
        metavar="DIR",
        action=action,
        help=f"another rule pack, or one that extends the built-in one{again}",
    )
    probing = group.add_mutually_exclusive_group()
    probing.add_argument(
        "--probe", dest="probe", action="store_true", default=None, help="use facts of this machine"
    )
    probing.add_argument(
        "--no-probe", dest="probe", action="store_false", help="use no facts of this machine"
    )


def add_output(parser: Parser, formats: tuple[str, ...] = ("text", "json", "markdown")) -> None:
    """The options that say how the result is written."""
    group = parser.add_argument_group("output")
    group.add_argument(
        "--format", choices=formats, default=None, help="how to write the result (default: text)"
    )
    group.add_argument(
        "--json", dest="shorthand", action="store_const", const="json", help="same as --format json"
    )
    if "markdown" in formats:
        group.add_argument(
            "--markdown",
            dest="shorthand",
            action="store_const",
            const="markdown",
            help="same as --format markdown",
        )
    group.add_argument(
        "--output", metavar="FILE", help="write to FILE instead of standard output, all or nothing"
    )


def format_of(options: argparse.Namespace) -> str:
    """The format asked for. Raises `UsageError` when two different ones are."""
    if options.format and options.shorthand and options.format != options.shorthand:
        raise UsageError(f"--format {options.format} and --{options.shorthand} contradict each other")
    return str(options.format or options.shorthand or "text")


def facts_of(options: argparse.Namespace) -> dict[str, Fact]:
    """Facts of this machine that are free to read; none with --no-probe or for another time than today."""
    if options.probe is False:
        return {}
    from advisor.machine.free import free_facts

    return free_facts()


def answers_of(options: argparse.Namespace, rules: Rules) -> Answers:
    """Profile, file and flags laid over each other, each checked against the rules with its own place."""
    from advisor.advise.situation import checked, profile_answers
    from advisor.answers import Answers

    given = profile_answers(rules, options.profile) if options.profile is not None else Answers()
    if options.answers is not None:
        from advisor.cli.answersfile import read

        given = given | read(options.answers, rules)
    flags = Answers(_flags(options.answer), origin="flag")
    checked(rules, flags, file="--answer")
    return given | flags


def _flags(pairs: list[str]) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    for pair in pairs:
        key, separator, options = pair.partition("=")
        listed = [option.strip() for option in options.split(",") if option.strip()]
        if not separator or not key.strip() or not listed:
            raise AnswersError(f"{pair[:80]!r} is no answer", file="--answer", expected="KEY=OPTION[,OPTION]")
        chosen.setdefault(key.strip(), []).extend(listed)
    return chosen

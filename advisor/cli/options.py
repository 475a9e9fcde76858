"""Command-line options from one table per command: a quick reading of what is right, argparse for all the rest.

Importing argparse and building a parser takes as long as everything else that `recommend` does together. A command
line that holds only known long options with values is read here; help, mistakes and anything unusual go to a parser
built from the same table.
"""

from __future__ import annotations

from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class Option(Record):
    """One option. `kind`: value, values (repeatable), flag, off (sets False) or const (sets `name` to `value`).

    Options with the same `exclusive` group contradict each other.
    """

    flag: str
    kind: str
    metavar: str | None
    help: str
    default: Any
    choices: tuple[str, ...] | None
    dest: str
    value: Any
    exclusive: str | None


def option(
    flag: str,
    help: str,  # noqa: A002
    *,
    kind: str = "value",
    metavar: str | None = None,
    default: Any = None,
    choices: tuple[str, ...] | None = None,
    dest: str | None = None,
    value: Any = None,
    exclusive: str | None = None,
) -> Option:
    """An `Option`; `dest` is the flag's name unless given."""
    return Option(
        flag,
        kind,
        metavar,
        help,
        default,
        choices,
        dest or flag.lstrip("-").replace("-", "_"),
        value,
        exclusive,
    )


class Options:
    """The values given, one attribute per option and argument."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...


def parse(
    command: str,
    description: str,
    table: Sequence[Option],
    argv: Sequence[str],
    *,
    arguments: Sequence[Option] = (),
    epilog: str = "",
) -> Options:
    """The options in `argv`. Raises `UsageError` for what is not in the table; prints help and exits when asked."""
    quick = _quick(table, argv, arguments)
    if quick is not None:
        return quick
    from advisor.cli.parsing import full

    options = Options()
    full(options.__dict__, command, description, table, argv, arguments, epilog)
    return options


def _quick(table: Sequence[Option], argv: Sequence[str], arguments: Sequence[Option]) -> Options | None:
    """The options, or None when a full parser must look: for help, for mistakes, for anything but the plain form."""
    options = Options()
    values = options.__dict__
    by_flag = {}
    for known in table:
        by_flag[known.flag] = known
        values.setdefault(known.dest, list(known.default) if known.kind == "values" else known.default)
    for known in arguments:
        values[known.dest] = known.default
    given: dict[str, str] = {}
    positional = []
    i = 0
    while i < len(argv):
        word = argv[i]
        i += 1
        if not word.startswith("-") or word == "-":
            positional.append(word)
            continue
        flag, equals, value = word.partition("=")
        if flag not in by_flag:
            return None
        known = by_flag[flag]
        if known.exclusive is not None and given.setdefault(known.exclusive, flag) != flag:
            return None
        if known.kind in ("value", "values"):
            if not equals:
                if i >= len(argv) or (argv[i].startswith("-") and argv[i] != "-"):
                    return None
                value = argv[i]
                i += 1
            if known.choices is not None and value not in known.choices:
                return None
            if known.kind == "values":
                values[known.dest].append(value)
            elif given.setdefault(flag, value) != value:
                return None
            else:
                values[known.dest] = value
        elif equals:
            return None
        else:
            values[known.dest] = {"flag": True, "off": False}.get(known.kind, known.value)
    required = sum(1 for known in arguments if known.kind != "optional")
    if not required <= len(positional) <= len(arguments):
        return None
    for known, word in zip(arguments, positional):
        if known.choices is not None and word not in known.choices:
            return None
        values[known.dest] = word
    return options


def situation(*, several: bool = False) -> list[Option]:
    """The options that say whose situation is meant; with `several`, --profile and --rules can be repeated."""
    kind, default = ("values", ()) if several else ("value", None)
    again = "; repeatable" if several else ""
    return [
        option(
            "--profile",
            f"a named set of answers, such as research{again}",
            kind=kind,
            metavar="NAME",
            default=default,
        ),
        option(
            "--answers", "YAML or JSON: question key to option id or list of ids; - for stdin", metavar="FILE"
        ),
        option(
            "--answer",
            "one answer; wins over --answers, which wins over --profile; repeatable",
            kind="values",
            metavar="KEY=OPTION[,OPTION]",
            default=(),
        ),
        option("--scan", "take answers that the code base in DIR shows; what you say wins", metavar="DIR"),
        option(
            "--rules",
            f"another rule pack, or one that extends the built-in one{again}",
            kind=kind,
            metavar="DIR",
            default=default,
        ),
        option("--probe", "probe this machine now and use its facts", kind="flag", exclusive="probe"),
        option("--no-probe", "use no facts of this machine", kind="off", dest="probe", exclusive="probe"),
    ]


AS_OF = option(
    "--as-of", "today, article, or a date: which knowledge counts", metavar="DATE", default="today"
)
RULES = option("--rules", "another rule pack, or one that extends the built-in one", metavar="DIR")


def output(formats: tuple[str, ...] = ("text", "json", "markdown")) -> list[Option]:
    """The options that say how the result is written."""
    table = [
        option("--format", "how to write the result (default: text)", choices=formats),
        option(
            "--json",
            "same as --format json",
            kind="const",
            dest="shorthand",
            value="json",
            exclusive="shorthand",
        ),
    ]
    if "markdown" in formats:
        table.append(
            option(
                "--markdown",
                "same as --format markdown",
                kind="const",
                dest="shorthand",
                value="markdown",
                exclusive="shorthand",
            )
        )
    table.append(
        option("--output", "write to FILE instead of standard output, all or nothing", metavar="FILE")
    )
    return table

"""`advisor scan DIR`: what a code base shows."""

from __future__ import annotations

from advisor.cli.exit import Exit
from advisor.cli.options import option, output, parse
from advisor.cli.situation import format_of
from advisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    options = parse(
        "scan",
        "Frameworks and model files in a folder, and the answers they suggest. Nothing is run.",
        [
            option("--max-files", "look at no more files than this (default: 200000)", metavar="N"),
            option("--verbose", "every place, requirement, model and note", kind="flag", default=False),
            *output(),
        ],
        argv,
        arguments=[option("folder", "the folder", metavar="DIR")],
        epilog="exit codes: 0 done, 1 the result cannot be written, 2 no folder that can be read",
    )
    from advisor.output import scan as shown
    from advisor.project.scanning import LIMITS, Limits, scan

    form = format_of(options)
    limits = LIMITS
    if options.max_files is not None:
        given = options.max_files
        if not (given.isascii() and given.isdigit() and len(given) <= 12 and int(given)):
            raise UsageError(f"--max-files: {given[:80]!r} is not possible", expected="a number from 1 on")
        limits = Limits(int(given), LIMITS.code, LIMITS.notebook, LIMITS.text)
    found = scan(options.folder, limits)
    from advisor.cli.writing import write

    if form == "json":
        words = shown.json(found)
    elif form == "markdown":
        words = shown.markdown(found, verbose=options.verbose)
    else:
        words = shown.text(found, verbose=options.verbose)
    write(words, options.output)
    return Exit.DONE

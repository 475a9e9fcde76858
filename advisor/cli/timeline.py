"""`advisor timeline`: acceptability over time for a set of answers."""

from __future__ import annotations

from advisor.cli.options import option, output, parse, situation
from advisor.cli.situation import answers_of, facts_of, format_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    from advisor import days
    from advisor.advise.timeline import STEPS, timeline
    from advisor.api import load_rules
    from advisor.cli.writing import write

    options = parse(
        "timeline",
        "Who would have been recommended when, and which findings, answers and constraints turned it.",
        [
            *situation(),
            option(
                "--from",
                "first day (default: 2017-01-01)",
                metavar="DATE",
                default="2017-01-01",
                dest="first",
            ),
            option("--to", "last day (default: today)", metavar="DATE", dest="last"),
            option("--step", "distance of the points (default: year)", choices=tuple(STEPS), default="year"),
            *output(),
        ],
        argv,
    )
    form = format_of(options)
    rules = load_rules(options.rules)
    first = days.parse(options.first, middle=False)
    last = days.today() if options.last in (None, "today") else days.parse(options.last, middle=False)
    answers = answers_of(options, rules)
    found = timeline(
        rules, answers, facts_of(options, "over time"), first, last, options.step, options.profile
    )
    if form == "json":
        from advisor.output.json import pretty

        words = pretty(found.to_dict())
    else:
        from advisor.output import tables

        words = tables.timeline(found, markdown=form == "markdown")
    write(words, options.output)
    return 0

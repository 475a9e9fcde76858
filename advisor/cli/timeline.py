"""`advisor timeline`: acceptability over time for a set of answers."""

from __future__ import annotations

from advisor.cli.parsing import Parser, add_output, add_situation, answers_of, facts_of, format_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    from advisor import days
    from advisor.advise.timeline import STEPS, timeline
    from advisor.api import load_rules
    from advisor.cli.writing import write

    p = Parser(
        "timeline",
        "Who would have been recommended when, and which findings, answers and constraints turned it.",
    )
    add_situation(p)
    p.add_argument(
        "--from", dest="first", metavar="DATE", default="2017-01-01", help="first day (default: 2017-01-01)"
    )
    p.add_argument("--to", dest="last", metavar="DATE", default=None, help="last day (default: today)")
    p.add_argument(
        "--step", choices=tuple(STEPS), default="year", help="distance of the points (default: year)"
    )
    add_output(p)
    options = p.parse_args(argv)
    form = format_of(options)
    rules = load_rules(options.rules)
    first = days.parse(options.first, middle=False)
    last = days.today() if options.last in (None, "today") else days.parse(options.last, middle=False)
    answers = answers_of(options, rules)
    found = timeline(rules, answers, facts_of(options), first, last, options.step, options.profile)
    if form == "json":
        from advisor.output.json import pretty

        words = pretty(found.to_dict())
    else:
        from advisor.output import tables

        words = tables.timeline(found, markdown=form == "markdown")
    write(words, options.output)
    return 0

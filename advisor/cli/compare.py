"""`advisor compare`: several profiles, dates or rule packs side by side."""

from __future__ import annotations

from advisor.cli.options import option, output, parse, situation
from advisor.cli.situation import answers_of, facts_of, format_of
from advisor.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_ROWS = 24


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    from advisor.advise.compare import compared
    from advisor.api import load_rules, recommend
    from advisor.cli.writing import write

    options = parse(
        "compare",
        "Every combination of the profiles, dates and rule packs given, with the same answers.",
        [
            *situation(several=True),
            option(
                "--as-of", "today, article, or a date; repeatable", kind="values", metavar="DATE", default=()
            ),
            *output(),
        ],
        argv,
        epilog="  advisor compare --profile research --profile production\n"
        "  advisor compare --profile production --as-of article --as-of 2022-06-01 --as-of today",
    )
    form = format_of(options)
    profiles, dates, packs = options.profile or [None], options.as_of or ["today"], options.rules or [None]
    if len(profiles) * len(dates) * len(packs) > MAX_ROWS:
        raise UsageError(
            f"{len(profiles) * len(dates) * len(packs)} combinations", expected=f"at most {MAX_ROWS}"
        )
    rows = []
    for pack in packs:
        rules = load_rules(pack)
        for profile in profiles:
            options.profile = profile
            answers = answers_of(options, rules)
            for date in dates:
                result = recommend(
                    answers=answers,
                    profile_name=profile,
                    as_of=date,
                    rules=rules,
                    facts=facts_of(options, date),
                )
                parts = [
                    profile or "",
                    date if len(dates) > 1 or not profile else "",
                    rules.id if len(packs) > 1 else "",
                ]
                rows.append((", ".join(part for part in parts if part), result))
    found = compared(rows)
    if form == "json":
        from advisor.output.json import pretty

        words = pretty(found.to_dict())
    else:
        from advisor.output import tables

        words = tables.comparison(found, markdown=form == "markdown")
    write(words, options.output)
    return 0

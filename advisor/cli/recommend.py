"""`advisor recommend`: a recommendation; never prompts."""

from __future__ import annotations

from advisor.cli.exit import Exit
from advisor.cli.options import AS_OF, option, output, parse, situation
from advisor.cli.situation import answers_of, facts_of, format_of
from advisor.errors import UsageError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.knowledge.rules import Rules
    from advisor.recommendation import Recommendation


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    from advisor.api import load_rules, recommend

    options = parse(
        "recommend",
        "Which framework, how sure, because of what, and what would change it.",
        [
            *situation(),
            AS_OF,
            option(
                "--measurements",
                "which benchmark run counts; none is stored yet",
                metavar="latest|none",
                default="latest",
            ),
            *output(),
            option("--rank", "categories, the most important first", metavar="CATEGORY,..."),
            option(
                "--verbose", "everything: claims, findings, sources, all flips", kind="flag", default=False
            ),
            option("--require", "exit 1 unless this alternative is recommended", metavar="ALT"),
        ],
        argv,
        epilog="exit codes: 0 done, 1 not what --require asks for, 2 bad input, 3 nothing is feasible",
    )
    form = format_of(options)
    rules = load_rules(options.rules)
    if options.require is not None and options.require not in rules.alternatives:
        raise UsageError(
            f"--require: there is no alternative {options.require[:80]!r}",
            expected="one of " + ", ".join(rules.alternatives),
            nearest=nearest(options.require, rules.alternatives),
        )
    if options.measurements not in ("latest", "none"):
        raise UsageError(
            f"--measurements: {options.measurements[:80]!r} is not possible", expected="latest or none"
        )
    result = recommend(
        answers=answers_of(options, rules),
        profile_name=options.profile,
        as_of=options.as_of,
        rank=[word.strip() for word in options.rank.split(",") if word.strip()] if options.rank else (),
        rules=rules,
        facts=facts_of(options, options.as_of),
    )
    from advisor.cli.writing import write

    write(render(form, rules, result, verbose=options.verbose), options.output)
    if result.verdict.outcome == "infeasible":
        return Exit.INFEASIBLE
    if options.require is not None and result.verdict.alternative != options.require:
        return Exit.NO
    return Exit.DONE


def render(form: str, rules: Rules, result: Recommendation, *, verbose: bool) -> str:
    """A recommendation in one of the formats."""
    if form == "json":
        from advisor.output import json

        return json.render(result)
    from advisor.advise.explained import explained

    reasons = explained(rules, result)
    if form == "markdown":
        from advisor.output import markdown

        return markdown.render(result, reasons, verbose=verbose)
    from advisor.output import text

    return text.render(result, reasons, verbose=verbose)

"""`advisor explain`: one record of the rules, with numbers and sources."""

from __future__ import annotations

from advisor.cli.options import AS_OF, RULES, option, output, parse
from advisor.cli.situation import format_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    from advisor.advise.explain import explain
    from advisor.api import load_rules, when
    from advisor.cli.writing import write

    options = parse(
        "explain",
        "A criterion, claim, finding, question, constraint, pathway, profile or tool in full.",
        [AS_OF, RULES, *output()],
        argv,
        arguments=[option("id", "C105, E139, V04, target, scale_out, torchserve ...", metavar="ID")],
    )
    form = format_of(options)
    rules = load_rules(options.rules)
    found = explain(rules, options.id, *when(options.as_of, rules))
    if form == "json":
        from advisor.output.json import pretty

        words = pretty(found)
    else:
        from advisor.output import record

        words = record.markdown(found) if form == "markdown" else record.text(found)
    write(words, options.output)
    return 0

"""`advisor explain`: one record of the rules, with numbers and sources."""

from __future__ import annotations

from advisor.cli.parsing import Parser, add_output, format_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    from advisor.advise.explain import explain
    from advisor.api import load_rules, when
    from advisor.cli.writing import write

    p = Parser(
        "explain", "A criterion, claim, finding, question, constraint, pathway, profile or tool in full."
    )
    p.add_argument("id", metavar="ID", help="C105, E139, V04, target, scale_out, torchserve ...")
    p.add_argument("--as-of", metavar="DATE", default="today", help="today, article, or a date")
    p.add_argument("--rules", metavar="DIR", help="another rule pack, or one that extends the built-in one")
    add_output(p)
    options = p.parse_args(argv)
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

"""`advisor doctor`: what works here, what does not, and the command that mends it."""

from __future__ import annotations

from advisor.cli.exit import Exit
from advisor.cli.options import RULES, option, output, parse
from advisor.cli.situation import format_of
from advisor.errors import AdvisorError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.machine.doctor import Check


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code, 1 when something is broken."""
    from advisor.cli.writing import write
    from advisor.machine import doctor
    from advisor.version import __version__

    options = parse(
        "doctor",
        "What works here, what does not, and the command that mends it.",
        [
            RULES,
            option(
                "--raw", "add what the probes see, to paste into a bug report", kind="flag", default=False
            ),
            *output(("text", "json")),
        ],
        argv,
        epilog="exit codes: 0 nothing is broken, 1 something is, 2 bad input",
    )
    form = format_of(options)
    found = [*doctor.checks(), *_rules(options.rules)]
    raw = None
    if options.raw:
        from advisor.machine.probe import probe

        raw = probe()
    if form == "json":
        from advisor.output.json import pretty

        words = pretty(
            {
                "schema_version": 1,
                "advisor_version": __version__,
                "checks": [c.to_dict() for c in found],
                "probe": raw,
            }
        )
    else:
        words = _text(found)
        if raw is not None:
            from advisor.output.json import pretty

            words += "\n" + pretty(raw)
    write(words, options.output)
    return Exit.NO if any(check.state == "broken" for check in found) else Exit.DONE


def _rules(pack: str | None) -> list[Check]:
    from advisor.api import load_rules
    from advisor.knowledge.reading import has_c_loader
    from advisor.machine.doctor import Check

    fast = has_c_loader()
    rows = [
        Check(
            "yaml",
            "ok" if fast else "broken",
            "PyYAML with its C loader"
            if fast
            else "PyYAML without its C loader reads rules seven times as slowly",
            None if fast else "pip install --force-reinstall --only-binary :all: PyYAML",
        )
    ]
    try:
        rules = load_rules(pack)
        rows.append(Check("rules", "ok", f"{rules.id} {rules.version}, digest {rules.digest}", None))
    except AdvisorError as problem:
        rows.append(Check("rules", "broken", str(problem), "advisor rules check"))
    return rows


def _text(found: Sequence[Check]) -> str:
    from advisor.output.text import wrap

    lines = []
    for check in found:
        mend = f" -> {check.mend}" if check.mend else ""
        lines += wrap(f"{check.state:<8} {check.name}: {check.detail}{mend}", "", "         ")
    return "\n".join(lines) + "\n"

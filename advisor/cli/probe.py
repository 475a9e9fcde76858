"""`advisor probe`: what this machine is and what can be used on it."""

from __future__ import annotations

from advisor.cli.exit import Exit
from advisor.cli.options import RULES, option, output, parse
from advisor.cli.situation import format_of
from advisor.errors import ProbeError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEMA_VERSION = 1
FRAMEWORKS_LIMIT_S = 300.0


def run(argv: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    import os

    from advisor import days
    from advisor.advise import support
    from advisor.api import load_rules
    from advisor.cli.writing import write
    from advisor.machine import probe
    from advisor.version import __version__

    options = parse(
        "probe",
        "Hardware, operating system, Python, and with --frameworks what each framework can use here.",
        [
            option(
                "--frameworks",
                "import the frameworks and ask them; takes seconds",
                kind="flag",
                default=False,
            ),
            option(
                "--python", "an interpreter to ask; repeatable", kind="values", metavar="PATH", default=()
            ),
            option(
                "--fact",
                "set a fact; an empty value makes it unknown",
                kind="values",
                metavar="NAME=VALUE",
                default=(),
            ),
            option("--capture", "write a masked recording of everything read into DIR", metavar="DIR"),
            RULES,
            option("--replay", "answer from a recording instead of this machine", metavar="DIR"),
            *output(("text", "json")),
        ],
        argv,
        epilog="exit codes: 0 done, 2 bad input, 4 the probe gave no answer",
    )
    form = format_of(options)
    overriding = probe.overrides(os.environ, options.fact)
    found = probe.probe(replay=options.replay, capture=options.capture)
    if options.replay is None:
        probe.keep(found)
    frameworks = []
    if options.replay is None and (options.frameworks or options.python):
        from advisor.machine.interpreters import interpreters

        for interpreter in options.python or interpreters():
            try:
                frameworks += probe.run(interpreter, ["frameworks"], FRAMEWORKS_LIMIT_S)
            except ProbeError as problem:
                found["diagnostics"].append(
                    {"probe": "frameworks", "level": "error", "message": str(problem), "hint": None}
                )
    facts = probe.with_overrides(probe.facts_of(found), overriding)
    known = {name: fact.value for name, fact in facts.items()}
    rules, day = load_rules(options.rules), days.today()
    for device in found["accelerators"]:
        own = support.device_facts(device, known)
        device["supported"] = {
            alternative: {"state": s.state, "release": s.release, "why": s.why, "source": s.source}
            for alternative, s in support.supported(rules, "accelerators", own, day).items()
        }
    packages = support.supported(rules, "packages", known, day)
    for name in sorted(overriding):
        found["diagnostics"].append(
            {
                "probe": "override",
                "level": "info",
                "message": f"{name} is overridden by the user",
                "hint": None,
            }
        )
    result = {
        "schema_version": SCHEMA_VERSION,
        "advisor_version": __version__,
        "machine": found["machine"],
        "accelerators": found["accelerators"],
        "targets": found["targets"],
        "frameworks": frameworks,
        "facts": {name: fact.value for name, fact in sorted(facts.items())},
        "diagnostics": found["diagnostics"],
        "install": {alternative: s.to_dict() for alternative, s in packages.items()},
    }
    if form == "json":
        from advisor.output.json import pretty

        words = pretty(result)
    else:
        from advisor.output import probe as shown

        words = shown.text(result)
    write(words, options.output)
    return Exit.DONE

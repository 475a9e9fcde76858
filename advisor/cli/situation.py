"""What the shared options mean: the answers given, the facts of this machine, the format."""

from __future__ import annotations

from advisor.errors import AnswersError, UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.answers import Answers
    from advisor.cli.options import Options
    from advisor.facts import Fact
    from advisor.knowledge.rules import Rules


def format_of(options: Options) -> str:
    """The format asked for. Raises `UsageError` when two different ones are."""
    if options.format and options.shorthand and options.format != options.shorthand:
        raise UsageError(f"--format {options.format} and --{options.shorthand} contradict each other")
    return str(options.format or options.shorthand or "text")


def facts_of(options: Options, as_of: str = "today") -> dict[str, Fact]:
    """Facts of this machine; none with --no-probe.

    With --probe the machine is probed now, else the last probe counts while it is younger than a day, and what is free
    to read. For another time than today facts count only with --probe: today's machine says nothing about then.
    """
    if options.probe is False or (options.probe is None and as_of != "today"):
        return {}
    import os

    from advisor.machine import probe
    from advisor.machine.free import free_facts

    if options.probe:
        found = probe.probe()
        probe.keep(found)
        probed = probe.facts_of(found)
    else:
        probed = probe.last_facts()
    # A probe may know better what the processor is; the interpreter is the one that runs now.
    free = free_facts()
    known = {**free, **probed, "python": free["python"]}
    return probe.with_overrides(known, probe.overrides(os.environ))


def answers_of(options: Options, rules: Rules) -> Answers:
    """Profile, file and flags laid over each other, each checked against the rules with its own place."""
    from advisor.advise.situation import checked, profile_answers
    from advisor.answers import Answers

    given = profile_answers(rules, options.profile) if options.profile is not None else Answers()
    shown = _scanned(options.scan, rules) if options.scan is not None else Answers()
    if options.answers is not None:
        from advisor.cli.answersfile import read

        given = given | read(options.answers, rules)
    flags = Answers(_flags(options.answer), origin="flag")
    checked(rules, flags, file="--answer")
    given = given | flags
    _tell_contradictions(shown, given)
    return shown | given


def _scanned(folder: str, rules: Rules) -> Answers:
    """What a code base shows, as far as the rules ask for it."""
    from advisor.advise.situation import index_of
    from advisor.answers import Answers
    from advisor.project import scan

    found = scan(folder).answers()
    options = index_of(rules).options
    known = {key: [o for o in found[key] if o in options[key]] for key in found if key in options}
    return Answers({key: chosen for key, chosen in known.items() if chosen}, origin="scan")


def _tell_contradictions(shown: Answers, given: Answers) -> None:
    import sys

    for key in shown:
        if key in given and set(given[key]) != set(shown[key]):
            words = f"the code base shows {key} = {', '.join(shown[key])}; the answer given, {', '.join(given[key])}, counts"
            print(f"advisor: {words}", file=sys.stderr)


def _flags(pairs: list[str]) -> dict[str, list[str]]:
    chosen: dict[str, list[str]] = {}
    for pair in pairs:
        key, separator, options = pair.partition("=")
        listed = [option.strip() for option in options.split(",") if option.strip()]
        if not separator or not key.strip() or not listed:
            raise AnswersError(f"{pair[:80]!r} is no answer", file="--answer", expected="KEY=OPTION[,OPTION]")
        chosen.setdefault(key.strip(), []).extend(listed)
    return chosen

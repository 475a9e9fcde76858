"""The answer in words for a terminal: one screen of 80x24, or everything with `verbose`."""

from __future__ import annotations

from advisor.output.escape import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.explanation import ClaimShare, Reason
    from advisor.recommendation import Recommendation

WIDTH = 79
HEIGHT = 23
"""Lines of the short answer: a screen of 24 with one left for the prompt."""
REASONS = 4
NOTHING = 5e-5
"""A share of the margin that is printed as 0.00 points of 100."""


def render(recommendation: Recommendation, reasons: Sequence[Reason], *, verbose: bool = False) -> str:
    """Lines of at most 79 characters, ending in a newline; without `verbose` at most 23 of them."""
    lines = list(_verbose(recommendation, reasons)) if verbose else _short(recommendation, reasons)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def wrap(text: str, indent: str = "", hanging: str = "", width: int = WIDTH) -> list[str]:
    """`text` as lines of at most `width` characters, made safe for a terminal."""
    lines: list[str] = []
    line = indent
    filled = False
    for word in terminal(text).split():
        if filled and len(line) + 1 + len(word) > width:
            lines.append(line)
            line, filled = hanging, False
        while len(word) > width - len(line) - (1 if filled else 0):
            room = width - len(line)
            lines.append(line + word[:room])
            word, line = word[room:], hanging
        line += (" " if filled else "") + word
        filled = True
    return [*lines, line] if filled else lines or [indent]


def shortened(text: str, width: int) -> str:
    """`text` on one line of at most `width` characters, cut at a word."""
    text = " ".join(terminal(text).split())
    if len(text) <= width:
        return text
    cut = text[: width - 3]
    return (cut[: cut.rfind(" ")] if " " in cut[width // 2 :] else cut).rstrip(" ,;:") + "..."


def _labelled(label: str, text: str, lines: int) -> list[str]:
    """`label  text` over at most `lines` lines, the rest cut."""
    indent = f"{label:<9} "
    wrapped = wrap(text, indent, " " * 10)
    if len(wrapped) > lines:
        last = wrapped[lines - 1][10:]
        wrapped = [*wrapped[: lines - 1], " " * 10 + shortened(last + " " + wrapped[lines][10:], WIDTH - 10)]
        if lines == 1:
            wrapped[0] = indent + wrapped[0][10:]
    return wrapped


def _headline(r: Recommendation) -> str:
    count = len(r.answers)
    answers = f"{count} answer{'s' if count > 1 else ''}" if count else "no answers"
    who = f"profile {r.profile}" if r.profile else answers
    scores = ", ".join(f"{a.name} {a.score:.2f}" for a in r.alternatives)
    day = {"today": r.as_of.date, "date": r.as_of.date, "article": "the article alone"}[r.as_of.reading]
    ranked = f" · ranked: {', '.join(r.rank)}" if r.rank else ""
    return f"{scores} · {who} · knowledge: {day}{ranked}"


def _split(r: Recommendation, reasons: Sequence[Reason]) -> list[tuple[str, list[Reason]]]:
    """(name of the alternative, the reasons for it), the leading alternative first."""
    first, second = _first_two(r)
    sides = [
        (first, [x for x in reasons if x.contribution > NOTHING]),
        (second, [x for x in reasons if x.contribution < -NOTHING]),
    ]
    return sides if r.alternatives[0].name == first else sides[::-1]


def _first_two(r: Recommendation) -> tuple[str, str]:
    """Names of the two alternatives that reasons set against each other: in the pack's order, or the best two of more."""
    named = {a.id: a.name for a in r.alternatives}
    order = list(r.criteria[0].values) if r.criteria and len(named) == 2 else list(named)
    return named[order[0]], named[order[1]]


def _reason_line(reason: Reason) -> str:
    date = f", {reason.date}" if reason.date else ""
    ref = f" ({reason.ref}{date})" if reason.ref else ""
    head = f"  {100 * abs(reason.contribution):4.1f}  {shortened(reason.title, 40)}"
    room = WIDTH - len(head) - len(ref) - 2
    text = (
        f": {shortened(reason.text, room)}"
        if reason.text and reason.text != reason.title and room > 14
        else ""
    )
    return head + text + ref


def _short(r: Recommendation, reasons: Sequence[Reason]) -> list[str]:
    head = [*wrap(r.verdict.summary), *wrap(_headline(r))[:2]]
    tail: list[str] = []
    for alternative in r.alternatives:
        if alternative.excluded_by:
            tail += _labelled("Excluded", _exclusion(r, alternative.name, alternative.excluded_by), 2)
    if r.pathways:
        tail += _labelled("Way", "; ".join(p.title for p in r.pathways[:4]) + ".", 2)
    if r.verdict.relax:
        tail += _labelled("Relax", _relax_words(r), 2)
    tail += _labelled("Flips if", _flip_words(r), 3)
    if r.article is not None and r.article.differs:
        tail += _labelled("Article", _article_words(r), 2)
    if r.next_question is not None:
        tail += _labelled("Ask next", _next_words(r), 2)
    if r.warnings:
        words = shortened(r.warnings[0].message, 48)
        more = f" (+{len(r.warnings) - 1} more: --verbose)" if len(r.warnings) > 1 else ""
        tail += _labelled("Note", words + more, 1)
    sides = _split(r, reasons)
    room = HEIGHT - len(head) - len(tail) - 1
    shown = REASONS
    while shown > 1 and sum(1 + max(1, min(shown, len(side))) for _, side in sides) > room:
        shown -= 1
    body: list[str] = []
    for name, side in sides:
        body.append(shortened(f"For {name}", 40) + ("  (points of 100, strongest first)" if not body else ""))
        body += [_reason_line(x) for x in side[:shown]] or ["  nothing"]
    return [*head, "", *body, *tail]


def _exclusion(r: Recommendation, name: str, ids: Sequence[str]) -> str:
    found = [c for c in r.constraints if c.id in ids]
    first = found[0]
    more = f" and {len(found) - 1} more" if len(found) > 1 else ""
    remedy = f" Remedy: {first.remedy}" if first.remedy else ""
    return f"{name}: {first.title} ({first.id}){more}.{remedy}"


def _relax_words(r: Recommendation) -> str:
    return "; or ".join(" and ".join(keys) for keys in r.verdict.relax) + "."


def _flip_words(r: Recommendation) -> str:
    names = {a.id: a.name for a in r.alternatives}
    titles = {c.id: c.title for c in r.criteria}
    parts = []
    single = next((f for f in r.flips.weights if f["kind"] == "single"), None)
    if single is not None:
        parts.append(
            f"{titles.get(single['criterion'], single['criterion'])} weighs {_percent(single['to'])} instead of "
            f"{_percent(single['from'])} ({names[single['alternative']]})"
        )
    for flip in r.flips.answers[:2]:
        to = names[flip["alternative"]] if flip["alternative"] else "nothing feasible"
        parts.append(f"{flip['question']} = {', '.join(flip['to'])} ({to})")
    if r.flips.findings:
        flip = r.flips.findings[0]
        parts.append(f"finding {flip['finding']} did not hold ({names[flip['alternative']]})")
    if parts:
        return "; ".join(parts) + "."
    # Changes of weights are worked out for two alternatives that both can be used.
    what = (
        "weight, answer" if len(names) == 2 and not any(a.excluded_by for a in r.alternatives) else "answer"
    )
    return f"no single {what} or finding changes it."


def _percent(weight: float) -> str:
    percent = 100 * weight
    return f"{percent:.0f} %" if percent >= 9.95 else f"{percent:.1f} %" if percent >= 0.05 else "under 0.1 %"


def _article_words(r: Recommendation) -> str:
    assert r.article is not None
    names = {a.id: a.name for a in r.alternatives}
    said = names[r.article.alternative] if r.article.alternative else "no clear preference"
    moved = f"; moved since by {', '.join(r.article.moved_by)}" if r.article.moved_by else ""
    return f"alone it gives {said}{moved}."


def _next_words(r: Recommendation) -> str:
    question = r.next_question
    assert question is not None
    if r.verdict.settled:
        why = "no open question can change who leads"
    elif question.can_change_verdict:
        why = "an answer can change who leads"
    else:
        why = "no single answer changes who leads"
    return f"{question.text} (--answer {question.key}=...; {why})"


def _verbose(r: Recommendation, reasons: Sequence[Reason]) -> Iterator[str]:
    yield from wrap(r.verdict.summary)
    yield from wrap(_headline(r))
    low, high = r.verdict.margin_interval
    yield from wrap(
        f"Margin D = {r.verdict.margin:+.4f} ({_minus(r)}); with open questions {low:+.3f} to {high:+.3f}"
        f"{'; settled: none of them can change who leads' if r.verdict.settled else ''}."
    )
    yield f"Rules {r.rules.pack} {r.rules.version}, digest {r.rules.digest}"
    if r.answers:
        yield from ["", "Answers"]
        for answer in r.answers:
            yield from wrap(
                f"{answer.question} = {', '.join(answer.options)}  ({answer.origin})", "  ", "    "
            )
    yield from _verbose_constraints(r)
    for pathway in r.pathways:
        yield ""
        yield from wrap(("Better first: " if pathway.third_way else "Way: ") + pathway.title)
        yield from wrap(pathway.why, "  ", "  ")
        for i, step in enumerate(pathway.steps, 1):
            yield from wrap(step, f"  {i}. ", "     ")
        yield from wrap(f"Source: {pathway.source}", "  ", "    ")
    sides = [(f"For {name} (points of 100)", side) for name, side in _split(r, reasons)]
    sides.append(("For neither", [x for x in reasons if abs(x.contribution) <= NOTHING]))
    for title, side in sides:
        yield ""
        yield shortened(title, WIDTH)
        for reason in side:
            yield from wrap(
                f"{reason.title}: {reason.text}", f"  {100 * abs(reason.contribution):5.2f}  ", "         "
            )
            for claim in reason.claims:
                yield from _claim_lines(claim)
    yield from _verbose_flips(r)
    yield ""
    yield "Categories (neutral weights, whatever the answers)"
    for category in r.categories:
        winner = category.article_winner
        if isinstance(winner, dict):
            winner = ", ".join(f"{v} for {k}" for k, v in winner.items())
        yield from wrap(
            f"{category.title}: {category.leans_to} ({category.lean:+.2f})"
            + (f"; the article's winner: {winner}" if winner else ""),
            "  ",
            "    ",
        )
    if r.article is not None:
        yield ""
        yield from wrap("Article: " + _article_words(r))
    if r.next_question is not None:
        yield from wrap("Ask next: " + _next_words(r))
        yield f"  value of information {r.next_question.value_of_information:.4f}"
    if r.warnings:
        yield from ["", "Warnings"]
        for warned in r.warnings:
            yield from wrap(f"{warned.code}: {warned.message}", "  ", "    ")


def _minus(r: Recommendation) -> str:
    named = {a.id: a.name for a in r.alternatives}
    order = [named[ident] for ident in r.criteria[0].values] if r.criteria else list(named.values())
    return f"{order[0]} minus {order[1] if len(order) == 2 else 'the best other one'}"


def _claim_lines(c: ClaimShare) -> Iterator[str]:
    flags = ("" if c.counted else "  (kept, not counted)") + ("  (stale)" if c.stale else "")
    yield from wrap(
        f"{c.id} {c.text} -> {c.favours}, lean {c.lean:+.2f} +-{c.deviation:.2f}{flags}",
        "           ",
        "             ",
    )
    for seen in c.observations:
        mark = {"opened": "", "retold": " (retold)", "none": " (unverified)"}[seen.verified]
        yield from wrap(
            f"{100 * seen.contribution:+.2f} {seen.id} {seen.date} {seen.direction}{mark}: {seen.text} <{seen.source}>",
            "             ",
            "               ",
        )


def _verbose_constraints(r: Recommendation) -> Iterator[str]:
    shown = [c for c in r.constraints if c.state == "violated"]
    unknown = [f"{c.id} {c.title}" for c in r.constraints if c.state == "unknown"]
    if shown or unknown:
        yield from ["", "Constraints"]
    for constraint in shown:
        what = ", ".join(f"{e['what']} ({e['scope']})" for e in constraint.excludes)
        yield from wrap(
            f"{constraint.id} {constraint.title}: {constraint.state}; excludes {what}", "  ", "    "
        )
        if constraint.remedy:
            yield from wrap(f"Remedy: {constraint.remedy}", "    ", "    ")
        yield from wrap(f"Source: {constraint.source}", "    ", "    ")
    if unknown:
        yield from wrap(f"Not known here: {'; '.join(unknown)}.", "  ", "    ")


def _verbose_flips(r: Recommendation) -> Iterator[str]:
    yield from ["", "What would change who leads"]
    empty = True
    for flip in r.flips.weights:
        empty = False
        if flip["kind"] == "single":
            text = f"weight of {flip['criterion']}: {flip['from']:.4f} -> {flip['to']:.4f} ({flip['alternative']})"
        elif flip["kind"] == "least_mass":
            moves = "; ".join(f"{m['mass']:.4f} from {m['from']} to {m['to']}" for m in flip["moves"])
            text = f"least weight moved {flip['change']:.4f}: {moves} ({flip['alternative']})"
        else:
            text = f"all weights, Euclidean distance {flip['change']:.4f} ({flip['alternative']})"
        yield from wrap(text, "  ", "    ")
    for flip in r.flips.answers:
        empty = False
        before = ", ".join(flip["from"]) or "open"
        yield from wrap(
            f"{flip['question']}: {before} -> {', '.join(flip['to'])} ({flip['alternative']})", "  ", "    "
        )
    for flip in r.flips.findings:
        empty = False
        yield from wrap(f"without finding {flip['finding']} ({flip['alternative']})", "  ", "    ")
    if empty:
        yield "  nothing single"

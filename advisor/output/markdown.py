"""The answer as Markdown, for an issue, a design document or a pull request."""

from __future__ import annotations

from advisor.output.escape import markdown as safe

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from advisor.explanation import Reason
    from advisor.recommendation import Recommendation

REASONS = 5


def render(recommendation: Recommendation, reasons: Sequence[Reason], *, verbose: bool = False) -> str:
    """GitHub-flavoured Markdown, ending in a newline; `verbose` lists every reason with its claims and findings."""
    return "\n".join(_lines(recommendation, reasons, verbose)) + "\n"


def _lines(r: Recommendation, reasons: Sequence[Reason], verbose: bool) -> Iterator[str]:
    names = {a.id: a.name for a in r.alternatives}
    yield f"# {safe(r.verdict.summary)}"
    yield ""
    what = {
        "today": f"knowledge of {r.as_of.date}",
        "date": f"knowledge of {r.as_of.date}",
        "article": "the article alone",
    }
    yield f"Profile: {safe(r.profile or 'none')} · {what[r.as_of.reading]} · rules {safe(r.rules.pack)} {safe(r.rules.version)}"
    yield ""
    yield from _table(
        ("Alternative", "Score", "Acceptability", "Excluded by"),
        [
            (a.name, f"{a.score:.3f}", f"{a.acceptability:.3f}", ", ".join(a.excluded_by))
            for a in r.alternatives
        ],
    )
    if r.answers:
        yield ""
        yield from _table(
            ("Question", "Answer", "From"), [(a.question, ", ".join(a.options), a.origin) for a in r.answers]
        )
    order = list(r.criteria[0].values) if r.criteria and len(names) == 2 else list(names)
    for position, sign in enumerate((1, -1)):
        side = [x for x in reasons if sign * x.contribution > 5e-5]
        yield ""
        yield f"## For {safe(names[order[position]])}"
        yield ""
        if not side:
            yield "Nothing."
        for reason in side if verbose else side[:REASONS]:
            ref = (
                f" ({safe(reason.ref)}{', ' + safe(reason.date) if reason.date else ''})"
                if reason.ref
                else ""
            )
            yield f"- **{safe(reason.title)}**, {100 * abs(reason.contribution):.1f} points: {safe(reason.text)}{ref}"
            for claim in reason.claims if verbose else ():
                yield f"  - {claim.id}: {safe(claim.text)} Lean {claim.lean:+.2f}{'' if claim.counted else ', not counted'}"
                for seen in claim.observations:
                    yield (
                        f"    - {seen.id}, {safe(seen.date)}, {seen.direction}, {seen.verified}: {safe(seen.text)} "
                        f"Source: {safe(seen.source)}"
                    )
    yield from _constraints(r)
    if r.pathways:
        yield from ["", "## Ways", ""]
    for pathway in r.pathways:
        yield f"- **{safe(pathway.title)}**: {safe(pathway.why)} Source: {safe(pathway.source)}"
        yield from (f"  {i}. {safe(step)}" for i, step in enumerate(pathway.steps, 1))
    yield from _flips(r, names)
    if r.article is not None:
        said = names.get(r.article.alternative or "", "no clear preference")
        moved = f" Moved since by {', '.join(r.article.moved_by)}." if r.article.moved_by else ""
        yield from ["", "## The article alone", "", f"It gives {safe(said)}.{moved}"]
    if r.next_question is not None:
        yield from ["", "## Ask next", "", f"{safe(r.next_question.text)} (`{r.next_question.key}`)"]
    if r.warnings:
        yield from ["", "## To know", ""]
        yield from (f"- {safe(w.message)}" for w in r.warnings)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(safe(cell) for cell in row) + " |"


def _constraints(r: Recommendation) -> Iterator[str]:
    shown = [c for c in r.constraints if c.state == "violated"]
    if shown:
        yield from ["", "## Excluded", ""]
    for c in shown:
        what = ", ".join(f"{e['what']} ({e['scope']})" for e in c.excludes)
        remedy = f" Remedy: {safe(c.remedy)}" if c.remedy else ""
        yield f"- **{safe(c.title)}** ({c.id}) excludes {safe(what)}.{remedy} Source: {safe(c.source)}"


def _flips(r: Recommendation, names: dict[str, str]) -> Iterator[str]:
    yield from ["", "## What would change it", ""]
    rows = []
    for flip in r.flips.weights:
        if flip["kind"] == "single":
            rows.append(
                f"- Weight of `{flip['criterion']}` {flip['from']:.3f} → {flip['to']:.3f}: {safe(names[flip['alternative']])}"
            )
    for flip in r.flips.answers:
        to = names[flip["alternative"]] if flip["alternative"] else "nothing feasible"
        rows.append(f"- `{flip['question']}` = {', '.join(f'`{o}`' for o in flip['to'])}: {safe(to)}")
    rows += [f"- Without finding {f['finding']}: {safe(names[f['alternative']])}" for f in r.flips.findings]
    yield from rows or ["No single weight, answer or finding."]

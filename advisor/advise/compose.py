"""A recommendation from rules, answers, facts and a reading. No file, clock or network: the same inputs, the same bytes."""

from __future__ import annotations

from advisor import days
from advisor.advise import whatif
from advisor.advise.evaluation import Evaluation, excludes_alternative
from advisor.advise.pathways import applying
from advisor.advise.reading import Reading, reading_of
from advisor.advise.situation import Situation, checked, index_of, prefilled
from advisor.decision import acceptability, weightflips
from advisor.decision.conditions import leaves
from advisor.recommendation import (
    SCHEMA_VERSION,
    AlternativeScore,
    Answer,
    ArticleVerdict,
    AsOf,
    CategoryLean,
    ConstraintState,
    CriterionShare,
    Flips,
    NextQuestion,
    PathwayAdvice,
    Recommendation,
    RulePack,
    Verdict,
    Warned,
)
from advisor.version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from advisor.answers import Answers
    from advisor.facts import Fact
    from advisor.knowledge.rules import Rules

SAMPLES = 9604
"""Draws for three and more alternatives: a 95 % half-width of at most .01."""
SEED = 20231101
FLIPS_SHOWN = 10
MOVERS_SHOWN = 5


def compose(
    rules: Rules,
    answers: Answers,
    facts: Mapping[str, Fact],
    *,
    reading: str,
    day: int,
    profile: str | None = None,
) -> Recommendation:
    """The recommendation for `answers` and `facts` under the reading "today", "date" (both on `day`) or "article"."""
    index = index_of(rules)
    chosen = checked(rules, answers)
    known = {name: fact.value for name, fact in facts.items()}
    added, against = prefilled(rules, chosen, known)
    knowledge = reading_of(rules, day, article=reading == "article")
    evaluation = Evaluation(knowledge, Situation(index, {**chosen, **added}, known))
    accepted = acceptabilities(evaluation)
    pathways = applying(evaluation, day)
    table = {
        k: whatif.alternatives_to(evaluation, k)
        for k in range(len(index.questions))
        if evaluation.situation.applies[k] and not knowledge.article
    }
    verdict = _verdict(evaluation, accepted, pathways)
    return Recommendation(
        SCHEMA_VERSION,
        __version__,
        AsOf(reading, days.text(day)),
        RulePack(rules.id, rules.version, rules.digest),
        profile,
        _answers(index, answers, added),
        verdict,
        _alternatives(evaluation, accepted),
        _criteria(evaluation),
        knowledge.categories or category_leans(knowledge),
        _constraints(evaluation),
        _flips(evaluation, table),
        _next(evaluation, table),
        tuple(
            PathwayAdvice(p["id"], p["title"], p["why"], tuple(p["steps"]), p["source"], p["third_way"])
            for p in pathways
        ),
        None,
        _article(evaluation, verdict),
        _warnings(evaluation, against),
        dict(sorted(facts.items())),
    )


def _answers(index: Any, answers: Answers, added: Mapping[str, Sequence[str]]) -> tuple[Answer, ...]:
    rows = []
    for question in index.questions:
        key = question["key"]
        if key in answers:
            rows.append(Answer(key, tuple(answers[key]), answers.origin(key)))
        elif key in added:
            rows.append(Answer(key, tuple(added[key]), "probe"))
    return tuple(rows)


def acceptabilities(evaluation: Evaluation) -> list[float]:
    """First-rank acceptability index of each alternative: exact for two, sampled with a fixed seed for more."""
    shape = evaluation.reading.parameters["weight_shape"]
    if evaluation.reading.count == 2:
        products = [
            w * (u[0] - u[1])
            for w, u in zip(evaluation.weights, evaluation.values)
            if u is not None and w > 0.0
        ]
        first = acceptability.exact(products, shape)
        return [first, 1.0 - first]
    rows = [(0.5,) * evaluation.reading.count if u is None else u for u in evaluation.values]
    shares, _ = acceptability.sampled(rows, evaluation.weights, shape, SAMPLES, SEED)
    return [row[0] for row in shares]


def _alternatives(evaluation: Evaluation, accepted: Sequence[float]) -> tuple[AlternativeScore, ...]:
    named = evaluation.reading.rules.core["alternatives"]
    order = sorted(range(len(named)), key=lambda i: (not evaluation.feasible[i], -evaluation.scores[i], i))
    return tuple(
        AlternativeScore(
            named[i][0], named[i][1], evaluation.scores[i], accepted[i], tuple(evaluation.excluded[i])
        )
        for i in order
    )


def outcome_of(
    evaluation: Evaluation, accepted: Sequence[float], pathways: Sequence[Any]
) -> tuple[str, int | None]:
    """(outcome, position of the alternative that is recommended or None)."""
    possible = [i for i, ok in enumerate(evaluation.feasible) if ok]
    best = evaluation.leader
    if any(pathway["third_way"] for pathway in pathways):
        return "neither", None
    if best is None:
        return "infeasible", None
    if len(possible) > 1:
        parameters = evaluation.reading.parameters
        lead = evaluation.scores[best] - max(evaluation.scores[i] for i in possible if i != best)
        even = lead < parameters["even_band"] * evaluation.known_share()
        if even or accepted[best] < parameters["acceptability_threshold"]:
            return "either", None
    return "recommend", best


def _verdict(evaluation: Evaluation, accepted: Sequence[float], pathways: Sequence[Any]) -> Verdict:
    named = evaluation.reading.rules.core["alternatives"]
    outcome, chosen = outcome_of(evaluation, accepted, pathways)
    by = "score" if all(evaluation.feasible) else "constraint"
    best = evaluation.leader
    shown = best if best is not None else max(range(len(named)), key=lambda i: (evaluation.scores[i], -i))
    interval = whatif.margin_interval(evaluation)
    unknown = any(
        state is None and positions
        for state, positions in zip(evaluation.states, evaluation.reading.excluding)
    )
    settled = len(named) == 2 and (interval[0] > 0.0 or interval[1] < 0.0) and not unknown
    return Verdict(
        outcome,
        None if chosen is None else named[chosen][0],
        accepted[shown],
        evaluation.margin,
        by,
        _summary(evaluation, outcome, accepted, pathways, named),
        interval,
        settled,
    )


def _summary(
    evaluation: Evaluation,
    outcome: str,
    accepted: Sequence[float],
    pathways: Sequence[Any],
    named: Sequence[Any],
) -> str:
    best = evaluation.leader
    if outcome == "neither":
        third = next(p["title"] for p in pathways if p["third_way"])
        return f"Neither first: {third}."
    if best is None:
        parts = [f"{name} by {', '.join(ids)}" for (_, name), ids in zip(named, evaluation.excluded)]
        return "Nothing fits all answers: constraints exclude " + ", ".join(parts) + "."
    name, share = named[best][1], _percent(accepted[best])
    if sum(evaluation.feasible) == 1:
        others = " and ".join(other for i, (_, other) in enumerate(named) if i != best)
        return f"{name}, because {others} cannot be used here."
    if outcome == "either":
        return f"Either will do: {name} is ahead by too little ({share} of the weights)."
    return f"{name}, first in {share} of the admissible weights."


def _percent(share: float) -> str:
    percent = 100.0 * share
    if percent >= 99.95:
        return "over 99.9 %" if share < 1.0 else "100 %"
    return f"{percent:.0f} %" if percent < 99.0 else f"{percent:.1f} %"


def _criteria(evaluation: Evaluation) -> tuple[CriterionShare, ...]:
    core = evaluation.reading.rules.core
    reading = evaluation.reading
    ids = [ident for ident, _ in core["alternatives"]]
    two = len(ids) == 2
    claim_ids = [claim[0] for claim in core["claims"]]
    rows = []
    first_question = len(core["criteria"])
    situation = next((c["id"] for c in core["categories"] if c["id"] == "situation"), "situation")
    for j, (weight, values) in enumerate(zip(evaluation.weights, evaluation.values)):
        shown = values or (0.5,) * len(ids)
        contribution: Any = (
            weight * (shown[0] - shown[1]) if two else {a: weight * u for a, u in zip(ids, shown)}
        )
        if j < first_question:
            data = core["criteria"][j]
            rows.append(
                CriterionShare(
                    data["id"],
                    core["categories"][data["category"]]["id"],
                    weight,
                    dict(zip(ids, shown)),
                    contribution,
                    tuple(claim_ids[c] for c in data["claims"]),
                    reading.stale_criteria[j],
                    data["title"],
                    False,
                )
            )
        elif weight > 0.0 or values is not None:
            question = evaluation.situation.index.questions[j - first_question]
            rows.append(
                CriterionShare(
                    question["key"],
                    situation,
                    weight,
                    dict(zip(ids, shown)),
                    contribution,
                    (),
                    False,
                    question["text"],
                    values is None,
                )
            )
    rows.sort(key=lambda row: (-_size(row.contribution), row.id))
    return tuple(rows)


def _size(contribution: Any) -> float:
    if isinstance(contribution, dict):
        return float(max(contribution.values()) - min(contribution.values()))
    return abs(float(contribution))


def category_leans(reading: Reading) -> tuple[CategoryLean, ...]:
    """Where each category that holds criteria leans, with the pack's neutral weights."""
    core = reading.rules.core
    rows = []
    means = reading.category_values()
    for k, category in enumerate(core["categories"]):
        if k not in means:
            continue
        values = means[k]
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))
        gap = values[order[0]] - values[order[1]]
        lean = values[0] - values[1] if len(values) == 2 else gap
        to = "tie" if gap < reading.parameters["even_band"] else core["alternatives"][order[0]][0]
        rows.append(CategoryLean(category["id"], to, lean, category["article_winner"], category["title"]))
    reading.categories = tuple(rows)
    return tuple(rows)


def _constraints(evaluation: Evaluation) -> tuple[ConstraintState, ...]:
    if evaluation.reading.article:
        return ()
    words = {True: "violated", False: "holds", None: "unknown"}
    return tuple(
        ConstraintState(
            c["id"], words[state], tuple(c["excludes"]), c["remedy"], c["source"], c["key"], c["title"]
        )
        for c, state in zip(evaluation.reading.rules.core["constraints"], evaluation.states)
    )


def _flips(evaluation: Evaluation, table: dict[int, list[whatif.Changed]]) -> Flips:
    return Flips(
        tuple(weight_flips(evaluation)[:FLIPS_SHOWN]),
        tuple(whatif.answer_flips(evaluation, table)[:FLIPS_SHOWN]),
        tuple(whatif.finding_flips(evaluation)[:FLIPS_SHOWN]),
    )


def weight_flips(evaluation: Evaluation) -> list[dict[str, Any]]:
    """The smallest weight changes after which both alternatives score the same: all weights, moved mass, single ones."""
    if evaluation.reading.count != 2 or evaluation.margin == 0.0:
        return []
    core = evaluation.reading.rules.core
    names = [c["id"] for c in core["criteria"]] + [q["key"] for q in core["questions"]]
    used = [j for j, w in enumerate(evaluation.weights) if w > 0.0]
    weights = [evaluation.weights[j] for j in used]
    differences = evaluation.differences()
    ds = [differences[j] for j in used]
    margin = evaluation.margin
    other = core["alternatives"][1 if margin > 0 else 0][0]
    rows: list[dict[str, Any]] = []
    for j, target in weightflips.single(weights, ds, margin):
        rows.append(
            {
                "kind": "single",
                "criterion": names[used[j]],
                "from": weights[j],
                "to": target,
                "change": abs(target - weights[j]),
                "alternative": other,
            }
        )
    mass = weightflips.least_mass(weights, ds, margin)
    if mass is not None:
        moves = [{"from": names[used[a]], "to": names[used[b]], "mass": m} for a, b, m in mass[1]]
        rows.append({"kind": "least_mass", "change": mass[0], "moves": moves, "alternative": other})
    squares = weightflips.least_squares(weights, ds, margin)
    if squares is not None:
        largest = sorted(range(len(ds)), key=lambda j: (-abs(squares[1][j] - weights[j]), j))[:5]
        rows.append(
            {
                "kind": "least_squares",
                "change": squares[0],
                "largest": [
                    {"criterion": names[used[j]], "from": weights[j], "to": squares[1][j]} for j in largest
                ],
                "alternative": other,
            }
        )
    rows.sort(key=lambda row: (row["change"], row["kind"]))
    return rows


def _next(evaluation: Evaluation, table: dict[int, list[whatif.Changed]]) -> NextQuestion | None:
    ranked = whatif.open_values(evaluation, table)
    if not ranked:
        return None
    value, changes, k = ranked[0]
    question = evaluation.situation.index.questions[k]
    return NextQuestion(question["key"], value, changes, question["text"])


def _article(evaluation: Evaluation, verdict: Verdict) -> ArticleVerdict | None:
    core = evaluation.reading.rules.core
    if core["article"] is None:
        return None
    if evaluation.reading.article:
        return ArticleVerdict(verdict.alternative, verdict.acceptability, False, ())
    then = Evaluation(reading_of(evaluation.reading.rules, 0, article=True), evaluation.situation)
    accepted = acceptabilities(then)
    best = max(range(len(accepted)), key=lambda i: (then.scores[i], -i))
    order = sorted(then.scores, reverse=True)
    parameters = evaluation.reading.parameters
    even = (
        order[0] - order[1] < parameters["even_band"] * then.known_share()
        or accepted[best] < parameters["acceptability_threshold"]
    )
    alternative = None if even else core["alternatives"][best][0]
    differs = alternative != verdict.alternative
    return ArticleVerdict(alternative, accepted[best], differs, _movers(evaluation, best) if differs else ())


def _movers(evaluation: Evaluation, then: int) -> tuple[str, ...]:
    """Findings that pull the margin away from what the article chose, the strongest first."""
    core = evaluation.reading.rules.core
    pulls = []
    for f, moves in evaluation.reading.effects():
        # Leaving the finding out moves scores by `gain`; with it they move the other way.
        gain = [
            sum(evaluation.weights[j] * move[i] for j, move in moves) for i in range(evaluation.reading.count)
        ]
        pull = gain[then] - max(g for i, g in enumerate(gain) if i != then)
        if pull > 0.0:
            pulls.append((-pull, core["findings"][f][0]))
    pulls.sort()
    return tuple(ident for _, ident in pulls[:MOVERS_SHOWN])


def _fact_missing(condition: Any, evaluation: Evaluation) -> bool:
    """Whether a fact that nobody probed keeps the condition open even if every question were answered in its favour."""
    situation = evaluation.situation
    return any(
        leaf[0] in ("fact", "version") and leaf[1] not in situation.facts for leaf in leaves(condition)
    )


def _warnings(evaluation: Evaluation, against: Sequence[tuple[str, str]]) -> tuple[Warned, ...]:
    core = evaluation.reading.rules.core
    reading = evaluation.reading
    rows = []
    for key, option in against:
        rows.append(
            Warned(
                "contradicts-machine", f"This machine says {key} = {option}; the answer given counts.", key
            )
        )
    for k, question in enumerate(evaluation.situation.index.questions):
        if evaluation.situation.applies[k] is False and question["key"] in evaluation.situation.chosen:
            rows.append(
                Warned(
                    "answer-unused",
                    f"The answer to {question['key']} does not apply here and was not used.",
                    question["key"],
                )
            )
    if reading.article:
        return tuple(rows)
    for constraint, state in zip(core["constraints"], evaluation.states):
        if (
            state is None
            and excludes_alternative(constraint)
            and _fact_missing(constraint["when"], evaluation)
        ):
            out = " and ".join(e["what"] for e in constraint["excludes"] if e["scope"] == "framework")
            rows.append(
                Warned(
                    "unknown-constraint",
                    f"Not known here: {constraint['title']}. It would exclude {out}.",
                    constraint["id"],
                )
            )
        elif state and not excludes_alternative(constraint):
            out = " and ".join(e["what"] for e in constraint["excludes"])
            remedy = f" {constraint['remedy']}" if constraint["remedy"] else ""
            rows.append(
                Warned("part-excluded", f"{constraint['title']}: not {out}.{remedy}", constraint["id"])
            )
    for j, criterion in enumerate(core["criteria"]):
        if evaluation.weights[j] > 0.0 and reading.stale_criteria[j]:
            rows.append(
                Warned(
                    "stale-claims",
                    f"{criterion['title']}: the newest finding is older than two half-lives.",
                    criterion["id"],
                )
            )
    for ident, seen, base, _, _, _ in core["findings"]:
        if base == 0.0 and seen <= reading.day:
            rows.append(
                Warned("unverified-finding", f"{ident} could not be verified and weighs nothing.", ident)
            )
    return tuple(rows)

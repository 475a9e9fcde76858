"""What single changes would do: the short cuts equal the long way, and what is promised comes true."""

import copy
import random
from functools import cache

import pytest

from advisor import load_rules, recommend
from advisor.advise import whatif
from advisor.advise.evaluation import Evaluation
from advisor.advise.reading import Reading, reading_of
from advisor.advise.situation import Situation, index_of
from advisor.advise.verdict import acceptabilities
from advisor.days import parse, text
from advisor.knowledge import build, compiler
from advisor.knowledge.rules import Rules

RULES = load_rules()
CORE = RULES.core
INDEX = index_of(RULES)
DAY = parse("2026-11-22")
EARLIER = parse("2020-06-01")
FACTS = [{}, {"os": "linux", "wsl": False, "gpu.vendor": "nvidia"}, {"os": "darwin", "arch": "arm64"}]


def random_answers(draw, share):
    """A set of answers that a user could give: options that exclude others stand alone."""
    chosen = {}
    for question in CORE["questions"]:
        if draw.random() < share:
            options = [option["id"] for option in question["options"]]
            together = [option["id"] for option in question["options"] if not option["exclusive"]]
            if question["multiple"] and len(together) > 1 and draw.random() < 0.4:
                picked = draw.sample(together, draw.randint(2, min(3, len(together))))
            else:
                picked = [draw.choice(options)]
            chosen[question["key"]] = tuple(picked)
    return chosen


def situations():
    draw = random.Random(20261122)
    found = [({key: tuple(o) for key, o in CORE["profiles"][name].items()}, {}) for name in RULES.profiles]
    found.append(({}, {}))
    for i in range(150):
        found.append((random_answers(draw, draw.choice((0.1, 0.3, 0.6, 0.95))), FACTS[i % len(FACTS)]))
    return found


SITUATIONS = situations()


@cache
def material():
    """The records of the built-in pack before they are compiled."""
    return build.read(RULES.folder)


def changed(**tables):
    """The built-in pack with tables of its records changed by functions."""
    other = copy.copy(material().material)
    for name, change in tables.items():
        setattr(other, name, change(getattr(other, name)))
    return Rules(compiler.core(other, "changed"), RULES.folder, RULES.texts())


def evaluated(chosen, facts, *, day=DAY, rules=RULES):
    return Evaluation(reading_of(rules, day, article=False), Situation(index_of(rules), chosen, facts))


def applying(evaluation):
    """The questions that matter in a situation, which are those that anybody asks about."""
    return [(k, q) for k, q in enumerate(INDEX.questions) if evaluation.situation.applies[k]]


# The short cut


@pytest.mark.parametrize("day", [DAY, EARLIER], ids=text)
def test_the_short_cut_gives_what_a_full_evaluation_gives(day):
    # Every situation for today's knowledge; the table that follows from it is made the same way on any day.
    for chosen, facts in SITUATIONS if day == DAY else SITUATIONS[::4]:
        evaluation = evaluated(chosen, facts, day=day)
        for k, question in applying(evaluation):
            for row in whatif.alternatives_to(evaluation, k):
                full = whatif.answered(evaluation, question["key"], row.option)
                where = (question["key"], row.option, chosen)
                assert row.scores == pytest.approx(full.scores, abs=1e-12), where
                assert list(row.feasible) == list(full.feasible), where
                if abs(full.scores[0] - full.scores[1]) > 1e-12:
                    assert row.leader == full.leader, where


def test_the_touched_terms_give_what_a_full_evaluation_gives():
    compared = refused = 0
    for chosen, facts in SITUATIONS:
        evaluation = evaluated(chosen, facts)
        for k, question in applying(evaluation):
            for option in question["options"]:
                quick = whatif._touched(evaluation, k, option)
                if quick is None:
                    refused += 1
                    continue
                compared += 1
                full = whatif.answered(evaluation, question["key"], option["id"])
                assert quick.scores == pytest.approx(full.scores, abs=1e-12)
                assert list(quick.feasible) == list(full.feasible)
    assert compared > 5 * refused


def test_the_table_lists_every_other_answer():
    for chosen, facts in SITUATIONS[:30]:
        evaluation = evaluated(chosen, facts)
        for k, question in applying(evaluation):
            options = [option["id"] for option in question["options"]]
            listed = [row.option for row in whatif.alternatives_to(evaluation, k)]
            current = chosen.get(question["key"], ())
            assert listed == [o for o in options if current != (o,)]


# Bounds


def completions(draw, chosen, count):
    opened = [question for question in CORE["questions"] if question["key"] not in chosen]
    for _ in range(count):
        more = random_answers(draw, draw.choice((0.2, 0.5, 1.0)))
        yield {**chosen, **{q["key"]: more[q["key"]] for q in opened if q["key"] in more}}


@pytest.mark.parametrize("day", [DAY, EARLIER], ids=text)
def test_answering_open_questions_never_leaves_the_interval(day):
    draw = random.Random(7)
    outside = []
    for chosen, facts in SITUATIONS:
        evaluation = evaluated(chosen, facts, day=day)
        low, high = whatif.margin_interval(evaluation)
        assert low - 1e-12 <= evaluation.margin <= high + 1e-12
        for answers in completions(draw, chosen, 25):
            margin = evaluated(answers, facts, day=day).margin
            if not low - 1e-12 <= margin <= high + 1e-12:
                outside.append((margin, (low, high), chosen, answers))
    assert not outside, f"{len(outside)} of {25 * len(SITUATIONS)}, the first: {outside[0]}"


@pytest.mark.parametrize("day", [DAY, EARLIER], ids=text)
def test_an_interval_on_one_side_of_zero_keeps_its_promise(day):
    draw = random.Random(8)
    one_sided = 0
    for chosen, facts in SITUATIONS:
        low, high = whatif.margin_interval(evaluated(chosen, facts, day=day))
        if low > 0.0 or high < 0.0:
            one_sided += 1
            for answers in completions(draw, chosen, 60):
                margin = evaluated(answers, facts, day=day).margin
                assert (margin > 0.0) == (low > 0.0), (chosen, answers)
    assert one_sided > 10


@pytest.mark.parametrize("i", range(0, len(SITUATIONS), 4))
def test_settled_means_that_no_answer_changes_the_leader(i):
    chosen, facts = SITUATIONS[i]
    result = recommend(answers=chosen, facts=facts, as_of=text(DAY))
    if result.verdict.settled:
        draw = random.Random(9)
        for answers in completions(draw, chosen, 15):
            other = recommend(answers=answers, facts=facts, as_of=text(DAY))
            if not any(a.excluded_by for a in other.alternatives):
                assert other.alternatives[0].id == result.alternatives[0].id


# Flips come true


def leads(result):
    first = result.alternatives[0]
    return None if first.excluded_by else first.id


def asked(chosen):
    return {key: list(options) for key, options in chosen.items()}


def test_an_answer_that_flips_really_flips():
    flips = 0
    for chosen, facts in SITUATIONS:
        result = recommend(answers=asked(chosen), facts=facts, as_of=text(DAY))
        for flip in result.flips.answers[:4]:
            flips += 1
            changed = {**asked(chosen), flip["question"]: list(flip["to"])}
            after = recommend(answers=changed, facts=facts, as_of=text(DAY))
            assert leads(after) == flip["alternative"] != leads(result)
            if flip["alternative"] is None:
                assert after.verdict.outcome in ("infeasible", "neither")
            before = {a.id: a.score for a in result.alternatives}
            largest = max(abs(a.score - before[a.id]) for a in after.alternatives)
            assert flip["change"] == pytest.approx(largest, abs=1e-12)
            given = {a.question: list(a.options) for a in result.answers}
            assert list(flip["from"]) == given.get(flip["question"], [])
    assert flips > 100


def test_answers_that_are_not_listed_do_not_flip():
    for chosen, facts in SITUATIONS[:20]:
        result = recommend(answers=asked(chosen), facts=facts, as_of=text(DAY))
        if len(result.flips.answers) >= 10:
            continue  # Only the cheapest ones are listed.
        listed = {(flip["question"], tuple(flip["to"])) for flip in result.flips.answers}
        evaluation = evaluated({a.question: a.options for a in result.answers}, facts)
        for k, question in enumerate(INDEX.questions):
            if evaluation.situation.applies[k]:
                for option in question["options"]:
                    if (question["key"], (option["id"],)) not in listed:
                        full = whatif.answered(evaluation, question["key"], option["id"])
                        close = abs(full.scores[0] - full.scores[1]) < 1e-12
                        assert close or full.leader == evaluation.leader


def without_finding(ident):
    return changed(findings=lambda table: {k: v for k, v in table.items() if k != ident})


def finding_flips():
    """(answers, day, flip) of situations that hang on one finding."""
    for day in ("2019-06-01", "2022-06-01", "2024-06-01"):
        for chosen, _ in SITUATIONS:
            result = recommend(answers=asked(chosen), as_of=day)
            for flip in result.flips.findings:
                yield asked(chosen), day, flip, leads(result)


def test_without_a_finding_that_flips_it_really_flips():
    flips = list(finding_flips())
    assert len(flips) > 20
    for answers, day, flip, leader in flips[:: len(flips) // 20]:
        after = recommend(answers=answers, as_of=day, rules=without_finding(flip["finding"]))
        assert leads(after) == flip["alternative"] != leader


def test_a_pack_that_removes_the_finding_flips(pack):
    answers, day, flip, leader = next(finding_flips())
    own = load_rules(pack(remove=[flip["finding"]]))
    assert leads(recommend(answers=answers, as_of=day, rules=own)) == flip["alternative"] != leader


def test_the_effect_of_a_finding_is_what_leaving_it_out_does():
    reading = reading_of(RULES, DAY, article=False)
    for f, moves in reading.effects()[::9]:
        ident = CORE["findings"][f][0]
        other = Reading(without_finding(ident), DAY, article=False)
        expected = dict(moves)
        for j, (now, then) in enumerate(zip(reading.values, other.values)):
            change = expected.get(j, (0.0, 0.0))
            assert then == pytest.approx([u + c for u, c in zip(now, change)], abs=1e-12)


def test_a_single_weight_at_its_flip_is_a_tie():
    for chosen, facts in SITUATIONS[:40]:
        evaluation = evaluated(chosen, facts)
        names = [c["id"] for c in CORE["criteria"]] + [q["key"] for q in CORE["questions"]]
        result = recommend(answers=asked(chosen), facts=facts, as_of=text(DAY))
        evaluation = evaluated({a.question: a.options for a in result.answers}, facts)
        for flip in result.flips.weights:
            if flip["kind"] == "single":
                j = names.index(flip["criterion"])
                weights = evaluation.weights
                assert flip["from"] == pytest.approx(weights[j], abs=1e-15)
                scale = (1.0 - flip["to"]) / (1.0 - weights[j])
                moved = [flip["to"] if i == j else w * scale for i, w in enumerate(weights)]
                assert sum(moved) == pytest.approx(1.0, abs=1e-9)
                margin = sum(w * d for w, d in zip(moved, evaluation.differences()))
                assert margin == pytest.approx(0.0, abs=1e-9)


# Symmetries


def reverse(table):
    return dict(reversed(table.items()))


def test_swapping_the_alternatives_turns_every_sign():
    other = changed(alternatives=reverse)
    assert other.alternatives == RULES.alternatives[::-1]
    for chosen, facts in SITUATIONS:
        for day in (DAY, EARLIER):
            here, there = (evaluated(chosen, facts, day=day, rules=r) for r in (RULES, other))
            assert there.margin == pytest.approx(-here.margin, abs=1e-12)
            assert there.weights == pytest.approx(here.weights, abs=1e-12)
            assert acceptabilities(there) == pytest.approx(acceptabilities(here)[::-1], abs=1e-9)
            assert list(there.feasible) == list(here.feasible)[::-1]
            low, high = whatif.margin_interval(here)
            assert whatif.margin_interval(there) == pytest.approx((-high, -low), abs=1e-12)


def test_swapping_the_alternatives_in_a_pack_changes_no_recommendation(pack):
    reordered = """\
alternatives:
- {id: tensorflow, name: TensorFlow, home: https://www.tensorflow.org}
- {id: pytorch, name: PyTorch, home: https://pytorch.org}
"""
    other = load_rules(pack({"alternatives.yaml": reordered}))
    assert other.alternatives == ("tensorflow", "pytorch")
    for as_of in (text(DAY), "article", "2020-06-01"):
        for profile in RULES.profiles:
            here, there = (recommend(profile=profile, as_of=as_of, rules=r) for r in (RULES, other))
            assert there.verdict.margin == pytest.approx(-here.verdict.margin, abs=1e-12)
            scores = {a.id: (a.score, a.acceptability) for a in here.alternatives}
            for a in there.alternatives:
                assert (a.score, a.acceptability) == pytest.approx(scores[a.id], abs=1e-9)
            if abs(here.verdict.margin) > 1e-12:
                assert there.verdict.outcome == here.verdict.outcome
                assert there.verdict.alternative == here.verdict.alternative
            assert [c.leans_to for c in there.categories] == [c.leans_to for c in here.categories]
            shares = {c.id: c.contribution for c in here.criteria}
            for c in there.criteria:
                assert c.contribution == pytest.approx(-shares[c.id], abs=1e-12)


def test_the_order_of_files_and_findings_does_not_matter():
    draw = random.Random(3)

    def shuffled(table):
        return dict(draw.sample(list(table.items()), len(table)))

    other = changed(
        **dict.fromkeys(("findings", "claims", "criteria", "questions", "constraints", "pathways"), shuffled)
    )
    assert other.core["findings"] != CORE["findings"]
    for chosen, facts in SITUATIONS[::5]:
        here, there = (
            recommend(answers=asked(chosen), facts=facts, as_of=text(DAY), rules=r) for r in (RULES, other)
        )
        assert there.verdict.margin == pytest.approx(here.verdict.margin, abs=1e-12)
        assert there.verdict.outcome == here.verdict.outcome
        assert [a.id for a in there.alternatives] == [a.id for a in here.alternatives]
        for kind in ("findings", "answers"):
            one, two = (
                sorted((f.get("finding") or (f["question"], f["to"])) for f in getattr(r.flips, kind))
                for r in (here, there)
            )
            assert one == two or len(one) == 10


def test_the_order_in_which_answers_are_given_does_not_matter():
    draw = random.Random(4)
    for chosen, facts in SITUATIONS[::5]:
        items = list(asked(chosen).items())
        draw.shuffle(items)
        here = recommend(answers=asked(chosen), facts=facts, as_of=text(DAY))
        assert recommend(answers=dict(items), facts=facts, as_of=text(DAY)).to_dict() == here.to_dict()

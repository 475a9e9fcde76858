"""What the built-in rules must hold, and that they agree with the article and with an independent judgement of it."""

import re
from pathlib import Path

import pytest

from advisor import load_rules, recommend
from advisor.advise.reading import Reading
from advisor.days import parse

RULES = load_rules()
CORE, TEXTS = RULES.core, RULES.texts()
CLAIMS = {ident: entry["record"] for ident, entry in TEXTS["claims"].items()}
FINDINGS = {ident: entry["record"] for ident, entry in TEXTS["findings"].items()}
DAY = parse("2026-11-22")
SIDES = ("pytorch", "tensorflow")
WINNERS = {
    "ease_of_use": "pytorch",
    "execution": "tie",
    "capabilities": "tensorflow",
    "community": "tensorflow",
    "tooling": "tie",
    "performance": "tie",
    "adoption": {"research": "pytorch", "production": "tensorflow"},
}
PROFILES = [
    "apple-gpu",
    "beginner",
    "browser",
    "large-scale",
    "legacy-tensorflow",
    "llm",
    "microcontroller",
    "mobile",
    "production",
    "research",
    "tpu",
    "windows-gpu",
]
TOOLS = {
    "Catalyst",
    "PyTorch Ignite",
    "PyTorch Lightning",
    "TensorFlow Hub",
    "TensorFlow.js",
    "TensorFlow Lite",
    "TensorRT inside TensorFlow",
    "tf.function",
    "TensorFlow Serving",
    "TensorFlow Extended",
    "TorchScript",
    "TorchServe",
    "torchtext",
    "torchvision",
}


@pytest.fixture(scope="module")
def reading():
    return Reading(RULES, DAY, article=False)


@pytest.fixture(scope="module")
def article():
    return Reading(RULES, 0, article=True)


def counted():
    return {CORE["claims"][c][0] for criterion in CORE["criteria"] for c in criterion["counted"]}


# Completeness


def test_every_claim_of_the_article_stands_on_a_criterion():
    assert sorted(CLAIMS) == [f"C{i:03d}" for i in range(1, 115)]
    criteria = {c["id"] for c in CORE["criteria"]}
    assert {claim["holder"] for claim in CLAIMS.values()} <= criteria
    held = [CORE["claims"][c][0] for criterion in CORE["criteria"] for c in criterion["claims"]]
    assert sorted(held) == sorted(CLAIMS)


def test_the_first_findings_are_all_there():
    assert {f"E{i:03d}" for i in range(1, 160)} <= set(FINDINGS)


@pytest.mark.parametrize("ident", FINDINGS)
def test_a_finding_has_a_source_a_date_a_family_and_says_whether_it_was_verified(ident):
    finding = FINDINGS[ident]
    assert finding["source"].strip() and finding["shows"].strip()
    assert parse(finding["as_of"]) <= parse(CORE["pack"]["reviewed"])
    assert finding["date_basis"] in ("published", "observed", "inferred")
    assert finding["holder"]
    assert finding["verified"] in ("opened", "retold", "none")
    assert set(finding["claims"]) <= set(CLAIMS)


def test_every_claim_has_a_finding():
    assert {claim for finding in FINDINGS.values() for claim in finding["claims"]} == set(CLAIMS)


def test_questions_and_options():
    questions = TEXTS["questions"].values()
    assert sorted(q["record"]["id"] for q in questions) == [f"Q{i:02d}" for i in range(1, 24)]
    assert sum(len(q["record"]["options"]) for q in questions) == 127
    for question in questions:
        for option in question["record"]["options"]:
            for lean in option["leans"]:
                assert lean["why"] and lean["source"] and lean["confidence"]


def test_constraints_each_have_a_remedy():
    records = [entry["record"] for entry in TEXTS["constraints"].values()]
    assert sorted(c["id"] for c in records) == [f"V{i:02d}" for i in range(1, 25)]
    for constraint in records:
        assert constraint["remedy"].strip() and constraint["source"].strip() and constraint["since"]


def test_profiles():
    assert sorted(RULES.profiles) == PROFILES


def test_tools_each_have_a_state_and_a_source():
    tools = [entry["record"] for entry in TEXTS["tools"].values()]
    assert {tool["name"] for tool in tools} == TOOLS
    assert all(tool["state"] and tool["source"] and tool["summary"] for tool in tools)


def test_categories():
    assert [c["id"] for c in CORE["categories"]] == [*WINNERS, "situation"]
    assert {c["id"]: c["article_winner"] for c in CORE["categories"] if c["article_winner"]} == WINNERS


# The article read alone


@pytest.mark.parametrize("profile", [None, *PROFILES])
def test_the_article_alone_gives_its_own_winner_of_every_category(profile):
    found = {c.id: c.leans_to for c in recommend(profile=profile, as_of="article").categories}
    expected = {k: v for k, v in WINNERS.items() if isinstance(v, str)}
    assert {k: found[k] for k in expected} == expected
    assert found["adoption"] == "tie"


@pytest.mark.parametrize(("profile", "alternative"), [("research", "pytorch"), ("production", "tensorflow")])
def test_the_article_alone_gives_its_own_verdict(profile, alternative):
    assert recommend(profile=profile, as_of="article").verdict.alternative == alternative
    assert dict(WINNERS["adoption"])[profile] == alternative


def test_the_article_counts_only_itself(article):
    assert article.effects() == []
    assert all(values == (0.5, 0.5) for table in article.options.values() for values in table.values())
    for c, claim in enumerate(CORE["claims"]):
        steps = {"weak": 1, "moderate": 2, "strong": 3}.get(CLAIMS[claim[0]]["strength"], 0)
        sided = CLAIMS[claim[0]]["favours"] in SIDES
        assert article.leans[c] == (0.25 * steps if sided else 0.0)


# Agreement with a judgement made without the engine


def three_way(favours):
    return favours if favours in SIDES else "even"


def judged(reading):
    """claim -> (what the engine says, what the independent judgement says), for claims with a clear side."""
    band = RULES.core["parameters"]["even_band"]
    found = {}
    for c, claim in enumerate(CORE["claims"]):
        record = CLAIMS[claim[0]]
        if record["favours"] in SIDES and record["strength"] != "fact":
            own, other = record["favours"], SIDES[1 - SIDES.index(record["favours"])]
            lean = reading.leans[c]
            said = own if lean > band else other if lean < -band else "even"
            found[claim[0]] = said, three_way(record["today"]["favours"])
    return found


def test_every_claim_was_judged_independently():
    assert all("today" in claim for claim in CLAIMS.values())


def test_no_claim_lands_on_the_side_opposite_to_the_judgement(reading):
    opposed = {c: pair for c, pair in judged(reading).items() if set(pair) == set(SIDES)}
    assert opposed == {}


def test_four_of_five_claims_agree_three_ways_with_the_judgement(reading):
    found = judged(reading)
    assert len(found) > 80
    agreeing = sum(engine == judgement for engine, judgement in found.values())
    assert agreeing >= 0.8 * len(found)


def test_the_judgement_is_no_input():
    assert "today" not in str([CORE["claims"], CORE["criteria"], CORE["findings"]])


# What counts


def test_what_says_again_what_other_claims_say_is_never_counted():
    for ident in counted():
        claim = CLAIMS[ident]
        assert "restates" not in claim
        assert claim.get("section") is None
        assert claim["kind"] not in ("category_winner", "verdict")
        assert claim["strength"] != "fact"
        assert claim["favours"] in (*SIDES, "both")


def test_restated_claims_point_at_claims_that_stand_for_themselves():
    restated = {ident: c["restates"] for ident, c in CLAIMS.items() if "restates" in c}
    assert restated
    assert all(original in CLAIMS and original not in restated for original in restated.values())


@pytest.mark.parametrize("kind", ["introduction", "verdict", "category_winner", "restates"])
def test_each_kind_of_repetition_is_there_and_weighs_nothing(kind):
    those = {
        ident
        for ident, claim in CLAIMS.items()
        if kind in (claim.get("section"), claim["kind"]) or (kind == "restates" and "restates" in claim)
    }
    assert those and not those & counted()


def test_unverified_findings_weigh_nothing(reading):
    strength = {finding[0]: finding[2] for finding in CORE["findings"]}
    moving = {CORE["findings"][f][0] for f, _ in reading.effects()}
    unverified = {ident for ident, finding in FINDINGS.items() if finding["verified"] == "none"}
    assert unverified
    for ident in unverified:
        assert strength[ident] == 0.0 and ident not in moving
    warned = {w.ref for w in recommend(as_of="2026-11-22").warnings if w.code == "unverified-finding"}
    assert unverified <= warned


def test_what_was_retold_never_weighs_more_than_what_was_opened():
    strength = {finding[0]: finding[2] for finding in CORE["findings"]}
    assert all(0.0 <= s <= 1.0 for s in strength.values())
    assert any(s == 1.0 for s in strength.values())


# Few numbers


def numbers(value):
    if isinstance(value, dict):
        return [n for item in value.values() for n in numbers(item)]
    return [value] if isinstance(value, (int, float)) else []


def test_the_structural_parameters_are_at_most_twelve():
    assert 8 <= len(numbers(CORE["parameters"])) <= 12


def test_no_claim_or_finding_has_a_number_of_its_own():
    for record in (*CLAIMS.values(), *FINDINGS.values()):
        assert numbers({k: v for k, v in record.items() if k != "today"}) == []
    for folder in ("criteria", "findings"):
        for file in (Path(RULES.folder) / folder).rglob("*.yaml"):
            keys = re.findall(
                r"^(\s*(?:- )?)(\w+): *-?[\d.]+ *(?:#.*)?$", file.read_text(encoding="utf-8"), re.M
            )
            assert {key for _, key in keys} <= {"weight", "as_of", "verified_on"}, file


def test_criteria_weigh_the_same_inside_their_category_unless_a_reason_is_given():
    for entry in TEXTS["criteria"].values():
        record = entry["record"]
        assert record["weight"] == 1 or record["weight_why"]

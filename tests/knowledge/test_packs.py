"""Packs of one's own: extending the built-in one, installed ones, and packs of three alternatives."""

import json
from pathlib import Path

import jsonschema
import pytest

from advisor import load_rules, recommend
from advisor.errors import RulesError

THREE = Path(__file__).resolve().parents[1] / "data" / "three"
DAY = "2026-11-22"
HIRING = """\
id: Q18
key: hiring
order: 18
text: Whom do you hire?
why: Another question under the same key.
options:
- id: nobody
  text: nobody
  leans: [{favours: either, why: Nobody comes., source: own reasoning, confidence: high}]
- id: tensorflow_people
  text: people who know TensorFlow
  leans:
  - {favours: tensorflow, strength: strong, why: They say so., source: own reasoning, confidence: high}
"""
PROFILE = "id: tester\ntitle: Tester\ndescription: Tests.\nanswers: {hiring: tensorflow_people}\n"


@pytest.fixture
def mine(pack, rules):
    # Cases of the built-in pack that speak of what goes, go too.
    cases = [
        ident
        for ident, entry in rules.texts()["cases"].items()
        if "torchserve" in entry["record"]["expect"]["constraints"] or "hiring" in entry["record"]["answers"]
    ]
    files = {"questions/hiring.yaml": HIRING, "profiles/tester.yaml": PROFILE}
    return pack(files, remove=["V19", *cases])


@pytest.mark.parametrize("ident", ["V19", "V01", "E139", "research", "scale_out", "hiring"])
def test_one_thing_less_needs_no_other_change(pack, ident):
    """Cases test the pack they stand in; those of the pack extended do not bind the one that extends it."""
    own = load_rules(pack(remove=[ident]))
    assert recommend(answers={"target": "mobile"}, rules=own, as_of=DAY).verdict.outcome


def test_a_pack_replaces_removes_and_adds(mine, rules):
    own = load_rules(mine)
    assert (own.id, own.version) == ("mine", "1")
    assert own.alternatives == rules.alternatives
    assert set(own.profiles) == {*rules.profiles, "tester"}
    hiring = next(q for q in own.core["questions"] if q["key"] == "hiring")
    assert [option["id"] for option in hiring["options"]] == ["nobody", "tensorflow_people"]
    others = [q for q in own.core["questions"] if q["key"] != "hiring"]
    assert others == [q for q in rules.core["questions"] if q["key"] != "hiring"]
    assert [c["id"] for c in own.core["constraints"]] == [
        c["id"] for c in rules.core["constraints"] if c["id"] != "V19"
    ]
    assert own.core["claims"] == rules.core["claims"] and own.core["findings"] == rules.core["findings"]


def test_what_is_replaced_decides(mine):
    own = load_rules(mine)
    result = recommend(profile="tester", rules=own, as_of=DAY)
    assert [(a.question, a.options) for a in result.answers] == [("hiring", ("tensorflow_people",))]
    assert result.criterion("hiring").contribution < 0
    nobody = recommend(answers={"hiring": "nobody"}, rules=own, as_of=DAY)
    assert nobody.criterion("hiring").contribution == 0
    assert "V19" not in {c.id for c in result.constraints}
    served = recommend(answers={"serving": "torchserve_or_torchscript"}, rules=own, as_of=DAY)
    assert "V19" not in {w.ref for w in served.warnings}
    builtin = recommend(answers={"serving": "torchserve_or_torchscript"}, as_of=DAY)
    assert "V19" in {w.ref for w in builtin.warnings}


def test_a_pack_that_changes_nothing_decides_the_same(pack, rules):
    own = load_rules(pack())
    for profile in rules.profiles:
        mine, theirs = (recommend(profile=profile, rules=r, as_of=DAY).to_dict() for r in (own, rules))
        assert mine.pop("rules") != theirs.pop("rules")
        assert mine == theirs


def test_one_parameter_alone(pack):
    own = load_rules(pack({"parameters.yaml": "acceptability_threshold: 0.9999999999\n"}))
    assert recommend(profile="research", rules=own, as_of=DAY).verdict.outcome == "either"
    assert recommend(profile="research", as_of=DAY).verdict.outcome == "recommend"


def test_packs_extend_packs_by_relative_paths(mine, pack):
    top = pack(name="top", extends="../mine", remove=["tester"])
    own = load_rules(top)
    assert own.id == "top" and "tester" not in own.profiles
    assert len(next(q for q in own.core["questions"] if q["key"] == "hiring")["options"]) == 2


def test_packs_in_a_circle(pack):
    first = pack(name="first", extends="../second")
    pack(name="second", extends="../first")
    with pytest.raises(RulesError, match="circle"):
        load_rules(first)


def test_a_pack_that_extends_nothing_known(pack):
    with pytest.raises(RulesError) as caught:
        load_rules(pack(extends="builtln"))
    assert caught.value.nearest == "builtin"


def test_the_command_line_takes_a_pack(mine, cli):
    done = cli("recommend", "--rules", mine, "--profile", "tester", "--json", "--as-of", DAY, "--no-probe")
    assert json.dumps(done.data) == json.dumps(recommend(profile="tester", rules=mine, as_of=DAY).to_dict())


INSTALLED = '''\
"""A distribution that brings a pack."""
from pathlib import Path
FOLDER = Path(__file__).parent / "pack"
def folder():
    return str(FOLDER)
'''


@pytest.mark.parametrize("target", ["acme_rules:FOLDER", "acme_rules:folder", "acme_rules.pack"])
def test_an_installed_pack_goes_by_its_name(process, pack, tmp_path, target):
    site = tmp_path / "site"
    info = site / "acme_rules-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-rules\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        f"[advisor.rules]\nacme = {target}\n[advisor.other]\nother = no.such.module\n"
    )
    package = site / "acme_rules"
    package.mkdir()
    (package / "__init__.py").write_text(INSTALLED)
    folder = pack({"profiles/tester.yaml": PROFILE.replace("tensorflow_people", "embedded")}, name="acme")
    folder.rename(package / "pack")
    (package / "pack" / "__init__.py").touch()
    argv = ("-m", "advisor", "recommend", "--json", "--rules", "acme", "--profile", "tester")
    done = process(*argv, env={"PYTHONPATH": f"{Path(__file__).resolve().parents[2]}:{site}"})
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout)["rules"]["pack"] == "acme"
    slip = process(*argv[:-3], "acmee", env={"PYTHONPATH": f"{Path(__file__).resolve().parents[2]}:{site}"})
    assert slip.returncode == 2 and b"did you mean 'acme'?" in slip.stderr


# Three alternatives


@pytest.fixture(scope="module")
def three():
    return load_rules(THREE)


SITUATIONS = [
    {},
    {"profile": "analyst"},
    {"answers": {"workload": "app"}},
    {"answers": {"clients": "many"}},
    {"profile": "analyst", "as_of": "2018"},
]


@pytest.mark.parametrize("given", SITUATIONS)
def test_three_alternatives_add_up(three, given):
    result = recommend(rules=three, **{"as_of": DAY, **given})
    assert {a.id for a in result.alternatives} == {"sqlite", "postgresql", "duckdb"}
    assert sum(a.acceptability for a in result.alternatives) == pytest.approx(1, abs=1e-12)
    scores = {a.id: a.score for a in result.alternatives}
    for ident, score in scores.items():
        shares = [c.contribution[ident] for c in result.criteria]
        assert sum(shares) == pytest.approx(score, abs=1e-12)
    for c in result.criteria:
        assert c.contribution == {a: c.weight * u for a, u in c.values.items()}
    assert sum(c.weight for c in result.criteria) == pytest.approx(1, abs=1e-12)
    feasible = [a for a in result.alternatives if not a.excluded_by]
    assert [a.score for a in feasible] == sorted((a.score for a in feasible), reverse=True)
    first, *others = three.alternatives
    assert result.verdict.margin == pytest.approx(scores[first] - max(scores[a] for a in others), abs=1e-12)


@pytest.mark.parametrize("given", SITUATIONS)
def test_the_interval_of_three_alternatives_holds_the_margin(three, given):
    verdict = recommend(rules=three, **{"as_of": DAY, **given}).verdict
    low, high = verdict.margin_interval
    assert low - 1e-12 <= verdict.margin <= high + 1e-12


def test_acceptability_of_three_has_a_half_width_of_at_most_a_hundredth(three):
    from advisor.advise.evaluation import Evaluation
    from advisor.advise.reading import reading_of
    from advisor.advise.situation import Situation, index_of
    from advisor.days import parse
    from advisor.decision.acceptability import sampled

    result = recommend(profile="analyst", rules=three, as_of=DAY)
    chosen = {a.question: a.options for a in result.answers}
    reading = reading_of(three, parse(DAY), article=False)
    evaluation = Evaluation(reading, Situation(index_of(three), chosen, {}))
    rows = [(0.5,) * 3 if u is None else u for u in evaluation.values]
    table, half_width = sampled(rows, evaluation.weights, reading.parameters["weight_shape"], 40_000, seed=1)
    assert half_width < 0.01
    ids = three.alternatives
    for alternative in result.alternatives:
        # Both are samples: at most .01 for the one shown and as much for this one.
        assert alternative.acceptability == pytest.approx(table[ids.index(alternative.id)][0], abs=0.015)


def test_the_reported_half_width(three):
    """The JSON tells how exact a sampled acceptability is; an exact one needs none."""
    data = recommend(profile="analyst", rules=three, as_of=DAY).to_dict()
    widths = [
        v for row in (data["verdict"], *data["alternatives"]) for k, v in row.items() if "half_width" in k
    ]
    assert widths and all(0 <= width <= 0.01 for width in widths)


@pytest.mark.parametrize("given", SITUATIONS)
def test_three_alternatives_fit_the_schema(three, given):
    from advisor.knowledge.schema import named

    data = recommend(rules=three, **{"as_of": DAY, **given}).to_dict()
    jsonschema.Draft202012Validator(named("recommendation")).validate(json.loads(json.dumps(data)))


def test_two_of_three_excluded(three):
    result = recommend(answers={"clients": "many"}, rules=three, as_of=DAY)
    assert (result.verdict.outcome, result.verdict.alternative) == ("recommend", "postgresql")
    assert result.verdict.by == "constraint"
    assert [bool(a.excluded_by) for a in result.alternatives] == [False, True, True]


def test_the_same_bytes_in_another_process(three, process):
    argv = ("recommend", "--rules", THREE, "--profile", "analyst", "--as-of", DAY, "--no-probe", "--json")
    done = process("-m", "advisor", *argv, env={"PYTHONHASHSEED": "7"})
    here = recommend(profile="analyst", rules=three, as_of=DAY).to_dict()
    assert json.dumps(json.loads(done.stdout)) == json.dumps(here)


@pytest.mark.parametrize("verbose", [(), ("--verbose",)])
@pytest.mark.parametrize("argv", [(), ("--profile", "analyst"), ("--answer", "clients=many")])
def test_words_for_three_alternatives(cli, argv, verbose):
    done = cli("recommend", "--rules", THREE, "--as-of", DAY, "--no-probe", *argv, *verbose)
    assert (done.code, done.err) == (0, "")
    lines = done.out.splitlines()
    assert max(map(len, lines)) <= 79
    assert verbose or len(lines) <= 23
    for name in ("SQLite", "PostgreSQL", "DuckDB"):
        assert name in done.out


@pytest.mark.parametrize("form", ["text", "markdown"])
def test_the_winner_of_three_is_given_reasons(cli, form):
    done = cli(
        "recommend", "--rules", THREE, "--profile", "analyst", "--as-of", DAY, "--no-probe", "--format", form
    )
    assert "DuckDB, first in" in done.out.splitlines()[0]
    assert "For DuckDB" in done.out


def test_other_commands_take_three_alternatives(cli):
    for argv in (
        ("timeline", "--profile", "analyst", "--from", "2018", "--to", "2020"),
        ("compare", "--profile", "analyst", "--as-of", "2018", "--as-of", DAY),
        ("rules", "test"),
        ("rules", "check"),
        ("rules", "list"),
        ("explain", "C001"),
        ("explain", "workload"),
    ):
        done = cli(*argv, "--rules", THREE)
        assert (done.code, done.err) == (0, ""), argv

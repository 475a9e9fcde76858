"""The published schemas accept every file that the loader accepts, and describe every answer that comes out."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from advisor import explanation, recommendation, trees
from advisor.advise.situation import checked
from advisor.answers import Answers
from advisor.api import load_rules, recommend
from advisor.errors import AnswersError, UsageError
from advisor.facts import Fact
from advisor.knowledge import cache, models, reading, schema, source
from advisor.knowledge.schema_recommendation import DIALECT, recommendation_schema
from advisor.record import Record

THREE = Path(__file__).resolve().parent.parent / "data" / "three"
SCHEMAS = schema.rule_schemas()
FILES = [
    (folder, name)
    for folder in (Path(trees.RULES), THREE)
    for name, *_ in cache.stamps(str(folder))
    if source.kind_of(name) is not None
]


def validator(document: dict) -> jsonschema.Draft202012Validator:
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


VALIDATORS = {kind: validator(document) for kind, document in SCHEMAS.items()}


def accepted(kind: str, data: object) -> bool:
    return VALIDATORS[kind].is_valid(data)


def loads(kind: str, data: object, *, partial: bool = False) -> bool:
    model = models.PartialParameters if partial else models.KINDS[kind]
    try:
        model.model_validate(data)
    except ValueError:
        return False
    return True


def test_every_kind_has_a_schema_that_says_what_it_is():
    assert list(SCHEMAS) == list(models.KINDS)
    for kind, document in SCHEMAS.items():
        assert document["$schema"] == DIALECT
        assert document["$id"].endswith(":" + kind)
        assert kind in document["title"]


@pytest.mark.parametrize("kind", list(models.KINDS))
def test_every_rule_file_is_valid(kind):
    files = [(folder, name) for folder, name in FILES if source.kind_of(name) == kind]
    assert files
    for folder, name in files:
        data, _ = reading.parse(reading.read_text(str(folder / name)), name)
        found = [f"{name}: {e.json_path}: {e.message[:200]}" for e in VALIDATORS[kind].iter_errors(data)]
        assert not found


def test_every_rule_file_names_its_schema():
    for folder, name in FILES:
        first = (folder / name).read_text("utf-8").splitlines()[0]
        target = first.partition("$schema=")[2]
        assert target.endswith(f"schema/{source.kind_of(name)}.json"), name
        if folder == THREE or "schema" in target:
            assert ((folder / name).parent / target).resolve().is_file(), name


CONSTRAINT = {
    "id": "V1",
    "key": "k",
    "title": "T",
    "when": {"fact": {"os": "linux"}},
    "excludes": [{"alternative": "a", "scope": "tool", "what": "w"}],
    "since": 2020,
    "date_basis": "inferred",
    "source": "s",
    "confidence": "low",
}


@pytest.mark.parametrize(
    ("when", "good"),
    [
        ({"fact": {"os": "linux", "gpu": True, "cores": [1, 2]}}, True),
        ({"fact": {"python": {"min": 3, "max": "3.14"}}}, True),
        ({"fact": {"python": {"min": "3.x"}}}, False),
        ({"fact": {"python": {"least": 3}}}, False),
        ({"fact": {"os": 1.5}}, False),
        ({"fact": {}}, False),
        ({"answer": {"target": "mobile"}}, True),
        ({"answer": {"target": ["mobile", "browser"]}}, True),
        ({"answer": {"a b": ["mobile"]}}, False),
        ({"answer": {"target": 1}}, False),
        ({"leader": "pytorch"}, True),
        ({"leader": ["pytorch"]}, True),
        ({"all": []}, False),
        ({"all": [{"not": {"any": [{"leader": "x"}]}}]}, True),
        ({"all": [{"nor": {"leader": "x"}}]}, False),
        ({"leader": "x", "answer": {"a": "b"}}, False),
        ({}, False),
        ([], False),
        (None, False),
    ],
)
def test_conditions(when, good):
    data = {**CONSTRAINT, "when": when}
    assert accepted("constraint", data) is good
    assert loads("constraint", data) is good


@pytest.mark.parametrize(
    ("key", "value", "good"),
    [
        ("since", 2020, True),
        ("since", "2020-02", True),
        ("since", "2020-2", False),
        ("since", None, False),
        ("since", True, False),
        ("since", 2020.5, False),
        ("until", None, True),
        ("until", 2021, True),
        ("confidence", "certain", False),
        ("title", "", False),
        ("title", "x" * 161, False),
        ("key", "Key", False),
        ("extra", 1, False),
    ],
)
def test_values(key, value, good):
    data = {**CONSTRAINT, key: value}
    assert accepted("constraint", data) is good
    assert loads("constraint", data) is good


@pytest.mark.parametrize("version", [1, "1.2", "2026.11.22", "x" * 41, "", None, 1.5])
def test_versions_of_packs(version):
    data = {"schema_version": 1, "id": "p", "version": version, "title": "T", "reviewed": 2026}
    assert accepted("pack", data) is loads("pack", data)


def test_parameters_of_a_pack_that_extends_another():
    data = {"even_band": 0.1, "half_life_years": {"speed": 1, "ecosystem": 2, "design": 3}}
    assert accepted("parameters", data) and loads("parameters", data, partial=True)
    assert not accepted("parameters", {"even_band": 0.9})
    assert not accepted("parameters", {"even_bnad": 0.1})


def test_one_outcome_or_several():
    case = {"id": "c", "title": "T", "why": "w", "as_of": 2020, "facts": {"os": "linux", "n": 1}}
    for outcome in ("either", ["either", "neither"]):
        assert accepted("case", {"cases": [{**case, "expect": {"outcome": outcome}}]})
    assert not accepted("case", {"cases": [{**case, "expect": {"outcome": "both"}}]})


def test_one_schema_for_all_kinds():
    document = schema.named("rules")
    whole = validator(document)
    assert set(models.KINDS) <= set(document["$defs"])
    for folder, name in FILES[:: max(1, len(FILES) // 40)]:
        data, _ = reading.parse(reading.read_text(str(folder / name)), name)
        assert whole.is_valid(data), name
    assert not whole.is_valid({"what": "is this"})


def test_names():
    assert schema.names()[:3] == ["recommendation", "answers", "rules"]
    for name in schema.names():
        assert validator(schema.named(name)).schema["$id"].endswith(":" + name)
    with pytest.raises(UsageError) as caught:
        schema.named("recomendation")
    assert caught.value.nearest == "recommendation"
    assert "rules" in (caught.value.expected or "")


def test_written_schemas_are_the_published_ones():
    assert schema.drift() == []


def test_write_and_drift(tmp_path):
    folder = str(tmp_path)
    written = schema.write(folder)
    assert sorted(Path(path).name for path in written) == sorted(
        f"{name}.json" for name in schema.names() if name != "rules"
    )
    assert schema.drift(folder) == []
    text = (tmp_path / "schema" / "pack.json").read_text("utf-8")
    assert text.endswith("}\n")
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    (tmp_path / "schema" / "pack.json").write_text("{}\n", "utf-8")
    (tmp_path / "schema" / "tool.json").unlink()
    (tmp_path / "schema" / "old.json").write_text("{}\n", "utf-8")
    assert schema.drift(folder) == ["old.json", "pack.json", "tool.json"]
    schema.write(folder)
    assert schema.drift(folder) == ["old.json"]
    assert len(schema.drift(str(tmp_path / "nowhere"))) == len(written)


def test_answers_of_any_pack():
    answers = validator(schema.answers_schema())
    assert answers.is_valid({"target": "mobile", "tools": ["a", "b"], "none": []})
    for wrong in ({"target": 1}, {"target": ["a", 1]}, {"a b": "c"}, ["target"], {"target": {"a": 1}}):
        assert not answers.is_valid(wrong)


def test_answers_of_one_pack():
    core = load_rules(THREE).core
    answers = validator(schema.answers_schema(core))
    good = ({}, {"workload": "app"}, {"workload": ["app"]}, {"tools": ["pandas", "web"]}, {"tools": ["none"]})
    bad = ({"workload": ["app", "analysis"]}, {"tools": ["none", "web"]}, {"tols": "web"}, {"tools": "wbe"})
    rules = load_rules(THREE)
    for given in good:
        assert answers.is_valid(given)
        assert checked(rules, Answers(given)) is not None
    for given in bad:
        assert not answers.is_valid(given)
        with pytest.raises(AnswersError):
            checked(rules, Answers(given))


def keys_of(document: dict) -> list[list[str]]:
    """The keys of every object in a schema."""
    found = []
    if isinstance(document.get("properties"), dict):
        found.append(list(document["properties"]))
    for part in document.values():
        for each in part if isinstance(part, list) else [part]:
            if isinstance(each, dict):
                found += keys_of(each)
    return found


def test_the_recommendation_schema_has_every_field_of_every_record():
    records = [
        value
        for value in (*vars(recommendation).values(), Fact)
        if isinstance(value, type) and issubclass(value, Record) and value is not Record
    ]
    described = keys_of(recommendation_schema())
    assert len(records) >= 15
    for record in records:
        assert [record.__json__.get(name, name) for name in record._fields] in described, record
    assert not any(value in records for value in vars(explanation).values())


@pytest.mark.parametrize(
    "arguments",
    [
        {"as_of": "2026-11-22"},
        {"as_of": "article", "profile": "production"},
        {"as_of": "2020", "profile": "mobile"},
        {"as_of": "2026-11-22", "profile": "windows-gpu", "facts": {"os": "windows", "python": "3.14.1"}},
        {"as_of": "2026-11-22", "answers": {"task": "tabular"}},
        {"as_of": "2026-06-01", "rules": str(THREE), "profile": "analyst"},
        {"as_of": "2026-06-01", "rules": str(THREE), "answers": {"workload": "app", "clients": "many"}},
    ],
)
def test_recommendations_fit_their_schema(arguments):
    answer = json.loads(json.dumps(recommend(**arguments).to_dict()))
    found = validator(recommendation_schema()).iter_errors(answer)
    assert [f"{e.json_path}: {e.message[:200]}" for e in found] == []


def test_added_keys_are_allowed_and_missing_ones_are_not():
    answer = json.loads(json.dumps(recommend(as_of="2026-06-01", rules=str(THREE)).to_dict()))
    whole = validator(recommendation_schema())
    answer["added"] = answer["verdict"]["added"] = 1
    assert whole.is_valid(answer)
    del answer["verdict"]["by"]
    assert not whole.is_valid(answer)

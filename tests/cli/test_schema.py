"""`advisor schema`."""

import json
import os

import jsonschema
import pytest

from advisor.knowledge.schema import names


@pytest.mark.parametrize("name", names())
def test_every_schema_is_one(cli, name):
    done = cli("schema", name)
    assert (done.code, done.err) == (0, "")
    assert done.data["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema.Draft202012Validator.check_schema(done.data)


def test_names_are_listed(cli):
    done = cli("schema")
    assert done == (0, "".join(f"{name}\n" for name in names()), "")
    assert {"recommendation", "answers", "rules"} <= set(names())


def test_the_published_schemas_are_those_of_this_version(cli, request):
    folder = request.config.rootpath / "rules"
    assert cli("schema", "--drift", folder) == (0, "", "")
    for name in names():
        file = folder / "schema" / f"{name}.json"
        if file.exists():
            assert json.loads(file.read_text(encoding="utf-8")) == cli("schema", name).data


def test_drift_and_update(cli, tmp_path):
    assert cli("schema", "--update", tmp_path) == (0, "", "")
    assert cli("schema", "--drift", tmp_path) == (0, "", "")
    changed = tmp_path / "schema" / "profile.json"
    changed.write_text(changed.read_text(encoding="utf-8").replace("profile", "perfil"), encoding="utf-8")
    done = cli("schema", "--drift", tmp_path)
    assert done.code == 1 and "profile" in done.out
    os.unlink(changed)
    assert cli("schema", "--drift", tmp_path).code == 1


def test_answers_files_fit_the_answers_schema(cli):
    validator = jsonschema.Draft202012Validator(cli("schema", "answers").data)
    validator.validate({"target": "mobile", "experience": ["researcher"]})
    assert not validator.is_valid({"target": 1.5})


def test_output(cli, tmp_path):
    file = tmp_path / "schema.json"
    assert cli("schema", "answers", "--output", file) == (0, "", "")
    assert file.read_text(encoding="utf-8") == cli("schema", "answers").out


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["recomendation"], ("did you mean 'recommendation'?",)),
        (["answers", "rules"], ("'rules'",)),
        (["--drift"], ("expected one argument",)),
        (["--updat", "x"], ("did you mean '--update'?",)),
    ],
)
def test_slips_are_one_line_on_stderr(cli, argv, words):
    assert cli("schema", *argv).is_usage_error(*words)

"""Importing the package and a whole recommendation from cached rules load nothing that is not needed."""

import json
from pathlib import Path

import pytest

import advisor
from advisor.api import Rules

HEAVY = {
    "numpy",
    "pydantic",
    "pydantic_core",
    "yaml",
    "rich",
    "textual",
    "torch",
    "tensorflow",
    "dataclasses",
    "importlib.metadata",
}
NEWLY = "import json; print(json.dumps(sorted(set(sys.modules) - before)))"


def loaded(process, code, **options):
    done = process("-c", f"import sys; before = set(sys.modules); {code}; {NEWLY}", **options)
    assert (done.returncode, done.stderr) == (0, b"")
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_import_is_cheap(process):
    found = loaded(process, "import advisor; found = set(sys.modules) - before; before -= {'json'}")
    assert "advisor" in found
    assert not found & HEAVY


def test_import_reads_no_json_and_parses_no_arguments(process):
    code = "import sys; before = set(sys.modules); import advisor; print(*sorted(set(sys.modules) - before))"
    done = process("-c", code)
    assert done.returncode == 0
    found = set(done.stdout.decode().split())
    assert "advisor" in found
    assert not found & {"json", "argparse"}


@pytest.mark.parametrize("form", ["json", "text", "markdown"])
def test_a_recommendation_from_cached_rules_imports_nothing_heavy(process, rules, form):
    rules.texts()
    argv = ["recommend", "--profile", "research", "--format", form]
    # -S: without site-packages nothing of the kind could be imported.
    code = f"""if True:
        import sys
        before = set(sys.modules)
        from advisor.cli.main import run
        code = run({argv!r})
        print(code, *sorted(set(sys.modules) - before), file=sys.stderr)"""
    done = process("-S", "-c", code)
    assert done.returncode == 0, done.stderr
    assert b"Traceback" not in done.stderr
    code, *found = done.stderr.decode().split()
    assert code == "0"
    assert "advisor.api" in found
    assert not set(found) & HEAVY
    assert done.stdout


def test_public_names_resolve():
    for name in advisor.__all__:
        assert getattr(advisor, name) is getattr(advisor, name)
    assert dir(advisor) == sorted(advisor.__all__)
    assert advisor.Rules is Rules
    assert advisor.__version__.count(".") == 2


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="has no attribute 'recomend'"):
        _ = advisor.recomend


def test_types_are_published():
    assert (Path(advisor.__file__).parent / "py.typed").is_file()

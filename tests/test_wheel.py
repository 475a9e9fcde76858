"""The wheel: what it holds, and that it decides what the checkout decides without compiling anything."""

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
ARGV = ("recommend", "--profile", "research", "--as-of", "2026-11-22", "--no-probe", "--json")

pytest.importorskip("hatchling")
pytest.importorskip("build")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    done = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def unpacked(wheel, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def installed(unpacked, tmp_path):
    """Runs Python with nothing of ours on the path but the unpacked wheel."""

    def run(*argv, cache=tmp_path / "cache", **env):
        environment = {**os.environ, "PYTHONPATH": str(unpacked), "ADVISOR_CACHE_DIR": str(cache), **env}
        return subprocess.run(
            [sys.executable, "-W", "error", *map(str, argv)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            timeout=120,
        )

    return run


def test_the_wheel_holds_the_package_and_its_metadata_only(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.split("/")[0] for name in names}
    (info,) = (top for top in tops if top.endswith(".dist-info"))
    assert tops == {"advisor", info}
    assert not any("__pycache__" in name or name.endswith(".pyc") for name in names)
    assert "advisor/py.typed" in names
    assert f"{info}/licenses/LICENSE" in names
    assert wheel.name.endswith("-py3-none-any.whl")


def test_the_wheel_holds_every_rule_file_as_it_is(unpacked):
    mine = {p.relative_to(ROOT / "rules") for p in (ROOT / "rules").rglob("*") if p.is_file()}
    theirs = {
        p.relative_to(unpacked / "advisor/rules")
        for p in (unpacked / "advisor/rules").rglob("*")
        if p.is_file()
    }
    assert theirs == mine
    for path in mine:
        assert (unpacked / "advisor/rules" / path).read_bytes() == (ROOT / "rules" / path).read_bytes()


def test_the_compiled_rules_are_those_of_a_fresh_compile(unpacked):
    from advisor import __version__, trees
    from advisor.knowledge.build import compiled

    shipped = json.loads((unpacked / "advisor/compiled_rules.json").read_text(encoding="utf-8"))
    core, texts, _ = compiled(trees.RULES, keep=False)
    assert shipped["version"] == __version__
    assert shipped["core"] == json.loads(json.dumps(core))
    for section, table in texts.items():
        assert {k: v.get("record", v) for k, v in shipped["texts"][section].items()} == {
            k: v.get("record", v) for k, v in json.loads(json.dumps(table)).items()
        }
    assert str(ROOT) not in json.dumps(shipped)


def test_the_wheel_decides_as_the_checkout_does(installed, process):
    here = process("-m", "advisor", *ARGV)
    assert (here.returncode, here.stderr) == (0, b"")
    for _ in ("cold", "warm"):
        there = installed("-m", "advisor", *ARGV)
        assert (there.returncode, there.stderr) == (0, b"")
        assert there.stdout == here.stdout


def test_the_first_run_neither_compiles_nor_needs_a_cache(installed, tmp_path):
    code = f"""if True:
        import sys
        from advisor.cli.main import run
        code = run({ARGV!r})
        import advisor
        print(code, advisor.__file__, *sys.modules, file=sys.stderr)"""
    nowhere = tmp_path / "file"
    nowhere.touch()
    for cache in (tmp_path / "new", nowhere):
        done = installed("-c", code, cache=cache)
        assert done.returncode == 0, done.stderr
        code_, file, *modules = done.stderr.decode().split()
        assert code_ == "0" and Path(file).parents[1] != ROOT
        assert "advisor.knowledge.rules" in modules
        assert not {"yaml", "pydantic", "pydantic_core", "numpy", "advisor.knowledge.build"} & set(modules)


def test_the_wheel_explains_with_its_own_files(installed, unpacked):
    done = installed("-m", "advisor", "explain", "C105", "--json")
    assert (done.returncode, done.stderr) == (0, b"")
    file = Path(json.loads(done.stdout)["file"])
    assert file.is_file() and unpacked in file.parents


def test_an_edited_rule_in_an_installation_counts(installed, unpacked):
    file = unpacked / "advisor/rules/parameters.yaml"
    text = file.read_text(encoding="utf-8")
    before = installed("-m", "advisor", *ARGV)
    file.write_text(text.replace("lean_step: 0.25", "lean_step: 0.15"), encoding="utf-8")
    try:
        after = installed("-m", "advisor", *ARGV)
    finally:
        file.write_text(text, encoding="utf-8")
    assert (after.returncode, after.stderr) == (0, b"")
    assert json.loads(after.stdout)["verdict"]["margin"] != json.loads(before.stdout)["verdict"]["margin"]
    assert installed("-m", "advisor", *ARGV).stdout == before.stdout


def test_the_command_is_announced(unpacked):
    (info,) = unpacked.glob("*.dist-info")
    assert "advisor = advisor.__main__:main" in (info / "entry_points.txt").read_text()
    metadata = (info / "METADATA").read_text(encoding="utf-8")
    required = [
        line for line in metadata.splitlines() if line.startswith("Requires-Dist") and "extra" not in line
    ]
    assert {line.split()[1].split(">")[0].lower() for line in required} == {"pydantic", "pyyaml"}

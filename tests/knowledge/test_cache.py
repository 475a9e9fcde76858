"""The cache of compiled rules can cost time, never change an answer."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

from advisor import load_rules, recommend, trees
from advisor.knowledge import cache

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-11-22"


@pytest.fixture
def empty(tmp_path, monkeypatch):
    """An empty cache folder of this test's own."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("ADVISOR_CACHE_DIR", str(folder))
    return folder


@pytest.fixture
def small(tmp_path):
    """A copy of the small pack, which compiles in no time."""
    folder = tmp_path / "small"
    shutil.copytree(ROOT / "tests" / "data" / "three", folder)
    return folder


def answer(pack):
    rules = load_rules(pack)
    texts = json.dumps(rules.texts(), sort_keys=True)
    return json.dumps(recommend(rules=rules, as_of=DAY).to_dict()), texts, rules.digest


def fresh(pack, tmp_path, monkeypatch):
    """The answer of a compile with nothing remembered, in a cache folder that is thrown away."""
    with monkeypatch.context() as patch:
        folder = tmp_path / "thrown-away"
        patch.setenv("ADVISOR_CACHE_DIR", str(folder))
        found = answer(pack)
        shutil.rmtree(folder)
    return found


def stored(folder):
    return sorted(file for file in folder.iterdir() if file.is_file())


@pytest.fixture
def same_as_fresh(tmp_path, monkeypatch):
    def check(pack):
        found = answer(pack)
        assert found == fresh(pack, tmp_path, monkeypatch)
        return found

    return check


def test_a_missing_cache_is_filled(empty, small, same_as_fresh):
    first = same_as_fresh(small)
    assert {file.name.rsplit("-", 1)[1] for file in stored(empty)} == {
        "core.json",
        "texts.json",
        "files.json",
    }
    assert same_as_fresh(small) == first
    assert all(file.name.startswith("rules-") for file in stored(empty))


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_the_cache_belongs_to_its_user_alone(empty, small):
    load_rules(small)
    assert empty.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in stored(empty))


def test_a_warm_cache_is_read_without_compiling(empty, small, monkeypatch):
    before = answer(small)

    def refuse(*_):
        raise AssertionError("compiled again")

    monkeypatch.setattr("advisor.knowledge.build.compiled", refuse)
    assert answer(small) == before


def truncated(raw):
    return raw[: len(raw) // 2]


def flipped(raw):
    middle = len(raw) // 2
    return raw[:middle] + bytes([raw[middle] ^ 1]) + raw[middle + 1 :]


def flipped_digit(raw):
    """Valid JSON with another number in it."""
    head, body = raw.split(b"\n", 1)
    digit = next(i for i in range(len(body) // 2, len(body)) if body[i : i + 1] in b"12345678")
    return head + b"\n" + body[:digit] + bytes([body[digit] + 1]) + body[digit + 1 :]


def of_another_version(raw):
    head, body = raw.split(b"\n", 1)
    parts = head.split(b" ")
    parts[2] = b"0.0.1"
    return b" ".join(parts) + b"\n" + body


def of_another_format(raw):
    head, body = raw.split(b"\n", 1)
    parts = head.split(b" ")
    parts[1] = b"999"
    return b" ".join(parts) + b"\n" + body


DAMAGES = [
    truncated,
    flipped,
    flipped_digit,
    of_another_version,
    of_another_format,
    lambda raw: b"",
    lambda raw: raw[:10],
    lambda raw: b"\x80\x04N.",
    lambda raw: raw.split(b"\n", 1)[1],
    lambda raw: raw + b"x",
]


def disturbed(small, part, before, change):
    """Whether the answer stays the same when `change` has been made to one stored file."""
    file = Path(cache.path(str(small), part))
    change(file)
    if part == "files":
        # With the finished parts gone, what is remembered of the files is used too.
        for other in ("core", "texts"):
            os.unlink(cache.path(str(small), other))
    assert answer(small) == before


@pytest.mark.parametrize("part", ["core", "texts", "files"])
def test_a_damaged_file_is_as_good_as_absent(empty, small, part):
    before = answer(small)
    sound = Path(cache.path(str(small), part)).read_bytes()
    for damage in DAMAGES:
        disturbed(small, part, before, lambda file, damage=damage: file.write_bytes(damage(sound)))


@pytest.mark.parametrize("part", ["core", "texts"])
def test_a_damaged_file_is_mended(empty, small, part):
    """Otherwise every later run would compile again."""
    before = answer(small)
    file = Path(cache.path(str(small), part))
    file.write_bytes(truncated(file.read_bytes()))
    assert answer(small) == before
    from advisor.knowledge.rules import FORMAT

    assert cache.read(str(file), FORMAT) is not None


CONTENTS = [
    None,
    [],
    {"chain": [[]], "core": {}},
    {"chain": None, "core": None},
    {"chain": [["/no/such/folder", []]], "core": {}},
    {"chain": [[7, []]], "core": {}},
    {"digest": "x", "texts": {}},
    {"folder": "/elsewhere", "files": {}},
    {"files": []},
]


@pytest.mark.parametrize("part", ["core", "texts", "files"])
def test_a_sound_file_with_other_content_is_as_good_as_absent(empty, small, part):
    from advisor.knowledge.rules import FORMAT

    before = answer(small)
    for content in CONTENTS:
        disturbed(small, part, before, lambda file, data=content: cache.write(str(file), FORMAT, data))


def test_the_cache_of_another_pack_is_not_taken(empty, small, tmp_path, same_as_fresh):
    other = tmp_path / "other"
    shutil.copytree(small, other)
    (other / "pack.yaml").write_text(
        (small / "pack.yaml").read_text().replace("id: three", "id: other"), encoding="utf-8"
    )
    before = same_as_fresh(small)
    for part in ("core", "texts", "files"):
        same_as_fresh(other)
        shutil.copy(cache.path(str(small), part), cache.path(str(other), part))
        assert json.loads(same_as_fresh(other)[0])["rules"]["pack"] == "other"
    assert same_as_fresh(small) == before


def test_a_file_where_the_cache_folder_should_be(empty, small, same_as_fresh):
    empty.write_text("no folder")
    same_as_fresh(small)
    assert empty.read_text() == "no folder"


def test_a_folder_where_a_cache_file_should_be(empty, small, same_as_fresh):
    for part in ("core", "texts", "files"):
        Path(cache.path(str(small), part)).mkdir(parents=True)
    same_as_fresh(small)
    same_as_fresh(small)
    assert not [file for file in empty.iterdir() if file.is_file()]


@pytest.mark.skipif(os.name != "posix", reason="needs POSIX permissions")
def test_a_cache_folder_that_cannot_be_written(empty, small, same_as_fresh, monkeypatch):
    real = os.open

    def refuse(path, flags, *more, **options):
        if flags & os.O_CREAT and str(path).startswith(str(empty)):
            raise PermissionError(13, "Permission denied", path)
        return real(path, flags, *more, **options)

    monkeypatch.setattr(os, "open", refuse)
    same_as_fresh(small)
    same_as_fresh(small)
    assert list(empty.iterdir()) == []


def test_a_full_disk_leaves_nothing_behind(empty, small, same_as_fresh, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    same_as_fresh(small)
    assert list(empty.iterdir()) == []


def test_eight_processes_on_a_cold_cache_give_the_same(empty, tmp_path, monkeypatch):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    pack = ROOT / "tests" / "data" / "three"
    command = [sys.executable, "-W", "error", "-m", "advisor", "recommend", "--rules", str(pack)]
    command += ["--as-of", DAY, "--no-probe", "--json"]
    children = [
        subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(8)
    ]
    done = [child.communicate(timeout=120) for child in children]
    assert [child.returncode for child in children] == [0] * 8
    assert {err for _, err in done} == {b""}
    assert len({out for out, _ in done}) == 1
    assert json.dumps(json.loads(done[0][0])) == fresh(pack, tmp_path, monkeypatch)[0]
    assert len(stored(empty)) == 3


def replaced(file, old, new):
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize("restore", [False, True], ids=["", "mtime-restored"])
def test_an_edit_is_seen(empty, small, same_as_fresh, restore):
    before = same_as_fresh(small)
    file = small / "questions" / "workload.yaml"
    stat = file.stat()
    # The same size, so that only the times can tell.
    replaced(file, "strength: strong", "strength: stronk")
    replaced(file, "strength: stronk", "strength:   weak")
    if restore:
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
        assert file.stat().st_mtime_ns == stat.st_mtime_ns
    assert file.stat().st_size == stat.st_size
    after = same_as_fresh(small)
    assert after[0] != before[0] and after[2] != before[2]


def test_undoing_an_edit_gives_the_old_answer(empty, small, same_as_fresh):
    before = same_as_fresh(small)
    file = small / "questions" / "workload.yaml"
    replaced(file, "strength: strong", "strength: moderate")
    assert same_as_fresh(small)[0] != before[0]
    replaced(file, "strength: moderate", "strength: strong")
    assert same_as_fresh(small) == before


def test_added_and_deleted_files_are_seen(empty, small, same_as_fresh):
    before = same_as_fresh(small)
    added = small / "profiles" / "tester.yaml"
    added.write_text("id: tester\ntitle: T\ndescription: x\nanswers: {workload: app}\n", encoding="utf-8")
    assert "tester" in same_as_fresh(small)[1] and "tester" in load_rules(small).profiles
    added.unlink()
    assert same_as_fresh(small) == before
    (small / "findings" / "timings.yaml").unlink()
    assert same_as_fresh(small)[0] != before[0]


def test_a_renamed_file_is_seen(empty, small, same_as_fresh):
    before = same_as_fresh(small)
    file = small / "findings" / "timings.yaml"
    file.rename(file.with_suffix(".yml"))
    renamed = same_as_fresh(small)
    assert json.loads(renamed[0])["verdict"] == json.loads(before[0])["verdict"]
    assert "timings.yml" in renamed[1] and "timings.yml" not in before[1]


def test_a_file_that_becomes_wrong_is_an_error_and_right_again_an_answer(empty, small, same_as_fresh):
    from advisor.errors import RulesError

    before = same_as_fresh(small)
    file = small / "profiles" / "analyst.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text("id: [\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RulesError, match=r"analyst\.yaml"):
            load_rules(small)
    file.write_text(text, encoding="utf-8")
    assert same_as_fresh(small) == before


def test_a_renamed_pack_folder(empty, small, tmp_path, same_as_fresh):
    before = same_as_fresh(small)
    moved = tmp_path / "moved"
    small.rename(moved)
    after = same_as_fresh(moved)
    assert after[0] == before[0] and after[2] == before[2]
    assert str(moved) in after[1] and str(small) + os.sep not in after[1]
    # Another pack in the old place is not taken for the one that was there.
    shutil.copytree(moved, small)
    replaced(small / "pack.yaml", "version: 1.0.0", "version: 1.0.1")
    assert json.loads(same_as_fresh(small)[0])["rules"]["version"] == "1.0.1"


def test_a_relative_path_is_the_same_pack_from_everywhere(empty, small, monkeypatch):
    monkeypatch.chdir(small.parent)
    here = load_rules("small")
    assert here.digest == load_rules(small).digest
    other = small.parent / "deep"
    shutil.copytree(small, other / "small")
    replaced(other / "small" / "pack.yaml", "version: 1.0.0", "version: 2.0.0")
    monkeypatch.chdir(other)
    assert load_rules("small").version == "2.0.0"


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name != "posix", reason="needs links")
def test_a_pack_behind_a_link(empty, small, tmp_path, same_as_fresh):
    link = tmp_path / "link"
    link.symlink_to(small)
    before = same_as_fresh(link)
    replaced(small / "questions" / "workload.yaml", "strength: strong", "strength: weak")
    assert same_as_fresh(link)[0] != before[0]


def test_a_pack_sees_changes_in_what_it_extends(empty, small, tmp_path, pack, same_as_fresh):
    child = pack(extends=str(small), name="child")
    before = same_as_fresh(child)
    replaced(small / "questions" / "workload.yaml", "strength: strong", "strength: weak")
    after = same_as_fresh(child)
    assert after[0] != before[0] and after[2] != before[2]
    (small / "profiles" / "new.yaml").write_text(
        "id: new\ntitle: T\ndescription: x\nanswers: {workload: app}\n", encoding="utf-8"
    )
    same_as_fresh(child)
    assert "new" in load_rules(child).profiles
    replaced(child / "pack.yaml", str(small), "builtin")
    assert "research" in load_rules(child).profiles


def test_a_pack_that_extends_the_built_in_one_sees_changes_there(empty, tmp_path, pack, monkeypatch):
    builtin = tmp_path / "rules"
    shutil.copytree(trees.RULES, builtin)
    monkeypatch.setattr(trees, "RULES", str(builtin))
    child = pack()
    before = answer(child)
    assert answer(child) == before
    stat = (builtin / "parameters.yaml").stat()
    replaced(builtin / "parameters.yaml", "lean_step: 0.25", "lean_step: 0.15")
    os.utime(builtin / "parameters.yaml", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    after = answer(child)
    assert after[0] != before[0] and after[2] != before[2]
    assert json.loads(answer("builtin")[0])["verdict"] == json.loads(after[0])["verdict"]
    (builtin / "profiles" / "research.yaml").unlink()
    for case in (builtin / "cases").iterdir():
        case.unlink()
    assert "research" not in load_rules(child).profiles


@pytest.mark.parametrize("xdg", [None, "", "/some/where", "relative/folder"])
def test_the_folder_is_that_of_the_platform(monkeypatch, tmp_path, xdg):
    monkeypatch.delenv("ADVISOR_CACHE_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    if xdg is not None:
        monkeypatch.setenv("XDG_CACHE_HOME", xdg)
    if xdg == "relative/folder" and sys.platform.startswith("linux"):
        # The XDG specification has relative paths ignored.
        assert cache.folder() == str(tmp_path / ".cache" / "framework-advisor")
    else:
        assert cache.folder() == platformdirs.user_cache_dir("framework-advisor", appauthor=False)


@pytest.mark.parametrize(("system", "implementation"), [("darwin", "macos.MacOS"), ("linux", "unix.Unix")])
@pytest.mark.skipif(os.name != "posix", reason="paths of another platform")
def test_the_folder_of_other_platforms(monkeypatch, tmp_path, system, implementation):
    import importlib

    module, name = implementation.split(".")
    other = getattr(importlib.import_module(f"platformdirs.{module}"), name)
    monkeypatch.delenv("ADVISOR_CACHE_DIR")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("sys.platform", system)
    assert cache.folder() == other("framework-advisor", appauthor=False).user_cache_dir


def test_windows_keeps_it_in_the_local_application_data(monkeypatch):
    monkeypatch.delenv("ADVISOR_CACHE_DIR")
    monkeypatch.setenv("LOCALAPPDATA", "LOCAL")
    monkeypatch.setattr("sys.platform", "win32")
    assert cache.folder() == os.path.join("LOCAL", "framework-advisor", "Cache")


def test_the_chosen_folder_wins(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", "/some/where")
    monkeypatch.setenv("ADVISOR_CACHE_DIR", str(tmp_path))
    assert cache.folder() == str(tmp_path)

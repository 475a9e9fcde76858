"""Folders made to harm or to confuse: every scan ends, reads little, runs nothing, and says what it left out."""

import json
import os
import socket
import struct
import sys
import time
import zipfile
from pathlib import Path

import pydantic
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.errors import UsageError
from advisor.project import Limits, notebooks, python, scan
from advisor.project.scanning import LIMITS

prop = settings(deadline=None, derandomize=True, max_examples=100)
posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX file kinds")


def notes(found):
    return " | ".join(f"{d.file}: {d.message}" for d in found.diagnostics)


def test_an_empty_folder(tmp_path):
    found = scan(tmp_path)
    assert tuple(found.files) == (0, 0, 0)
    assert [(s.options, s.strength) for s in found.suggestions] == [(("none",), "weak")]
    assert not found.answers()


@pytest.mark.parametrize("what", ["missing", "file", "nul"])
def test_what_is_no_folder(tmp_path, what):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be scanned"):
        scan("a\0b" if what == "nul" else tmp_path / what)


@posix
def test_links_are_not_followed(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a.py").write_text("import torch\n")
    tree = tmp_path / "tree"
    (tree / "in").mkdir(parents=True)
    (tree / "in" / "loop").symlink_to(tree)
    (tree / "self").symlink_to("self")
    (tree / "out").symlink_to(outside)
    (tree / "a.py").symlink_to(outside / "a.py")
    (tree / "gone").symlink_to("nowhere")
    found = scan(tree)
    assert not found.frameworks and found.files.skipped == 5
    assert "5 links not followed" in notes(found)
    # The folder itself may be given by a link.
    (tmp_path / "link").symlink_to(outside)
    assert scan(tmp_path / "link").frameworks[0].id == "pytorch"


@posix
def test_pipes_and_sockets_are_not_opened(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "a.py")
    os.mkfifo(tmp_path / "model.pt")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        found = scan(tmp_path)
    assert tuple(found.files) == (0, 3, 0)
    assert "3 pipes" in notes(found)


@posix
def test_a_pipe_that_takes_the_place_of_a_file_is_refused(tmp_path):
    from advisor.project.contents import whole

    os.mkfifo(tmp_path / "a.py")
    with pytest.raises(OSError, match="not a regular file"):
        whole(str(tmp_path / "a.py"), 10)


@posix
def test_without_permission(tmp_path, monkeypatch):
    from advisor.project import contents

    (tmp_path / "a.py").write_text("import torch\n")
    (tmp_path / "secret.py").write_text("import jax\n")
    (tmp_path / "closed").mkdir()
    opened, listed = os.open, os.scandir

    # Root may read everything, so the refusal is played.
    def refuse_file(path, *rest, **more):
        if str(path).endswith("secret.py"):
            raise PermissionError(13, "Permission denied", path)
        return opened(path, *rest, **more)

    def refuse_folder(path):
        if str(path).endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return listed(path)

    monkeypatch.setattr(contents.os, "open", refuse_file)
    monkeypatch.setattr(os, "scandir", refuse_folder)
    found = scan(tmp_path)
    assert found.files.unreadable == 2 and found.files.scanned == 1
    assert "secret.py: cannot be read: Permission denied" in notes(found)
    assert [f.id for f in found.frameworks] == ["pytorch"]


def test_a_model_of_5_gb_costs_nothing(tmp_path):
    header = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    for i in range(20):
        with open(tmp_path / f"{i}.safetensors", "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.truncate(5 * 10**9)
    start = time.perf_counter()
    found = scan(tmp_path)
    assert time.perf_counter() - start < 1
    assert sum(m.bytes for m in found.models) == 100 * 10**9


def test_a_zip_bomb_is_not_unpacked(tmp_path):
    with zipfile.ZipFile(tmp_path / "m.keras", "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("config.json", bytes(50_000_000))
        file.writestr("metadata.json", bytes(50_000_000))
    (model,) = scan(tmp_path).models
    assert (model.kind, model.detail) == ("keras", None)


DEEP = {
    "brackets": "import torch\nx=" + "(" * 50_000,
    "minus": "import torch\nx=" + "-" * 300_000 + "1",
    "attributes": "import torch\nx = torch" + ".b" * 150_000,
    "calls": "import torch\nx = f" + "()" * 100_000,
    "sums": "import torch\nx=" + "a+" * 150_000 + "a",
    "quotes": "import torch\n!\n" + "'\\'" * 50_000 + "\\\n",
    "backslashes": "import torch\n!x\n" + "'\\" * 100_000,
    "open imports": "!\nimport torch\n" + "from torch import (\n" * 10_000,
    "zero": "import torch\n\0",
    "half": "import torch\n'''",
}


@pytest.mark.parametrize("name", DEEP)
def test_code_made_to_overflow(tmp_path, name):
    (tmp_path / "a.py").write_text(DEEP[name])
    start = time.perf_counter()
    found = scan(tmp_path)
    assert time.perf_counter() - start < 5
    assert found.frameworks[0].id == "pytorch"


def test_bytes_that_are_no_utf_8(tmp_path):
    (tmp_path / "a.py").write_bytes(b"# \xff\xfe caf\xe9\nimport torch  # \xe9\n")
    (tmp_path / "b.py").write_bytes(b"\xef\xbb\xbfimport torch\r\ntorch.jit.script(f)\r\n")
    (tmp_path / "requirements.txt").write_bytes(b"\xff\ntorch==2.0\n")
    found = scan(tmp_path)
    assert [(p.file, p.line) for p in found.frameworks[0].places] == [("a.py", 2), ("b.py", 1)]
    assert found.requirements[0].line == 2


@pytest.mark.skipif(sys.platform != "linux", reason="needs names of any bytes")
def test_names_that_are_no_utf_8(tmp_path):
    with open(os.fsencode(tmp_path) + b"/\xff\x1b[31m.py", "w") as file:
        file.write("import torch\n")
    found = scan(tmp_path)
    assert found.frameworks[0].places[0].file == "\\xff\x1b[31m.py"
    json.dumps(found.to_dict(), ensure_ascii=False).encode("utf-8")


BROKEN = [
    b"", b"{", b"[]", b"null", b'{"cells": 3}', b'{"cells": [3, {"cell_type": "code"}]}', b"\xff\xfe",
    b'{"cells": [{"cell_type": "code", "source": [1, null, "import torch"]}]}', b"[" * 200_000,
    b'{"cells": [{"cell_type": "code", "source": "\\ud800 = 1\\nimport torch"}]}', b'{"worksheets": [{"cells": 1}, 2]}',
]  # fmt: skip


@pytest.mark.parametrize("data", BROKEN, ids=[str(i) for i in range(len(BROKEN))])
def test_broken_notebooks(tmp_path, data):
    (tmp_path / "a.ipynb").write_bytes(data + (b" torch" if data[:1] in b"[{" and len(data) < 3 else b""))
    found = scan(tmp_path)
    assert found.files.scanned == 1
    json.dumps(found.to_dict(), ensure_ascii=False).encode("utf-8")


@prop
@given(st.text(max_size=200) | st.lists(st.sampled_from(
    ["import torch", " as t", "\n", "(", ")", ",", "from keras import ", "'", '"', "#", "t.jit", "\\", "\x0c", "\r", "\ud800", "%"]
)).map("".join))  # fmt: skip
def test_any_code(code):
    lines = code.count("\n") + code.count("\r") + 1
    for use in python.uses(code)[0]:
        assert 1 <= use.line <= lines + 1
    for use in python._of_lines(code):
        assert 1 <= use.line <= lines
    notebooks.code(json.dumps({"cells": [{"cell_type": "code", "source": code}]}).encode())


@prop
@given(st.binary(max_size=300))
def test_any_notebook(data):
    assert notebooks.code(data) is None or isinstance(notebooks.code(data)[0], str)


def test_deep_folders(tmp_path):
    folder = tmp_path
    for _ in range(400):
        folder = folder / "deep"
    folder.mkdir(parents=True)
    (folder / "a.py").write_text("import torch\n")
    assert scan(tmp_path).frameworks[0].files == 1


def test_what_tools_have_made_is_ignored(tmp_path):
    for folder in (
        ".git",
        "node_modules",
        "__pycache__",
        "build",
        "dist",
        "lib/site-packages/x",
        "env",
        "conda/lib",
        "x.egg-info",
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "a.py").write_text("import torch\n")
    (tmp_path / "env" / "pyvenv.cfg").write_text("")
    (tmp_path / "conda" / "conda-meta").mkdir()
    found = scan(tmp_path)
    assert not found.frameworks and "9 folders ignored" in notes(found)
    # Unless one of them is what was asked for.
    for inside in ("build", "env", "lib/site-packages", "lib/site-packages/x"):
        assert scan(tmp_path / inside).frameworks[0].id == "pytorch"


def test_an_environment_given_as_the_folder_shows_what_is_installed(tmp_path):
    (tmp_path / "lib" / "site-packages").mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").write_text("")
    (tmp_path / "lib" / "site-packages" / "a.py").write_text("import torch\n")
    assert scan(tmp_path).frameworks[0].id == "pytorch"


def test_limits(tmp_path):
    for i in range(10):
        (tmp_path / f"{i}.py").write_text("import os\n")
    (tmp_path / "x.py").write_text("import torch\n" + "#" * 1000)
    limits = Limits(files=5, code=LIMITS.code, notebook=LIMITS.notebook, text=LIMITS.text)
    found = scan(tmp_path, limits)
    assert found.files.scanned == 5 and "more than 5 files" in notes(found)
    assert found.suggestions[0].strength == "weak"
    found = scan(tmp_path, Limits(files=100, code=500, notebook=0, text=0))
    assert found.files.skipped == 1 and "x.py: more than 500 bytes" in notes(found)


def test_a_generated_project_is_fast_and_always_the_same(tmp_path):
    body = "import os\nimport json\n\n" + "def f(x):\n    return x + 1\n\n" * 40
    for i in range(2000):
        folder = tmp_path / f"p{i % 40}"
        folder.mkdir(exist_ok=True)
        torch = "import torch\n\n\ndef g(x):\n    return torch.compile(x)\n\n" if i % 10 == 0 else ""
        (folder / f"m{i}.py").write_text(torch + body)
    start = time.perf_counter()
    found = scan(tmp_path)
    # 20,000 a minute would be 6 s; the bound leaves room for a busy machine.
    assert time.perf_counter() - start < 6
    assert found.frameworks[0].files == 200 and found.files.scanned == 2000
    assert found == scan(tmp_path)


def test_a_real_package_without_a_framework():
    found = scan(Path(pydantic.__file__).parent)
    assert found.files.scanned > 50
    assert [(s.question, s.options, s.strength) for s in found.suggestions] == [
        ("existing_code", ("none",), "strong")
    ]
    assert found.answers()["existing_code"] == ("none",)


def test_nothing_heavy_is_imported(process):
    code = "import sys, advisor.project; print(*sorted(m for m in sys.modules if m.startswith('advisor')), 'numpy' in sys.modules, 'pydantic' in sys.modules)"
    done = process("-S", "-c", code)
    assert done.returncode == 0, done.stderr
    *modules, numpy, pydantic_ = done.stdout.decode().split()
    assert (numpy, pydantic_) == ("False", "False")
    ground = {"advisor", "advisor.answers", "advisor.errors", "advisor.record", "advisor.version"}
    assert {m for m in modules if not m.startswith("advisor.project")} <= ground

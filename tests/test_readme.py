"""README.md and CONTRIBUTING.md against the program: commands and outputs, Python, excerpts, links, exit codes.

`python -m tests.test_readme` writes the outputs into both files anew. A `...` below a command elides the rest.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

from advisor.cli.exit import Exit
from advisor.cli.main import COMMANDS, run
from advisor.version import __version__

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
STATUS = "; echo $?"


class Block(NamedTuple):
    page: str
    line: int
    language: str
    text: str


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(language: str, pages: tuple[str, ...] = PAGES) -> list[Block]:
    """The fenced blocks of one language, with the line on which each starts."""
    return [
        Block(page, read(page).count("\n", 0, found.start()) + 1, found[1], found[2])
        for page in pages
        for found in FENCE.finditer(read(page))
        if found[1] == language
    ]


def place(block: Block) -> str:
    return f"{block.page}:{block.line}"


def named(block: Block, word: str) -> str | None:
    """NAME of a first line `# word: NAME`."""
    found = re.match(rf"# {word}: (\S+)\n", block.text)
    return found[1] if found else None


def prepare(page: str, folder: Path, text: str) -> None:
    """The files that a page's blocks create, and a copy of the rules where `text` adds to them."""
    for block in blocks("yaml", (page,)):
        if name := named(block, "file"):
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text.split("\n", 1)[1], encoding="utf-8")
    if "--rules rules" in text:
        shutil.copytree(ROOT / "rules", folder / "rules")


def commands(text: str) -> list[tuple[str, list[str]]]:
    """(command, lines printed below it) of a console block."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return found


def printed(command: str) -> list[str]:
    """What a terminal shows of one `advisor` command in the current folder."""
    words = shlex.split(command.removesuffix(STATUS))
    assert words[0] == "advisor", command
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.redirect_stderr(shown):
        code = run(words[1:])
    lines = shown.getvalue().splitlines()
    return [*lines, str(int(code))] if command.endswith(STATUS) else lines


@pytest.fixture
def here(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ADVISOR_CACHE_DIR", str(tmp_path_factory.getbasetemp() / "readme-cache"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("block", blocks("console"), ids=place)
def test_commands_print_what_is_shown(block: Block, here: Path) -> None:
    prepare(block.page, here, block.text)
    for command, expected in commands(block.text):
        if command.startswith("make "):
            target = shlex.split(command)[1]
            assert re.search(rf"^{re.escape(target)}:", read("Makefile"), re.MULTILINE), command
            continue
        lines = printed(command)
        if "..." in expected:
            expected = expected[: expected.index("...")]
            lines = lines[: len(expected)]
        assert lines == expected, f"{command}\nrun `python -m tests.test_readme` when the new output is right"


@pytest.mark.parametrize("block", blocks("python"), ids=place)
def test_python_prints_what_its_comments_say(block: Block, here: Path) -> None:
    if "recommend_many" in block.text:
        pytest.importorskip("numpy")
    prepare(block.page, here, block.text)
    done = subprocess.run(
        [sys.executable, "-c", block.text],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == re.findall(r"^print\(.*\)  # (.*)$", block.text, re.MULTILINE)


@pytest.mark.parametrize("block", [b for b in blocks("yaml") if named(b, "from")], ids=place)
def test_excerpts_stand_in_the_rules(block: Block) -> None:
    name = named(block, "from")
    assert name is not None
    assert block.text.split("\n", 1)[1] in read(name)


def test_every_yaml_block_is_a_file_or_an_excerpt() -> None:
    assert [place(b) for b in blocks("yaml") if not named(b, "file") and not named(b, "from")] == []


def test_exit_codes() -> None:
    table = read("README.md").split("### Exit codes\n")[1].split("\n## ")[0]
    assert [int(code) for code in re.findall(r"^\| (\d+) \|", table, re.MULTILINE)] == [e.value for e in Exit]


@pytest.mark.parametrize("page", [*PAGES, "CHANGELOG.md"])
def test_links_and_paths_exist(page: str) -> None:
    prose = FENCE.sub("", read(page))
    links = [link.split("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", prose) if "://" not in link]
    paths = re.findall(r"`((?:advisor|rules|tests|\.ci)/[\w./-]*)`", prose)
    assert [path for path in [*links, *paths] if path and not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES)
def test_commands_named_in_the_text_exist(page: str) -> None:
    prose = FENCE.sub("", read(page))
    assert set(re.findall(r"`advisor\s+([a-z]+)", prose)) <= set(COMMANDS)
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", prose)) <= targets


def test_changelog_tells_of_this_version() -> None:
    assert re.search(rf"^## .*{re.escape(__version__)}", read("CHANGELOG.md"), re.MULTILINE)


def update(page: str) -> None:
    """Write what the commands print now into the console blocks of a page; an elided output keeps its length."""

    def renewed(found: re.Match[str]) -> str:
        if found[1] != "console":
            return found[0]
        with tempfile.TemporaryDirectory() as folder:
            prepare(page, Path(folder), found[2])
            os.chdir(folder)
            text = ""
            for command, old in commands(found[2]):
                lines = [] if command.startswith("make ") else printed(command)
                if "..." in old:
                    lines = [*lines[: old.index("...")], "..."]
                text += "".join(f"{line}\n" for line in [f"$ {command}", *lines])
            os.chdir(ROOT)
        return f"```console\n{text}```"

    (ROOT / page).write_text(FENCE.sub(renewed, read(page)), encoding="utf-8")


if __name__ == "__main__":
    for each in PAGES:
        update(each)


def test_the_numbers_in_the_guide_are_those_of_the_rules():
    from advisor import load_rules

    p = load_rules().core["parameters"]
    words = " ".join((ROOT / "README.md").read_text("utf-8").split())
    lives = p["half_life_years"]
    assert f"weakly ({p['lean_step']:.2f}".replace("0.", ".") in words
    assert f"{p['secondary_source']:g} for a blog".removeprefix("0") in words
    assert f"times {p['confidence_step']:g} per step".replace("0.", ".") in words
    assert lives["speed"] == lives["ecosystem"]
    assert (
        f"after {lives['speed']:g} years for speed and ecosystem and after {lives['design']:g} for design"
        in words
    )
    assert (p["other_audience"], "counts a quarter" in words) == (0.25, True)
    assert (p["question_weight"], "a question weighs as much as one heading" in words) == (1, True)

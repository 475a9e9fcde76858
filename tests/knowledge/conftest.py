"""A small pack of three alternatives, copied for each test and changed as the test says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

THREE = Path(__file__).resolve().parent.parent / "data" / "three"

Pack = Callable[..., Path]


@pytest.fixture
def three(tmp_path: Path) -> Pack:
    """`three({file: text or bytes or None}, {file: (old, new)})`: the small pack, files replaced, removed or edited."""

    def make(
        files: dict[str, str | bytes | None] | None = None,
        edits: dict[str, tuple[str, str]] | None = None,
        name: str = "pack",
    ) -> Path:
        folder = tmp_path / name
        shutil.copytree(THREE, folder)
        for file, (old, new) in (edits or {}).items():
            text = (folder / file).read_text("utf-8")
            assert old in text, f"{file} does not hold {old!r}"
            (folder / file).write_text(text.replace(old, new, 1), "utf-8")
        for file, content in (files or {}).items():
            path = folder / file
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                path.unlink()
            else:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return make

"""Build hook: compile the built-in rules, so that the first run of an installed wheel need not."""

from __future__ import annotations

import os
import sys
import tempfile
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CustomBuildHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds `advisor/compiled_rules.json` to a wheel; an editable install reads the YAML files itself."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        sys.path.insert(0, self.root)
        try:
            from advisor.knowledge.build import ship
        finally:
            sys.path.remove(self.root)
        self._folder = tempfile.mkdtemp(prefix="advisor-build-")
        target = os.path.join(self._folder, "compiled_rules.json")
        ship(target)
        build_data["force_include"][target] = "advisor/compiled_rules.json"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        folder = getattr(self, "_folder", None)
        if folder is not None:
            import shutil

            shutil.rmtree(folder, ignore_errors=True)

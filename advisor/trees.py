"""Where the rules and probes lie: inside the package when installed from a wheel, beside it in a checkout."""

from __future__ import annotations

import os

_HERE = os.path.dirname(os.path.abspath(__file__))


def _tree(name: str) -> str:
    packaged = os.path.join(_HERE, name)
    # An editable install leaves a copy in site-packages, but then _HERE is the checkout, which never has it.
    return packaged if os.path.isdir(packaged) else os.path.join(os.path.dirname(_HERE), name)


RULES = _tree("rules")
PROBES = _tree("probes")
COMPILED_RULES = os.path.join(_HERE, "compiled_rules.json")
"""The built-in pack as the wheel ships it; absent in a checkout."""

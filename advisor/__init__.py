"""PyTorch or TensorFlow for this project on this machine: why, how sure, and what would change it.

The public names are resolved on first use, so that importing a part of the package costs only that part.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from advisor.answers import Answers
    from advisor.api import Rules, load_rules, recommend
    from advisor.errors import AdvisorError
    from advisor.recommendation import Recommendation

    __version__: str

__all__ = ["AdvisorError", "Answers", "Recommendation", "Rules", "__version__", "load_rules", "recommend"]

_HOMES = {
    "recommend": "advisor.api",
    "load_rules": "advisor.api",
    "Answers": "advisor.answers",
    "Recommendation": "advisor.recommendation",
    "Rules": "advisor.api",
    "AdvisorError": "advisor.errors",
    "__version__": "advisor.version",
}


def __getattr__(name: str) -> object:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module 'advisor' has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)

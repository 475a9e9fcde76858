"""What each framework offers on a machine: which packages exist for it, and which devices they can use."""

from __future__ import annotations

from advisor.decision.conditions import holds, leaves
from advisor.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from advisor.knowledge.rules import Rules


class Supported(Record):
    """`state` yes, no or unknown, by which release, with the command that installs it, the reason and its source."""

    state: str
    release: str | None
    why: str
    source: str | None
    install: str | None
    id: str | None


def supported(rules: Rules, about: str, facts: Mapping[str, object], day: int) -> dict[str, Supported]:
    """Per alternative the first row about `packages` or `accelerators` that holds for these facts on that day.

    A row before it that may hold, but for a fact that is not known, makes the answer unknown: a guess would hide it.
    """
    found: dict[str, Supported] = {}
    for alternative, _ in rules.core["alternatives"]:
        found[alternative] = _first(rules, about, alternative, facts, day)
    return found


def _first(rules: Rules, about: str, alternative: str, facts: Mapping[str, object], day: int) -> Supported:
    for row in rules.core["support"]:
        if row["about"] != about or row["alternative"] != alternative:
            continue
        if row["since"] > day or (row["until"] is not None and day >= row["until"]):
            continue
        state = holds(row["when"], {}, facts)
        if state:
            return Supported(
                row["state"], row["release"], row["why"], row["source"], row["install"], row["id"]
            )
        if state is None:
            missing = sorted({leaf[1] for leaf in leaves(row["when"]) if leaf[1] not in facts})
            why = f"not known: {', '.join(missing)}. It decides whether this holds: {row['why']}"
            return Supported("unknown", None, why, row["source"], None, row["id"])
    return Supported("unknown", None, "no rule speaks of it", None, None, None)


def device_facts(device: Mapping[str, Any], facts: Mapping[str, object]) -> dict[str, object]:
    """The facts of the machine with those of one accelerator in place of the first one's."""
    own = {name: value for name, value in facts.items() if not name.startswith("gpu.")}
    for key, name in (
        ("vendor", "gpu.vendor"),
        ("compute_capability", "gpu.compute_capability"),
        ("gfx", "amd.gfx"),
        ("driver", "gpu.driver"),
        ("pci_id", "gpu.pci_id"),
        ("model", "gpu.model"),
    ):
        if device.get(key) is not None:
            own[name] = device[key]
        elif name == "amd.gfx":
            own.pop(name, None)
    own["accelerator"] = device["kind"]
    return own

"""What a version specification allows, as far as major and minor numbers tell."""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    Version = tuple[int, int]

_PART = re.compile(r"(===?|~=|>=|<=|!=|<|>|\^|~|)\s*v?(\d{1,4})(?:\.(\d{1,4}|\*))?(?:\.(\d{1,6}))?")


def below(spec: str, version: Version) -> bool:
    """Whether `spec` allows only releases before `version` (major, minor)."""
    for operator, major, minor, patch in _PART.findall(spec):
        low = (int(major), int(minor) if minor.isdigit() else 0)
        if operator in ("==", "===", "") and low < version and (minor.isdigit() or int(major) < version[0]):
            return True
        if operator == "<" and (low < version or (low == version and not int(patch or 0))):
            return True
        if operator == "<=" and low < version:
            return True
        if operator == "~=" and (low[0] < version[0] or (patch != "" and low < version)):
            return True
        if operator == "~" and low < version and (minor != "" or low[0] < version[0]):
            return True
        if operator == "^" and low[0] < version[0]:
            return True
    return False


def from_on(spec: str, version: Version) -> bool:
    """Whether `spec` allows only releases from `version` on."""
    for operator, major, minor, _ in _PART.findall(spec):
        low = (int(major), int(minor) if minor.isdigit() else 0)
        if operator in ("==", "===", "", "~=", ">=", ">", "^", "~") and low >= version:
            return True
    return False

"""What a code base shows without being run: frameworks, requirements, model files, and the answers they suggest."""

from advisor.project.findings import Scan
from advisor.project.scanning import Limits, scan

__all__ = ["Limits", "Scan", "scan"]

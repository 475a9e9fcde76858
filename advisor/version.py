"""The version of this package; pyproject.toml reads it from here, so that no metadata is searched at start-up."""

__version__ = "0.1.0"

"""The table of pets."""

from pets import table  # noqa: F401

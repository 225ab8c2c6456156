"""The table of pets, and a run on it."""

from pets import shared_run, table, trained  # noqa: F401

"""The error of pairing what has no row in common."""


class NoRowError(ValueError):
    """The error that no row has everything that it must have."""

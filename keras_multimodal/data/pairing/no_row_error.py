"""The error of pairing what has no row in common."""


class NoRowError(ValueError):
    """No row has everything that it must have."""

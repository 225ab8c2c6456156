"""Cases of the layers that mark, make and pool tokens, and of what fuses by name."""

CASES: list = []

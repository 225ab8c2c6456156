"""Cases of the layers that multiply modalities."""

CASES: list = []

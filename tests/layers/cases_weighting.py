"""Cases of the layers that weigh modalities, and of the shared spaces."""

CASES: list = []

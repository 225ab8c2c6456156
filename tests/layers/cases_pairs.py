"""Cases of the layers in which modalities attend to each other."""

CASES: list = []

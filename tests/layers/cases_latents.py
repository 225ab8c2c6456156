"""Cases of the layers that gather all modalities in a few latent tokens, or in one sequence."""

CASES: list = []

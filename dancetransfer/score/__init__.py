"""How good a result is, beside the baselines that it must beat."""

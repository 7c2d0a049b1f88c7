"""What follows from what was said: lifecycle, agreement, decision rules. Pure and deterministic."""

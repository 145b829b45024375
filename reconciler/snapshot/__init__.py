"""The snapshot of a run: both sides read whole, and merged into the mirror when complete."""

"""Witnessing: following a federation's register from outside, and saying so. Needs no node and no membership."""

"""The program one member runs: the imperative shell and the one composition root."""

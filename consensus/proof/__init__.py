"""The full proof of what a federation decided: its file, and its check step by step."""

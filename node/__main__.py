"""Lets ``python -m node`` be the command ``comitia``."""

from node.cli import main

if __name__ == "__main__":
    main()

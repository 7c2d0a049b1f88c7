"""Run simulations by seed: ``python -m tests.simulation.run --seed 17 --n 7`` or ``--seeds 0:1000``."""

import argparse
import sys

from tests.simulation.runs import run_seed


def main() -> int:
    """Run the seeds asked for; print each that breaks a promise, and return how many did."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, help="one seed")
    parser.add_argument("--seeds", help="a range of seeds, first:end")
    parser.add_argument("--n", type=int, help="number of tellers; by default 4 to 10 in turn")
    options = parser.parse_args()
    first, end = (int(part) for part in options.seeds.split(":")) if options.seeds else (options.seed, options.seed + 1)
    broken = 0
    for seed in range(first, end):
        verdict = run_seed(seed, options.n or 4 + seed % 7)
        broken += bool(verdict.broken)
        if verdict.broken or options.seed is not None:
            sys.stdout.write(f"{verdict} (at {verdict.finished_at} ms)\n")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())

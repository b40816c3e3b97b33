"""Command line: ``python -m benchmarks [compare] [fleet] [soak] [--quick]``; all three by default."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from . import compare
from .fleet import fleet
from .soak import soak

PLOT = Path(__file__).parents[1] / "docs/_static/benchmarks.svg"


def main() -> int:
    """Run the benchmarks and print their figures; return 1 if the soak found a problem."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the library.")
    parser.add_argument("names", metavar="name", nargs="*", help="compare, fleet or soak; default all")
    parser.add_argument("--quick", action="store_true", help="do less of everything, and draw no plot")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each comparison")
    options = parser.parse_args()
    names = options.names or ["compare", "fleet", "soak"]
    unknown = set(names) - {"compare", "fleet", "soak"}
    if unknown:
        parser.error(f"unknown benchmarks: {', '.join(sorted(unknown))}")
    failed = False
    if "compare" in names:
        comparison = compare.Comparison(1 if options.quick else options.rounds, options.quick)
        comparison.run()
        print(f"\n{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores\n")
        print(compare.table(comparison.lines))
        if not options.quick:
            compare.plot(comparison.lines, PLOT)
            print(f"\nPlot: {PLOT}")
    if "fleet" in names:
        print(f"\n{fleet()}\n{fleet(left=20)}")
    if "soak" in names:
        report = soak(calls=100 if options.quick else 2000)
        print(f"\n{report}")
        failed = bool(report.problems)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())

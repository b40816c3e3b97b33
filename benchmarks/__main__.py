"""``python -m benchmarks [compare] [fleet] [soak] [--quick]``: all three if none is named."""

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
    """Run what is asked for, print its figures, and tell whether the soak found a problem."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="What the library costs and stands.")
    parser.add_argument("what", nargs="*", help="compare, fleet, soak; default all")
    parser.add_argument("--quick", action="store_true", help="less of everything, and no plot: to see that it runs")
    parser.add_argument("--rounds", type=int, default=5, help="how often each side does the work that is compared")
    given = parser.parse_args()
    what = given.what or ["compare", "fleet", "soak"]
    unknown = set(what) - {"compare", "fleet", "soak"}
    if unknown:
        parser.error(f"there is no {', '.join(unknown)}")
    failed = False
    if "compare" in what:
        comparison = compare.Comparison(1 if given.quick else given.rounds, given.quick)
        comparison.run()
        print(f"\n{platform.python_implementation()} {platform.python_version()}, {os.cpu_count()} cores\n")
        print(compare.table(comparison.lines))
        if not given.quick:
            compare.plot(comparison.lines, PLOT)
            print(f"\nPlot: {PLOT}")
    if "fleet" in what:
        print(f"\n{fleet()}\n{fleet(left=20)}")
    if "soak" in what:
        report = soak(calls=100 if given.quick else 2000)
        print(f"\n{report}")
        failed = bool(report.problems)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())

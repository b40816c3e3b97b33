"""Command line: ``python -m benchmarks [compare] [fleet] [hostile] [images] [soak] [--quick]``; all by default."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from hcloud.testing import FakeCloud, FakeDigitalOcean

from . import compare, hostile, images
from .fleet import fleet
from .soak import soak

PLOT = Path(__file__).parents[1] / "docs/_static/benchmarks.svg"


def main() -> int:
    """Run the benchmarks and print their figures; return 1 if one of them found a problem."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the library.")
    parser.add_argument("names", metavar="name", nargs="*", help="compare, fleet, hostile, images or soak; default all")
    parser.add_argument("--quick", action="store_true", help="do less of everything, and draw no plot")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each comparison")
    options = parser.parse_args()
    names = options.names or ["compare", "fleet", "hostile", "images", "soak"]
    unknown = set(names) - {"compare", "fleet", "hostile", "images", "soak"}
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
    if "hostile" in names:
        for cloud_class in (FakeCloud, FakeDigitalOcean):
            hostile_report = hostile.run(cloud_class, rounds=2 if options.quick else 25, seed=1)
            print(f"\n{hostile_report}")
            failed |= bool(hostile_report.failed or hostile_report.slow)
    if "images" in names:
        missing = images.missing()
        print(
            f"\nNo uploads, since {', '.join(missing)} is missing"
            if missing
            else f"\n{images.run(2**26 if options.quick else 2**30)}"
        )
    if "soak" in names:
        report = soak(calls=100 if options.quick else 2000)
        print(f"\n{report}")
        failed |= bool(report.problems)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())

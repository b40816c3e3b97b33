"""Command line: ``python -m benchmarks [NAME...] [--quick]``, with the names in ``NAMES``; all by default."""

from __future__ import annotations

import argparse
import os
import platform
from pathlib import Path

from hcloud.testing import FakeCloud, FakeDigitalOcean

from . import asynchronous, compare, hostile, images
from .fleet import FleetReport, costs, fleet
from .fleet import plot as plot_fleet
from .soak import soak, soak_async
from .threads import share

NAMES = ("compare", "async", "fleet", "hostile", "images", "soak")
PLOT = Path(__file__).parents[1] / "docs/_static/benchmarks.svg"
FLEET_PLOT = PLOT.with_name("fleet.svg")


def main() -> int:
    """Run the benchmarks and print their figures; return 1 if one of them found a problem."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure the library.")
    parser.add_argument(
        "names", metavar="name", nargs="*", help="compare, async, fleet, hostile, images or soak; default all"
    )
    parser.add_argument("--quick", action="store_true", help="do less of everything, and draw no plot")
    parser.add_argument("--rounds", type=int, default=5, help="repetitions of each comparison")
    options = parser.parse_args()
    names = options.names or NAMES
    unknown = {*names} - {*NAMES}
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
    if "async" in names:
        print(f"\n{asynchronous.table(1 if options.quick else options.rounds, quick=options.quick)}")
    if "fleet" in names:
        print(f"\n{share()}\n{share(left=20)}\n")
        reports: list[FleetReport] = []
        for report in fleet(seconds=3 if options.quick else 30):
            reports.append(report)
            print(report)
        print(costs(seconds=1 if options.quick else 5))
        if not options.quick:
            plot_fleet(reports, FLEET_PLOT)
            print(f"Plot: {FLEET_PLOT}")
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
        calls = 100 if options.quick else 2000
        for soak_report in (soak(calls=calls), soak_async(calls=calls // 10)):
            print(f"\n{soak_report}")
            failed |= bool(soak_report.problems)
    return int(failed)


if __name__ == "__main__":
    raise SystemExit(main())

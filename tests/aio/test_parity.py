"""The suite's calls through asynchronous clients; ``pytest -p tests.aio.parity tests`` runs all that can run so."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = (
    *("servers", "images", "volumes", "networks", "firewalls", "load_balancers", "zones", "storage_boxes"),
    *("primary_ips", "certificates", "pricing", "actions", "digitalocean", "test_regressions.py", "test_faults.py"),
)


def test_the_suite_passes_through_asynchronous_clients() -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.aio.parity", *(f"tests/{name}" for name in TESTS)]
    # Without coverage, which would double the time and is measured by the tests themselves.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    process = subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout[-5000:]
    match = re.search(r"calls through the event loop: (\d+), of (\d+) tests", process.stdout)
    assert match is not None
    assert int(match[1]) > 2000
    assert int(match[2]) > 250

"""Comparison of this library with hcloud-python and bare ``requests``, which do the same work in turn."""

from __future__ import annotations

import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import certifi

from hcloud.images import Image
from hcloud.networks import NetworkSubnet
from hcloud.server_types import ServerType
from hcloud.testing import FakeCloud, RealClock, serve

PEER = "2.27.0"
ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".venv-bench-peer"
"""Environment of all sides, with the other library and the requirements of both; this one is put on ``PYTHONPATH``."""
PYTHON = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")

Figures = dict[str, float]
Run = Callable[[str], Figures]


@dataclass(frozen=True)
class Line:
    """Line of the table: medians of the sides, and of the ratios of the rounds."""

    label: str
    unit: str
    ours: float
    peer: float
    bare: float | None
    to_peer: float
    to_bare: float | None
    bound: str


class Comparison:
    """Measurements, and the lines of the table made from them.

    :param rounds: Repetitions of each work by each side
    :param quick: Do less; the figures only show that everything runs
    """

    def __init__(self, rounds: int, quick: bool) -> None:
        self.lines: list[Line] = []
        self._rounds, self._quick = rounds, quick
        self._environment = {
            name: value
            for name, value in os.environ.items()
            if not name.lower().endswith("_proxy") and not name.startswith(("PYTHON", "REQUESTS_CA", "CURL_CA"))
        }

    def run(self) -> None:
        """Measure everything."""
        prepare()
        for side in ("ours", "peer"):
            path = self._call(side, "-c", "import hcloud; print(hcloud.__file__)").strip()
            assert Path(path).is_relative_to(FOLDER if side == "peer" else ROOT / "hcloud"), f"{side} imports {path}"
        self._links()
        self._wait()
        with TemporaryDirectory() as folder:
            certificate = make_certificate(Path(folder))
            with self._served(certificate) as ports:
                self._environment["REQUESTS_CA_BUNDLE"] = str(Path(folder, "bundle.pem")) if certificate else ""
                self._start(f"http://127.0.0.1:{ports['http']}/0/50/v1")
                self._objects(f"http://127.0.0.1:{ports['http']}/0/50/v1")
                self._requests(f"http://127.0.0.1:{ports['http']}")
                self._listing(f"http://127.0.0.1:{ports['http']}")
                if certificate:
                    self._tls(f"https://127.0.0.1:{ports['https']}/0/50/v1")

    # Parts

    def _start(self, base: str) -> None:
        code = f"from hcloud import Client; assert Client('x', '{base}').servers.get_by_id(4).name"
        bare = f"import requests; assert requests.Session().get('{base}/servers/4').json()['server']['name']"
        imported = self._in_turn(lambda side: self._process(side, "import hcloud"), ("ours", "peer"), times=4)
        self._add(imported, "wall", "`import hcloud`", "ms", "starting Python")
        cold = self._in_turn(lambda side: self._process(side, bare if side == "bare" else code), times=4)
        self._add(cold, "wall", "a script that sends one request", "ms", "importing `requests`")

    def _objects(self, base: str) -> None:
        done = self._in_turn(lambda side: self._work(side, "objects", base=base, times=5 if self._quick else 30))
        self._add(done, "build", "build a server from its dict", "µs CPU", "one object that keeps the dict")
        self._add(done, "three", "bytes of a page to 3 fields read, a server", "µs CPU", "`json.loads`")
        self._add(done, "every", "bytes of a page to every field read, a server", "µs CPU", "`json.loads`")
        slot = self._in_turn(lambda side: self._work(side, "slot", base=base), ("bare",))
        done["bare"] = slot["bare"]
        self._add(done, "again", "read a field again", "ns", "a slot of a plain object")

    def _requests(self, address: str) -> None:
        times = 50 if self._quick else 300
        done = self._in_turn(lambda side: self._work(side, "request", base=f"{address}/0/50/v1", times=times))
        self._add(done, "p50", "one request on an open connection, median", "µs", "system calls")
        self._add(done, "cpu", "one request on an open connection, CPU", "µs CPU", "system calls")
        done = self._in_turn(
            lambda side: self._work(side, "throughput", base=f"{address}/0/5000/v1", threads=8, times=times // 5)
        )
        self._add(done, "wall", "a request, 8 threads sharing a client", "ms", "the interpreter's lock")
        done = self._in_turn(
            lambda side: self._work(side, "bursts", base=f"{address}/30/50/v1", threads=32), ("ours", "peer")
        )
        self._add(done, "connections", "connections opened by 5 bursts of 32 threads", "connections", "one a thread")

    def _listing(self, address: str) -> None:
        total = 1000 if self._quick else 10_000
        what = f"list {total:,} servers"
        near, far = f"{address}/0/{total}/v1", f"{address}/30/{total}/v1"
        done = self._in_turn(lambda side: self._work(side, "listing", base=near))
        self._add(done, "cpu", f"{what}, CPU", "s CPU", "`json.loads`")
        done = self._in_turn(lambda side: self._work(side, "listing", base=far))
        self._add(done, "wall", f"{what}, 30 ms for each response", "s", "8 pages at once")
        done = self._in_turn(lambda side: self._work(side, "listing", base=near, traces=True), rounds=1)
        self._add(done, "peak", f"{what}, memory at most", "MiB", "the decoded responses")
        done = self._in_turn(lambda side: self._work(side, "listing", base=near, traces=True, every=True), rounds=1)
        self._add(done, "peak", f"{what} and read every field, memory at most", "MiB", "the decoded responses")
        done = self._in_turn(lambda side: self._work(side, "listing", base=near, traces=True, streams=True), rounds=1)
        self._add(done, "peak", f"go through {total:,} servers, memory at most", "MiB", "two pages")

    def _tls(self, base: str) -> None:
        done = self._in_turn(lambda side: self._work(side, "tls", base=base, times=10 if self._quick else 40))
        self._add(done, "cpu", "a request on a new TLS connection, CPU", "ms CPU", "the handshake")

    def _links(self) -> None:
        cloud = FakeCloud(any_token=True, rate_limit=1_000_000)
        client = cloud.client()
        subnet = NetworkSubnet(type="cloud", ip_range="10.0.0.0/17", network_zone="eu-central")
        network = client.networks.create("net", "10.0.0.0/16", [subnet])
        server_type, image = ServerType(name="cx23"), Image(name="debian-13")
        for number in range(100):
            server = client.servers.create(f"server-{number}", server_type, image, networks=[network]).server
            cloud.finish_actions()
            client.servers.enable_backup(server)
            cloud.finish_actions()
            client.servers.create_image(server, type="backup")
        cloud.finish_actions()
        with serve(cloud) as base:
            for which, label in (
                ("images", "requests for 100 times `image.bound_to.name`"),
                ("servers", "requests for 100 times `server.private_net[0].network.name`"),
            ):

                def run(side: str, which: str = which) -> Figures:
                    cloud.requests.clear()
                    self._work(side, "read_links", base=base, which=which)
                    return {"requests": len(cloud.requests)}

                done = self._in_turn(run, ("ours", "peer"), rounds=1)
                self._add(done, "requests", label, "requests", "two listings of two pages")

    def _wait(self) -> None:
        cloud = Spread(2.0 if self._quick else 5.0)
        client = cloud.client()
        server_type, image = ServerType(name="cx23"), Image(name="debian-13")
        servers = [client.servers.create(f"server-{number}", server_type, image).server for number in range(100)]
        cloud.spread = True
        with serve(cloud) as base:

            def run(side: str) -> Figures:
                command = client.servers.power_off if servers[0].status == "running" else client.servers.power_on
                actions = [dict(command(server)._raw) for server in servers]
                cloud.requests.clear()
                figures = self._work(side, "wait", base=base, actions=actions)
                figures["requests"] = len(cloud.requests)
                cloud.finish_actions()
                servers[0].reload()
                return figures

            done = self._in_turn(run, ("ours", "peer"))
        self._add(done, "requests", "requests while waiting for 100 actions", "requests", "50 ids a request")

    # Processes

    def _in_turn(
        self, run: Run, sides: tuple[str, ...] = ("ours", "peer", "bare"), rounds: int | None = None, times: int = 1
    ) -> dict[str, list[Figures]]:
        """Return the figures of each side in each round; the sides take turns in being the first."""
        done: dict[str, list[Figures]] = {side: [] for side in sides}
        for number in range(self._rounds * times if rounds is None else rounds):
            first = number % len(sides)
            for side in (*sides[first:], *sides[:first]):
                done[side].append(run(side))
        return done

    def _add(self, done: dict[str, list[Figures]], figure: str, label: str, unit: str, bound: str) -> None:
        values = {side: [round[figure] for round in rounds if figure in round] for side, rounds in done.items()}
        ours, peer, bare = values["ours"], values["peer"], values.get("bare")
        line = Line(
            label,
            unit,
            statistics.median(ours),
            statistics.median(peer),
            statistics.median(bare) if bare else None,
            ratio(ours, peer),
            ratio(ours, bare) if bare else None,
            bound,
        )
        self.lines.append(line)
        print(f"{label}: {line.to_peer:.2g}", file=sys.stderr)

    def _call(self, side: str, *arguments: str) -> str:
        environment = {**self._environment, **({"PYTHONPATH": str(ROOT)} if side == "ours" else {})}
        # Not in the root, since modules in the current folder are found first.
        done = subprocess.run(
            [PYTHON, *arguments], cwd=FOLDER, env=environment, stdout=subprocess.PIPE, text=True, check=True
        )
        return done.stdout

    def _process(self, side: str, code: str) -> Figures:
        began = time.perf_counter()
        self._call(side, "-c", code)
        return {"wall": (time.perf_counter() - began) * 1e3}

    def _work(self, side: str, work: str, **parameters: Any) -> Figures:
        script = Path(__file__).with_name("work.py")
        figures: Figures = json.loads(self._call(side, str(script), side, work, json.dumps(parameters)))
        return figures

    @contextmanager
    def _served(self, certificate: list[str]) -> Iterator[dict[str, int]]:
        script = Path(__file__).with_name("canned.py")
        environment = {**self._environment, "PYTHONPATH": str(ROOT)}
        command = [sys.executable, str(script), *certificate]
        with subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as server:
            assert server.stdin is not None
            assert server.stdout is not None
            try:
                yield json.loads(server.stdout.readline())
            finally:
                server.stdin.close()


class Spread(FakeCloud):
    """Fake cloud in real time whose actions take random times.

    :param most: Maximum, in seconds
    """

    def __init__(self, most: float) -> None:
        super().__init__(clock=RealClock(), any_token=True, rate_limit=1_000_000)
        self.spread = False
        self._most, self._random = most, random.Random(1)

    def action_seconds(self, command: str, usual: float) -> float:
        """Return the duration of an action."""
        return self._random.uniform(0.5, self._most) if self.spread else 0.0


def ratio(ours: list[float], others: list[float]) -> float:
    """Return the median of the ratios of the rounds."""
    return statistics.median(mine / other for mine, other in zip(ours, others, strict=True))


def prepare() -> None:
    """Create the environment of all sides with the running Python, unless it exists."""
    installed = FOLDER / f".hcloud-{PEER}-{platform.python_version()}"
    if not installed.exists():
        print(f"Installing hcloud {PEER} into {FOLDER.name}", file=sys.stderr)
        venv.create(FOLDER, clear=True, with_pip=True)
        install = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", f"hcloud=={PEER}"]
        subprocess.run([PYTHON, *install], check=True)
        installed.touch()


def make_certificate(folder: Path) -> list[str]:
    """Create a certificate, its key, and a bundle of authorities with it; return an empty list without openssl."""
    openssl = shutil.which("openssl")
    if openssl is None:
        return []
    files = [str(folder / "certificate.pem"), str(folder / "key.pem")]
    request = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1"
    command = [
        openssl,
        *request.split(),
        "-addext",
        "subjectAltName=IP:127.0.0.1",
        "-out",
        files[0],
        "-keyout",
        files[1],
    ]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    authorities = Path(certifi.where()).read_text(encoding="utf-8") + Path(files[0]).read_text(encoding="utf-8")
    (folder / "bundle.pem").write_text(authorities, encoding="utf-8")
    return files


def table(lines: list[Line]) -> str:
    """Format the lines as a Markdown table."""
    rows = [
        f"| work | unit | hcloud | hcloud-python {PEER} | bare requests | to {PEER} | to bare | what bounds it |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | --- |",
    ]
    for line in lines:
        numbers = (line.ours, line.peer, line.bare, line.to_peer, line.to_bare)
        cells = " | ".join("" if number is None else shown(number) for number in numbers)
        rows.append(f"| {line.label} | {line.unit} | {cells} | {line.bound} |")
    return "\n".join(rows)


def shown(number: float) -> str:
    """Format a number with two significant digits, or all digits before the point."""
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"


def plot(lines: list[Line], target: Path) -> None:
    """Draw the gains, in colours that are legible on light and on dark backgrounds and in a size for phones."""
    import matplotlib as mpl  # of the extra "bench"

    mpl.use("svg")
    from matplotlib import pyplot

    grey, ours, bare = "#808080", "#2a9d8f", "#b26a00"
    mpl.rcParams.update({"text.color": grey, "xtick.color": grey, "svg.fonttype": "none", "font.size": 12})
    figure, axes = pyplot.subplots(figsize=(5, 0.5 * len(lines) + 0.5))
    axes.set_xscale("log")
    for height, line in enumerate(reversed(lines)):
        gain = 1 / line.to_peer
        axes.barh(height, gain - 1, left=1, height=0.36, color=ours)
        if line.bare is not None:
            position = max(1, line.peer / line.bare)  # left of it are the numbers
            axes.plot(position, height, "D", color=bare, markeredgecolor="white", markersize=6, clip_on=False)
        axes.text(1, height + 0.2, line.label.replace("`", ""), va="bottom")
        label = f"{gain:.0f}" if gain >= 10 else f"{gain:.2g}"
        axes.text(1 / 1.1, height, label, va="center", ha="right", weight="bold")
    axes.set_ylim(-0.6, len(lines) - 0.2)
    axes.set_yticks([])
    axes.xaxis.set_major_formatter("{x:g}")
    axes.xaxis.set_minor_locator(mpl.ticker.NullLocator())
    axes.spines[:].set_visible(False)
    target.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(target, bbox_inches="tight", transparent=True, metadata={"Date": None})
    pyplot.close(figure)

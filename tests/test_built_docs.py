"""The documentation that Sphinx builds: links, search, and the pages of resources. ``make check`` installs Sphinx."""

from __future__ import annotations

import inspect
import json
import pydoc
import re
import shutil
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from docs._ext.source import resources

sphinx = pytest.importorskip("sphinx", reason="make check installs Sphinx")
ROOT = Path(__file__).parents[1]

SEARCHES = {
    "snapshot": "guides/images",
    "backup": "guides/images",
    "mock": "guides/testing",
    "pytest": "guides/testing",
    "timeout": "guides/errors",
    "retry": "guides/errors",
    "rate limit": "guides/rate-limit",
    "labels": "guides/images",
    "pagination": "guides/listing",
    "firewall": "reference/firewalls",
    "thread": "guides/threads",
    "token": "guides/security",
    "asyncio": "guides/async",
    "upload": "guides/images-in-and-out",
    "custom image": "guides/images-in-and-out",
    "cost": "guides/everyday",
    "rotate": "guides/images-in-and-out",
    "ssh": "guides/everyday",
    "cloud-init": "guides/cookbook",
    "resize": "guides/cookbook",
    "reverse dns": "guides/cookbook",
    "upgrade": "upgrading",
    "redis": "guides/rate-limit",
    "qcow2": "guides/images-in-and-out",
    "rescue": "guides/cookbook",
    "dns": "guides/dns",
    "volume": "reference/volumes",
    "ssh key": "reference/ssh_keys",
    "async": "guides/async",
    "proxy": "guides/security",
    "pickle": "guides/threads",
    "price": "reference/pricing",
    "metadata": "guides/everyday",
    "fake": "guides/testing",
    "log": "guides/security",
    "exception": "guides/errors",
    "digitalocean": "guides/digitalocean",
}
"""A page that the first three results of a search contain, by the word."""

_LINK = re.compile(r'<a class="reference internal" href="[^"]*" title="(hcloud\.[^"]*)">(.*?)</a>', re.DOTALL)


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the documentation once, with warnings as errors."""
    folder = tmp_path_factory.mktemp("docs")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", folder]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (process.returncode, process.stderr) == (0, "")
    return folder


def is_of_digitalocean(name: str) -> bool:
    return "digitalocean" in name


def test_links_lead_to_the_provider_of_their_page(build: Path) -> None:
    links = {
        (str(page.relative_to(build)), target, re.sub("<.*?>", "", text))
        for page in build.rglob("*.html")
        for target, text in _LINK.findall(page.read_text(encoding="utf-8"))
    }
    assert len(links) > 1000
    names = [
        {target.rpartition(".")[2] for _, target, _ in links if is_of_digitalocean(target) is provider}
        for provider in (True, False)
    ]
    ambiguous = names[0] & names[1]
    assert {"Image", "BoundImage", "ImagesClient"} <= ambiguous
    wrong = [
        (page, target)
        for page, target, text in links
        if is_of_digitalocean(page) != is_of_digitalocean(target)
        and not is_of_digitalocean(text)
        and target.rpartition(".")[2] in ambiguous
    ]
    assert wrong == []
    assert ("reference/servers.html", "hcloud.images.BoundImage", "BoundImage") in links
    assert ("reference/digitalocean/images.html", "hcloud.digitalocean.images.BoundImage", "BoundImage") in links


def test_classes_in_guides_are_links(build: Path) -> None:
    guide = (build / "guides/errors.html").read_text(encoding="utf-8")
    assert 'title="hcloud.OutcomeUnknownError"' in guide


def test_no_link_is_within_a_link(build: Path) -> None:
    """Browsers end the outer one there, and show it as an empty box."""
    for page in build.rglob("*.html"):
        texts = re.findall(r"<a\b[^>]*>(.*?)</a>", page.read_text(encoding="utf-8"), re.DOTALL)
        assert [text for text in texts if "<a " in text] == [], page.name


def test_methods_are_documented_with_their_parameters(build: Path) -> None:
    """Sphinx documents a method as an attribute, without parameters, if it can't unwrap it to a function."""
    signatures = {
        name: signature
        for page in build.rglob("*.html")
        for name, signature in re.findall(
            r'<dt class="sig sig-object py" id="(hcloud[^"]*)">(.*?)</dt>', page.read_text(encoding="utf-8"), re.DOTALL
        )
    }
    methods = {name for name in signatures if inspect.isfunction(pydoc.locate(name))}
    assert {"hcloud.servers.BoundServer.cost", "hcloud.actions.BoundAction.wait"} <= methods
    assert sorted(name for name in methods if "sig-paren" not in signatures[name]) == []


def test_a_resource_documents_each_method_once(build: Path) -> None:
    page = (build / "reference/images.html").read_text(encoding="utf-8")
    assert page.index("Methods of the bound object") < page.index("Methods of the client") < page.index("Properties")
    assert page.count('id="hcloud.images.BoundImage.change_protection"') == 1
    assert page.count('id="hcloud.images.ImagesClient.change_protection"') == 1
    assert "change_protection(image, …)" in re.sub("<.*?>", "", page)
    assert page.count("Change the protection of the image; it must be a snapshot.") == 1


@pytest.mark.parametrize("package", ["hcloud", "hcloud.digitalocean"])
def test_the_pages_of_resources_document_their_listings(build: Path, package: str) -> None:
    """Others refer to the parameters of ``get_list``."""
    below = build.joinpath("reference", *package.split(".")[1:])
    ids = {name: re.findall('id="(hcloud[^"]*)"', (below / f"{name}.html").read_text()) for name in resources(package)}
    listings = [name for name in ids if any(id.endswith("Client.get_all") for id in ids[name])]
    assert len(listings) > 5
    missing = [name for name in listings if not any(id.endswith("Client.get_list") for id in ids[name])]
    assert missing == []


def test_records_and_methods_link_to_the_api_reference(build: Path) -> None:
    page = (build / "reference/images.html").read_text(encoding="utf-8")
    assert 'href="https://docs.hetzner.cloud/reference/cloud#images">Images</a> in the API reference' in page
    assert 'cloud#images">POST /images/{id}/actions/change_protection</a>' in page
    page = (build / "reference/storage_boxes.html").read_text(encoding="utf-8")
    assert 'href="https://docs.hetzner.cloud/reference/hetzner#storage-box-snapshots">' in page
    page = (build / "reference/servers.html").read_text(encoding="utf-8")
    assert 'cloud#servers">GET /servers/{id}</a>' in page
    page = (build / "reference/digitalocean/ssh_keys.html").read_text(encoding="utf-8")
    assert (
        'href="https://docs.digitalocean.com/reference/api/digitalocean/#tag/SSH-Keys">POST /account/keys</a>' in page
    )


def test_the_routes_of_methods_are_those_of_the_api(build: Path) -> None:
    for provider, below in (("hetzner", "reference"), ("digitalocean", "reference/digitalocean")):
        table = json.loads((ROOT / f"tests/api/{provider}.json").read_text(encoding="utf-8"))
        operations = {re.sub(r"/v2(?=/)|{\w+}", "", operation) for operation in table["operations"]}
        shown = {
            route
            for page in (build / below).glob("*.html")
            for route in re.findall(r">((?:GET|PUT|POST|DELETE) [^<]*)</a>", page.read_text(encoding="utf-8"))
        }
        assert len(shown) > 40
        wrong = {route for route in shown if re.sub(r"{\w+}|\?.*", "", route) not in operations}
        # Base classes of several resources have no collection of their own, and data centers were removed from the API.
        assert {route for route in wrong if "{resource}" not in route and "/datacenters" not in route} == set()


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node, which runs the search of the pages")
def test_searches_find_the_page_for_a_word(build: Path) -> None:
    command = ["node", ROOT / "tests/search.js", build, *SEARCHES]
    process = subprocess.run(command, capture_output=True, text=True, check=True)
    results = dict(zip(SEARCHES, map(str.split, process.stdout.splitlines()), strict=True))
    assert {word: pages for word, pages in results.items() if SEARCHES[word] not in pages} == {}


MEASURE = """<script>
addEventListener("load", async () => {
  const results = {};
  for (const [page, width] of PAGES) {
    const frame = document.createElement("iframe");
    Object.assign(frame, {src: page, width, height: 900});
    const loaded = new Promise(resolve => frame.onload = resolve);
    document.body.append(frame);
    await loaded;
    const root = frame.contentDocument.documentElement;
    const tables = [...root.querySelectorAll("article .table-wrapper, article table")];
    const wide = tables.filter(table => table.scrollWidth > table.clientWidth + 1);
    const cut = wide.map(table => table.closest("section").id);
    results[`${page} ${width}`] = [root.scrollHeight, root.scrollWidth, cut];
    frame.remove();
  }
  document.title = JSON.stringify(results);
});
</script>"""
"""Measurement of pages in frames, since a window of chromium is never as narrow as a phone."""

BROWSER = shutil.which("chromium") or shutil.which("google-chrome")


@pytest.mark.skipif(BROWSER is None, reason="needs chromium, which lays out the pages")
def test_pages_fit_into_phones_and_the_page_of_servers_is_short(build: Path) -> None:
    pages = [str(page.relative_to(build)) for page in sorted(build.rglob("*.html"))]
    frames = [(page, 390) for page in pages] + [("reference/servers.html", 1280)]
    (build / "measure.htm").write_text(f"<body>{MEASURE.replace('PAGES', json.dumps(frames))}</body>", encoding="utf-8")
    command = [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--allow-file-access-from-files"]
    command += ["--window-size=1400,1000", "--timeout=90000", "--virtual-time-budget=90000", "--dump-dom"]
    process = subprocess.run(
        [*command, (build / "measure.htm").as_uri()], capture_output=True, text=True, check=True, timeout=180
    )
    titles = re.findall("<title>(.*?)</title>", process.stdout)
    results = json.loads(unescape(titles[0]))
    assert len(results) == len(frames)
    phones = {page: result for page, result in results.items() if page.endswith(" 390")}
    assert {page: width for page, (_, width, _) in phones.items() if width > 390} == {}
    assert {page: cut for page, (*_, cut) in phones.items() if cut} == {}
    height, *_ = results["reference/servers.html 1280"]
    assert height < 18_885 / 2

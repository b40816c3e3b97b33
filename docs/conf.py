"""Configuration of Sphinx for ``make docs``."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from hcloud import __version__  # needs the line above

project = "hcloud"
author = "hcloud contributors"
copyright = author
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton", "docs._ext.reference"]
exclude_patterns = ["_build", "_ext"]

html_theme = "furo"
html_title = f"hcloud {release}"
html_static_path = ["_static"]
html_css_files = ["hcloud.css"]
html_search_scorer = str(Path(__file__).with_name("_static") / "search.js")
html_copy_source = False
html_show_sphinx = False

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
myst_fence_as_directive: list[str] = []

autodoc_member_order = "bysource"
autoclass_content = "both"
autodoc_mock_imports = ["pytest"]  # the reference of its plugin does not need it installed
maximum_signature_line_length = 400
toc_object_entries_show_parents = "hide"

pygments_dark_style = "github-dark"

copybutton_selector = "div:not(.highlight-output) > div.highlight > pre"
copybutton_prompt_text = r"\$ |>>> "
copybutton_prompt_is_regexp = True

nitpicky = True
# Names that other projects document, and names without a page.
nitpick_ignore_regex = [
    ("py:.*", r"(requests|collections|datetime|types|typing|os|inspect)\..*"),
    ("py:class", r"hcloud\..*\.[A-Z]|hcloud\..*\.Domain"),  # type variables
    (
        "py:.*",
        r"datetime|date|Decimal|Path|Callable|Mapping|Sequence|Iterator|Iterable|Self|Any|Unpack",
    ),
    ("py:.*", r"BaseAdapter|TracebackType|Signature"),
    ("py:class", "Provider|FakeAPI"),  # the base classes of both clients, and of both fakes
    ("py:class", r"hcloud\.testing\.faults\.(Action)?Fault"),  # shown by their repr
    ("py:class", "ListOf"),  # as Sequence, but a text is none
    ("py:class", "(Async)?Temporary"),  # context managers that only temporary() makes
    ("py:class", "Labelled"),  # the union of all bound objects with labels
    ("py:class", "OnProgress"),  # a function that takes a TransferProgress
    ("py:class", "DiskFormat"),  # the texts of its parameters name both values
    ("py:class", "AsyncClient"),  # the client of hcloud.aio
    ("py:class", r"(aiohttp|redis)\..*|Failure"),  # other projects; named constants
    ("py:class", r"Mapping\[str"),  # a part of the annotation of a named tuple
]

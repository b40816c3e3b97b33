"""Links from names in texts to what they name in the reference, and from the reference to that of the API."""

from __future__ import annotations

import re
from importlib import import_module
from itertools import takewhile
from typing import Any, ClassVar

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import find_pending_xref_condition, make_refnode

from .source import Exported

__all__ = ["Nearest", "link_section", "provider_of", "route_of"]


class Nearest(SphinxPostTransform):
    """Resolver of short and private names: ``NotFoundError``, ``hcloud.images.client.BoundImage``.

    Of several objects of a name, the nearest to the reference is taken: one of the same provider, then of the same
    folder. The provider of a page that documents no folder is in its name: ``guides/digitalocean``. In texts, the names
    of classes become links.
    """

    default_priority = 5  # before Sphinx resolves references
    _TYPES: ClassVar = {"class": ("class", "exception", "data"), "exc": ("exception", "class")}

    def run(self, **kwargs: Any) -> None:
        for node in list(self.document.findall(pending_xref)):
            if node.get("refdomain") == "py":
                shown = find_pending_xref_condition(node, "resolved") or node
                text = nodes.inline("", "", *shown.children)
                if node["reftype"] == "class" and str(node["reftarget"]).islower():
                    node.replace_self(text)  # a built-in type
                elif (target := self.find(node)) is not None:
                    node.replace_self(self._link(target, text))

        for literal in list(self.document.findall(nodes.literal)):
            name = literal.astext()
            is_link = _is_within(literal, nodes.reference, pending_xref, nodes.title) or literal.next_node(
                nodes.reference
            )
            if re.fullmatch(r"[A-Z]\w*[a-z]\w*", name) and not is_link:
                target = self.find(pending_xref("", refdomain="py", reftype="class", reftarget=name))
                if target is not None:
                    literal.replace_self(self._link(target, literal.deepcopy()))

    def _link(self, target: str, shown: nodes.Node) -> nodes.Node:
        entry = self.env.get_domain("py").objects[target]  # type: ignore[attr-defined]
        return make_refnode(self.app.builder, self.env.docname, entry.docname, entry.node_id, [shown], target)

    def find(self, node: pending_xref) -> str | None:
        objects = self.env.get_domain("py").objects  # type: ignore[attr-defined]
        types = self._TYPES.get(node["reftype"])
        target = str(node["reftarget"])
        wanted = re.sub(r"^([a-z_]+\.)+(?=[A-Z])", "", target)
        home = target.removesuffix(wanted) or node.get("py:module") or self.env.docname.replace("/", ".")
        provider = provider_of(home)
        context = str(node.get("py:class"))
        names = [f"{cls}.{wanted}" for cls in _classes(node)] if node["reftype"] in ("attr", "meth") else []
        for name in [*names, wanted, *[context] * (node["reftype"] == "attr")]:
            candidates = [
                path
                for path, entry in objects.items()
                if f".{path}".endswith(f".{name}") and not entry.aliased and (types is None or entry.objtype in types)
            ]
            if candidates:
                return min(candidates, key=lambda path: (provider_of(path) != provider, -_common(path, home), path))
        return None


def link_section(text: str, module: str) -> str:
    """Make the title of a section of the API reference in a docstring a link: ``See "Images" in the API reference``."""
    return re.sub(
        '"([A-Z][^"]*)" in the API', lambda title: f"`{title[1]} <{_section(title[1], module)}>`__ in the API", text
    )


def _section(title: str, module: str) -> str:
    """Return the address of a section of the provider's API reference."""
    if provider_of(module) == "DigitalOcean":
        return f"https://docs.digitalocean.com/reference/api/digitalocean/#tag/{title.replace(' ', '-')}"
    host = "hetzner" if ".storage_box" in module else "cloud"
    return f"https://docs.hetzner.cloud/reference/{host}#{title.lower().replace(' ', '-')}"


def route_of(method: Any, name: str) -> str:
    """Return the route of a declared method, as a link to the API reference; empty for other methods.

    :param name: Full name of the method, which contains the folder of its resource
    """
    endpoint = getattr(method, "__endpoint__", None)
    if endpoint is None:
        return ""
    path = re.sub(r"{(?:\w+\.)*(\w+)}", r"{\1}", endpoint.path.replace("~", _collection(name), 1))
    title = name.split(".")[-3].replace("_", " ").title().replace("Ssh", "SSH")
    return f"`{endpoint.verb} {path} <{_section(title, name)}>`__"


def _collection(name: str) -> str:
    """Return the path that ``~`` stands for in the route of a method."""
    folder, cls, _ = name.rsplit(".", 2)
    if folder.endswith(".actions") and cls != "ActionsClient":
        return "/{resource}"  # base classes of the clients of several resources
    if folder == "hcloud.actions":
        return ""
    return next((client._base_url for _, _, client in Exported(folder) if "_base_url" in vars(client)), "")


def _is_within(node: nodes.Node | None, *classes: type[nodes.Node]) -> bool:
    """Return True if a node is part of one of these classes."""
    while node is not None and not isinstance(node, classes):
        node = node.parent
    return node is not None


def provider_of(name: str) -> str:
    """Return the provider that a module or a page belongs to."""
    return "DigitalOcean" if "digitalocean" in name else "Hetzner"


def _common(name: str, home: str) -> int:
    """Return the number of parts that two names have in common at their beginning."""
    pairs = zip(name.split("."), home.split("."), strict=False)
    return len(list(takewhile(lambda pair: pair[0] == pair[1], pairs)))


def _classes(node: pending_xref) -> list[str]:
    """Return the names of the class that a text belongs to and of its bases."""
    try:
        cls = getattr(import_module(str(node.get("py:module"))), str(node.get("py:class")))
    except (ImportError, AttributeError):
        return []
    return [base.__name__ for base in cls.__mro__]

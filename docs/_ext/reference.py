"""The reference, made from the code: a page for each resource, with what its folder exports.

A page ``reference/NAME.md`` holds an example. What stands around it comes from ``hcloud/NAME``: a title and a sentence
from the folder's docstring, tables of the records from their annotations and the strings below them, and the methods.
"""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from logging import getLogger
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx.util.nodes import find_pending_xref_condition, make_refnode

from hcloud import APIException
from hcloud.core import BoundModelBase, ResourceClientBase
from hcloud.core.provider import resource_clients

from .samples import Samples
from .source import ROOT, Exported, fields, is_bound, is_record, literals, resources, summary

__all__ = ["setup"]

_log = logging.getLogger(__name__)
_PROJECT = "The project of the guides"
"""The heading of what the examples of the guides go on with."""


# Pages


def groups(exported: Exported) -> dict[str, list[str]]:
    """The directives that document what there is, by the headings that they stand under."""
    found: dict[str, list[str]] = {
        "Properties": [],
        "Other records": [],
        "Responses": [],
        "Methods of the client": [],
        "Methods of the bound object": [],
        "Values": [],
        "Other names": [],
    }
    bound = {kind.model for _, _, kind in exported if is_bound(kind)}
    for name, path, kind in exported:
        found[_heading(name, kind, bound)].append(_directive(path, kind))
    if not found["Properties"]:
        found["Properties"], found["Other records"] = found["Other records"], []
    found["Values"] = [f".. values:: {exported.folder}"] * bool(found["Values"])
    return {heading: directives for heading, directives in found.items() if directives}


def _heading(name: str, kind: Any, bound: set[Any]) -> str:
    if is_bound(kind):
        return "Methods of the bound object"
    if is_record(kind):
        return "Properties" if kind in bound else "Responses" if name.endswith("Response") else "Other records"
    if not isinstance(kind, type):
        return "Values"
    if hasattr(kind, "__total__") or name.endswith("PageResult"):
        return "Responses" if name.endswith("PageResult") else "Other records"
    return "Methods of the client" if issubclass(kind, ResourceClientBase) and "Has" not in name else "Other names"


def _directive(path: str, kind: Any) -> str:
    if not isinstance(kind, type):
        return ""
    if (is_record(kind) and not is_bound(kind)) or hasattr(kind, "__total__") or hasattr(kind, "_make"):
        return f".. record:: {path}"
    # What all have is explained once, on a page of its own.
    common = [base for base in kind.__mro__[1:] if is_record(base) or base.__module__.startswith("hcloud.core")]
    options = [":members:"]
    if issubclass(kind, (BoundModelBase, ResourceClientBase)):
        options.append(":class-doc-from: class")  # all are constructed alike
    if common:
        options += [f":inherited-members: {', '.join(base.__name__ for base in common)}"]
        options += [f":exclude-members: {', '.join(name for base in common for name in base.__annotations__)}"]
    return "\n   ".join([f".. autoclass:: {path}", *options])


def folder_of(docname: str) -> str | None:
    """The folder that a page is of, if it is of one: ``hcloud.images`` for ``reference/images``."""
    section, *rest = docname.split("/")
    folder = ".".join(["hcloud", *rest])
    return folder if section == "reference" and rest[-1] in resources(folder.rpartition(".")[0]) else None


def frame(app: Sphinx, docname: str, source: list[str]) -> None:
    """Put around a page's example what the code says of its folder."""
    folder = folder_of(docname)
    if folder is None:
        source[0] = introduce(docname, source[0])
        return
    exported = Exported(folder)
    title, sentence = summary(import_module(folder))
    parts = [
        f"# {title}",
        f"```{{eval-rst}}\n.. py:module:: {folder}\n\n{sentence}\n```",
        "## Example",
        source[0].strip(),
    ]
    for heading, directives in groups(exported).items():
        parts += [
            f"## {heading}",
            *(f"```{{eval-rst}}\n.. currentmodule:: {folder}\n\n{each}\n```" for each in directives),
        ]
    source[0] = "\n\n".join(parts)
    for path in ROOT.joinpath(*folder.split(".")).glob("*.py"):
        app.env.note_dependency(str(path))


def introduce(docname: str, text: str) -> str:
    """Tell the reader of a guide what project its examples go on with, if they do."""
    own = f"## {_PROJECT}" in text or re.search(r"= Fake\w+\(", text)
    if not docname.startswith("guides/") or own or "client." not in text:
        return text
    title, _, rest = text.partition("\n")
    anchor = _PROJECT.lower().replace(" ", "-")
    return f"{title}\n\n*To follow along, begin with [{_PROJECT.lower()}](first-steps.md#{anchor}).*\n{rest}"


def expect_pages(app: Sphinx) -> None:
    """Complain of resources without a page, and of pages without a resource."""
    for package in ("hcloud", "hcloud.digitalocean"):
        below = Path(app.srcdir, "reference", *package.split(".")[1:])
        for name in resources(package):
            if not (below / f"{name}.md").exists():
                _log.warning("%s has no page: write an example to %s", f"{package}.{name}", below / f"{name}.md")


# Tables


class Table(SphinxDirective):
    """What tables of the code have in common."""

    required_arguments = 1
    heads: ClassVar[tuple[str, ...]]

    def table(self, heads: tuple[str, ...], rows: list[tuple[str, list[list[nodes.Node]]]], kind: str) -> nodes.Node:
        """A table with a target for each row."""
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in heads), cols=len(heads))
        head = nodes.row("", *(nodes.entry("", nodes.paragraph("", each)) for each in heads))
        body = nodes.tbody()
        for target, cells in rows:
            row = nodes.row("", *(nodes.entry("", *cell) for cell in cells), ids=[target])
            for label, cell in zip(heads, row.children, strict=True):
                cell["classes"].append(f"cell-{label.lower()}")
            self.env.get_domain("py").note_object(target, kind, target, location=row)  # type: ignore[attr-defined]
            body += row
        group += [nodes.thead("", head), body]
        return nodes.table("", group, classes=["of-code"])

    def rst(self, text: str) -> list[nodes.Node]:
        """A text of the code, parsed."""
        parsed = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), source=self.arguments[0]), self.content_offset, parsed)
        return parsed.children

    def typed(self, annotation: str) -> list[nodes.Node]:
        """A type, with links to what it names."""
        parts: list[nodes.Node] = []
        for piece in re.split(r"([A-Za-z_][\w.]*|'[^']*')", annotation):
            if re.match(r"[A-Z]\w*[a-z]", piece) and piece not in ("None", "Literal", "Any", "True", "False"):
                link = pending_xref("", nodes.Text(piece), refdomain="py", reftype="class", reftarget=piece)
                link["refdoc"], link["py:module"] = (self.env.docname, self.env.ref_context.get("py:module"))
                parts.append(link)
            else:
                parts.append(nodes.Text(piece))
        return [nodes.paragraph("", "", nodes.literal("", "", *parts, classes=["type"]))]


class Record(Table):
    """``.. record:: hcloud.images.Image``: its docstring, its properties, its own methods."""

    def run(self) -> list[nodes.Node]:
        module, _, name = self.arguments[0].rpartition(".")
        kind = getattr(import_module(module), name)
        known = fields(kind)
        described = any(description for _, description in known.values())
        heads = ("Property", "Type", *["Description"] * described, *["Sample"] * is_record(kind))
        lines = [f".. py:class:: {name}", f"   :module: {module}", ""]
        lines += [f"   {line}" for line in inspect.cleandoc(kind.__doc__ or "").splitlines()]
        methods = [name for name, value in vars(kind).items() if not name.startswith("_") and _is_method(value)]
        lines += ["", "   .. place::", ""]
        for method in methods:
            how = "property" if isinstance(vars(kind)[method], property) else "method"
            lines.append(f"   .. auto{how}:: {self.arguments[0]}.{method}")
        made = self.rst("\n".join(lines))
        rows = []
        self.env.ref_context.update({"py:module": module, "py:class": name})
        for field, (annotation, description) in known.items():
            retired = is_record(kind) and not kind._fields[field].is_property
            cells: list[list[nodes.Node]] = [
                [nodes.paragraph("", "", nodes.literal("", field))],
                [nodes.paragraph("", "retired")] if retired else self.typed(annotation),
                *[self.rst(description)] * described,
            ]
            if is_record(kind):
                value = samples(self.env).of(kind, field, annotation, self._literals(module))
                cells.append([nodes.paragraph("", "", nodes.literal("", value))] if value else [])
            rows.append((f"{self.arguments[0]}.{field}", cells))
        for each in made:
            for place in list(each.findall(lambda node: isinstance(node, nodes.comment) and node.astext() == "place")):
                place.parent.replace(place, self.table(heads, rows, "attribute"))
        self.env.ref_context.pop("py:class", None)
        return made

    def _literals(self, module: str) -> dict[str, tuple[str, ...]]:
        return literals(".".join(module.split(".")[: 3 if ".digitalocean." in module else 2]))


def _is_method(value: Any) -> bool:
    return isinstance(value, property) or inspect.isfunction(getattr(value, "__func__", value))


class Resources(Table):
    """``.. resources:: hcloud.Client``: the clients of resources that a provider's client has, as their classes say."""

    def run(self) -> list[nodes.Node]:
        module, _, name = self.arguments[0].rpartition(".")
        provider = getattr(import_module(module), name)
        rows = []
        for attribute, kind in resource_clients(provider).items():
            resource = getattr(import_module(f".{attribute}", provider._package), kind)
            shown = [nodes.paragraph("", "", nodes.literal("", attribute))]
            cells = [shown, self.typed(kind), self.rst(inspect.cleandoc(resource.__doc__))]
            rows.append((f"{self.arguments[0]}.{attribute}", cells))
        return [self.table(("Property", "Type", "Description"), rows, "attribute")]


class Values(Table):
    """``.. values:: hcloud.images``: the names that a folder has for sets of literals, with their members."""

    def run(self) -> list[nodes.Node]:
        folder = self.arguments[0]
        places = Exported(folder).places
        rows = []
        known = literals(folder)
        for name, members in known.items():
            shown: list[nodes.Node] = []
            for member in members:
                shown += [nodes.literal("", member), nodes.Text(", ")]
            rows.append(
                (
                    f"{places[name]}.{name}",
                    [[nodes.paragraph("", "", nodes.literal("", name))], [nodes.paragraph("", "", *shown[:-1])]],
                )
            )
        others = [name for name, _, value in Exported(folder) if not isinstance(value, type) and name not in known]
        made = [self.table(("Name", "Values"), rows, "data")] if rows else []
        for name in others:
            made += self.rst(f".. autodata:: {places[name]}.{name}")
        return made


class Errors(Table):
    """``.. errors:: hcloud._exceptions``: the exceptions that stand for the API's error codes."""

    def run(self) -> list[nodes.Node]:
        module = import_module(self.arguments[0])
        rows = []
        for name in module.__all__:
            kind = getattr(module, name)
            keys = [
                str(key) for key, each in APIException._by_code.items() if each is kind and not isinstance(key, int)
            ]
            if keys:
                shown = [[nodes.paragraph("", "", nodes.literal("", each))] for each in (name, *keys)]
                rows.append((f"hcloud.{name}", [*shown, self.rst(inspect.cleandoc(kind.__doc__ or ""))]))
        return [self.table(("Name", "Code", "Meaning"), rows, "exception")]


class Place(Directive):
    """Where a table goes that is made later."""

    def run(self) -> list[nodes.Node]:
        return [nodes.comment("", "place")]


def samples(env: BuildEnvironment) -> Samples:
    """The samples, for which each page's example is run once a build."""
    found = getattr(samples, "made", None)
    if found is None:
        documents = [path for part in ("reference", "guides") for path in sorted(Path(env.srcdir, part).rglob("*.md"))]
        found = samples.made = Samples(documents)  # type: ignore[attr-defined]
    return found


# Names


def sign(
    app: Sphinx, what: str, name: str, value: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Write a signature as the code does, with the names that it has for types."""
    try:
        known = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    parts, star = [], False
    for parameter in list(known.parameters.values())[what == "method" and inspect.isfunction(value) :]:
        if parameter.kind is parameter.VAR_POSITIONAL or (parameter.kind is parameter.KEYWORD_ONLY and not star):
            star = True
            if parameter.kind is parameter.KEYWORD_ONLY:
                parts.append("*")
        text = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "") + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {_written(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            default = "…" if type(parameter.default) is object else repr(parameter.default)
            text += f" = {default}"
        parts.append(text)
    result = None if known.return_annotation is known.empty else _written(known.return_annotation)
    return f"({', '.join(parts)})", result if what in ("method", "function") else None


def _written(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


class Nearest(SphinxPostTransform):
    """Resolves what code calls by a shorter or a private name: ``NotFoundError``, ``hcloud.images.client.BoundImage``.

    Of several things so called, the one that is nearest to where it is spoken of: of the same folder, or provider.
    """

    default_priority = 5  # before Sphinx looks for it
    _TYPES: ClassVar = {"class": ("class", "exception", "data"), "exc": ("exception",)}

    def run(self, **kwargs: Any) -> None:
        for node in list(self.document.findall(pending_xref)):
            if node.get("refdomain") == "py":
                shown = find_pending_xref_condition(node, "resolved") or node
                text = nodes.inline("", "", *shown.children)
                if node["reftype"] == "class" and str(node["reftarget"]).islower():
                    node.replace_self(text)  # of Python's own
                elif (found := self.find(node)) is not None:
                    entry = self.env.get_domain("py").objects[found]  # type: ignore[attr-defined]
                    place = self.env.docname
                    node.replace_self(
                        make_refnode(self.app.builder, place, entry.docname, entry.node_id, [text], found)
                    )

    def find(self, node: pending_xref) -> str | None:
        objects = self.env.get_domain("py").objects  # type: ignore[attr-defined]
        types = self._TYPES.get(node["reftype"])
        target = str(node["reftarget"])
        wanted = re.sub(r"^([a-z_]+\.)+(?=[A-Z])", "", target)
        home = target.removesuffix(wanted) or f"{node.get('py:module') or ''}."
        context = str(node.get("py:class"))
        names = [f"{each}.{wanted}" for each in _classes(node)] if node["reftype"] in ("attr", "meth") else []
        for name in [*names, wanted, *[context] * (node["reftype"] == "attr")]:
            found = [
                each
                for each, entry in objects.items()
                if f".{each}".endswith(f".{name}") and not entry.aliased and (types is None or entry.objtype in types)
            ]
            if found:
                return min(found, key=lambda each: (-len(_common(each, home)), each))
        return None


def _common(name: str, home: str) -> list[str]:
    steps = list(zip(name.split("."), home.split("."), strict=False))
    return [one for at, (one, other) in enumerate(steps) if all(a == b for a, b in steps[: at + 1]) and one == other]


def _classes(node: pending_xref) -> list[str]:
    """The class that a text speaks of, and its bases."""
    try:
        kind = getattr(import_module(str(node.get("py:module"))), str(node.get("py:class")))
    except (ImportError, AttributeError):
        return []
    return [base.__name__ for base in kind.__mro__]


def setup(app: Sphinx) -> dict[str, bool]:
    """Called by Sphinx."""
    app.add_directive("record", Record)
    app.add_directive("resources", Resources)
    app.add_directive("values", Values)
    app.add_directive("errors", Errors)
    app.add_directive("place", Place)
    app.connect("autodoc-process-signature", sign)
    app.connect("builder-inited", expect_pages)
    app.connect("source-read", frame)
    app.add_post_transform(Nearest)
    # Examples that show retries would show in the build's output, too.
    getLogger("hcloud").setLevel("WARNING")
    return {"parallel_read_safe": False}

"""Generation of the reference from the code: a page for each resource, with the exports of its folder.

A page ``reference/NAME.md`` holds an example. The rest comes from ``hcloud/NAME``: title and first sentence from the
folder's docstring, the tables of the records from their annotations and the strings below them, and the methods.
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
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from hcloud import APIException
from hcloud.core import BoundModelBase, ResourceClientBase
from hcloud.core.coroutines import _Metadata
from hcloud.core.provider import resource_clients

from .links import Nearest, link_section, provider_of, route_of
from .samples import Samples
from .source import ROOT, Exported, fields, is_bound, is_dict, is_record, keys_of, literals, resources, summary
from .tables import WideTables

__all__ = ["setup"]

_log = logging.getLogger(__name__)
_PROJECT = "The project of the guides"
"""Heading of the section that creates the project of the guides' examples."""


# Pages


def groups(exported: Exported) -> dict[str, list[str]]:
    """Return the directives that document the exports of a folder, by their heading."""
    directives: dict[str, list[str]] = {
        "Methods of the bound object": [],
        "Methods of the client": [],
        "Properties": [],
        "Responses": [],
        "Other records": [],
        "Values": [],
        "Other names": [],
    }
    models = {value.model for _, _, value in exported if is_bound(value)}
    for name, path, value in exported:
        directives[_heading(name, value, models)].append(_directive(path, value, bound_forms(exported, value)))
    if not directives["Properties"]:
        directives["Properties"], directives["Other records"] = directives["Other records"], []
    directives["Values"] = [f".. values:: {exported.folder}"] * bool(directives["Values"])
    return {heading: texts for heading, texts in directives.items() if texts}


def _heading(name: str, value: Any, models: set[Any]) -> str:
    if is_bound(value):
        return "Methods of the bound object"
    if is_record(value):
        return "Properties" if value in models else "Responses" if name.endswith("Response") else "Other records"
    if not isinstance(value, type):
        return "Values"
    if is_dict(value) or name.endswith("PageResult"):
        return "Responses" if name.endswith("PageResult") else "Other records"
    return "Methods of the client" if issubclass(value, ResourceClientBase) and "Has" not in name else "Other names"


def bound_forms(exported: Exported, client: Any) -> dict[str, str]:
    """Return the names of a resource client's methods that a bound object has, too, with the path of that form."""
    forms: dict[str, str] = {}
    for _, path, value in exported:
        for name in dir(value) if is_bound(value) else ():
            original = getattr(getattr(getattr(value, name), "__wrapped__", None), "__wrapped__", None)
            if original is not None and getattr(client, original.__name__, None) is original:
                forms[original.__name__] = f"{path}.{name}"
    return forms


def _directive(path: str, value: Any, forms: dict[str, str]) -> str:
    if not isinstance(value, type):
        return ""
    if (is_record(value) and not is_bound(value)) or is_dict(value) or hasattr(value, "_make"):
        return f".. record:: {path}"
    # Members that all classes inherit are documented once, on a page of their own.
    common = [base for base in value.__mro__[1:] if is_record(base) or base.__module__.startswith("hcloud.core")]
    options = [":members:"]
    # A method that a base only announces, in its annotations, is no inherited field.
    fields_of_bases = [name for base in common for name in base.__annotations__ if name not in vars(value)]
    excluded = [*fields_of_bases, *forms, *["model"] * is_bound(value)]
    if issubclass(value, (BoundModelBase, ResourceClientBase)):
        options.append(":class-doc-from: class")  # their constructors are the same
    if common:
        options += [f":inherited-members: {', '.join(base.__name__ for base in common)}"]
    if excluded:
        options += [f":exclude-members: {', '.join(excluded)}"]
    directive = "\n   ".join([f".. autoclass:: {path}", *options])
    if forms:
        directive += f"\n\n.. forms:: {path}\n\n" + "\n".join(f"   {name} {form}" for name, form in forms.items())
    return directive


def folder_of(docname: str) -> str | None:
    """Return the package that a page documents, such as ``hcloud.images`` for ``reference/images``; None if none."""
    section, *rest = docname.split("/")
    folder = ".".join(["hcloud", *rest])
    return folder if section == "reference" and rest[-1] in resources(folder.rpartition(".")[0]) else None


def frame(app: Sphinx, docname: str, source: list[str]) -> None:
    """Add the generated parts of a page to its example."""
    folder = folder_of(docname)
    if folder is None:
        source[0] = introduce(docname, source[0])
        return
    exported = Exported(folder)
    title, sentence = summary(import_module(folder))
    parts = [
        f"# {title} of DigitalOcean" if provider_of(folder) == "DigitalOcean" else f"# {title}",
        f"```{{eval-rst}}\n.. py:module:: {folder}\n\n{sentence}\n```",
        "## Example",
        source[0].strip(),
    ]
    for heading, directives in groups(exported).items():
        parts += [
            f"## {heading}",
            *(f"```{{eval-rst}}\n.. currentmodule:: {folder}\n\n{directive}\n```" for directive in directives),
        ]
    source[0] = "\n\n".join(parts)
    for path in ROOT.joinpath(*folder.split(".")).glob("*.py"):
        app.env.note_dependency(str(path))


def introduce(docname: str, text: str) -> str:
    """Link a guide to the project that its examples use, unless they create their own."""
    has_own = f"## {_PROJECT}" in text or re.search(r"^cloud = Fake\w+\(|^client = Fake\w+\(", text, re.MULTILINE)
    if not docname.startswith("guides/") or has_own or "client." not in text:
        return text
    title, _, rest = text.partition("\n")
    anchor = _PROJECT.lower().replace(" ", "-")
    return f"{title}\n\n*To follow along, begin with [{_PROJECT.lower()}](first-steps.md#{anchor}).*\n{rest}"


def expect_pages(app: Sphinx) -> None:
    """Warn about resources without a page."""
    for package in ("hcloud", "hcloud.digitalocean"):
        below = Path(app.srcdir, "reference", *package.split(".")[1:])
        for name in resources(package):
            if not (below / f"{name}.md").exists():
                _log.warning("%s has no page: write an example to %s", f"{package}.{name}", below / f"{name}.md")


# Tables


class Table(SphinxDirective):
    """Base class of the directives that render a table."""

    required_arguments = 1
    heads: ClassVar[tuple[str, ...]]

    def table(self, heads: tuple[str, ...], rows: list[tuple[str, list[list[nodes.Node]]]], role: str) -> nodes.Node:
        """Return a table with a link target for each row."""
        group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in heads), cols=len(heads))
        head = nodes.row("", *(nodes.entry("", nodes.paragraph("", text)) for text in heads))
        body = nodes.tbody()
        for target, cells in rows:
            row = nodes.row("", *(nodes.entry("", *cell) for cell in cells), ids=[target])
            for label, cell in zip(heads, row.children, strict=True):
                cell["classes"].append(f"cell-{label.lower()}")
            self.env.get_domain("py").note_object(target, role, target, location=row)  # type: ignore[attr-defined]
            body += row
        group += [nodes.thead("", head), body]
        return nodes.table("", group, classes=["of-code"])

    def rst(self, text: str) -> list[nodes.Node]:
        """Parse a text of the code."""
        parsed = nodes.Element()
        self.state.nested_parse(StringList(text.splitlines(), source=self.arguments[0]), self.content_offset, parsed)
        return parsed.children

    def typed(self, annotation: str) -> list[nodes.Node]:
        """Return a type with links to the classes it names."""
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
    """``.. record:: hcloud.images.Image``: docstring, table of the properties, own methods of a record.

    It also documents a ``TypedDict``, by its keys.
    """

    def run(self) -> list[nodes.Node]:
        module, _, name = self.arguments[0].rpartition(".")
        cls = getattr(import_module(module), name)
        properties = fields(cls)
        described = any(description for _, description in properties.values())
        heads = (
            "Key" if is_dict(cls) else "Property",
            "Type",
            *["Description"] * described,
            *["Sample"] * is_record(cls),
        )
        lines = [f".. py:class:: {name}", f"   :module: {module}", ""]
        docstring = link_section(inspect.cleandoc(cls.__doc__ or ""), module)
        lines += [f"   {line}" for line in docstring.splitlines()]
        lines += ["", f"   {keys_of(cls)}"] if is_dict(cls) else []
        methods = [name for name, value in vars(cls).items() if not name.startswith("_") and _is_method(value)]
        lines += ["", "   .. place::", ""]
        for method in methods:
            directive = "autoproperty" if isinstance(vars(cls)[method], property) else "automethod"
            lines.append(f"   .. {directive}:: {self.arguments[0]}.{method}")
        content = self.rst("\n".join(lines))
        rows = []
        context = dict(self.env.ref_context)
        self.env.ref_context.update({"py:module": module, "py:class": name})
        for field, (annotation, description) in properties.items():
            retired = is_record(cls) and not cls._fields[field].is_property
            cells: list[list[nodes.Node]] = [
                [nodes.paragraph("", "", nodes.literal("", field))],
                [nodes.paragraph("", "retired")] if retired else self.typed(annotation),
                *[self.rst(description)] * described,
            ]
            if is_record(cls):
                value = samples(self.env).of(cls, field, annotation, self._literals(module))
                cells.append([nodes.paragraph("", "", nodes.literal("", value))] if value else [])
            rows.append((f"{self.arguments[0]}.{field}", cells))
        for element in content:
            for place in list(
                element.findall(lambda node: isinstance(node, nodes.comment) and node.astext() == "place")
            ):
                place.parent.replace(place, self.table(heads, rows, "attribute"))
        self.env.ref_context.clear()
        self.env.ref_context.update(context)
        return content

    def _literals(self, module: str) -> dict[str, tuple[str, ...]]:
        return literals(".".join(module.split(".")[: 3 if ".digitalocean." in module else 2]))


def _is_method(value: Any) -> bool:
    return isinstance(value, property) or inspect.isfunction(getattr(value, "__func__", value))


class Overview(SphinxDirective):
    """``.. overview:: hcloud``: the resources of a package, each with a sentence, in the order of the lines."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        names = list(self.content)
        lines = [".. toctree::", "   :hidden:", "", *(f"   {name}" for name in names), ""]
        for name in names:
            _, sentence = summary(import_module(f"{self.arguments[0]}.{name}"))
            lines.append(f"- :doc:`{name}`: {sentence.splitlines()[0]}")
        return self.parse_text_to_nodes("\n".join(lines))


class Resources(Table):
    """``.. resources:: hcloud.Client``: table of the resource clients of a provider's client."""

    def run(self) -> list[nodes.Node]:
        module, _, name = self.arguments[0].rpartition(".")
        provider = getattr(import_module(module), name)
        rows = []
        for attribute, cls in resource_clients(provider).items():
            resource = getattr(import_module(f".{attribute}", provider._package), cls)
            shown = [nodes.paragraph("", "", nodes.literal("", attribute))]
            cells = [shown, self.typed(cls), self.rst(inspect.cleandoc(resource.__doc__))]
            rows.append((f"{self.arguments[0]}.{attribute}", cells))
        return [self.table(("Property", "Type", "Description"), rows, "attribute")]


class Forms(Table):
    """``.. forms:: hcloud.images.client.ImagesClient``: list of the methods that are documented in their bound form.

    A line of the content is the name of a method and the path of its bound form.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        entries = nodes.bullet_list("", classes=["forms"])
        module, _, name = self.arguments[0].rpartition(".")
        client = getattr(import_module(module), name)
        for line in self.content:
            method, form = line.split()
            first = next(iter(getattr(client, method).__annotations__))
            target = f"{self.arguments[0]}.{method}"
            link = pending_xref("", nodes.literal("", f"{method}({first}, …)"), refdomain="py", reftype="meth")
            link["refdoc"], link["reftarget"] = self.env.docname, form
            entries += nodes.list_item("", nodes.paragraph("", "", link), ids=[target])
            self.env.get_domain("py").note_object(target, "method", target, location=entries)  # type: ignore[attr-defined]
        sentence = "With the resource as first argument, the client also has the methods of the bound object:"
        return [nodes.paragraph("", sentence), entries]


class Flow(SphinxDirective):
    """``.. flow::``: the steps of a call, a line for each: ``code | what happens | module``.

    A line without a module is code of the program that uses the library.
    """

    has_content = True

    def run(self) -> list[nodes.Node]:
        steps = nodes.enumerated_list("", classes=["flow"])
        for line in self.content:
            code, text, *modules = (part.strip() for part in line.split("|"))
            item = nodes.list_item("", nodes.paragraph("", "", nodes.literal("", code)))
            item += nodes.paragraph("", text)
            item += [nodes.paragraph("", "", nodes.literal("", module), classes=["module"]) for module in modules]
            item["classes"].append("inside" if modules else "program")
            steps += item
        return [steps]


class Values(Table):
    """``.. values:: hcloud.images``: table of a folder's aliases of literals, with their values."""

    def run(self) -> list[nodes.Node]:
        folder = self.arguments[0]
        places = Exported(folder).places
        rows = []
        aliases = literals(folder)
        for name, values in aliases.items():
            listed: list[nodes.Node] = []
            for value in values:
                listed += [nodes.literal("", value), nodes.Text(", ")]
            cells = [[nodes.paragraph("", "", nodes.literal("", name))], [nodes.paragraph("", "", *listed[:-1])]]
            rows.append((f"{places[name]}.{name}", cells))
        others = [name for name, _, value in Exported(folder) if not isinstance(value, type) and name not in aliases]
        content = [self.table(("Name", "Values"), rows, "data")] if rows else []
        for name in others:
            content += self.rst(f".. autodata:: {places[name]}.{name}")
        return content


class Errors(Table):
    """``.. errors:: hcloud._exceptions``: table of the exceptions with an error code of the API."""

    def run(self) -> list[nodes.Node]:
        module = import_module(self.arguments[0])
        rows = []
        for name in module.__all__:
            cls = getattr(module, name)
            codes = [code for code, other in APIException._by_code.items() if other is cls and isinstance(code, str)]
            if codes:
                cells = [[nodes.paragraph("", "", nodes.literal("", text))] for text in (name, *codes)]
                rows.append((f"hcloud.{name}", [*cells, self.rst(inspect.cleandoc(cls.__doc__ or ""))]))
        return [self.table(("Name", "Code", "Meaning"), rows, "exception")]


class Place(Directive):
    """``.. place::``: position of a table that is inserted later."""

    def run(self) -> list[nodes.Node]:
        return [nodes.comment("", "place")]


def samples(env: BuildEnvironment) -> Samples:
    """Return the sample values; the examples of all pages are run for them once in a build."""
    values: Samples | None = getattr(samples, "values", None)
    if values is None:
        documents = [path for part in ("reference", "guides") for path in sorted(Path(env.srcdir, part).rglob("*.md"))]
        values = samples.values = Samples(documents)  # type: ignore[attr-defined]
    return values


# Names


def sign(
    app: Sphinx, what: str, name: str, value: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Format a signature with the annotations as they are written in the code."""
    if what not in ("class", "exception", "function", "method"):
        return None  # an alias such as ``dict[…]`` can be called, too
    try:
        parsed = inspect.signature(value)
    except (TypeError, ValueError):
        return None
    parts, star = [], False
    for parameter in list(parsed.parameters.values())[what == "method" and inspect.isfunction(value) :]:
        if parameter.kind is parameter.VAR_POSITIONAL or (parameter.kind is parameter.KEYWORD_ONLY and not star):
            star = True
            if parameter.kind is parameter.KEYWORD_ONLY:
                parts.append("*")
        text = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind, "") + parameter.name
        if parameter.annotation is not parameter.empty:
            text += f": {_as_written(parameter.annotation)}"
        if parameter.default is not parameter.empty:
            default = "…" if type(parameter.default) is object else repr(parameter.default)
            text += f" = {default}"
        parts.append(text)
    result = None if parsed.return_annotation is parsed.empty else _as_written(parsed.return_annotation)
    return f"({', '.join(parts)})", result if what in ("method", "function") else None


def _as_written(annotation: Any) -> str:
    return annotation if isinstance(annotation, str) else inspect.formatannotation(annotation)


def describe(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Link to the API reference, and refer to ``get_list`` for the parameters of methods that are derived from it."""
    lines[:] = link_section("\n".join(lines), getattr(value, "__module__", None) or "").splitlines()
    if what != "method":
        return
    forms = [value, getattr(getattr(value, "__wrapped__", None), "__wrapped__", None)]
    route = "".join(route_of(form, name) for form in forms)
    if route and lines:
        lines.insert(lines.index("") if "" in lines else len(lines), route)
    original = next((form for form in forms if is_derived(form)), None)
    if original is None:
        return
    listing = getattr(original, "__every_page_of__", None) or original.__every_item_of__
    del lines[1:]
    lines += ["", f"The parameters are those of :meth:`{listing.__name__}`.", ""]


def is_derived(method: Any) -> bool:
    """Return True for the methods that are derived from a listing."""
    return hasattr(method, "__every_page_of__") or hasattr(method, "__every_item_of__")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension with Sphinx."""
    app.add_directive("record", Record)
    app.add_directive("overview", Overview)
    app.add_directive("resources", Resources)
    app.add_directive("forms", Forms)
    app.add_directive("flow", Flow)
    app.add_directive("values", Values)
    app.add_directive("errors", Errors)
    app.add_directive("place", Place)
    app.connect("autodoc-process-docstring", describe)
    app.connect("autodoc-process-signature", sign)
    app.connect("builder-inited", expect_pages)
    app.connect("source-read", frame)
    app.add_post_transform(Nearest)
    # Sphinx unwraps functions, and takes those that wrap something else for attributes without parameters.
    _Metadata.__wrapped__ = property(lambda self: self._method)  # type: ignore[attr-defined]
    app.add_post_transform(WideTables)
    # Examples with retries would log them into the output of the build.
    getLogger("hcloud").setLevel("WARNING")
    return {"parallel_read_safe": False}

"""Write the stubs of the classes of asynchronous clients, which exist at run time only.

Each class that waits, or that leads to one that does, is declared a second time: its methods that wait are ``async
def``, and its attributes and results have asynchronous classes. A record that only the API makes is no subclass of the
blocking client's, and arguments are :class:`NotBlocking`, so that type checkers find objects of a blocking client.
"""

from __future__ import annotations

import ast
import builtins
import inspect
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from importlib import import_module
from importlib.util import resolve_name
from textwrap import indent
from types import FunctionType
from typing import Any

from hcloud.core import BaseDomain, BoundModelBase, Received, ResourceClientBase
from hcloud.core.documentation import field_texts
from hcloud.core.provider import resource_clients
from tools.declarations import INDENT, SELF_IMPORT, declaration, docstring

PROVIDERS = ("hcloud", "hcloud.digitalocean")
"""Packages that have a client; the stub of each is that of its module ``aio.resources``."""

_UNCHECKED = '# mypy: disable-error-code="assignment, misc, override"'
"""Comment for mypy: links of an asynchronous object lead to other classes than those of its record."""
_COMPLETE = "True if all fields were fetched; otherwise ``load()`` fetches the missing ones."
_BOUND = ("which fetches missing fields.", "whose methods are coroutine methods; ``load()`` fetches missing fields.")
"""End of the docstring of bound models, and what takes its place."""


def stub(provider: str) -> str:
    """Return the stub with all asynchronous classes of a provider."""
    return AsyncWriter(provider).module()


class AsyncWriter:
    """Writer of the stub of a provider."""

    def __init__(self, provider: str) -> None:
        self.package = f"{provider}.aio"
        folders = [import_module(f"{provider}.{name}") for name in resource_clients(import_module(provider).Client)]
        exported = [(name, folder.__name__, getattr(folder, name)) for folder in folders for name in folder.__all__]
        self.classes = list(dict.fromkeys(value for *_, value in exported if isinstance(value, type)))
        values: dict[str, Any] = {}
        self.ambiguous = {name for name, _, value in exported if values.setdefault(name, value) is not value}
        """Names that stand for something else in each of several folders; the module does not have them."""
        self.exported = {name: module for name, module, _ in exported if name not in self.ambiguous}
        """Names of the module, with the folder that has the blocking form of each."""
        self.imports: dict[str, set[str]] = {}
        """Names to import, by module."""
        self.modules: set[str] = set()
        """Modules to import as a whole."""

    @cached_property
    def models(self) -> dict[type, str]:
        """Bound models, with their names."""
        return {
            cls: cls.__name__
            for cls in self.classes
            if issubclass(cls, BoundModelBase) and vars(cls).get("_collection")
        }

    @cached_property
    def records(self) -> set[type]:
        """Records that have a bound model."""
        return {vars(model)["model"] for model in self.models}

    @cached_property
    def clients(self) -> dict[type, str]:
        """Clients of resources, with their names."""
        return {
            cls: cls.__name__
            for cls in self.classes
            if issubclass(cls, ResourceClientBase) and cls.__name__.endswith("Client")
        }

    @cached_property
    def pages(self) -> dict[type, str]:
        """Pages of listings, with their names."""
        return {cls: cls.__name__ for cls in self.classes if cls.__name__.endswith("PageResult")}

    @cached_property
    def holders(self) -> dict[type, str]:
        """Other records that wait, or lead to objects that do, with their names; ambiguous ones are private."""
        names: dict[Any, str] = {**self.models, **self.clients, **self.pages}
        holders: dict[type, str] = {}
        candidates = {cls for cls in self.classes if issubclass(cls, BaseDomain)} - names.keys() - self.records
        while new := [
            cls
            for cls in self.classes
            if cls in candidates - holders.keys() and (_waits(cls) or self.leading(cls, names.keys() | holders.keys()))
        ]:
            for cls in new:
                folder = cls.__module__.split(".")[-2].title().replace("_", "")
                holders[cls] = f"_{folder}{cls.__name__}" if cls.__name__ in self.ambiguous else cls.__name__
        return holders

    @cached_property
    def names(self) -> dict[type, str]:
        """All classes that the stub declares, with their names."""
        return {**self.pages, **self.holders, **self.models, **self.clients}

    def module(self) -> str:
        """Return the stub."""
        body = "\n".join(
            [
                *(self.page(cls) for cls in self.pages),
                *(self.holder(cls) for cls in self.holders),
                *(self.model(cls) for cls in self.models),
                *(self.client(cls) for cls in self.clients),
            ]
        )
        for name in self.exported.keys() - set(self.names.values()):
            self.name(self.exported[name], name)
        imports = [
            f"from {self.relative(module)} import {', '.join(sorted(names))}"
            for module, names in sorted(self.imports.items())
        ]
        for module in sorted(self.modules):
            parent, _, name = module.rpartition(".")
            imports.append(f"from {self.relative(parent)} import {name} as _{name}")
        exports = [f'{INDENT}"{name}",' for name in sorted(self.exported)]
        return "\n".join([_UNCHECKED, *imports, *SELF_IMPORT, "", "__all__ = [", *exports, "]", "", body])

    def page(self, cls: Any) -> str:
        """Return the declaration of a page of a listing."""
        fields = [
            f"{name}: {self.annotation(annotation, cls.__module__)}" for name, annotation in cls.__annotations__.items()
        ]
        return self.class_declaration(cls, [self.name("typing", "NamedTuple")], fields)

    def holder(self, cls: Any) -> str:
        """Return the declaration of a record without a bound model."""
        bases, names = [BaseDomain, Received], list(cls._fields)
        if not issubclass(cls, Received):  # the methods of clients take one that a user made
            bases, names = [cls], self.leading(cls, self.names)
        members = [*self.constants(cls, bases[0]), *self.fields(cls, names), *self.methods(cls, bases[0])]
        return self.class_declaration(cls, [self.reference(base) for base in bases], members)

    def model(self, cls: Any) -> str:
        """Return the declaration of a bound model."""
        record = self.reference(cls.model)
        text = docstring(BoundModelBase.data_model.__doc__)
        members = [
            f"model: {self.name('typing', 'ClassVar')}[type[{record}]]",
            f"complete: bool\n{docstring(_COMPLETE)}",
            *self.fields(cls.model, self.leading(cls.model, self.names)),
            self.function("__init__", cls.__init__, waits=False),
            *self.methods(cls, cls.model),
            f"@property\ndef data_model(self) -> {record}:\n{indent(text, INDENT)}",
            f"@data_model.setter\ndef data_model(self, record: {record}) -> None: ...",
        ]
        return self.class_declaration(cls, [record, self.reference(Received)], members)

    def client(self, cls: Any) -> str:
        """Return the declaration of the client of a resource."""
        _, text = field_texts(ResourceClientBase)["max_per_page"]
        return self.class_declaration(
            cls, [], [f"max_per_page: int\n{docstring(text)}", *self.methods(cls, ResourceClientBase)]
        )

    def class_declaration(self, cls: Any, bases: Iterable[str], members: Iterable[str]) -> str:
        """Return the declaration of a class."""
        text = (cls.__doc__ or "").replace(*_BOUND)
        if text.startswith(f"{cls.__name__}("):  # the default of a named tuple
            text = ""
        heading = f"class {self.names[cls]}({', '.join(bases)}):".replace("()", "")
        return "\n".join([heading, *(indent(member, INDENT) for member in [docstring(text), *members]), ""])

    def constants(self, cls: Any, base: Any) -> Iterator[str]:
        """Yield the declarations of the constants that a record has in addition to ``base``."""
        for owner in cls.__mro__:
            for name in vars(owner):
                if name.isupper() and not name.startswith("_") and not hasattr(base, name):
                    annotation, text = field_texts(owner)[name]
                    yield f"{name}: {self.annotation(annotation, owner.__module__)}\n{docstring(text)}"

    def fields(self, cls: Any, names: Iterable[str]) -> Iterator[str]:
        """Yield the declarations of some fields of a record."""
        for name in names:
            if name in cls._fields:
                owner = cls._fields[name].owner
                annotation, text = field_texts(owner)[name]
                yield f"{name}: {self.annotation(annotation, owner.__module__)}\n{docstring(text)}"

    def methods(self, cls: Any, base: Any) -> Iterator[str]:
        """Yield the declarations of methods and properties; those of ``base`` if they wait or lead to other classes."""
        leading = self.leading(cls, self.names)
        for name in dir(cls):
            value = inspect.getattr_static(cls, name)
            waits = hasattr(value, "__coroutine__")
            is_inherited = value is inspect.getattr_static(base, name, None) and not waits and name not in leading
            if name.startswith("_") or name == "data_model" or is_inherited or hasattr(value, "__blocking_only__"):
                continue
            if isinstance(value, FunctionType):
                yield self.function(name, value, waits=waits or issubclass(cls, ResourceClientBase))
            elif isinstance(value, property):
                yield self.function(name, value.fget, "property", waits=False)
            elif isinstance(value, cached_property):
                yield self.function(name, value.func, self.name("functools", "cached_property"), waits=False)

    def function(self, name: str, value: Any, *decorators: str, waits: bool) -> str:
        """Return the declaration of a method.

        :param waits: True if it is a coroutine method, unless it iterates
        """
        signature, module = inspect.signature(value), value.__module__
        result = str(signature.return_annotation)
        if result.startswith("Iterator["):  # a derived method's module need not import it
            entry = self.annotation(result.removeprefix("Iterator[").removesuffix("]"), module)
            waits, result = False, f"{self.name('collections.abc', 'AsyncGenerator')}[{entry}, None]"
        else:
            result = self.annotation(signature.return_annotation, module)
        parameters = [
            parameter
            if parameter.annotation is parameter.empty
            else parameter.replace(annotation=self.annotation(parameter.annotation, module, is_argument=True))
            for parameter in signature.parameters.values()
        ]
        signature = signature.replace(parameters=parameters, return_annotation=result)
        return declaration(f"{'async ' * waits}def {name}", signature, value.__doc__, "", *decorators)

    def leading(self, cls: Any, classes: Iterable[type]) -> list[str]:
        """Return the names of the fields and properties of a record that lead to some classes."""
        annotated = (
            {name: (field_texts(field.owner)[name][0], field.owner.__module__) for name, field in cls._fields.items()}
            if issubclass(cls, BaseDomain)
            else {}
        )
        for name in dir(cls):
            value = inspect.getattr_static(cls, name)
            if isinstance(value, property) and value.fget is not None and not name.startswith("_"):
                annotated[name] = str(value.fget.__annotations__.get("return")), value.fget.__module__
        wanted = set(classes)
        return [
            name
            for name, (annotation, module) in annotated.items()
            if wanted.intersection(_classes(annotation, module))
        ]

    def annotation(self, annotation: Any, module: str, *, is_argument: bool = False) -> str:
        """Return an annotation of a module in the names of the stub.

        :param is_argument: True if it is that of a parameter
        """
        text = getattr(annotation, "__forward_arg__", annotation)
        return ast.unparse(_Renaming(self, module, is_argument).visit(ast.parse(str(text), mode="eval")))

    def reference(self, cls: Any) -> str:
        """Return the name of a class of the blocking client in the stub."""
        return self.name(*_home(cls.__module__, cls.__name__))

    def name(self, module: str, name: str) -> str:
        """Return the name in the stub of what a module exports: by its module, if the stub has the name itself."""
        if name in self.ambiguous or name in self.names.values():
            self.modules.add(module)
            return f"_{module.rpartition('.')[2]}.{name}"
        self.imports.setdefault(module, set()).add(name)
        return name

    def relative(self, module: str) -> str:
        """Return the name of a module to import from; the library's relative to the stub."""
        own, other = self.package.split("."), module.split(".")
        if own[0] != other[0]:
            return module
        while own and other and own[0] == other[0]:
            del own[0], other[0]
        return f"{'.' * (len(own) + 1)}{'.'.join(other)}"


class _Renaming(ast.NodeTransformer):
    """Replacement of the names in an annotation."""

    def __init__(self, writer: AsyncWriter, module: str, is_argument: bool) -> None:
        self.writer, self.module, self.is_argument = writer, module, is_argument

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave the values of literals as they are."""
        if isinstance(node.value, ast.Name) and node.value.id == "Literal":
            self.visit(node.value)
            return node
        return self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Replace a name."""
        module, name = _origin(self.module, node.id)
        if module == "builtins" or name == "Self":
            return node
        return ast.parse(self.replacement(module, name), mode="eval").body

    def replacement(self, module: str, name: str) -> str:
        """Return what takes the place of a name of a module."""
        writer, value = self.writer, getattr(import_module(module), name)
        if not isinstance(value, type):
            return writer.name(module, name)
        if value in writer.names and not (self.is_argument and value in writer.holders):
            return writer.names[value]
        if self.is_argument and (value in writer.records or value is BaseDomain):
            return f"{writer.name('hcloud.aio._arguments', 'NotBlocking')}[{writer.name(module, name)}]"
        return writer.name(module, name)


def _waits(cls: type) -> bool:
    return any(hasattr(inspect.getattr_static(cls, name), "__coroutine__") for name in dir(cls))


def _classes(annotation: str, module: str) -> Iterator[type]:
    """Yield the classes that an annotation of a module names."""
    for node in ast.walk(ast.parse(annotation)):
        if isinstance(node, ast.Name):
            home, name = _origin(module, node.id)
            value = getattr(import_module(home), name)
            if isinstance(value, type):
                yield value


@cache
def _names(module: str) -> Mapping[str, tuple[str, str]]:
    """Return the names of a module, with those that only type checkers import, each with its module and name there."""
    source = import_module(module)
    names = {name: (module, name) for name in vars(source)}
    for node in ast.walk(ast.parse(inspect.getsource(source))):
        if isinstance(node, ast.ImportFrom):
            imported = resolve_name("." * node.level + (node.module or ""), module.rpartition(".")[0])
            names |= {alias.asname or alias.name: (imported, alias.name) for alias in node.names}
    return names


def _origin(module: str, name: str) -> tuple[str, str]:
    """Return the module to import a name from that a module uses, and its name there."""
    if name not in _names(module) and hasattr(builtins, name):
        return "builtins", name
    return _home(*_names(module)[name])


def _home(module: str, name: str) -> tuple[str, str]:
    """Return the package that exports a name of one of its modules, as users import it."""
    package = module.rpartition(".")[0]
    is_exported = package not in ("", "hcloud") and name in getattr(import_module(package), "__all__", ())
    return (package if is_exported else module), name

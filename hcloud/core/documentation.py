"""Texts of methods and fields: parameters that many methods share are documented here, once."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, wraps
from typing import Any, TypeVar

__all__ = [
    "Documented",
    "complete_docstring",
    "dedented_docstring",
    "field_texts",
    "implements",
    "parameters",
    "without_parameter",
]

Function = TypeVar("Function", bound=Callable[..., Any])

_SHARED_PARAMETERS = {
    "any": {
        "action_id": "ID of the action",
        "auto_delete": "If true, delete it together with the resource that it is assigned to",
        "expose_routes_to_vswitch": "If true, expose the network's routes to the connected vSwitch",
        "resource": "Resource of the action",
        "rrset": "RRSet, with its zone",
        "snapshot": "Snapshot, with its storage box",
        "subaccount": "Subaccount, with its storage box",
    },
    "GET": {
        "end": "End of the period",
        "id": "ID of the resource",
        "label_selector": "Only return resources that match this label selector, such as ``env=prod,!old``",
        "name": "Only return the resource with this name",
        "page": "Number of the page, from 1",
        "per_page": "Maximum number of entries on a page, at most the client's ``max_per_page``",
        "sort": "Fields to sort by, in order of precedence, each optionally with ``:asc`` or ``:desc``",
        "start": "Start of the period",
        "status": "Only return resources with one of these statuses",
        "step": "Seconds between two values; chosen for at most 200 values by default",
        "type": "Only return resources of one of these types",
    },
    "POST": {
        "access_settings": "Protocols and networks that have access",
        "automount": "If true, mount the volume on the server",
        "delete": "If true, prevent deletion",
        "description": "Description of the new resource",
        "dns_ptr": "Host name of the reverse DNS entry",
        "home_directory": "Directory that the subaccount has access to; created if it does not exist",
        "ip": "One of its public addresses; for an IPv6 network, an address in it",
        "labels": "Labels of the new resource",
        "load_balancer_type": "Type of the load balancer, by ID or name",
        "location": "Location to create it in, by ID or name",
        "name": "Name, unique in the project",
        "password": "Password for the login; the API's rules for passwords apply",
        "server_type": "Type of the server, by ID or name",
        "storage_box_type": "Type of the storage box, by ID or name",
    },
    "PUT": {
        "description": "New description",
        "labels": "New labels, which replace all existing ones",
        "name": "New name",
    },
    "DELETE": {},
}
"""Meaning of parameters by HTTP method, used where a method's own docstring does not describe them."""

_PARAMETER = re.compile(r"\n *:param (\w+):.*(?:\n   +.*)*")
"""Description of a parameter. One pattern for all names: to compile one for each name would slow down the import."""

_ABBREVIATIONS = {"ip": "IP", "ssh": "SSH"}


def parameters(method: Callable[..., Any], *, by_keyword: bool = True) -> tuple[str, ...]:
    """Return the names of a method's parameters without ``self``.

    :param by_keyword: If true, also return the parameters that are passed by keyword only
    """
    code = method.__code__
    return code.co_varnames[1 : code.co_argcount + (code.co_kwonlyargcount if by_keyword else 0)]


def implements(method: Callable[..., Any]) -> Callable[[Function], Function]:
    """Give a function the metadata of the method that it implements.

    :func:`functools.wraps` alone leaves the annotations out from Python 3.14 on.
    """

    def implement(function: Function) -> Function:
        wraps(method)(function)
        vars(function).pop("__coroutine__", None)  # it is that of the method, without what the function adds
        function.__annotations__ = method.__annotations__
        return function

    return implement


def dedented_docstring(method: Callable[..., Any]) -> str:
    """Return a method's docstring without its indentation; ``inspect.cleandoc`` would import ``inspect``."""
    lines = (method.__doc__ or "").strip().splitlines()
    indent = min((len(line) - len(line.lstrip()) for line in lines[1:] if line.strip()), default=0)
    return "\n".join([*lines[:1], *(line[indent:] for line in lines[1:])])


def complete_docstring(method: Callable[..., Any], verb: str) -> str:
    """Return a method's docstring, completed by the shared texts, with the parameters in their order."""
    summary, *fields = re.split(r"\n\s*(?=:param|:raises)", dedented_docstring(method))
    if not summary:
        return ""
    own_fields = {field.split(":")[1]: field for field in fields}
    shared = _SHARED_PARAMETERS["any"] | _SHARED_PARAMETERS[verb]
    subject, annotation = next(iter(method.__annotations__.items()))
    record = method.__globals__.get(annotation.partition(" |")[0])
    if hasattr(record, "_fields"):
        words = " ".join(_ABBREVIATIONS.get(word, word) for word in subject.split("_"))
        others = ", or its ID or name" if "str" in annotation else ", or its ID" if "int" in annotation else ""
        shared.setdefault(subject, f"{words[0].upper()}{words[1:]}, as a bound object or a record{others}")
    if verb == "DELETE" and "protection" in getattr(record, "__annotations__", ()):
        own_fields.setdefault("raises ProtectedError", ":raises ProtectedError: if it is protected against deletion")
    ordered = [
        own_fields.pop(f"param {name}", None) or f":param {name}: {shared[name]}"
        for name in parameters(method)
        if f"param {name}" in own_fields or name in shared
    ]
    return "\n".join([summary, "", *ordered, *own_fields.values()]).rstrip()


def without_parameter(docstring: str, name: str) -> str:
    """Return a docstring without the description of one parameter."""
    return _PARAMETER.sub(lambda match: "" if match[1] == name else match[0], docstring)


class Documented:
    """Base of the fields: ``help()`` and ``inspect`` show the type and the text that the record states for a field."""

    owner: Any
    name: str

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.__doc__ = _FieldDocstring(cls.__doc__)  # type: ignore[assignment]

    def __repr__(self) -> str:
        name = type(self).__name__
        annotation, _ = field_texts(self.owner).get(self.name, (name, ""))
        if annotation == name:
            value_type = type(self).__orig_bases__[0].__args__[0]  # type: ignore[attr-defined]
            annotation = getattr(value_type, "__forward_arg__", "Any")
        elif annotation.startswith(f"{name}["):
            annotation = annotation[len(name) + 1 : -1]
        return f"<field: {annotation}>"


class _FieldDocstring:
    """Descriptor for ``__doc__`` of a field class: its docstring; on a field, the text below it in its record."""

    def __init__(self, docstring: str | None) -> None:
        self.docstring = docstring

    def __get__(self, field: Any, cls: type) -> str | None:
        owner = getattr(field, "owner", None)
        return self.docstring if owner is None else field_texts(owner).get(field.name, ("", None))[1]


@cache
def field_texts(cls: type[object]) -> dict[str, tuple[str, str]]:
    """Return annotation and text of each attribute that a class annotates.

    They are read from the source when they are needed; without the source, there are none.
    """
    import ast
    import inspect
    import sys
    from itertools import pairwise

    try:
        tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    except OSError:
        return {}
    bodies = [node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__]
    texts = {}
    for node, following in (pair for body in bodies for pair in pairwise(body)):
        match node, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                texts[name] = ast.unparse(node.annotation), inspect.cleandoc(text)
    return texts

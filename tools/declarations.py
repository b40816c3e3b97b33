"""Declarations of functions in stubs: signatures and docstrings, taken from the functions at run time."""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from functools import cached_property
from textwrap import indent
from types import FunctionType
from typing import Any, get_overloads

INDENT = " " * 4
SELF = "_Self"
"""Type variable that stands for ``Self``, which jedi takes for the class that defines the method."""
SELF_IMPORT = ["from typing import TypeVar", "", f'{SELF} = TypeVar("{SELF}")']
"""Lines that declare it."""


def functions(name: str, value: Any, comment: str) -> Iterator[str]:
    """Yield the declarations of a function or property, which may be several; none for any other value.

    :param comment: Comment for type checkers
    """
    if isinstance(value, property):
        yield function(name, value.fget, comment, "property")
        if value.fset is not None:
            yield function(name, value.fset, comment, f"{name}.setter")
    elif isinstance(value, cached_property):
        yield function(name, value.func, comment, "cached_property")
    elif isinstance(value, (classmethod, staticmethod)):
        is_implicit = name in ("__new__", "__init_subclass__", "__class_getitem__")
        yield function(name, value.__func__, comment, *[type(value).__name__] * (not is_implicit))
    elif isinstance(value, FunctionType):
        overloads = get_overloads(value)
        for overload in overloads:
            yield function(name, overload, comment, "overload")
        if not overloads:
            yield function(name, value, comment)


def function(name: str, value: Any, comment: str, *decorators: str) -> str:
    """Return the declaration of a function as it is at run time."""
    keyword = "async def" if inspect.iscoroutinefunction(value) else "def"
    return declaration(f"{keyword} {name}", inspect.signature(value), value.__doc__, comment, *decorators)


def declaration(name: str, signature: inspect.Signature, text: str | None, comment: str = "", *decorators: str) -> str:
    """Return the declaration of a function, with a parameter a line, since editors show the line they lead to.

    :param name: Name with the keywords in front of it
    :param text: Docstring
    :param comment: Comment for type checkers
    """
    signature = without_self(signature)
    returns = signature.return_annotation
    result = "" if returns is signature.empty else f" -> {returns}"
    parameters = list(parameter_list(signature))
    lines = [f"@{decorator}" for decorator in decorators]
    if len(parameters) < 2:
        lines.append(f"{name}({''.join(parameters)}){result}:{comment}")
    else:
        lines += [f"{name}({comment}", *(f"{INDENT}{parameter}," for parameter in parameters), f"){result}:"]
    return "\n".join([*lines, indent(docstring(text), INDENT)])


def without_self(signature: inspect.Signature) -> inspect.Signature:
    """Return the signature of a method with a type variable in place of ``Self``."""
    parameters = [
        parameter.replace(annotation=replace_self(parameter.annotation)) for parameter in signature.parameters.values()
    ]
    replaced = signature.replace(parameters=parameters, return_annotation=replace_self(signature.return_annotation))
    if replaced == signature or parameters[0].name not in ("self", "cls"):
        return signature
    parameters[0] = parameters[0].replace(annotation=SELF if parameters[0].name == "self" else f"type[{SELF}]")
    return replaced.replace(parameters=parameters)


def replace_self(annotation: Any) -> Any:
    """Return an annotation with a type variable in place of ``Self``."""
    return re.sub(r"\bSelf\b", SELF, annotation) if isinstance(annotation, str) else annotation


def parameter_list(signature: inspect.Signature) -> Iterator[str]:
    """Yield the parameters of a signature, with the marks ``/`` and ``*``."""
    previous: Any = None
    for parameter in signature.parameters.values():
        kind = parameter.kind
        if previous is parameter.POSITIONAL_ONLY and kind is not previous:
            yield "/"
        if kind is parameter.KEYWORD_ONLY and previous not in (kind, parameter.VAR_POSITIONAL):
            yield "*"
        stars = "*" if kind is parameter.VAR_POSITIONAL else "**" if kind is parameter.VAR_KEYWORD else ""
        annotation = "" if parameter.annotation is parameter.empty else f": {parameter.annotation}"
        yield f"{stars}{parameter.name}{annotation}{default(parameter)}"
        previous = kind
    if previous is inspect.Parameter.POSITIONAL_ONLY:
        yield "/"


def default(parameter: inspect.Parameter) -> str:
    """Return the default of a parameter; ``...`` for one that has no literal."""
    if parameter.default is parameter.empty:
        return ""
    if isinstance(parameter.default, str):
        return f" = {json.dumps(parameter.default)}"
    is_literal = isinstance(parameter.default, (int, float, type(None)))
    return f" = {parameter.default!r}" if is_literal else " = ..."


def docstring(text: str | None) -> str:
    """Return a docstring as it is written, ``...`` if there is none."""
    if not text:
        return "..."
    text = inspect.cleandoc(text).replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    return f'"""{text}\n"""' if "\n" in text else f'"""{text}"""'

"""Signatures of the constructors of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect import Signature

    from .domain import BaseDomain
    from .fields import Field

__all__ = ["LazySignature"]


class LazySignature:
    """Signature of a class's constructor, computed when it is read, so that ``inspect`` is not imported before."""

    def __get__(self, holder: object, owner: type[BaseDomain]) -> Signature:
        from inspect import Parameter, Signature, signature

        from .domain import BaseDomain

        if owner.__init__ is not BaseDomain.__init__:  # a bound model, or a user's own class
            of_init = signature(owner.__init__)
            return of_init.replace(parameters=list(of_init.parameters.values())[1:])
        annotations: dict[str, Any] = {}
        for base in reversed(owner.__mro__):
            annotations.update(getattr(base, "__annotations__", {}))
        return Signature(
            [
                Parameter(
                    name,
                    Parameter.POSITIONAL_OR_KEYWORD,
                    default=Parameter.empty if field.required else field.default,
                    annotation=_accepted_type(field, annotations[name]) if name in annotations else Parameter.empty,
                )
                for name, field in owner._fields.items()
            ]
        )


def _accepted_type(field: Field[Any, Any, Any], annotation: str) -> str:
    """Return the annotation of an argument, ``str | None`` for the field ``Always[str]``."""
    name, bracket, rest = annotation.partition("[")
    if not bracket or name != type(field).__name__:
        return annotation
    argument = f"str | {rest[:-1]}" if name == "Timestamp" else rest[:-1]
    return argument if argument.endswith("None") else f"{argument} | None"

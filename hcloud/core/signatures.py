"""Signatures of the constructors of records."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspect import Signature

    from .domain import BaseDomain

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
                    annotation=annotations.get(name, Parameter.empty),
                )
                for name, field in owner._fields.items()
            ]
        )

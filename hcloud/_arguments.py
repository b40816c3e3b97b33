"""Checks of the arguments of methods that send several requests: what is invalid is rejected before the first one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ._exceptions import InvalidArgumentError
from .core.references import Reference
from .core.warn import PACKAGE
from .helpers.labels import LabelValidator

__all__ = ["check_reference", "is_encodable", "path_of", "validate_booleans", "validate_labels", "validate_texts"]


def validate_booleans(**values: object) -> None:
    """Check arguments that are True or False; another value, such as None, may come from a mistake.

    :raises InvalidArgumentError: if one of them is something else
    """
    for name, value in values.items():
        if value.__class__ is not bool:
            raise InvalidArgumentError(f"{name} must be True or False, not {value!r}; nothing was sent")


def validate_texts(**values: object) -> None:
    """Check arguments that are texts, or None.

    :raises InvalidArgumentError: if one of them is something else, or can't be encoded
    """
    for name, value in values.items():
        if value is not None and not (isinstance(value, str) and is_encodable(value)):
            raise InvalidArgumentError(f"{name} must be a text or None, not {value!r}; nothing was sent")


def is_encodable(text: str) -> bool:
    """Return False for a text with surrogates, which names of files in another encoding may contain."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def validate_labels(labels: object) -> None:
    """Check labels of a new resource, or None.

    :raises InvalidArgumentError: if they are no dict, or the API would reject a key or a value
    """
    if labels is None:
        return
    if not isinstance(labels, dict):
        raise InvalidArgumentError(f"labels must be a dict of texts or None, not {labels!r}; nothing was sent")
    for key, value in labels.items():
        if not (isinstance(key, str) and isinstance(value, str)):
            raise InvalidArgumentError(f"labels must be a dict of texts, not with {key!r}: {value!r}; nothing was sent")
    is_valid, problem = LabelValidator.validate_verbose(labels)
    if not is_valid:
        raise InvalidArgumentError(f"labels: {problem}; nothing was sent")


def path_of(name: str, value: object) -> Path:
    """Return a path that was passed as a text or a path object.

    :param name: Name of the parameter
    :raises InvalidArgumentError: if it is no path
    """
    path = value if isinstance(value, str) else os.fspath(value) if isinstance(value, os.PathLike) else None
    if not isinstance(path, str) or not path or "\0" in path:
        raise InvalidArgumentError(f"{name} must be a path, not {value!r}; nothing was sent")
    return Path(path)


def check_reference(name: str, value: Any, record: str, *, by_name: bool = True) -> Any:
    """Return an argument that names a resource of the Hetzner Cloud: a record, an ID as integer, or a name.

    :param name: Name of the parameter
    :param record: Name of the record class
    :param by_name: If true, a name is accepted
    :raises InvalidArgumentError: if it is none of these
    """
    try:
        return Reference(record, PACKAGE, is_list=False, by_id=True, by_name=by_name).check(name, value)
    except ValueError as error:
        raise InvalidArgumentError(f"{error}; nothing was sent") from None

"""Type assertions for ``import *``."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from typing import assert_type

from hcloud.core import *  # noqa: F403
from hcloud.helpers import *  # noqa: F403
from hcloud.images import *  # noqa: F403

assert_type(Image(1).id, int | None)  # noqa: F405
assert_type(LabelValidator(), LabelValidator)  # noqa: F405
assert_type(Meta().pagination, Pagination | None)  # noqa: F405


def is_protected(image: BoundImage) -> bool:  # noqa: F405
    return image.protection["delete"]


domain  # type: ignore[name-defined]  # noqa: B018, F405
export  # type: ignore[name-defined]  # noqa: B018, F405

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

from ..core import BoundModelBase, HasNames, Meta, endpoint, every_page
from .domain import Iso

__all__ = ["BoundIso", "IsosClient", "IsosPageResult"]


class IsosPageResult(NamedTuple):
    isos: list[BoundIso]
    meta: Meta


class IsosClient(HasNames["BoundIso"]):
    """The ISO images that a server can boot from."""

    _base_url = "/isos"

    @endpoint("GET /isos")
    def get_list(
        self,
        name: str | None = None,
        architecture: Sequence[Literal["x86", "arm"]] | None = None,
        include_architecture_wildcard: bool | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> IsosPageResult:
        """Return a page of ISOs.

        :param architecture: Only return ISOs for these CPU architectures
        :param include_architecture_wildcard: Also return ISOs without a CPU architecture
        """

    get_all: Final = every_page(get_list)

    def get(self, id_or_name: int | str, *, architecture: Literal["x86", "arm"] | None = None) -> BoundIso:
        """Return the ISO with this ID or this name.

        :param id_or_name: ID or name of the ISO; a text in digits is an ID
        :param architecture: CPU architecture, to choose between ISOs with the same name
        :raises NotFoundError: if there is no such ISO
        :raises AmbiguousNameError: if several ISOs have this name
        """
        return self._get_by_id_or_name(id_or_name, architecture=architecture)


class BoundIso(BoundModelBase[Iso], Iso, collection="isos", key="iso"): ...

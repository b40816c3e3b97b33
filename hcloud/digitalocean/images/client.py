from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from ..._exceptions import InvalidArgumentError
from ...core import BaseDomain, Meta, bound, endpoint, every_item, every_page, instead
from ..actions import ActionsPageResult, BoundAction, HasActions, action
from ..tags import HasTags
from .domain import AccountTransferResponse, Distribution, Image, ImageListType, ImageUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from ..regions import Region, RegionSlug

__all__ = ["BoundImage", "ImagesClient", "ImagesPageResult"]


class ImagesPageResult(NamedTuple):
    images: list[BoundImage]
    meta: Meta


class ImagesClient(HasActions):
    """The images of an account, and those that DigitalOcean offers to all."""

    _base_url = "/images"

    @endpoint("GET /images/{id}")
    def get_by_id(self, id: int | str) -> BoundImage:
        """Return an image.

        :param id: ID of the image, or the slug of a public one
        """

    @endpoint("GET /images")
    def get_list(
        self,
        type: ImageListType | None = None,
        private: bool | None = None,
        tag_name: str | None = None,
        page: int | None = None,
        per_page: int | None = None,
    ) -> ImagesPageResult:
        """Return a page of images.

        :param type: Only DigitalOcean's images of this kind.
        :param private: Whether to return only the account's own.
        :param tag_name: Only those with this tag.
        """

    @every_page(get_list)
    def get_all(
        self,
        type: ImageListType | None = None,
        private: bool | None = None,
        tag_name: str | None = None,
        *,
        per_page: int | None = None,
    ) -> list[BoundImage]: ...

    iter: Final = every_item(get_all)

    @endpoint("POST /images")
    def create(
        self,
        name: str,
        url: str,
        region: Region | RegionSlug,
        distribution: Distribution | None = None,
        description: str | None = None,
        tags: list[str] | None = None,
    ) -> BoundImage:
        """Import a custom image; :meth:`BoundImage.wait_until_available` waits for it.

        :param name: what to call it
        :param url: where to fetch it: raw, qcow2, vhdx, vdi or vmdk, maybe compressed by gzip or bzip2
        :param region: where to keep it
        :param distribution: what operating system is on it
        :param description: what it is, in words
        :param tags: the names of its tags
        """

    @endpoint("PUT /images/{image.id}")
    def update(
        self,
        image: Image,
        name: str | None = None,
        distribution: Distribution | None = None,
        description: str | None = None,
    ) -> BoundImage:
        """Change the image's name, distribution or description.

        :param name: its new name
        :param distribution: its new distribution
        :param description: its new description
        """

    @endpoint("DELETE /images/{image.id}")
    def delete(self, image: Image) -> bool:
        """Delete the image; only the account's own can be."""

    @action
    def convert(self, image: Image) -> BoundAction:
        """Make a backup a snapshot, which is kept when its droplet is destroyed."""

    @action
    def transfer(self, image: Image, region: Region | RegionSlug) -> BoundAction:
        """Copy the image to another region, too.

        :param region: the region
        """

    @endpoint("GET /images/{image.id}/actions")
    def get_actions_list(self, image: Image, page: int | None = None) -> ActionsPageResult:
        """Return a page of the actions on the image, the latest first."""

    def _actions_page(self, resource: BaseDomain, page: int, per_page: int) -> ActionsPageResult:
        # The API documents neither parameter here: only a page that a link leads to is asked for by number.
        return self.get_actions_list(resource, page if page > 1 else None)  # type: ignore[arg-type]

    @endpoint("POST /images/{image.id}/account_transfer")
    def account_transfer(
        self, image: Image, *, recipient_email: str | None = None, recipient_uuid: str | None = None
    ) -> AccountTransferResponse:
        """Offer a snapshot to another account, to whom it then belongs.

        :param recipient_email: address of the account's user
        :param recipient_uuid: UUID of the team, in place of the address
        :raises InvalidArgumentError: if not one of both is given
        """
        if (recipient_email is None) is (recipient_uuid is None):
            raise InvalidArgumentError("account_transfer(): give either recipient_email or recipient_uuid")
        return instead()

    @endpoint("POST /images/{image.id}/account_transfer/accept")
    def accept_account_transfer(self, image: Image, transfer_id: int, recipient_uuid: str) -> bool:
        """Accept an image that another account offers.

        :param transfer_id: ID of the transfer
        :param recipient_uuid: UUID of the team that takes it
        """

    @endpoint("POST /images/{image.id}/account_transfer/cancel")
    def cancel_account_transfer(self, image: Image, transfer_id: int) -> bool:
        """Take back the offer of an image.

        :param transfer_id: ID of the transfer
        """

    @endpoint("POST /images/{image.id}/account_transfer/decline")
    def decline_account_transfer(self, image: Image, transfer_id: int) -> bool:
        """Decline an image that another account offers.

        :param transfer_id: ID of the transfer
        """


class BoundImage(HasTags[Image], Image, collection="images", key="image"):
    update: Final = bound(ImagesClient.update)
    delete: Final = bound(ImagesClient.delete)
    convert: Final = bound(ImagesClient.convert)
    transfer: Final = bound(ImagesClient.transfer)
    get_action: Final = bound(ImagesClient.get_action)
    get_actions_list: Final = bound(ImagesClient.get_actions_list)
    get_actions: Final = bound(ImagesClient.get_actions)
    iter_actions: Final = bound(ImagesClient.iter_actions)
    account_transfer: Final = bound(ImagesClient.account_transfer)
    accept_account_transfer: Final = bound(ImagesClient.accept_account_transfer)
    cancel_account_transfer: Final = bound(ImagesClient.cancel_account_transfer)
    decline_account_transfer: Final = bound(ImagesClient.decline_account_transfer)

    def wait_until_available(
        self,
        *,
        timeout: float | None = None,
        interval: float | None = None,
        on_progress: Callable[[BoundImage], object] | None = None,
    ) -> Self:
        """Wait until the image can be used, as after an import, and return it.

        :param timeout: seconds after which to give up; None waits for as long as it takes
        :param interval: seconds between two requests; the client's poll interval by default
        :param on_progress: called with the image each time that it is not yet available
        :raises ImageUnavailableError: if it failed, with its ``error_message``
        :raises WaitTimeoutError: if it was not available in time
        """

        def is_available(image: BoundImage) -> bool:
            if image.status == Image.STATUS_AVAILABLE:
                return True
            failed = image.status in (Image.STATUS_DELETED, Image.STATUS_RETIRED)
            if failed or (image.error_message or "").strip():
                raise ImageUnavailableError(image)
            if on_progress is not None:
                on_progress(image)
            return False

        return self.wait_for(is_available, timeout=timeout, interval=interval)

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple, Self, cast

from ..._exceptions import InvalidArgumentError, WaitTimeoutError
from ..._progress import Progress
from ...core import BaseDomain, Meta, bound, endpoint, every_item, every_page, instead
from ...core.coroutines import blocking, check_side, class_for, result_of
from ...core.secrets import mask
from ...core.waiting import end_progress, poll_until, validate_callback, waited
from ..actions import ActionsPageResult, BoundAction, HasActions, action
from ..tags import HasTags
from .domain import AccountTransferResponse, Distribution, Image, ImageListType, ImageUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ...core.references import ListOf
    from ...images.retention import Keep
    from ...images.rotation import Rotation
    from ..droplets import Droplet
    from ..regions import Region, RegionSlug

__all__ = ["BoundImage", "ImagesClient", "ImagesPageResult"]


class ImagesPageResult(NamedTuple):
    images: list[BoundImage]
    meta: Meta


class ImagesClient(HasActions):
    """Images of an account, and public images of DigitalOcean."""

    _base_url = "/images"
    _complete_listing: ClassVar = {"private": True}  # the only images that others link to without all fields

    def get(self, id_or_name: int | str) -> BoundImage:
        """Return the image with this ID, slug or name.

        A name takes further requests, for the list of all images: the API can't search it. If a public image has the
        text as its slug, that image is returned.

        :param id_or_name: ID, slug or name of the image; a text in digits is an ID
        :raises NotFoundError: if there is no such image
        :raises AmbiguousNameError: if several images have this name
        """
        return self._get_by_id_or_name(id_or_name, "[a-z0-9]+([._-][a-z0-9]+)*")

    def get_by_name(self, name: str) -> BoundImage | None:
        """Return the image with this name, from the list of all images; None if there is none.

        :param name: Name of the image
        :raises AmbiguousNameError: if several images have this name
        """
        return self._find_by_name(name)

    @endpoint("GET /images/{id}")
    def get_by_id(self, id: int | str) -> BoundImage:
        """Return an image.

        :param id: ID of the image, or slug of a public image
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

        :param type: Only public images of this type
        :param private: If true, only images of the account
        :param tag_name: Only images with this tag
        """

    get_all: Final = every_page(get_list)

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
        """Import a custom image; wait for it with :meth:`BoundImage.wait_until_available`.

        :param name: Name of the new image
        :param url: URL of the disk image: raw, qcow2, vhdx, vdi or vmdk, optionally compressed with gzip or bzip2
        :param region: Region to store the image in
        :param distribution: Operating system on the image
        :param description: Description of the image
        :param tags: Names of tags
        """

    @endpoint("PUT /images/{image.id}")
    def update(
        self,
        image: Image | int,
        name: str | None = None,
        distribution: Distribution | None = None,
        description: str | None = None,
    ) -> BoundImage:
        """Change the image's name, distribution or description.

        :param name: New name
        :param distribution: New distribution
        :param description: New description
        """

    @endpoint("DELETE /images/{image.id}")
    def delete(self, image: Image | int) -> bool:
        """Delete the image; public images can't be deleted."""

    @action
    def convert(self, image: Image | int) -> BoundAction:
        """Convert a backup to a snapshot, which outlives its droplet."""

    @action
    def transfer(self, image: Image | int, region: Region | RegionSlug) -> BoundAction:
        """Copy the image to another region.

        :param region: Region to copy the image to
        """

    @endpoint("GET /images/{image.id}/actions")
    def get_actions_list(self, image: Image | int, page: int | None = None) -> ActionsPageResult:
        """Return a page of the actions on the image, latest first."""

    def _actions_page(self, resource: BaseDomain | int, page: int, per_page: int) -> ActionsPageResult:
        # The API documents neither parameter for this route, but its links to further pages contain the page number.
        return self.get_actions_list(resource, page if page > 1 else None)  # type: ignore[arg-type]

    @blocking
    async def wait_until_available(
        self,
        images: Sequence[Image | int],
        *,
        timeout: float | None = None,
        interval: float | None = None,
        on_progress: Callable[[list[BoundImage]], object] | None = None,
    ) -> list[BoundImage]:
        """Wait until all ``images`` are available, such as after imports, and return them in the same order.

        They are polled together, first after three seconds, and then at intervals that grow to one minute. Transient
        failures do not end the wait, nor does the failure of one import: it is raised when the others are finished,
        too. Bound images are updated in place.

        :param images: Images, or their IDs
        :param timeout: Maximum time to wait, in seconds; no limit by default
        :param interval: Seconds between two polls, in place of these intervals and the client's poll interval
        :param on_progress: Function that is called with all images after each poll
        :raises ImageUnavailableError: if an import failed, with its ``error_message``, or an image was deleted
        :raises WaitTimeoutError: if an image is not available after ``timeout`` seconds
        """
        records: list[Any] = list(images) if isinstance(cast("object", images), Iterable) else [None]
        if not all(isinstance(image, (Image, int)) for image in records):
            raise InvalidArgumentError(f"wait_until_available() takes a list of images or their IDs, not {images!r}")
        check_side("wait_until_available", self, records)
        model = class_for(self, BoundImage)
        bound_images = [
            image
            if isinstance(image, model)
            else model(self, image.to_dict() if isinstance(image, Image) else {"id": image}, complete=False)
            for image in records
        ]
        pending = await poll_until(
            self, bound_images, lambda image: image._is_pending(), timeout, interval, on_progress
        )
        finished = [image for image in bound_images if image not in pending]
        failed = [image for image in finished if image.status != Image.STATUS_AVAILABLE]
        if failed:
            raise ImageUnavailableError(*failed, pending=pending)
        if pending:
            states = [f"image {image.id} ({image._known_value('name')}) was not available" for image in pending]
            raise WaitTimeoutError(mask(f"{'; '.join(states)} {waited(timeout)}"))
        return bound_images

    @endpoint("POST /images/{image.id}/account_transfer")
    def account_transfer(
        self, image: Image | int, *, recipient_email: str | None = None, recipient_uuid: str | None = None
    ) -> AccountTransferResponse:
        """Offer to transfer the ownership of a snapshot to another account.

        :param recipient_email: E-mail address of the recipient
        :param recipient_uuid: UUID of the receiving team, instead of the e-mail address
        :raises InvalidArgumentError: unless exactly one of the two is specified
        """
        if (recipient_email is None) is (recipient_uuid is None):
            raise InvalidArgumentError("account_transfer(): specify either recipient_email or recipient_uuid")
        return instead()

    @endpoint("POST /images/{image.id}/account_transfer/accept")
    def accept_account_transfer(self, image: Image | int, transfer_id: int, recipient_uuid: str) -> bool:
        """Accept the transfer of an image from another account.

        :param transfer_id: ID of the transfer
        :param recipient_uuid: UUID of the receiving team
        """

    @endpoint("POST /images/{image.id}/account_transfer/cancel")
    def cancel_account_transfer(self, image: Image | int, transfer_id: int) -> bool:
        """Cancel the transfer of an image to another account.

        :param transfer_id: ID of the transfer
        """

    @endpoint("POST /images/{image.id}/account_transfer/decline")
    def decline_account_transfer(self, image: Image | int, transfer_id: int) -> bool:
        """Decline the transfer of an image from another account.

        :param transfer_id: ID of the transfer
        """

    @blocking
    async def rotate(
        self,
        droplets: ListOf[Droplet | int | str],
        *,
        keep: Keep | int,
        name: str,
        dry_run: bool = False,
        timeout: float | None = None,
        on_progress: Callable[[list[BoundAction]], object] | None = None,
    ) -> Rotation[BoundImage]:
        """Take a snapshot of each droplet, and delete its oldest ones that are not kept.

        Snapshots are deleted when the new one of the same droplet is available. A failure for one droplet does not stop
        the others; it is raised at the end.

        The snapshots of a rotation have the tag ``hcloud-rotation:`` with its name, and their name begins with it. All
        other snapshots of the droplet are ignored, and so are those of a deleted droplet with the same name.

        :param droplets: Droplets, or their IDs or names
        :param keep: Number of snapshots to keep of each droplet, or rules such as ``Keep(daily=7, weekly=4)``
        :param name: Name of the rotation: up to 63 letters, digits, ``_`` and ``-``
        :param dry_run: If true, create and delete nothing, but return what would be deleted
        :param timeout: Maximum time to wait for the snapshots, in seconds; no limit by default
        :param on_progress: Function that is called with the actions after each poll, such as :func:`hcloud.progress`
            returns
        :raises HCloudExceptionGroup: if it failed for some droplets; its ``result`` has what was done
        """
        from .rotation import DropletRotator

        rotator = DropletRotator(self._parent, droplets, keep, name)
        return await rotator.run(dry_run=dry_run, timeout=timeout, on_progress=on_progress)


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

    def _is_pending(self) -> bool:
        """Return True while the image may still become available."""
        final = (Image.STATUS_AVAILABLE, Image.STATUS_DELETED, Image.STATUS_RETIRED)
        return self.status not in final and not (self.error_message or "").strip()

    @blocking
    async def wait_until_available(
        self,
        *,
        timeout: float | None = None,
        interval: float | None = None,
        on_progress: Callable[[BoundImage], object] | None = None,
    ) -> Self:
        """Wait until the image is available, such as after an import, and return it.

        It is polled first after three seconds, and then at intervals that grow to one minute. Transient failures do not
        end the wait.

        :param timeout: Maximum time to wait, in seconds; no limit by default
        :param interval: Seconds between two polls, in place of these intervals and the client's poll interval
        :param on_progress: Function that is called with the image after each poll until it is available, such as
            :func:`hcloud.progress` returns
        :raises ImageUnavailableError: if the import failed, with its ``error_message``, or the image was deleted
        :raises WaitTimeoutError: if the image is not available after ``timeout`` seconds
        """

        def show(images: list[BoundImage]) -> object:
            if on_progress is None or not (self._is_pending() or isinstance(on_progress, Progress)):
                return None
            return on_progress(self)  # maybe a coroutine

        validate_callback(on_progress)
        try:
            await result_of(
                self._client.wait_until_available([self], timeout=timeout, interval=interval, on_progress=show)
            )
        finally:
            end_progress(on_progress)
        return self

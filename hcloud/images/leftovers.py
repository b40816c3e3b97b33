"""Deletion of what a transfer created, recognized by a label."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .._arguments import validate_labels
from .._exceptions import HCloudException, HCloudExceptionGroup, InvalidArgumentError, NotFoundError, TransferError

if TYPE_CHECKING:
    from .. import Client
    from .client import BoundImage

__all__ = ["LABEL", "CleanupInterrupted", "Leftovers", "check_labels", "cleanup_uploads", "patient_client"]

LABEL = "hcloud-image-transfer"
"""Key of the label of everything that a transfer creates; its value identifies the transfer."""
COLLECTIONS = ("servers", "images", "ssh_keys")
"""Collections that a transfer creates something in; servers cost most."""
LOCKED_SECONDS = 1800
"""Seconds to wait for an action that locks a server, such as the creation of a snapshot."""
LIST_AGAIN_SECONDS = 5
"""Seconds after which an interrupted request may have taken effect."""
MAX_AGE = 10**10
"""Upper bound of ages, in seconds."""


def check_labels(labels: dict[str, str] | None) -> None:
    """Check the labels of a new image.

    :raises InvalidArgumentError: if they are invalid, or the label of transfers is among them, which would let the
        image be deleted
    """
    validate_labels(labels)
    if labels is not None and LABEL in labels:
        raise InvalidArgumentError(f"labels must not have {LABEL}, which marks what is deleted after a transfer")


def patient_client(client: Client) -> Client:
    """Return a copy of a client whose requests wait while their resource is locked, as all of a transfer do.

    A server may still be locked for a moment by an action that has ended, or by a backup.
    """
    return client.with_options(wait_while_locked=max(LOCKED_SECONDS, client._client._wait_while_locked))


class CleanupInterrupted(KeyboardInterrupt):
    """Ctrl-C while a transfer was being cleaned up."""


class Leftovers:
    """Resources that a transfer has created in a project.

    :param client: Client of the project, which waits while resources are locked
    :param identity: Value of their label
    """

    def __init__(self, client: Client, identity: str) -> None:
        self._client = client
        self.labels: dict[str, str] = {LABEL: identity}
        """Label of everything that the transfer creates."""
        self.name: str = f"image-transfer-{identity}"
        """Name of the server and its SSH key."""
        self.image: BoundImage | None = None
        """Image that is complete, and does not have the label anymore."""
        self.is_creating: bool = False
        """True while the response to a request is awaited that creates something."""
        self._known: dict[tuple[str, int], Any] = {}
        self._failures: dict[tuple[str, int], str] = {}
        self._unlisted: HCloudException | None = None
        """Reason for which a collection could not be listed."""

    def add(self, collection: str, model: Any) -> None:
        """Remember a resource, in case that it can't be listed later."""
        self._known[collection, model.id] = model
        self.is_creating = False

    def complete(self, image: BoundImage) -> None:
        """Keep an image, which is complete and does not have the label anymore."""
        self.image = image
        del self._known["images", image.id]

    def discard(self, collection: str, model: Any) -> None:
        """Delete a resource that is no longer needed.

        :raises APIException: if it can't be deleted
        """
        _delete(self._client, collection, model)
        del self._known[collection, model.id]

    def delete(self, error: BaseException | None = None) -> None:
        """Delete everything.

        :param error: Exception that ended the transfer, which gets a note about what could not be deleted
        :raises TransferError: if there was no exception, and something could not be deleted
        :raises CleanupInterrupted: if Ctrl-C is pressed after an exception
        """
        if not isinstance(error, CleanupInterrupted):  # otherwise the other project of a copy was interrupted
            try:
                self._delete()
            except KeyboardInterrupt as interruption:
                if error is None:
                    raise
                stop = CleanupInterrupted(*interruption.args)
                self._add_notes(stop)
                raise stop from error
        if error is not None:
            self._add_notes(error)
        elif notes := self._notes():
            raise TransferError("; ".join(notes), image=self.image)

    def _delete(self) -> None:
        known = len(self._known)
        self._list()
        if self.is_creating and len(self._known) == known:  # an interrupted request may take effect later
            self._client.images._client._clock.sleep(LIST_AGAIN_SECONDS)
            self._list()
        for key in sorted(self._known, key=_order):
            try:
                _delete(self._client, key[0], self._known[key])
            except HCloudException as failure:
                self._failures[key] = str(failure)
            else:
                del self._known[key]

    def _list(self) -> None:
        """List what has the label."""
        ((label, identity),) = self.labels.items()
        for collection in COLLECTIONS:
            try:
                models = getattr(self._client, collection).get_all(label_selector=f"{label}={identity}")
            except HCloudException as failure:
                self._unlisted = failure
            else:
                self._known |= {(collection, model.id): model for model in models}

    def _notes(self) -> list[str]:
        """Return texts that name what is left over, and the calls that delete it."""
        notes = []
        for key in sorted(self._known, key=_order):
            collection, identity = key
            reason = f" ({self._failures[key]})" if key in self._failures else ""
            notes.append(
                f"{self._known[key]._key.replace('_', ' ')} {identity} is left over{reason}; "
                f"delete it by client.{collection}.delete({identity})"
            )
        if self.is_creating and self._unlisted is not None:
            notes.append(
                f"something may be left over that could not be listed ({self._unlisted}); delete it by "
                "client.images.cleanup_uploads(older_than=0)"
            )
        return notes

    def _add_notes(self, error: BaseException) -> None:
        notes = self._notes()
        if self.image is not None:
            notes.append(f"image {self.image.id} is complete")
        for note in notes:
            if note not in getattr(error, "__notes__", []):  # of the other project of a copy
                error.add_note(note)


def _order(key: tuple[str, int]) -> int:
    return COLLECTIONS.index(key[0])


def _delete(client: Client, collection: str, model: Any) -> None:
    """Delete a resource, and wait until it is deleted.

    :raises APIException: if it can't be deleted
    """
    try:
        deletion = getattr(client, collection).delete(model)
    except NotFoundError:
        return
    if hasattr(deletion, "wait"):
        deletion.wait(timeout=LOCKED_SECONDS)


def cleanup_uploads(client: Client, older_than: timedelta | float) -> list[Any]:
    """Delete what interrupted transfers left over; see :meth:`ImagesClient.cleanup_uploads`."""
    age: object = older_than.total_seconds() if isinstance(older_than, timedelta) else older_than
    if isinstance(age, bool) or not isinstance(age, (int, float)) or not 0 <= age < MAX_AGE:
        raise InvalidArgumentError(f"older_than must be a timedelta or seconds, at least 0, not {older_than!r}")
    until = datetime.fromtimestamp(client.images._client._clock.time(), UTC) - timedelta(seconds=age)
    models = [
        (collection, model)
        for collection in COLLECTIONS
        for model in getattr(client, collection).get_all(label_selector=LABEL)
        if model.created <= until
    ]
    patient = patient_client(client)
    deleted: list[Any] = []
    errors: list[HCloudException] = []
    for collection, model in models:
        try:
            _delete(patient, collection, model)
        except HCloudException as error:  # continue, since the others cost money, too
            error.add_note(f"{model._key.replace('_', ' ')} {model.id}")
            errors.append(error)
        else:
            deleted.append(model)
    if errors:
        raise HCloudExceptionGroup("cleanup_uploads", errors, deleted)
    return deleted

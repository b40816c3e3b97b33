"""Resources that exist only while a block runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._exceptions import HCloudExceptionGroup, ProtectedError
from .core.coroutines import result_of, run

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any

    from ._client import Client

__all__ = ["AsyncTemporary", "Temporary"]

_KEY = "hcloud-temporary"
"""Key of the label."""


class _TemporaryLabels:
    """A random label, and the deletion of all resources that have it."""

    def __init__(self, client: Client | Any) -> None:
        from secrets import token_hex

        self._client = client
        self.labels: dict[str, str] = {_KEY: token_hex(8)}
        """Label of the resources that are deleted at the end of the block."""
        self._selector = f"{_KEY}={self.labels[_KEY]}"  # not read at the end, since a user may change the dict

    async def _delete(self, error: BaseException | None) -> None:
        """Delete the resources; a failure becomes a note of ``error`` if there is one."""
        try:
            deletion = await result_of(self._client.delete_all(label_selector=self._selector, dry_run=False))
            if deletion.protected:
                error_of_protection = ProtectedError("protected", str(deletion), None)
                raise HCloudExceptionGroup("protected resources were not deleted", [error_of_protection], deletion)
        except Exception as failure:
            if error is None:
                raise
            error.add_note(f"Temporary resources with the label {self._selector} may be left: {failure}")
        except BaseException as interruption:  # such as Ctrl-C
            interruption.add_note(f"Temporary resources with the label {self._selector} may be left.")
            raise


class Temporary(_TemporaryLabels):
    """Context manager of :meth:`hcloud.Client.temporary`."""

    def __enter__(self) -> dict[str, str]:
        return self.labels

    def __exit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        run(self._delete(error))


class AsyncTemporary(_TemporaryLabels):
    """Asynchronous context manager of the same method of asynchronous clients."""

    async def __aenter__(self) -> dict[str, str]:
        return self.labels

    async def __aexit__(
        self, cls: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._delete(error)

"""Contexts of the command ``hcloud``: names, tokens and endpoints in its configuration file."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

from ._exceptions import InvalidArgumentError
from .core.secrets import Token

__all__ = ["Context", "read_context"]


class Context(NamedTuple):
    """A context of the command ``hcloud``."""

    token: Token
    """API token of the project."""
    endpoints: dict[str, str]
    """Argument of the client for the address of the API; empty for the default one."""


def read_context(name: str | None) -> Context:
    """Return a context; see :meth:`hcloud.Client.from_context`."""
    if name is not None and not (name and isinstance(name, str)):
        raise InvalidArgumentError(f"name must be a non-empty text, or None for the active context, not {name!r}")
    path = _path()
    config = _read(path)
    name = name or os.environ.get("HCLOUD_CONTEXT") or config.get("active_context")
    if not isinstance(name, str) or not name:
        raise InvalidArgumentError(f"{path} has no active context; pass a name, or run: hcloud context use NAME")
    entries = config["contexts"]
    entry = next((entry for entry in entries if entry.get("name") == name), None)
    if entry is None:
        names = [_shown(entry["name"]) for entry in entries if isinstance(entry.get("name"), str)]
        raise InvalidArgumentError(f"{path} has no context {_shown(name)}; it has {', '.join(names) or 'none'}")
    token = entry["token"]
    if not token:
        raise InvalidArgumentError(f"the context {_shown(name)} in {path} has no token")
    endpoint = next(filter(None, map(_endpoint, (entry, config))), None)
    return Context(token, {} if endpoint is None else {"api_endpoint": endpoint})


def _shown(name: str) -> str:
    """Return a name for messages; three asterisks for an API token that is in its place by mistake."""
    return "'***'" if re.fullmatch("[A-Za-z0-9]{64}", name) else repr(name)


def _endpoint(table: dict[str, Any]) -> str | None:
    preferences = table.get("preferences")
    endpoint = preferences.get("endpoint") if isinstance(preferences, dict) else None
    return endpoint if isinstance(endpoint, str) else None


def _path() -> Path:
    """Return the path of the configuration file, by the rules of the command."""
    path = os.environ.get("HCLOUD_CONFIG")
    if path:
        return _expanded(path)
    folder = os.environ.get("XDG_CONFIG_HOME") or (os.environ.get("APPDATA") if sys.platform == "win32" else None)
    return _expanded(folder or "~/.config") / "hcloud" / "cli.toml"


def _expanded(path: str) -> Path:
    """Return a path with the folder of the user in place of its tilde; as it is if there is no such user."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        return Path(path)


def _read(path: Path) -> dict[str, Any]:
    """Return the content of the configuration file, with tokens that hide themselves."""
    import tomllib

    try:
        config = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
        contexts = config.get("contexts")
        entries = [entry for entry in contexts if isinstance(entry, dict)] if isinstance(contexts, list) else []
        for entry in entries:
            token = entry.get("token")
            entry["token"] = Token(token.strip() if isinstance(token, str) else "")
        return {**config, "contexts": entries}
    except FileNotFoundError:
        problem = "does not exist; run: hcloud context create NAME"
    except OSError as error:
        problem = f"can't be read: {error.strerror}"
    except (ValueError, RecursionError):
        problem = "is not valid TOML"
    # Raised here, since the exceptions above hold the content of the file.
    raise InvalidArgumentError(f"{path}, the configuration file of the command hcloud, {problem}")

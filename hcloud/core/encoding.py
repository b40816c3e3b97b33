"""Encoding of a request: its URL with the query, and its body. The same for every transport."""

from __future__ import annotations

import re
from collections.abc import Mapping
from json import dumps
from typing import Any
from urllib.parse import quote, urlencode

from .._exceptions import InvalidArgumentError

__all__ = ["JSON_TYPE", "encode_body", "encode_request", "encode_url"]

JSON_TYPE = "application/json"
"""Media type of all bodies."""

_PLAIN_URL = re.compile(r"[\w:/.~%?&=+,@\[\]-]*", re.ASCII)
_SENT_AS_IT_IS = re.compile(r"(?:[\w:/.~?&=+,@-]|%[0-9A-F]{2})*", re.ASCII)
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_PATH_CHARACTERS = "/:@!$&'()*+,;=~"
_QUERY_CHARACTERS = f"{_PATH_CHARACTERS}?"


def encode_url(url: str, params: Mapping[str, Any] | None) -> str:
    """Return a URL with its query, percent-encoded where necessary, as ``requests`` prepares it."""
    query = urlencode(params, doseq=True) if params else ""
    if query:
        url += ("&" if "?" in url else "?") + query
    if _PLAIN_URL.fullmatch(url):
        return url
    from requests.utils import requote_uri

    return requote_uri(url)


def encode_body(method: str, url: str, json: Any) -> bytes | None:
    """Return the body of a request, None if it has none.

    :raises InvalidArgumentError: if JSON can't hold a value, such as NaN
    """
    if json is None:
        return None
    try:
        return dumps(json, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidArgumentError(f"{method} {url}: the body can't be encoded as JSON: {error}") from None


def encode_request(method: str, url: str, params: Mapping[str, Any] | None, json: Any) -> tuple[str, bytes | None]:
    """Return the URL and the body of a request as they are sent.

    The blocking transport leaves the last step of the URL to ``urllib3``, which escapes what a request line can't hold.

    :raises InvalidArgumentError: if JSON can't hold a value, such as NaN
    """
    if params or not _SENT_AS_IT_IS.fullmatch(url):  # one pattern for the URLs that nearly all requests have
        url = encode_url(url, params)
        if not _SENT_AS_IT_IS.fullmatch(url):
            url = _escape(url)
    return url, encode_body(method, url, json)


def _escape(url: str) -> str:
    """Return a URL without its fragment, with its path and query escaped as ``urllib3`` does."""
    start = url.index("/", url.index("//") + 2)
    target, _, _ = url[start:].partition("#")
    path, mark, query = target.partition("?")
    return url[:start] + _escape_part(path, _PATH_CHARACTERS) + mark + _escape_part(query, _QUERY_CHARACTERS)


def _escape_part(text: str, characters: str) -> str:
    escaped, count = _ESCAPE.subn(lambda escape: escape[0].upper(), text)
    return quote(escaped, f"{characters}%" if count == text.count("%") else characters)

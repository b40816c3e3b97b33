"""Fixtures of the tests of asynchronous clients."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _direct_requests(no_proxies: None) -> None:
    """Use no proxies and authorities of the environment in any test of this folder."""


@pytest.fixture
def tls(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context

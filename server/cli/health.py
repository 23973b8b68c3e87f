"""Checks whether a server on this machine answers, for `songwright health` and a container's health check."""

from __future__ import annotations

import http.client
from ipaddress import ip_address

from ..core.errors import SongwrightError
from ..core.settings import Settings

SECONDS = 3.0
"""How long an answer may take."""


def ask(settings: Settings) -> int:
    """Returns 0 when the server of these settings answers; else raises `SongwrightError` with what it saw."""
    host, port = _reachable(settings.host), settings.port
    connection = http.client.HTTPConnection(host, port, timeout=SECONDS)
    try:
        connection.request("GET", "/health")
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise SongwrightError(f"Nothing answers at {host} port {port} ({type(error).__name__}).") from None
    finally:
        connection.close()
    if status != http.client.OK:
        raise SongwrightError(f"The server at {host} port {port} answers its health check with status {status}.")
    return 0


def _reachable(host: str) -> str:
    """The address at which this machine reaches a server that listens here."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not address.is_unspecified:
        return host
    return "127.0.0.1" if address.version == 4 else "::1"

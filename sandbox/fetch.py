"""Outgoing requests: recordings fetched from a person's link, webhooks posted to a person's address.

Only public addresses and loopback are contacted (never the rest of the local network), the connection goes to the
very address that was checked, redirects are followed by hand and checked again.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import httpx2

from ..server.core.addresses import ip_of, is_public

MAX_BYTES = 100 * 1024 * 1024
_FETCH_SECONDS = 60.0
_REDIRECTS = 3


class Unfetchable(Exception):
    """A link cannot be used; the message says why in the service's style."""


async def _address(url: httpx2.URL) -> str:
    if url.scheme not in ("http", "https") or not url.host:
        raise Unfetchable("the URL must be a public http(s) link")
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            url.host, url.port or (443 if url.scheme == "https" else 80), type=socket.SOCK_STREAM
        )
    except OSError as error:
        raise Unfetchable("the URL is not reachable") from error
    addresses = [str(entry[4][0]) for entry in found]
    for ip in map(ip_of, addresses):
        if not (ip.is_loopback or is_public(ip)):
            raise Unfetchable("the URL is not public")
    return addresses[0]


async def _request(client: httpx2.AsyncClient, method: str, url: httpx2.URL, **more: Any) -> httpx2.Request:
    address = await _address(url)
    headers = {**more.pop("headers", {}), "Host": url.netloc.decode("ascii")}
    return client.build_request(
        method, url.copy_with(host=address), headers=headers, extensions={"sni_hostname": url.host}, **more
    )


def _client(seconds: float) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(timeout=httpx2.Timeout(seconds, connect=10.0), follow_redirects=False, trust_env=False)


async def fetch(link: str) -> bytes:
    """The bytes behind a link, which must answer HEAD first, as the service demands.

    At most 100 MiB and 60 seconds; raises Unfetchable.
    """
    try:
        async with asyncio.timeout(_FETCH_SECONDS), _client(20.0) as client:
            url = await _final_url(client, httpx2.URL(link))
            return await _body(client, url)
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unfetchable("the URL is not reachable") from error


async def _final_url(client: httpx2.AsyncClient, url: httpx2.URL) -> httpx2.URL:
    for _ in range(_REDIRECTS + 1):
        response = await client.send(await _request(client, "HEAD", url))
        if response.is_redirect:
            url = url.join(response.headers["location"])
            continue
        if response.status_code != httpx2.codes.OK:
            raise Unfetchable(f"the URL is not a public direct link: HEAD answers {response.status_code}")
        if int(response.headers.get("content-length", "0")) > MAX_BYTES:
            raise Unfetchable("the file is too large")
        return url
    raise Unfetchable("the URL redirects too often")


async def _body(client: httpx2.AsyncClient, url: httpx2.URL) -> bytes:
    response = await client.send(await _request(client, "GET", url), stream=True)
    try:
        if response.status_code != httpx2.codes.OK:
            raise Unfetchable(f"the URL is not a public direct link: it answers {response.status_code}")
        data = bytearray()
        async for piece in response.aiter_bytes():
            data += piece
            if len(data) > MAX_BYTES:
                raise Unfetchable("the file is too large")
        return bytes(data)
    finally:
        await response.aclose()


async def post(link: str, body: bytes, headers: dict[str, str], *, seconds: float = 10.0) -> int:
    """POST to a webhook address; returns the status. Raises Unfetchable when nothing answers."""
    try:
        async with asyncio.timeout(seconds), _client(seconds) as client:
            response = await client.send(
                await _request(client, "POST", httpx2.URL(link), headers=headers, content=body)
            )
            return response.status_code
    except (TimeoutError, httpx2.HTTPError, httpx2.InvalidURL) as error:
        raise Unfetchable("the webhook address is not reachable") from error

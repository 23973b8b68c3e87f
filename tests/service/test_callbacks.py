"""What an order tells the service about calling back, and where it says nothing of the kind."""

from __future__ import annotations

import pytest

from songwright.server.core.errors import SettingRefused
from songwright.server.core.sealing import Sealer
from songwright.server.core.settings import load
from songwright.server.service.callbacks import Hooks, hooks_of

NEW = "the secret of this year, long enough"


def test_an_order_names_an_address_of_its_own_and_a_secret_of_its_own() -> None:
    hooks = Hooks("https://songs.example.org/", Sealer([NEW]))
    one, other = hooks.fields("0123456789abcdef"), hooks.fields("fedcba9876543210")
    assert one["webhook_url"].startswith("https://songs.example.org/hooks/0123456789abcdef/")
    assert one["webhook_secret"] != other["webhook_secret"]
    assert one["webhook_url"].rsplit("/", 1)[1] != other["webhook_url"].rsplit("/", 1)[1]
    assert one == hooks.fields("0123456789abcdef")


@pytest.mark.parametrize(
    ("public_url", "reason"),
    [
        ("http://songs.example.org", "must use https"),
        ("http://10.0.0.7:8787", "must use https"),
        ("https://songs.example.org/" + "x" * 950, "too long"),
    ],
)
def test_an_address_that_the_service_would_not_call_is_refused_at_the_start(public_url: str, reason: str) -> None:
    with pytest.raises(SettingRefused, match=reason):
        Hooks(public_url, Sealer([NEW]))


@pytest.mark.parametrize("public_url", ["https://songs.example.org", "http://127.0.0.1:8787", "http://[::1]:8787"])
def test_a_service_on_this_machine_may_call_over_plain_http(public_url: str) -> None:
    assert Hooks(public_url, Sealer([NEW])).fields("0123456789abcdef")["webhook_url"].startswith(public_url)


@pytest.mark.parametrize(
    ("public_url", "base_url", "asked"),
    [
        (None, "https://api.aimusicapi.ai", False),
        ("https://songs.example.org", "https://api.aimusicapi.ai", True),
        ("http://127.0.0.1:8787", "https://api.aimusicapi.ai", False),
        ("http://127.0.0.1:8787", "http://127.0.0.1:9000", True),
    ],
)
def test_calls_are_asked_for_only_where_the_service_can_reach_this_server(
    public_url: str | None, base_url: str, asked: bool
) -> None:
    """The service refuses every order that names an address it would not call."""
    settings = load(public_url=public_url, base_url=base_url, api_key="k")
    assert (hooks_of(settings, Sealer([NEW])) is not None) is asked

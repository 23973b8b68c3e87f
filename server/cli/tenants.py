"""`songwright tenants`: who may call a hosted server, what each may spend, and with whose key."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..core.errors import ArgumentRefused, SettingRefused

if TYPE_CHECKING:
    from ..core.settings import Settings
    from ..journal.sqlite import Store
    from ..web.tenants import Tenant, Tenants

LONGEST_KEY = 512


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> argparse.ArgumentParser:
    """Add `tenants` and its actions to the command line; the parser of `tenants`."""
    tenants = commands.add_parser("tenants", help="manage who may call a hosted server, and what each may spend")
    actions = tenants.add_subparsers(dest="action", metavar="ACTION", required=True)

    add = actions.add_parser("add", help="add a tenant; prints the token, once")
    add.add_argument("name", help="a name of your choice")
    _allowances(add)

    listing = actions.add_parser("list", help="list all tenants, with allowances and spending")
    listing.add_argument("--json", action="store_true", help="print it as JSON, with the ids of tokens")

    limits = actions.add_parser("limits", help="change what a tenant may spend")
    limits.add_argument("name", help="name or id")
    _allowances(limits)

    token = actions.add_parser("token", help="make another token, or withdraw one")
    token.add_argument("name", help="name or id")
    token.add_argument("--revoke", metavar="ID", help="withdraw this token instead; `list --json` shows the ids")

    key = actions.add_parser("key", help="store a tenant's own service key, read from standard input")
    key.add_argument("name", help="name or id")
    key.add_argument("--remove", action="store_true", help="stop using it for new orders")

    revoke = actions.add_parser("revoke", help="revoke a tenant for good; nothing more is accepted from it")
    revoke.add_argument("name", help="name or id")
    return tenants


def _allowances(to: argparse.ArgumentParser) -> None:
    for name, span in (("daily", "24 hours"), ("monthly", "30 days")):
        text = f"credits in any {span}, or `default` for the server's own limit"
        to.add_argument(f"--{name}", type=_allowance, default=argparse.SUPPRESS, metavar="N", help=text)


def _allowance(text: str) -> int | None:
    if text == "default":
        return None
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError("expected a number of credits or `default`")
    return int(text)


def run(given: argparse.Namespace, settings: Settings) -> int:
    """Run the action in the database of these settings. Returns the exit status. Raises `SongwrightError`."""
    from ..core.sealing import sealer_of
    from ..web.app import open_store
    from ..web.tenants import Tenants

    store = open_store(settings)
    sealer = sealer_of(settings, store.clock().now)
    store.open()
    try:
        book = Book(settings, store, Tenants(store, store.clock(), sealer))
        actions: Mapping[str, Callable[[argparse.Namespace], None]] = {
            "add": book.add,
            "list": book.everybody,
            "limits": book.limits,
            "token": book.token,
            "key": book.key,
            "revoke": book.revoke,
        }
        actions[given.action](given)
    finally:
        store.close()
    return 0


class Book:
    """The actions, each with its printed answer."""

    def __init__(self, settings: Settings, store: Store, tenants: Tenants) -> None:
        self._settings = settings
        self._store = store
        self._tenants = tenants

    def add(self, given: argparse.Namespace) -> None:
        """`add NAME [--daily N] [--monthly N]`."""
        daily, monthly = getattr(given, "daily", None), getattr(given, "monthly", None)
        tenant, token = self._tenants.add(given.name, daily_credits=daily, monthly_credits=monthly)
        print(f"{tenant.name} may call now, with the id {tenant.id} and {self._allowed(tenant)}.")
        self._hand_over(token)

    def everybody(self, given: argparse.Namespace) -> None:
        """`list [--json]`."""
        spending = self._tenants.spending()
        own_keys = {key.tenant for key in self._tenants.kept_keys() if key.stored}
        rows = []
        for tenant in self._tenants.all():
            day, month = spending.get(tenant.id, (0, 0))
            tokens = [asdict(token) for token in self._tenants.tokens(tenant.id)]
            rows.append(
                {
                    **asdict(tenant), "spent_24_hours": day, "spent_30_days": month,
                    "own_key": tenant.id in own_keys, "tokens": tokens,
                }
            )  # fmt: skip
        if given.json:
            print(json.dumps(rows, ensure_ascii=False, indent=1))
        elif not rows:
            print("No tenants yet. `songwright tenants add NAME` adds one.")
        else:
            self._print_table(rows)

    def _print_table(self, rows: list[dict[str, Any]]) -> None:
        lines = [("NAME", "ID", "24 H", "30 D", "KEY", "TOKENS", "LAST USED", "")]
        for row in rows:
            good = [token for token in row["tokens"] if token["revoked_at"] is None]
            used = max((token["last_used_at"] for token in row["tokens"] if token["last_used_at"]), default=None)
            lines.append(
                (
                    row["name"],
                    row["id"],
                    f"{row['spent_24_hours']}/{self._number(row['daily_credits'], self._settings.daily_credits)}",
                    f"{row['spent_30_days']}/{self._number(row['monthly_credits'], None)}",
                    "own" if row["own_key"] else "",
                    "OAuth" if row["subject"] else str(len(good)),
                    _when(used),
                    f"revoked {_when(row['revoked_at'])}" if row["revoked_at"] else "",
                )
            )
        widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
        for line in lines:
            print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())

    def limits(self, given: argparse.Namespace) -> None:
        """`limits NAME [--daily N] [--monthly N]`; without either it only shows them."""
        tenant = self._tenants.named(given.name)
        daily = getattr(given, "daily", tenant.daily_credits)
        monthly = getattr(given, "monthly", tenant.monthly_credits)
        self._tenants.limit(tenant.id, daily, monthly)
        print(f"{tenant.name} has {self._allowed(self._tenants.named(tenant.id))}.")

    def token(self, given: argparse.Namespace) -> None:
        """`token NAME [--revoke ID]`."""
        tenant = self._tenants.named(given.name)
        if given.revoke is not None:
            self._tenants.revoke_token(tenant.id, given.revoke)
            print(f"The token {given.revoke} of {tenant.name} is withdrawn.")
        else:
            token = self._tenants.issue(tenant.id)
            print(f"Another token of {tenant.name}; its earlier tokens stay valid.")
            self._hand_over(token)

    def key(self, given: argparse.Namespace) -> None:
        """`key NAME [--remove]`; the key comes from standard input, never from the command line."""
        tenant = self._tenants.named(given.name)
        if given.remove:
            dropped = self._tenants.drop_stored_key(tenant.id)
            print(
                f"The key of {tenant.name} is no longer used for new orders. It is deleted when no order needs it."
                if dropped
                else f"{tenant.name} has no stored key."
            )
            return
        if tenant.revoked:
            raise ArgumentRefused(f"{tenant.name} was revoked, so it cannot use a key.", field="name")
        self._keep(tenant, _read_key(tenant.name))
        print(
            f"Stored and encrypted. From now on {tenant.name} spends the credits of this key at "
            f"{self._settings.base_url}."
        )

    def _keep(self, tenant: Tenant, key: str) -> None:
        from ..app import fingerprint
        from ..journal.write import Journal

        salt = Journal(self._store, self._store.clock()).fact("salt", secrets.token_hex(16))
        base_url = self._settings.base_url
        self._tenants.keep_key(tenant.id, base_url, fingerprint(salt, base_url, key), key, stored=True)

    def revoke(self, given: argparse.Namespace) -> None:
        """`revoke NAME`."""
        tenant = self._tenants.named(given.name)
        self._tenants.revoke(tenant.id)
        print(f"{tenant.name} is revoked and can order nothing new. Songs already paid for are still fetched.")

    def _hand_over(self, token: str) -> None:
        print(f"\n  {token}\n\nSave it now: it is not shown again, and only its hash is stored. For Claude Code:\n")
        print(f"  claude mcp add --transport http songwright {self._address()} \\")
        print(f'    --header "Authorization: Bearer {token}"')

    def _address(self) -> str:
        from ..web.oauth import resource_url

        try:
            return resource_url(self._settings)
        except SettingRefused:
            return "https://your-address/mcp"

    def _allowed(self, tenant: Tenant) -> str:
        daily = self._number(tenant.daily_credits, self._settings.daily_credits)
        monthly = self._number(tenant.monthly_credits, None)
        return f"{daily} credits in 24 hours, {'no limit' if monthly == '-' else f'{monthly} credits'} in 30 days"

    @staticmethod
    def _number(own: int | None, default: int | None) -> str:
        if own is not None:
            return str(own)
        return "-" if default is None else str(default)


def _read_key(name: str) -> str:
    """A service key, typed without echo or piped in. Raises `ArgumentRefused`."""
    if sys.stdin.isatty():
        from getpass import getpass

        key = getpass(f"Service key of {name}: ").strip()
    else:
        key = sys.stdin.read(LONGEST_KEY + 2).strip()
    if not key or len(key) > LONGEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise ArgumentRefused(
            f"That is not a service key: it must be one line of at most {LONGEST_KEY} plain characters. Nothing was "
            f"stored.",
            field="key",
        )
    return key


def _when(at: float | None) -> str:
    return "" if at is None else f"{dt.datetime.fromtimestamp(at, dt.UTC):%Y-%m-%d %H:%M}"

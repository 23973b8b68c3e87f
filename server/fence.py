"""What an order may name: clips of its own engine, and, where tenants share a key, only what is the caller's own.

The service tells keys apart, not our tenants, so it would let one of them extend, sing with or pick up what another has
made. An id is a tenant's own when the journal has shown it to that tenant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from .errors import ArgumentRefused, NotFound
from .jobs import Account
from .journal import Journal
from .operation import Facts, Operation

_ENDINGS = ("_id", "_ids")


def check_engine(facts: Facts, operation: Operation) -> None:
    """Refuse a clip of another engine, which the service would not find, or not take. Raises `ArgumentRefused`."""
    family = operation.family
    for field, value in named(operation):
        clip = facts.clip(value)
        if clip is not None and clip.family not in ("", family):
            upload = "upload_audio" if family == "sonic" else f"{family}_upload_audio"
            raise ArgumentRefused(
                f"{field} names a clip of {clip.family}; {family} works on its own clips only. Nothing was sent or "
                f"spent. {upload} brings in a recording by link.",
                field=field,
            )


def check(journal: Journal, account: Account, operation: Operation) -> None:
    """Refuse an order that names something this tenant has not been shown. Raises `NotFound`."""
    for field, value in named(operation):
        if journal.clip(account, value) is None and not _answered_with(journal, account, value):
            raise NotFound(
                f"There is nothing of yours with the id {value[:80]!r}. Nothing was sent or spent. list_songs shows "
                "your clips; personas and voices are named where they were made.",
                field=field,
            )


def check_task(journal: Journal, account: Account, task_id: str) -> None:
    """Refuse to attach a task that is on record for somebody else. Raises `ArgumentRefused`."""
    owners = journal.store.rows("owners_of_remote", key_id=account.key_id, remote_id=task_id)
    if any(row["tenant"] != account.tenant for row in owners):
        raise ArgumentRefused("There is no such task of yours. Nothing was changed or spent.", field="task_id")


def named(operation: Operation) -> Iterator[tuple[str, str]]:
    """Every id of the service in a call: (field, id). Links and names of recordings are none."""
    for field in type(operation).model_fields:
        value = getattr(operation, field)
        source = field == "source" and not operation.uploads
        if value is None or not (source or field.endswith(_ENDINGS)):
            continue
        for one in (value,) if isinstance(value, str) else value:
            if not (source and "://" in one):
                yield field, one


def _answered_with(journal: Journal, account: Account, value: str) -> bool:
    """Whether an answer to this tenant names the id as one: personas, voices, cut-out vocals."""
    quoted = value.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    who = {"tenant": account.tenant, "key_id": account.key_id}
    rows = journal.store.rows("answered_with", pattern=f'%"{quoted}"%', **who)
    return any(_names(json.loads(row["answer"]), value) for row in rows)


def _names(answer: object, value: str, field: str = "") -> bool:
    """Whether a field for ids holds it. Other fields may repeat what the tenant has written: a title, a name."""
    if isinstance(answer, Mapping):
        return any(_names(part, value, str(name)) for name, part in answer.items())
    if isinstance(answer, list):
        return any(_names(part, value, field) for part in answer)
    return answer == value and (field == "id" or field.endswith(_ENDINGS))

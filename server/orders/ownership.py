"""What an order may name: clips of its own engine, and, where tenants share a key, only what is the caller's own.

The service tells keys apart, not our tenants, so it would let one of them extend, sing with or pick up what another has
made. An id is a tenant's own when the journal has shown it to that tenant.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..core.errors import ArgumentRefused, NotFound
from ..core.jobs import Account, Job
from ..core.operation import Facts, Purchase
from ..journal.write import Journal

_ENDINGS = ("_id", "_ids")
_LYRICS = ("prompt", "lyrics", "infill_lyrics")
_DESCRIPTIONS = ("gpt_description_prompt", "description", "sound", "instruction")
"""Fields of an order that hold a person's words; the service repeats them in its answer."""


def check_engine(facts: Facts, operation: Purchase) -> None:
    """Refuse a clip of another engine: the service would not find or accept it. Raises `ArgumentRefused`."""
    family = operation.family
    for field, value in named(operation):
        clip = facts.clip(value)
        if clip is not None and clip.family not in ("", family):
            upload = "upload_audio" if family == "sonic" else f"{family}_upload_audio"
            raise ArgumentRefused(
                f"{field} names a clip of {clip.family}; {family} works on its own clips only. Nothing was sent or "
                f"spent. {upload} takes a recording by its link.",
                field=field,
            )


def check(journal: Journal, account: Account, operation: Purchase) -> None:
    """Refuse an order that names something this tenant has not been shown. Raises `NotFound`."""
    for field, value in named(operation):
        if not shown(journal, account, value):
            raise NotFound(
                f"There is nothing of yours with the id {value[:80]!r}. Nothing was sent or spent. list_songs shows "
                "your clips; the result that made a persona or voice gives its id.",
                field=field,
            )


def shown(journal: Journal, account: Account, value: str) -> bool:
    """Whether the journal has shown this tenant an id: a clip's, a persona's, a voice's. Blocks."""
    return journal.clip(account, value) is not None or _answered_with(journal, account, value)


def check_task(journal: Journal, account: Account, task_id: str) -> None:
    """Refuse to attach a task that is not on this tenant's record, or on another's too. Raises `ArgumentRefused`.

    The service would show it, whoever has bought it: only the record can tell.
    """
    owners = journal.store.rows("owners_of_remote", key_id=account.key_id, remote_id=task_id)
    if {row["tenant"] for row in owners} != {account.tenant}:
        raise ArgumentRefused(
            "You have no such task on record. Several people share this key, so no other task can be attached here. "
            "Nothing was changed or spent. Ask the operator of this server, who can see every task of the key.",
            field="task_id",
        )


def shown_for(job: Job, shown: Mapping[str, Any]) -> bool:
    """Whether the service's answer about a task repeats what this order alone has asked for.

    That is its title and its own words: its lyrics, else its description. Where the service writes the words and was
    given no description, both title and style must be there; a style by itself is many orders' alike.
    """
    body = job.body or {}
    sent = {name: folded for name, value in body.items() if (folded := _folded(value))}
    if body.get("auto_lyrics"):
        sent.pop("prompt", None)  # a brief; the service does not repeat it
    lyrics = {sent[name] for name in _LYRICS if name in sent}
    described = max((sent[name] for name in _DESCRIPTIONS if name in sent), key=len, default="")
    own = lyrics or ({described} if described else {sent.get("tags", ""), sent.get("title", "")})
    return "" not in own and {*own, sent.get("title", "")} - {""} <= set(_texts(shown))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _texts(part)
    else:
        yield _folded(value)


def _folded(value: object) -> str:
    return " ".join(value.split()).casefold() if isinstance(value, str) else ""


def named(operation: Purchase) -> Iterator[tuple[str, str]]:
    """Every id of the service in a call: (field, id). Links and file names do not count."""
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
    """Whether a field for ids holds it. Other fields may only repeat the tenant's own words, such as a title."""
    if isinstance(answer, Mapping):
        return any(_names(part, value, str(name)) for name, part in answer.items())
    if isinstance(answer, list):
        return any(_names(part, value, field) for part in answer)
    return answer == value and (field == "id" or field.endswith(_ENDINGS))

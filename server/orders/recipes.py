"""Recipes: what made a liked song becomes arguments for songs to come, and a file to give to somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ... import tools
from ..core.errors import ArgumentRefused, LibraryUnavailable, NotFound
from ..core.foreign import json_object, one_line
from ..core.jobs import SavedFile
from ..core.operation import Family
from ..core.threads import FILES, in_lane, in_thread
from ..files.names import safe_name
from ..files.tags import SongTags
from ..journal.recipes import Recipe, Recipes
from . import ownership
from .caller import Caller
from .envelope import cut
from .lookup import family_of
from .material import known_clip
from .results import STYLE_CUT, Result

if TYPE_CHECKING:
    from ...tools.studio.save_recipe import SaveRecipe

FOLDER = "Recipes"
FORMAT, VERSION = "songwright recipe", 1
LARGEST = 64_000
"""Bytes of a recipe's file; ours have a few hundred."""


async def save(caller: Caller, asked: SaveRecipe) -> Result:
    """Keep a recipe of a clip, or of a file of the library."""
    name = one_line(asked.name, len(asked.name))
    if not name:
        raise ArgumentRefused("name has no letters. Nothing was changed.", field="name")
    if asked.clip_id is None:
        recipe, said = await _imported(caller, name)
    else:
        recipe, said = await in_thread(_of_clip, caller, name, asked.clip_id)
    recipes = Recipes(caller.journal.store, caller.account)
    old = await in_thread(recipes.put, recipe, caller.runner.clock.now())
    if old is not None and old.arguments != recipe.arguments:
        said.append(f"It replaces the recipe {old.name!r}, which kept {_told(old.arguments)}. Orders stay as they are.")
    data: dict[str, Any] = {"status": "done", "recipe": name, "keeps": dict(recipe.arguments)}
    if asked.clip_id is not None:
        data |= await _exported(caller, recipe, said)
    data["notice"] = " ".join(said) or None
    data["next"] = f"create_song with recipe {name!r} and new words."
    if caller.account.sandbox:
        data["sandbox"] = True
    return Result(data, f"The recipe {name!r} keeps {_told(recipe.arguments)}.")


def listed(caller: Caller) -> dict[str, Any]:
    """Every recipe by name, with what tells it from the others. Blocks."""
    rows = [
        {"name": recipe.name, "from": recipe.source, "style": cut(str(recipe.arguments.get("style", "")), STYLE_CUT)}
        for recipe in Recipes(caller.journal.store, caller.account).all()
    ]
    return {"recipes": [{name: value for name, value in row.items() if value} for row in rows]}


def exported(recipe: Recipe) -> dict[str, Any]:
    """A recipe as it is shared."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "name": recipe.name,
        "from": recipe.source,
        "create_song": dict(recipe.arguments),
    }


# -- of a clip ------------------------------------------------------------------------------------------------------


def _of_clip(caller: Caller, name: str, clip_id: str) -> tuple[Recipe, list[str]]:
    found = known_clip(caller, clip_id)
    clip, facts = found.clip, caller.facts()
    job = caller.journal.any_job(clip.job_id)
    order = None if job is None else caller.runner.operation_of(job)
    ordered = {} if order is None else order.arguments()
    said = []
    own = job is None or family_of(job.operation) == Family.SONIC
    if not own:
        assert job is not None, "what is not known counts as ours"
        # Its models, weights and singers are another engine's and mean nothing to this one.
        ordered = {field: ordered[field] for field in _EVERYWHERE if field in ordered}
        said.append(f"{job.operation} made it; of that engine only words about the sound can be used again.")
    elif "model" not in ordered and (model := facts.model(clip.model)) is not None and model.retired is None:
        ordered["model"] = model.name
    if not ordered.get("style") and clip.style:
        known = facts.model(str(ordered.get("model") or facts.default_model))
        ordered["style"] = one_line(clip.style, known.style if known and known.style else _style_limit())
        said.append("The order named no style, so it is the one that the service has chosen.")
    kept, refused = _fitting(ordered)
    said += [f"{field} does not fit create_song and was left out." for field in refused]
    if not kept.keys() - {"model"}:
        raise ArgumentRefused(
            f"Nothing is known of what made the clip {clip_id}: no style, no singer, no weights. Nothing was changed.",
            field="clip_id",
        )
    return Recipe(name, clip.title, kept), said


_EVERYWHERE = ("style", "negative_style", "vocal_gender", "instrumental")
"""What means the same to every engine."""


def _style_limit() -> int:
    from ...tools.shapes import STYLE_LIMIT

    return STYLE_LIMIT


def _fitting(arguments: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What create_song takes of some arguments, and the names of what it would refuse."""
    from ...tools.sonic.create_song import RECIPE

    kind = tools.load("create_song")
    kept, refused = dict[str, Any](), list[str]()
    for field in RECIPE:
        value = arguments.get(field)
        if value is None or value is False or value == "":  # not `in`: 0 is a weight, and equals False
            continue
        try:
            made = kind.model_validate({field: one_line(value, len(value)) if isinstance(value, str) else value})
        except (ValidationError, ArgumentRefused):
            refused.append(field)
        else:
            kept |= made.arguments()
    return kept, refused


# -- as a file ------------------------------------------------------------------------------------------------------


async def _exported(caller: Caller, recipe: Recipe, said: list[str]) -> dict[str, Any]:
    """Where the file of a recipe is; a disk that refuses does not undo the recipe."""
    text = json.dumps(exported(recipe), ensure_ascii=False, indent=1) + "\n"
    # In a bucket the folder is named by the clip.
    tags = SongTags(clip_id=FOLDER, title=recipe.name, sandbox=caller.account.sandbox)
    try:
        kept = await caller.library.keep_bytes(tags, text.encode(), ".json", folder=FOLDER)
    except LibraryUnavailable as error:
        said.append(f"The recipe is saved, its file is not: {error.sentence}")
        return {}
    place = caller.results.place(SavedFile("", "recipe", kept.relative, kept.bytes, kept.sha256))
    return {"files": [{"kind": "recipe", **place}]}


async def _imported(caller: Caller, name: str) -> tuple[Recipe, list[str]]:
    relative = f"{FOLDER}/{safe_name(name)}.json"
    try:
        raw = await in_lane(FILES, caller.account.tenant, partial(caller.library.read, relative, LARGEST + 1))
    except NotFound:
        where = "" if caller.hosted else f" in {caller.library.root / FOLDER}"
        raise NotFound(
            f"There is no file {safe_name(name)!r}.json{where}. Give clip_id, of the song whose recipe is to be kept, "
            "or put the file there. Nothing was changed.",
            field="clip_id",
        ) from None
    shared = json_object(raw) if len(raw) <= LARGEST else None
    given = shared.get("create_song") if shared and shared.get("format") == FORMAT else None
    if shared is None or not isinstance(given, dict):
        raise ArgumentRefused(
            f"{relative} is not a recipe: such a file is an object with format {FORMAT!r} and create_song. Nothing was "
            "changed.",
            field="name",
        )
    kept, refused = _fitting(given)
    said = list(await in_thread(lambda: list(_left_out(caller, kept, refused, given))))
    if not kept:
        raise ArgumentRefused(f"{relative} has nothing that create_song takes. Nothing was changed.", field="name")
    return Recipe(name, one_line(shared.get("from"), STYLE_CUT), kept), said


def _left_out(caller: Caller, kept: dict[str, Any], refused: list[str], given: Mapping[str, Any]) -> Iterator[str]:
    """Take out what is of no use here, and say so."""
    singer = kept.get("persona_id")
    if singer and not ownership.shown(caller.journal, caller.account, singer):
        del kept["persona_id"]
        yield (
            f"Its singer {cut(singer, STYLE_CUT)} is not on record here and was left out; if it is yours, give it to "
            "create_song as persona_id."
        )
    if refused:
        yield f"{', '.join(refused)} does not fit create_song and was left out."
    if strange := len(given.keys() - kept.keys() - set(refused) - {"persona_id"}):
        yield f"{strange} unknown or empty entries of the file were left out."


def _told(arguments: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {cut(str(value), STYLE_CUT)!r}" for name, value in arguments.items())

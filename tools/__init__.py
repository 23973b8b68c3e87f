"""Every operation, by toolset, in the order of first use.

Names only: an operation's module is imported, and its model built, when first needed. The class is named like the file,
and the file like the tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module

from ..server.core.operation import Operation

TOOLSETS: Mapping[str, tuple[str, ...]] = {
    "sonic": (
        "create_song", "extend_song", "cover_song", "concat_song", "upload_audio", "create_persona", "create_voice",
        "sample_song", "mashup_songs", "remaster_song", "replace_section", "add_vocals", "add_instrumental",
        "separate_stems", "get_wav", "get_midi", "get_bpm", "get_vox", "get_lyrics_timeline", "enhance_style",
        "download_clip", "generate_lyrics",
    ),
    "account": ("check_credits",),
    "library": (
        "wait_for_song", "get_song", "play_song", "list_songs", "keep_take", "resolve_job", "cancel_job",
    ),
    "craft": ("plan_song", "check_lyrics", "check_style", "songwriting_guide"),
    "studio": (
        "compare_takes", "export_project", "make_video", "make_album", "prepare_release", "save_recipe",
    ),
    "producer": (
        "producer_create_song", "producer_extend_song", "producer_cover_song", "producer_replace_section",
        "producer_swap_vocals", "producer_swap_instrumental", "producer_vary_song", "producer_upload_audio",
        "producer_download_clip",
    ),
    "nuro": ("nuro_create_song", "nuro_create_instrumental"),
    "riffusion": (
        "riffusion_create_song", "riffusion_describe_song", "riffusion_extend_song", "riffusion_cover_song",
        "riffusion_replace_section", "riffusion_swap_sound", "riffusion_swap_vocals", "riffusion_upload_audio",
    ),
}  # fmt: skip
DEFAULT_TOOLSETS = ("sonic", "account", "library", "craft", "studio")
ALWAYS = ("wait_for_song", "check_credits")
"""Listed whatever the setting says: without them nothing paid could be picked up or watched."""


def names() -> tuple[str, ...]:
    """Every operation's name."""
    return tuple(name for toolset in TOOLSETS.values() for name in toolset)


def folder(name: str) -> str:
    """The toolset, and so the folder, of an operation. Raises `KeyError` for an unknown name."""
    for toolset, members in TOOLSETS.items():
        if name in members:
            return toolset
    raise KeyError(name)


@cache
def load(name: str) -> type[Operation]:
    """The operation's class. Raises `KeyError` for an unknown name."""
    module = import_module(f".{folder(name)}.{name}", __package__)
    found: type[Operation] = getattr(module, "".join(word.capitalize() for word in name.split("_")))
    return found


def chosen(wanted: Iterable[str]) -> tuple[str, ...]:
    """The names that a `toolsets` setting selects: toolsets, single tools, or `all`; unknown words are left out."""
    asked = set(wanted)
    return tuple(
        name
        for toolset, members in TOOLSETS.items()
        for name in members
        if "all" in asked or toolset in asked or name in asked or name in ALWAYS
    )


def strangers(wanted: Iterable[str]) -> tuple[str, ...]:
    """Words of a `toolsets` setting that name nothing."""
    return tuple(word for word in wanted if word != "all" and word not in TOOLSETS and word not in names())

"""The sheet that goes with a published song: what it is and was made from, that AI made it, which rights to check."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..core.jobs import Clip, Job
from ..core.written import moment
from ..files.studio.provenance import AI_SOURCE
from .caller import Caller
from .material import Material

if TYPE_CHECKING:
    from ..files.studio.loudness import Loudness

GENERATIONS = 12
"""Ancestors that are named, at most."""


ADVICE = "This list is no legal advice."


@dataclass(frozen=True)
class Facts:
    """What is known of a song."""

    song: Material
    job: Job | None
    takes: int
    ancestors: tuple[tuple[str, Clip], ...]
    """How it descends from older clips, nearest first."""
    sandbox: bool

    @property
    def ai_note(self) -> str:
        """Who made it, as it may be published."""
        if self.sandbox:
            return "This is a trial piece of Songwright's offline sandbox. Rules composed it on this machine, no AI."
        if self.song.clip.uploaded:
            return "This recording was uploaded; Songwright did not make it."
        model = f", model {self.song.clip.model}" if self.song.clip.model else ""
        return f"The music of this song, and its voice if it has one, were made with artificial intelligence{model}."


def about(caller: Caller, song: Material) -> Facts:
    """What the journal knows of a song. Blocks."""
    job = caller.journal.job(caller.account, song.clip.job_id) if song.clip.job_id else None
    takes = sum(clip.good for clip in caller.journal.clips(job.id)) if job else 0
    ancestors, seen, waiting = list[tuple[str, Clip]](), {song.clip.clip_id}, [song.clip.clip_id]
    while waiting and len(ancestors) < GENERATIONS:
        found = caller.journal.clip(caller.account, waiting.pop(0))
        for relation, ids in found.sources.items() if found else ():
            for clip_id in ids:
                if clip_id not in seen:
                    seen.add(clip_id)
                    waiting.append(clip_id)
                    older = caller.journal.clip(caller.account, clip_id)
                    ancestors.append((relation, older.clip if older else Clip(clip_id)))
    return Facts(song, job, takes, tuple(ancestors[:GENERATIONS]), caller.account.sandbox)


def checklist(facts: Facts) -> list[str]:
    """Rights to be sure of before publishing."""
    clips = [clip for _, clip in facts.ancestors]
    made_with_person = any("persona" in relation or "voice" in relation for relation, _ in facts.ancestors)
    arguments = facts.job.arguments if facts.job else {}
    made_with_person = made_with_person or any(arguments.get(name) for name in ("persona_id", "voice_id"))
    lines = [
        (
            "The plan: the service's terms say what you may do with songs made on your plan. Check that they allow "
            "selling and publishing."
        ),
        "The words: you wrote them, or whoever did allows it. That goes for lines from other songs and poems too.",
    ]
    if any(clip.uploaded for clip in clips) or facts.song.clip.uploaded:
        lines.append("The recording it was made from: it is yours, or its owners allow this, composer and label both.")
    elif clips:
        lines.append("The songs it was made from are listed above. What holds for this one must hold for them.")
    if made_with_person:
        lines.append("The singer: if the voice is a real person's, that person has agreed to this song.")
    return [
        *lines,
        (
            "The names: title and artist are not those of somebody else's song or act, and no real artist is named as "
            "taking part."
        ),
        "The cover: you may use the picture, and it shows no brand and no real person without consent.",
        "Say that AI was used: shops and platforms ask, and some countries demand it. The note here says how.",
        "Your own right: in many countries what AI makes alone has no copyright; words that you wrote do.",
        ADVICE,
    ]


def data_of(
    facts: Facts, before: Loudness, after: Loudness, done: Sequence[str], files: Mapping[str, str]
) -> dict[str, Any]:
    """The sheet for programs."""
    clip, job = facts.song.clip, facts.job
    sheet: dict[str, Any] = {
        "title": clip.title,
        "version": clip.label or None,
        "style": clip.style or None,
        "prompt": clip.prompt or None,
        "words": clip.lyrics or None,
        "engine": clip.model or None,
        "seconds": clip.seconds,
        "bpm": clip.bpm,
        "made": moment(clip.created_at) if clip.created_at else None,
        "clip_id": clip.clip_id,
        "made_by": {"tool": job.operation, "order": job.id, "ordered": moment(job.created_at)} if job else None,
        "cost": {"credits": job.charge, "takes": facts.takes} if job and job.cost is not None else None,
        "made_from": {"file": facts.song.sound.path, "sha256": facts.song.sound.sha256},
        "lineage": [_ancestor(relation, older) for relation, older in facts.ancestors] or None,
        "ai": {"note": facts.ai_note},
        "loudness": {"before": _figures(before), "after": _figures(after)},
        "done": list(done),
        "files": dict(files),
        "checklist": checklist(facts),
    }
    if not facts.sandbox and not clip.uploaded:
        sheet["ai"]["digital_source_type"] = AI_SOURCE
    return {name: value for name, value in sheet.items() if value is not None}


def text_of(data: Mapping[str, Any], mark: str) -> str:
    """The sheet for people."""
    made_by, cost = data.get("made_by"), data.get("cost")
    rows = {
        "Version": data.get("version"),
        "Style": data.get("style"),
        "Asked for": data.get("prompt"),
        "Engine": data.get("engine"),
        "Made": data.get("made"),
        "With": f"{made_by['tool']}, order {made_by['order']}" if made_by else None,
        "Cost": f"{_counted(cost['credits'], 'credit')} for {_counted(cost['takes'], 'take')}" if cost else None,
        "Clip": data["clip_id"],
        "Made from": data["made_from"]["file"],
    }
    lines = [data.get("title") or data["clip_id"], mark, ""]
    lines += [f"{name}: {' '.join(str(value).split())}" for name, value in rows.items() if value]
    for heading, paragraphs in (
        ("How it was made", [data["ai"]["note"]]),
        ("Where it comes from", [_sentence(row) for row in data.get("lineage", ())]),
        ("What was done for these copies", data["done"]),
        ("Before you publish, be sure of", [line if line == ADVICE else f"[ ] {line}" for line in data["checklist"]]),
        ("Words", [data["words"]] if "words" in data else []),
    ):
        if paragraphs:
            lines += ["", heading, "-" * len(heading), *paragraphs]
    return "\n".join(lines) + "\n"


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"


def _figures(loudness: Loudness) -> dict[str, float]:
    return {
        "lufs": round(loudness.lufs, 1), "range_lu": round(loudness.range_lu, 1), "dbtp": round(loudness.peak_dbtp, 1)
    }  # fmt: skip


def _ancestor(relation: str, clip: Clip) -> dict[str, Any]:
    known = {"title": clip.title, "version": clip.label, "engine": clip.model, "uploaded": clip.uploaded or None}
    return {"relation": relation, "clip_id": clip.clip_id, **{name: value for name, value in known.items() if value}}


def _sentence(row: Mapping[str, Any]) -> str:
    name = row.get("title") or row["clip_id"]
    version = f" ({row['version']})" if row.get("version") else ""
    uploaded = ", your own recording" if row.get("uploaded") else ""
    return f"{row['relation'].replace('_', ' ')}: {name}{version}{uploaded}, clip {row['clip_id']}"

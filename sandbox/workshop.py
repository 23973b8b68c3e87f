"""What the worker process does: plans become scores, scores become files. No store and no HTTP here.

A *job* is a plan with everything it needs inside, so that it can travel to another process:
`{"score": …}` (already composed) or `{"make": …, "brief": …, "args": …, "sources": [job, …]}`.
The music library is imported on first use: the server process itself never needs it.
"""

from __future__ import annotations

import dataclasses
import multiprocessing.connection
import os
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .records import Facts

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from .music import Brief, Score

Args = Mapping[str, Any]
AudioFormat = Literal["mp3", "wav", "m4a"]
_FADE_SECONDS = 2.0


@dataclasses.dataclass(frozen=True)
class Made:
    """A composed piece: its score (None for stand-ins of the fast mode) and what a listing shows of it."""

    score: Facts | None
    title: str
    lyrics: str
    style: str
    seconds: float


def on_a_leash(leash: Connection) -> None:
    """Set up a worker: it yields the processor to the server, and ends when the other end of `leash` is closed.

    The server closes it at its end, and the operating system does when the server dies, however that happens.
    """
    if sys.platform != "win32":
        os.nice(5)

    def watch() -> None:
        multiprocessing.connection.wait([leash])
        os._exit(0)

    threading.Thread(target=watch, name="leash", daemon=True).start()


def warm_up() -> None:
    """Import the music library, so that the first song does not wait for it."""
    from . import music  # noqa: F401 - importing is the point


def _brief(fields: Args) -> tuple[Brief, str]:
    """The brief, and the words a listing shows: own lyrics, or lyrics written around a description."""
    from . import music

    told = dict(fields)
    words_from = told.pop("words_from", None)
    if words_from and not told.get("instrumental"):
        title, lyrics = music.write_lyrics(words_from, told.get("seed", 0), told.get("seconds"))
        told["lyrics"] = lyrics
        told["title"] = told.get("title") or title
    elif told.get("instrumental"):
        told["lyrics"] = ""
        told["title"] = told.get("title") or music.title_of(words_from or told.get("style", ""))
    brief = music.Brief(**told)
    return brief, "[Instrumental]" if brief.instrumental else brief.lyrics


def _makers() -> dict[str, Callable[[list[Score], Brief, Args], Score]]:
    from . import music

    def replace(sources: list[Score], brief: Brief, args: Args) -> Score:
        return music.replace(sources[0], args["start"], args["end"], args["lyrics"], brief)

    return {
        "compose": lambda _, brief, __: music.compose(brief),
        "extend": lambda sources, brief, args: music.extend(sources[0], args["at"], brief),
        "concat": lambda sources, _, args: music.concat(sources[0], args["at"], sources[1]),
        "cover": lambda sources, brief, args: music.cover(sources[0], brief, args["closeness"]),
        "replace": replace,
        "replace_window": lambda sources, brief, args: music.window(
            replace(sources, brief, args), args["start"], args["end"]
        ),
        "mashup": lambda sources, brief, _: music.mashup(sources[0], sources[1], brief),
        "sample": lambda sources, brief, args: music.sample(sources[0], args["start"], args["end"], brief),
        "remaster": lambda sources, _, args: music.remaster(sources[0], args["strength"]),
        "add_vocals": lambda sources, brief, _: music.add_vocals(sources[0], brief),
        "add_instrumental": lambda sources, brief, _: music.add_instrumental(sources[0], brief),
        "exactly": lambda _, brief, args: exactly(music.compose(brief), args["seconds"]),
        "stem": lambda sources, _, args: music.stem(sources[0], args["part"]),
    }


def exactly(score: Score, seconds: float) -> Score:
    """The beginning of a song, of that length, faded out at its end."""
    from . import music

    cut = music.window(score, 0.0, seconds)
    fade = min(_FADE_SECONDS, seconds / 4)
    return dataclasses.replace(cut, pieces=tuple(dataclasses.replace(p, fade_out=fade) for p in cut.pieces))


def _realise(job: Args) -> tuple[Score, str]:
    from . import music

    if "score" in job:
        score = music.Score.from_json(job["score"])
        return score, score.lyrics
    sources = [_realise(source)[0] for source in job.get("sources", ())]
    brief, words = _brief(job.get("brief", {}))
    return _makers()[job["make"]](sources, brief, job.get("args", {})), words


def compose(job: Args) -> Made:
    """Write the score a job asks for."""
    score, words = _realise(job)
    return Made(score.to_json(), score.title, words or score.lyrics, score.style, score.seconds)


def parts(job: Args) -> list[str]:
    """Names of the parts that sound in a score, for full stems."""
    from . import music

    return music.parts(_realise(job)[0])


def produce(
    score: Facts, folder: Path, clip_id: str, title: str, suffix: AudioFormat, font: Path | None = None
) -> float:
    """Make what a finished clip has: its audio and its cover; returns its length in seconds."""
    seconds = render(score, folder, clip_id, suffix, font)
    draw(score, folder, clip_id, title)
    return seconds


def render(score: Facts, folder: Path, clip_id: str, suffix: AudioFormat, font: Path | None = None) -> float:
    """Play a score and write it in a format; returns its length in seconds."""
    from . import music

    song = music.Score.from_json(score)
    audio = music.render(song, _recordings(folder), font)
    write_whole(folder / f"{clip_id}.{suffix}", music.encode(audio, suffix, key=song.short_key))
    return audio.seconds


def render_stems(score: Facts, folder: Path, clip_ids: Mapping[str, str], font: Path | None = None) -> dict[str, float]:
    """Play a score once and write the MP3 of every named part under its clip id; returns lengths by clip id."""
    from . import music

    played = music.stems(music.Score.from_json(score), list(clip_ids), _recordings(folder), font)
    seconds = {}
    for part, audio in played:
        write_whole(folder / f"{clip_ids[part]}.mp3", music.encode(audio, "mp3"))
        seconds[clip_ids[part]] = audio.seconds
    return seconds


def _recordings(folder: Path) -> Callable[[str], bytes]:
    return lambda key: upload_path(folder, key).read_bytes()


def draw(score: Facts, folder: Path, clip_id: str, title: str) -> None:
    """Write the cover picture of a score."""
    from . import music

    write_whole(folder / f"{clip_id}.jpeg", music.cover_art(music.Score.from_json(score), title))


def transcribe(score: Facts, folder: Path, clip_id: str) -> list[Facts]:
    """Write the MIDI file of a score; returns its instruments with their notes."""
    from . import music

    played = music.Score.from_json(score)
    write_whole(folder / f"{clip_id}.mid", music.midi(played))
    return [
        {
            "name": part.title(),
            "notes": [
                {
                    "pitch": note.pitch,
                    "start": round(note.start, 4),
                    "end": round(note.end, 4),
                    "velocity": round(note.velocity, 3),
                }
                for note in notes
            ],
        }
        for part, notes in music.notes(played).items()
    ]


def timeline(score: Facts) -> list[tuple[str, float, float]]:
    """The sung words of a score with their times in seconds."""
    from . import music

    return [(word.word, word.start, word.end) for word in music.timeline(music.Score.from_json(score))]


def bpm(score: Facts) -> tuple[float, float, float]:
    """Average, slowest and fastest tempo of a score."""
    from . import music

    return music.bpm(music.Score.from_json(score))


def write_lyrics(text: str, seed: int) -> tuple[str, str]:
    """A title and lyrics around a description."""
    from . import music

    return music.write_lyrics(text, seed)


def analyse(folder: Path, clip_id: str, most_seconds: float) -> Made | None:
    """Listen to an uploaded recording; None when it is no audio. One that is too long is only measured."""
    from . import music

    try:
        audio = music.decode(upload_path(folder, clip_id).read_bytes())
    except music.NotAudio:
        return None
    score = music.recording(audio, clip_id).to_json() if audio.seconds <= most_seconds else None
    return Made(score, "", "", "", audio.seconds)


def upload_path(folder: Path, clip_id: str) -> Path:
    """Where the bytes of an uploaded recording lie."""
    return folder / "uploads" / clip_id


def write_whole(path: Path, data: bytes) -> None:
    """Write a file that is either there whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    draft.write_bytes(data)
    draft.replace(path)

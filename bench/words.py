"""How long the check of a lyric takes: 5,000 characters, as a song and as people paste it. `python -m bench.words`.

Processor time, the least of several runs, each without what earlier ones have remembered; beside it the same text
through Python's own splitting into words.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from songwright.server.craft import check_lyrics
from songwright.server.craft.paste import headings, rows

from .common import ROOT, line, title

CHARS = 5000
RUNS = 9
SONGS = ("porch_light", "bahnsteig", "elektrichka", "kaerimichi", "night_shift_rap")


def pasted(song: str) -> dict[str, str]:
    """The same song in forms in which it arrives."""
    lines, bold = song.split("\n"), song.replace("[", "**").replace("]", "**")
    return {
        "clean": song,
        "chords above": "\n".join(f"Am   F   C   G\n{one}" if one and one[0] != "[" else one for one in lines),
        "times": "\n".join(f"[00:{n % 60:02}.00]{one}" for n, one in enumerate(lines)),
        "web page": song.replace("\n", "<br>"),
        "one line": song.replace("\n", " "),
        "an answer": f"Sure! Here is your song:\n\n{bold}\n\nWould you like changes?",
    }


def least(work: Callable[[str], object], text: str) -> float:
    """Milliseconds of processor time."""
    taken = []
    for _ in range(RUNS):
        headings.read_heading.cache_clear()
        headings.opens_section.cache_clear()
        rows.plain.cache_clear()
        begun = time.process_time()
        work(text)
        taken.append(time.process_time() - begun)
    return min(taken) * 1000


def main() -> None:
    folder = ROOT / "tests" / "craft" / "lyrics"
    title(f"check_lyrics, {CHARS} characters: milliseconds, and times a plain split into words")
    song = ((folder / f"{SONGS[0]}.txt").read_text(encoding="utf-8").strip() + "\n\n") * 20
    begun = time.process_time()
    check_lyrics(song[:CHARS])
    line("the first check of a process", f"{(time.process_time() - begun) * 1000:.1f} ms")
    for name in SONGS:
        song = ((folder / f"{name}.txt").read_text(encoding="utf-8").strip() + "\n\n") * 20
        for form, text in pasted(song).items():
            cut = text[:CHARS]
            check_lyrics(cut)
            checked, split = least(check_lyrics, cut), least(re.compile(r"\w+").findall, cut)
            line(f"{name}, {form}", f"{checked:.1f} ms  {checked / split:.0f}")


if __name__ == "__main__":
    main()

"""The player in Chromium, under the official AppBridge and a policy that allows it nothing: what is heard and seen.

Songs, stems and their words come from the sandbox's own composer, so that every second of them is known. What a frame
sends to the speakers is compared with the files sample by sample. Last, the real server plays in both protocol eras,
over standard input and output and over HTTP.
"""

from __future__ import annotations

import base64
import json
import re
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from songwright.sandbox import music

from ..player import PAGE
from ..player.__main__ import built
from .kit import HERE, ROOT, Broken, Kit
from .typescript import CATALOGUE, hosted, own_settings

RATE = 48_000
QUIET = -60.0
"""How far below the music, in decibels, what differs from the file may be."""
SEEK, SWITCH, MEMORY = 0.050, 0.030, 150.0
LARGEST = 30_000
WORDS = {
    "tea": """[Verse]
The kettle hums a tune at dawn
The street is grey, the milk is gone
I count my coins, I count my days
And steam goes up in silver rays
[Chorus]
Oh pour it slow, oh pour it wide
There is a harbour here inside
A cup of something warm to hold
Before the evening turns to cold
[Verse]
The baker waves across the square
With sugar dust all through her hair""",
    "fa": """[بند]
باران می‌بارد بر بام خانه
می‌خوانم آرام ترانه‌ای عاشقانه
شب می‌رود از کوچه‌ی ما
می‌ماند نور، می‌ماند صدا""",
}
STYLES = {
    "tea": ("The Harbour in a Cup", "warm folk ballad, acoustic guitar, brushed drums, 92 BPM", 60.0),
    "fa": ("ترانه‌ی باران", "Persian pop, santur, gentle vocals, 84 BPM", 40.0),
}
STEMS = ["vocals", "drums", "bass", "guitar"]
Sound = np.ndarray[Any, np.dtype[np.float32]]
Findings = Mapping[str, str]


@dataclass(frozen=True)
class Stage:
    """A folder of songs, and the browser that plays them."""

    kit: Kit
    folder: Path

    def scene(self, scene: str, /, **options: object) -> dict[str, Any]:
        """What one scene of dev/gates/page/drive.mjs saw. Raises `Broken` with the scene's last words."""
        driver = str(HERE / "page" / "drive.mjs")
        packages = str(self.kit.folder / "npm")
        command = [self.kit.node, driver, packages, str(self.folder), str(PAGE), scene, json.dumps(options)]
        done = self.kit.run(command)
        if done.returncode or not done.stdout.strip():
            raise Broken(f"{scene}: {done.stderr.strip()[-600:]}")
        seen: dict[str, Any] = json.loads(done.stdout.strip().split("\n")[-1])
        return seen

    def file(self, name: str) -> Sound:
        """What a file holds, as two rows of samples."""
        return np.ascontiguousarray(music.decode((self.folder / f"{name}.mp3").read_bytes()).samples.T)

    def heard(self, name: str) -> Sound:
        """What a recording of a scene holds."""
        return np.stack([np.fromfile(self.folder / f"{name}.{side}", np.float32) for side in ("left", "right")])


def lines_of(score: music.Score) -> list[dict[str, Any]]:
    """The words of a score as the sheet has them: headings, and lines with the times of their words."""
    rows: list[dict[str, Any]] = []
    fresh = True
    for word in music.timeline(score):
        for heading in re.findall(r"\[(.*?)\]", word.word):
            rows.append({"start": None, "end": None, "text": heading, "words": None, "section": True, "at": word.start})
            fresh = True
        text = re.sub(r"\[.*?\]\s*", "", word.word)
        if fresh or text.startswith("\n"):
            rows.append({"start": word.start, "end": word.end, "text": "", "words": [], "section": False})
        row = rows[-1]
        row["text"] = (row["text"] + text.replace("\n", "")).lstrip()
        row["end"] = word.end
        row["words"].append({"start": word.start, "end": word.end, "text": text.strip()})
        fresh = text.endswith("\n")
    return [{**row, "text": row["text"].strip()} for row in rows]


def write_song(folder: Path, name: str) -> None:
    """Two takes of a song with their sheet; the first take of the English one has stems too."""
    title, style, seconds = STYLES[name]
    takes = []
    for number in (1, 2):
        clip = f"{name}{number}"
        brief = music.Brief(lyrics=WORDS[name], style=style, title=title, seconds=seconds, seed=3, take=number)
        score = music.compose(brief)
        sound = music.render(score)
        lines = lines_of(score)
        heads = [(row["text"], row.pop("at")) for row in lines if "at" in row]
        ends = [start for _, start in heads[1:]] + [sound.seconds]
        loudest = np.array([part.max() for part in np.array_split(np.abs(sound.samples).max(axis=1), 400)])
        (folder / f"{clip}.mp3").write_bytes(music.encode(sound))
        drawn = music.cover_art(score, title)
        cover = f"data:image/jpeg;base64,{base64.b64encode(drawn).decode()}"
        stems = []
        if name == "tea" and number == 1:
            for part, played in music.stems(score, STEMS):
                (folder / f"{clip}-{part}.mp3").write_bytes(music.encode(played))
                stems.append(
                    {
                        "part": part,
                        "label": part.capitalize(),
                        "seconds": played.seconds,
                        **facts(folder, f"{clip}-{part}"),
                    }
                )
        takes.append({
            "clip_id": clip, "title": title, "take": number, "seconds": round(sound.seconds, 2),
            "bpm": music.bpm(score)[0], "key": "D major", "kept": False, "cover": cover,
            "peaks": [round(float(peak / loudest.max()), 3) for peak in loudest],
            "sections": [{"name": text, "start": at, "end": end} for (text, at), end in zip(heads, ends, strict=True)],
            "lines": lines, "audio": facts(folder, clip), "stream": False, "stems": stems,
            "file": f"{title}.mp3", "url": None,
        })  # fmt: skip
    write_sheet(folder, name, title=title, style=style, takes=takes)


def facts(folder: Path, name: str) -> dict[str, Any]:
    """How large a file is, and of which kind."""
    return {"bytes": (folder / f"{name}.mp3").stat().st_size, "mime": "audio/mpeg"}


def write_sheet(folder: Path, name: str, **more: object) -> None:
    """What `song_sheet` answers for a song."""
    sheet = {
        "job_id": f"j-{name}", "status": "done", "sentence": "Both takes are ready.", "elapsed": 90, "expected": 120,
        "cost": 10, "sandbox": True, "language": "fa" if name == "fa" else "en", "kept": None, "clip_id": None, **more,
    }  # fmt: skip
    (folder / f"{name}.json").write_text(json.dumps(sheet), encoding="utf-8")


def write_long(stage: Stage) -> None:
    """The English song over and over: eight minutes, two takes."""
    sheet = json.loads((stage.folder / "tea.json").read_text(encoding="utf-8"))
    for number, take in enumerate(sheet["takes"], 1):
        samples = music.decode((stage.folder / f"tea{number}.mp3").read_bytes()).samples
        many = np.tile(samples, (9, 1))[: 480 * RATE]
        clip = f"long{number}"
        (stage.folder / f"{clip}.mp3").write_bytes(music.encode(music.Audio(many, RATE), "mp3", 192_000))
        take |= {"clip_id": clip, "seconds": 480, "stems": [], "audio": facts(stage.folder, clip)}
    write_sheet(stage.folder, "long", title=sheet["title"], style=sheet["style"], takes=sheet["takes"])


def level(sound: Sound) -> float:
    """Loudness as a root mean square."""
    return float(np.sqrt(np.mean(np.square(sound, dtype=np.float64)))) + 1e-12


def place(heard: Sound, file: Sound, begin: float, seconds: float) -> int:
    """The sample of a recording at which a stretch of the file sounds."""
    wanted = file[0, int(begin * RATE) : int((begin + seconds) * RATE)]
    size = 1 << (heard.shape[1] + len(wanted)).bit_length()
    match = np.fft.irfft(np.fft.rfft(heard[0], size) * np.conj(np.fft.rfft(wanted, size)), size)
    return int(np.argmax(match[: max(1, heard.shape[1] - len(wanted))]))


def below(heard: Sound, file: Sound, begin: float, seconds: float) -> float:
    """How far below the file, in decibels, the difference between it and what was heard is."""
    first, count, start = place(heard, file, begin, seconds), int(seconds * RATE), int(begin * RATE)
    wanted = file[:, start : start + count]
    return 20 * float(np.log10(level(heard[:, first : first + count] - wanted) / level(wanted)))


def wrong(good: bool, otherwise: str) -> str:
    """What is wrong: nothing when it is good."""
    return "" if good else otherwise


def sound(stage: Stage) -> Findings:
    """Playing, seeking, comparing, repeating, stems and words, measured."""
    sheet = json.loads((stage.folder / "tea.json").read_text(encoding="utf-8"))
    timed = [row for row in sheet["takes"][0]["lines"] if row["start"] is not None]
    seconds = [s for s in range(60) if any(row["start"] + 0.1 < s < row["end"] - 0.1 for row in timed)][:10]
    seen = stage.scene("sound", seconds=seconds)
    one, two = stage.file("tea1"), stage.file("tea2")
    stems = {part: stage.file(f"tea1-{part}") for part in STEMS}
    together = sum(stems.values(), np.zeros_like(one))
    start, mixed, alone = (
        below(stage.heard("start"), one, 0, 10),
        below(stage.heard("stems"), together, 0, 10),
        below(stage.heard("solo"), stems["vocals"], 25.2, 1),
    )
    lines = {str(s): next(row["text"] for row in timed if row["start"] <= s < row["end"]) for s in seconds}
    off = abs(sought(stage.heard("seek"), one) - seen["seek"]["second"])
    delay, apart = switched(stage.heard("switch"), one, two, seen["switch"])
    turns = below(stage.heard("loop"), np.tile(one[:, 20 * RATE : 22 * RATE], 3), 0.1, 4)
    return {
        f"the first ten seconds are the file's: {start:.0f} dB": wrong(start < QUIET, "they differ"),
        f"seeking is exact: {off * 1000:.1f} ms": wrong(off < SEEK, "it is off"),
        f"the other take is heard at once: {delay * 1000:.1f} ms": wrong(0 <= delay < SWITCH, "it comes late"),
        f"and at the same second: {apart * 1000:.1f} ms": wrong(apart < SWITCH, "it is elsewhere"),
        f"a loop has no seam: {turns:.0f} dB": wrong(turns < QUIET, "it has one"),
        f"stems sum to what their files sum to: {mixed:.0f} dB": wrong(mixed < QUIET, "they do not"),
        f"solo is one stem: {alone:.0f} dB": wrong(alone < QUIET, "it is not"),
        "ten lines at ten seconds": wrong(seen["lines"] == lines, f"{seen['lines']} instead of {lines}"),
        "no errors": wrong(not seen["errors"], str(seen["errors"])),
    }


def sought(heard: Sound, file: Sound) -> float:
    """The second of the file with which a recording begins to sound."""
    first = int(np.argmax(np.abs(heard[0]) > 1e-4))
    piece = heard[:, first + 960 : first + 960 + RATE]
    return (place(file, piece, 0, 1) - 960) / RATE


def switched(heard: Sound, one: Sound, two: Sound, facts: Mapping[str, Any]) -> tuple[float, float]:
    """How long after the key the second take is heard alone, and how far from the same second."""
    pressed = int(facts["pressed"] * RATE) - facts["first"]
    before = heard[:, pressed - RATE // 2 : pressed - RATE // 20]
    at = place(one, before, 0, before.shape[1] / RATE) + RATE // 2
    after = heard[:, pressed + RATE // 5 : pressed + RATE // 5 + RATE // 2]
    other = place(two, after, 0, after.shape[1] / RATE) - RATE // 5
    rest = np.abs(heard[:, pressed : pressed + RATE // 5] - two[:, other : other + RATE // 5]).max(axis=0)
    late = np.flatnonzero(rest > 1e-3)
    return (int(late[-1]) + 1 if len(late) else 0) / RATE, abs(other - at) / RATE


def quiet(seen: Mapping[str, Any]) -> str:
    """What a frame did that it must not do."""
    return "; ".join(str(seen[name])[:200] for name in ("errors", "refused", "requests") if seen[name])


def hostile(stage: Stage) -> Findings:
    """Titles, words and names that pretend to be markup."""
    seen = stage.scene("hostile")
    inert = seen["same"] and seen["images"] == 0 and seen["scripts"] == 2
    orderly = all("\n" not in text and text.count('"') == 2 and "\u202e" not in text for text in seen["messages"])
    return {
        "hostile titles and words are text": wrong(inert, f"{seen['images']} images, {seen['scripts']} scripts"),
        "nothing of them runs or is fetched": quiet(seen),
        "they stay quoted in what is said to the assistant": wrong(
            orderly and len(seen["messages"]) >= 4, str(seen["messages"])[:300]
        ),
    }


def making(stage: Stage) -> Findings:
    """A song on its way: phase and time, its stream, then the player, and all that by itself."""
    seen = stage.scene("making")
    waiting, streaming, ready = seen["states"][1:4]
    stream = below(stage.heard("stream"), stage.file("tea1"), 0.2, 2)
    return {
        "the phase and the time that is left": wrong(
            waiting[0] and not waiting[1] and "left" in waiting[3], str(waiting)
        ),
        f"the stream is heard: {stream:.0f} dB": wrong(
            streaming[0] and streaming[1] and stream < QUIET, str(streaming)
        ),
        "it becomes the player by itself": wrong(
            not ready[0] and ready[1] and "1:00" in seen["time"], f"{ready} {seen['time']}"
        ),
    }


def manners(stage: Stage) -> Findings:
    """Widths, the host's theme, directions, keys, its size, and how it leaves."""
    seen = stage.scene("manners")
    wide = [
        width for width, (scroll, inner, high, frame) in seen["wide"].items() if scroll > inner or abs(high - frame) > 1
    ]
    focus = [name for name, outline in seen["order"] if outline != "solid"]
    return {
        "nothing sticks out from 320 to 900 px, and the host knows the height": wrong(not wide, f"at {wide}"),
        "the host's colours and fonts": wrong(seen["theme"] == ["rgb(1, 2, 3)", "Courier", "dark"], str(seen["theme"])),
        "right-to-left titles and words, time from left to right": wrong(
            seen["direction"] == ["rtl", "rtl", "ltr"], str(seen["direction"])
        ),
        "every control is reached by Tab and shows it": wrong(
            not focus and len(seen["order"]) == 12, str(seen["order"])
        ),
        "keys play and seek, and the slider says where": wrong(
            seen["slider"][0] == "5" and seen["paused"] == "Play", str(seen["slider"])
        ),
        "it lets go of the sound when the host takes it down": wrong(seen["closed"] == "closed", seen["closed"]),
        "nothing is refused": quiet(seen),
    }


def access(stage: Stage) -> Findings:
    """What axe-core finds that is serious."""
    return {
        f"axe-core, {name}": "; ".join(found) for name, found in stage.scene("access").items() if "lesser" not in name
    }


def memory(stage: Stage) -> Findings:
    """Eight minutes, both takes, jumping about."""
    write_long(stage)
    seen = stage.scene("memory")
    most = seen["most"] - seen["before"]
    live = seen["live"] - seen["before"]
    name = f"eight minutes with both takes, jumping about: {most:.0f} MB at most, {live:.0f} MB in use"
    return {
        name: wrong(most < MEMORY, f"more than {MEMORY:.0f} MB"),
        "nothing is refused in eight minutes": quiet(seen),
    }


def real(stage: Stage) -> Findings:
    """The server people get: two eras over HTTP and over standard input and output."""
    found: dict[str, str] = {}
    eras: Mapping[str, object] = {"2026-07-28": {"pin": "2026-07-28"}, "2025-11-25": "legacy"}
    with tempfile.TemporaryDirectory() as name, hosted(stage.kit, Path(name), fast=False) as (address, token):
        for era, mode in eras.items():
            seen = stage.scene("real", name=f"http-{era}", mode=mode, server=address, token=token)
            found |= played(stage, f"HTTP, {era}", seen, Path(name))
    for era, mode in eras.items():
        with (
            tempfile.TemporaryDirectory() as name,
            stage.kit.sandbox(Path(name) / "service", pace="quick", fast=False) as service,
        ):
            home = Path(name)
            (home / "catalogue.toml").write_text(CATALOGUE, encoding="utf-8")
            own = {"HOME": name, **own_settings(home, service)}
            command = [
                "env",
                *(f"{key}={value}" for key, value in own.items()),
                sys.executable,
                "-m",
                "songwright.server",
            ]
            seen = stage.scene("real", name=f"stdio-{era}", mode=mode, command=command)
            found |= played(stage, f"stdio, {era}", seen, home)
    return found


def played(stage: Stage, how: str, seen: Mapping[str, Any], home: Path) -> dict[str, str]:
    """What is wrong with a song that the real server played."""
    heard = stage.heard(seen["name"])
    sounds = [music.decode(path.read_bytes()) for path in sorted((home / "library").rglob("*.mp3"))]
    files = [np.ascontiguousarray(sound.samples.T) for sound in sounds if sound.seconds > 10]
    depth = min((below(heard, file, 0, 10) for file in files), default=0.0)
    hidden = sorted(seen["hidden"]) == ["song_audio", "song_sheet"]
    return {
        f"{how}: a song is heard as its file has it: {depth:.0f} dB": wrong(
            depth < QUIET, f"{seen['title']}, {len(files)} files"
        ),
        f"{how}: the page is the page, its tools are the page's": wrong(seen["same"] and hidden, str(seen["hidden"])),
        f"{how}: both takes, and words to the assistant": wrong(
            seen["takes"] == 2 and len(seen["messages"]) == 1, str(seen["messages"])
        ),
        f"{how}: nothing is refused": quiet(seen),
    }


def page(stage: Stage) -> Findings:
    """The committed page is what its sources make, and small."""
    committed = PAGE.read_text(encoding="utf-8")
    size = len(committed.encode())
    return {
        "built from its sources": wrong(built(stage.kit) == committed, "python -m dev.player makes another one"),
        f"small: {size} bytes": wrong(size <= LARGEST, f"more than {LARGEST}"),
    }


SCENES = (page, sound, hostile, making, manners, access, memory, real)


def checked(kit: Kit, names: Sequence[str] = ()) -> Findings:
    """Every scene, or the named ones."""
    found: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(kit, Path(folder))
        for name in STYLES:
            write_song(stage.folder, name)
        for scene in SCENES:
            if not names or scene.__name__ in names:
                found |= scene(stage)
    return found


def pictures(stage: Stage) -> None:
    """Draw docs/player/ again, in few colours so that the files stay small."""
    from PIL import Image

    shown = ROOT / "docs" / "player"
    stage.scene("pictures", pictures=str(shown))
    stage.scene("making", pictures=str(shown), picture=True)
    for path in shown.glob("*.png"):
        with Image.open(path) as picture:
            few = picture.convert("RGB").quantize(160, dither=Image.Dither.NONE)
        few.save(path, optimize=True)


def main() -> int:
    """`python -m dev.gates.player [SCENE …]` says every figure; with `pictures`, it draws docs/player/ again."""
    kit = Kit(ROOT / ".venv" / "gates")
    kit.install()
    if sys.argv[1:] == ["pictures"]:
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(kit, Path(folder))
            for name in STYLES:
                write_song(stage.folder, name)
            pictures(stage)
        return 0
    found = checked(kit, sys.argv[1:])
    for name, what in found.items():
        print(f"{'FAILED' if what else 'ok'}: {name}{f' – {what}' if what else ''}")
    return int(any(found.values()))


if __name__ == "__main__":
    sys.exit(main())

"""Facts about a song without listening: notes, words with times, tempo, parts."""

from __future__ import annotations

from .performance import Sung, played, sung
from .render import parts_of
from .score import PARTS, VOICES, Arrangement, Note, Piece, Recording, Score, Source, Word
from .words import written


def parts(score: Score) -> list[str]:
    """Return the parts that are actually heard, in the order of `PARTS`."""
    heard = {part for piece in score.pieces for part in parts_of(score.sources[piece.source]) if piece.lets(part)}
    return [part for part in PARTS if part in heard]


def notes(score: Score) -> dict[str, list[Note]]:
    """Return what every part plays or sings, in seconds of the song; of a recording, the tune that was measured."""
    result: dict[str, list[Note]] = {}
    for piece in score.pieces:
        for part, own in source_notes(score.sources[piece.source]).items():
            if not piece.lets(part):
                continue
            shift = piece.at - piece.begin
            for note in own:
                start, end = max(note.start, piece.begin), min(note.end, piece.end)
                if note.start >= piece.begin - 0.02 and end - start > 0.01:
                    result.setdefault(part, []).append(Note(note.pitch, start + shift, end + shift, note.velocity))
    return {part: sorted(result[part], key=lambda n: (n.start, n.pitch)) for part in PARTS if part in result}


def source_notes(source: Source) -> dict[str, list[Note]]:
    """Return the notes of one source by part, in its own seconds."""
    if isinstance(source, Recording):
        part = "synth" if source.role == "instrumental" else "vocals"
        start, beat = source.offset, source.beat_seconds
        tune = [
            Note(e.pitch, start + e.beat * beat, start + (e.beat + e.beats) * beat, e.velocity) for e in source.melody
        ]
        return {part: tune} if tune else {}
    result: dict[str, list[Note]] = {}
    for part, syllables in zip(VOICES, (source.syllables, source.backing), strict=True):
        if syllables:
            result[part] = [Note(s.pitch, s.vowel, s.end, s.velocity) for s in sung(source, syllables)]
    for chair in source.chairs:
        if source.track(chair):
            result.setdefault(chair.part, []).extend(played(source, chair))
    return result


def timeline(score: Score) -> list[Word]:
    """Return the words the lead voice sings with their times; a section's first word carries its tag in front."""
    words: list[Word] = []
    for piece in sorted(score.pieces, key=lambda p: p.at):
        source = score.sources[piece.source]
        if isinstance(source, Arrangement) and piece.lets("vocals"):
            words += _words(sung(source, source.syllables), piece)
    return sorted(words, key=lambda word: word.start)


def karaoke(score: Score) -> list[Word]:
    """Return the syllables as written, each at its note; a word's last one carries the space or line break after it."""
    result: list[Word] = []
    for piece in score.pieces:
        source = score.sources[piece.source]
        if not isinstance(source, Arrangement) or not piece.lets("vocals"):
            continue
        syllables, shift = sung(source, source.syllables), piece.at - piece.begin
        for syllable, text in zip(syllables, _written(syllables), strict=True):
            start, end = max(syllable.vowel, piece.begin), min(syllable.end, piece.end)
            if text and syllable.vowel >= piece.begin - 0.02 and end - start > 0.01:
                result.append(Word(text, start + shift, end + shift))
    return sorted(result, key=lambda word: word.start)


def _written(syllables: list[Sung]) -> list[str]:
    """Return what is written under every note; the tag of a section is no part of its first word."""
    result: list[str] = []
    if not syllables:
        return result
    starts = [index for index, syllable in enumerate(syllables) if syllable.word or not index]
    for start, end in zip(starts, [*starts[1:], len(syllables)], strict=True):
        word = syllables[start].word
        if word.startswith("["):
            word = word.partition("]\n")[2] or word
        result += written(word, [syllable.sound for syllable in syllables[start:end]])
    return result


def sections(score: Score) -> list[tuple[float, str]]:
    """Return where the sections begin that are heard, and their names: the tag of the lyrics, else the kind."""
    found: list[tuple[float, str]] = []
    for piece in sorted(score.pieces, key=lambda p: p.at):
        source = score.sources[piece.source]
        if not isinstance(source, Arrangement) or piece.parts is not None:
            continue
        for section in source.sections:
            at = source.time(section.beat)
            if piece.begin - 0.02 <= at < piece.end:
                found.append((max(0.0, at + piece.at - piece.begin), section.tag or section.kind.capitalize()))
    return found


def _words(syllables: list[Sung], piece: Piece) -> list[Word]:
    result: list[Word] = []
    shift = piece.at - piece.begin
    for syllable in syllables:
        if syllable.word:
            result.append(Word(syllable.word, syllable.start + shift, syllable.end + shift))
        elif result:
            result[-1] = Word(result[-1].word, result[-1].start, syllable.end + shift)
    begin, end = piece.at, piece.at + piece.seconds
    heard = [word for word in result if (word.start + word.end) / 2 >= begin and (word.start + word.end) / 2 < end]
    return [Word(w.word, round(max(w.start, begin), 4), round(min(w.end, end), 4)) for w in heard]


def heard_lyrics(score: Score) -> str:
    """Return the words that are actually sung, as text with the section tags."""
    text = "".join(word.word for word in timeline(score))
    return text.replace("\n[", "\n\n[").strip()


def bpm(score: Score) -> tuple[float, float, float]:
    """Return beats per minute: the average over the song's time, the lowest, the highest."""
    spans = [(score.sources[piece.source].tempo, piece.seconds) for piece in score.pieces if piece.seconds > 0]
    total = sum(seconds for _, seconds in spans)
    tempi = [tempo for tempo, _ in spans]
    return round(sum(tempo * seconds for tempo, seconds in spans) / total, 2), min(tempi), max(tempi)

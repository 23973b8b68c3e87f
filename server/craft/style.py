"""check_style: what would be refused, what works against itself, and whether voice, genre and tempo are told.

A style may be a list or prose of full sentences. How much it says, and how well, is its writer's business.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from .artists import imitated
from .bundled import toml
from .duration import bpm_of, tempos_in
from .findings import Finding, StyleReport, choose
from .genres import genre_words
from .languages import base, language_name
from .song import engine_of, limits_for

SLOTS = ("genre", "voice", "tempo")
_PACKING = ("genre", "voice", "mood", "instruments", "tempo", "production")  # what is kept longest when a text is cut
_FAST, _SLOW = 140, 76
_ANOTHER_TEMPO = 1.15
"""Times the slower one; nearer ones are one tempo said twice, and twice a tempo is the same in half time."""
_MOST_CHARS = 4_000  # four times the longest limit: what comes after is not read
_NOT = (
    r"(?:no|without|avoid(?:ing)?|minus|excluding|free of|never any|don't use|do not use|not any"
    r"|ohne|kein[en]?|sans|sin|senza|sem|без)"
)
# A whole item of a list, or words inside a sentence up to the next pause.
_NEGATED = re.compile(
    rf"(?<![\w'’-]){_NOT}\s+(?:any\s+|the\s+|a\s+|an\s+)?(?P<what>[\w'’&-]+(?: [\w'’&-]+){{0,5}})", re.IGNORECASE
)
_ALSO_NOT = re.compile(r"^(?:and|or|nor|und|oder|et|ou|y|o|e)\s+", re.IGNORECASE)
_FOR_A_TIME = re.compile(
    r"\b(?:until|till|before|except|yet|at first|apart from|in the (?:verses?|intro|first)|bis|jusqu|hasta|fino|até)\b",
    re.IGNORECASE,
)
_EMPHASIS = re.compile(r"\s+(?:at all|whatsoever|please|ever|anywhere)$", re.IGNORECASE)
_BRACKETS = re.compile(r"[\[\]{}<>]+")
_FRAMING = re.compile(r"[\[\]{}<>\"“”«»\n\r\t]+")


@dataclass(frozen=True)
class _Style:
    """A description with what it names, worked out once."""

    text: str
    negatives: tuple[str, ...]
    engine: str
    language: str | None

    @cached_property
    def plain(self) -> str:
        return self.text.casefold()

    @cached_property
    def affirmed(self) -> str:
        """The text in small letters without what it denies, so that "no drums" asks for no drums."""
        return _NEGATED.sub(" ", self.plain)

    @cached_property
    def descriptors(self) -> tuple[str, ...]:
        return tuple(part.strip(" .") for part in re.split(r"[,;]|\.\s", self.text) if part.strip(" ."))

    @cached_property
    def genres(self) -> list[str]:
        return genre_words(self.text)

    @cached_property
    def bpm(self) -> float | None:
        return bpm_of(self.text)


def check_style(
    style: str,
    *,
    negative_style: str | None = None,
    model: str | None = None,
    engine: str = "sonic",
    language: str | None = None,
) -> StyleReport:
    """Check a style description and its exclusions (a comma list) against a model's limits and itself.

    `engine` is `sonic` or `producer`; `language` the one that is sung. `packed_style` has every safe fix and fits the
    limit. Nothing is changed silently: it is an offer.
    """
    engine = engine_of(model, engine)
    limit = limits_for(model, engine).style
    cleaned, moved, framing = _clean(style[:_MOST_CHARS])
    given = _items(negative_style or "")
    negatives = tuple(dict.fromkeys([*(_bare(item) for item in given), *moved]))
    view = _Style(cleaned, negatives, engine, language)
    findings = list(framing)
    if limit is not None and len(style) > limit:
        why = f"{len(style)} characters; this model takes {limit}. `packed_style` fits."
        findings.append(Finding("Y1", "stop", why))
    for item in given:
        if _bare(item) != item:
            why = f'Exclusions are bare nouns: "{_bare(item)}", not "{item[:40]}".'
            findings.append(Finding("Y7", "warn", why, fix=_bare(item)))
    findings += [finding for rule in _RULES for finding in rule(view)]
    shown, more = choose(findings)
    return StyleReport(
        ok=not any(finding.level == "stop" for finding in findings),
        findings=shown,
        slots_missing=_missing(view),
        packed_style=_packed(view, limit),
        packed_negatives=", ".join(negatives) or None,
        chars=len(style),
        limit=limit,
        more=more,
    )


def _clean(style: str) -> tuple[str, list[str], list[Finding]]:
    """The text without brackets, line breaks and list items that only exclude; the exclusions; what was done."""
    findings = []
    text = " ".join(_FRAMING.sub(" ", re.sub(r"[,;.]?\s*[\n\r]+\s*", _joint, style.strip())).split())
    if _BRACKETS.search(style):
        why = "Brackets do not belong in a style description: they are for section tags in the lyrics."
        findings.append(Finding("Y5", "warn", why, fix=text))
    kept, moved, bounded = [], [], []
    for item in re.findall(r"[^,;]+[,;]?", text):
        denied = _denied(item)
        if _FOR_A_TIME.search(item) and denied:
            bounded += denied
        else:
            moved += denied
            if denied and _only_denies(item):
                continue
        kept.append(item)
    if bounded:
        why = f"Engines tend to hear the noun and miss the no ({', '.join(bounded)}). Say who plays alone until then."
        findings.append(Finding("Y6", "warn", why))
    if moved:
        shorter = "".join(kept).strip(" ,;")
        why = f"Engines tend to hear the noun and miss the no. Name it in the exclusions: {', '.join(moved)}."
        findings.append(Finding("Y6", "warn", why, fix=shorter if shorter != text else None))
        text = shorter
    return text, moved, findings


def _joint(match: re.Match[str]) -> str:
    """Lines become items of a list, unless they ended a sentence."""
    return ". " if match[0][0] == "." else ", "


def _denied(item: str) -> list[str]:
    """What one part of a description says no to, as bare nouns. In the middle of a sentence only sounds count."""
    found: list[str] = []
    starts = _only_denies(item)
    for match in _NEGATED.finditer(item):
        for part in re.split(r"\s+(?:and|or|nor|und|oder|et|ou|y|e)\s+(?:no\s+)?", match["what"]):
            noun = _EMPHASIS.sub("", part).strip(" '’-")
            if _harmless(noun):
                break
            if starts:
                found.append(noun)
            elif sound := _sound_in(noun):
                found.append(sound)
    if starts and not found and (rest := _ALSO_NOT.sub("", item.strip(" ,;."))) != item.strip(" ,;."):
        found.append(rest)
    return found


def _only_denies(item: str) -> bool:
    """Whether an item of a list is nothing but an exclusion: "no drums", "and without choir"."""
    text = _ALSO_NOT.sub("", item.strip(" ,;."))
    match = _NEGATED.match(text)
    return bool(match) and match is not None and match.end() >= len(text) and not re.search(r"\.\s", text)


def _harmless(noun: str) -> bool:
    """ "No rush", "no-nonsense", "no one": nothing that an engine could play."""
    return noun.casefold().split(" ")[0] in toml("style")["harmless_negation"]["words"]


def _sound_in(noun: str) -> str | None:
    match = _slot_pattern("instruments").search(noun.casefold()) or _slot_pattern("exclusion").search(noun.casefold())
    return match[0] if match else None


def _items(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]", text[:_MOST_CHARS]) if part.strip()]


def _bare(item: str) -> str:
    return re.sub(
        r"^(?:no|without|avoid|not|never|don't use|do not use)\s+(?:any\s+|the\s+)?",
        "",
        item.strip(),
        flags=re.IGNORECASE,
    )


def _contradictions(style: _Style) -> Iterator[Finding]:
    tempos = sorted(set(tempos_in(style.text)))
    told = any(_says(style.plain, word) for word in toml("style")["change"]["words"])
    if len(tempos) > 1 and tempos[-1] > _ANOTHER_TEMPO * tempos[0] and tempos[-1] != 2 * tempos[0] and not told:
        why = f'"{tempos[0]:g} BPM" and "{tempos[-1]:g} BPM" contradict each other; choose one.'
        yield Finding("Y4", "warn", why)
    for pair in toml("style")["contradiction"]:
        if any(_says(style.plain, word) for word in pair.get("unless", [])):
            continue
        one = next((word for word in pair["one"] if _says(style.affirmed, word)), None)
        other = next((word for word in pair["other"] if _says(style.affirmed, word)), None)
        if other is None and "@fast" in pair["other"] and style.bpm and style.bpm >= _FAST:
            other = f"{style.bpm:g} BPM"
        if other is None and "@slow" in pair["other"] and style.bpm and style.bpm <= _SLOW:
            other = f"{style.bpm:g} BPM"
        if one and other and not _changes(style, one, other):
            yield Finding("Y4", "warn", f'"{one}" and "{other}" contradict each other; choose one.')


def _changes(style: _Style, one: str, other: str) -> bool:
    """Whether the text says that one gives way to the other: starts sparse and grows, dry verses, a wet chorus."""
    first, second = sorted((style.plain.find(one), style.plain.find(other)))
    between = style.plain[max(first - 40, 0) : second + 40]
    return first >= 0 and any(_says(between, word) for word in toml("style")["change"]["words"])


def _exclusions(style: _Style) -> Iterator[Finding]:
    doubled = [item for item in style.negatives if _says(style.affirmed, item.casefold())]
    if style.negatives and len(doubled) / len(style.negatives) > 0.8:
        yield Finding("Y9", "stop", f"Both asked for and excluded: {', '.join(doubled)}.")
    elif doubled:
        yield Finding("Y9", "warn", f"Both asked for and excluded: {', '.join(doubled)}.")
    if style.negatives and style.engine == "producer":
        yield Finding(
            "Y14", "note", "The producer engine has no field for exclusions; only describe what you want to hear."
        )


def _slots(style: _Style) -> Iterator[Finding]:
    if missing := _missing(style):
        yield Finding("Y11", "note", f"Not said yet: {' and '.join(missing)}.")


def _sung_language(style: _Style) -> Iterator[Finding]:
    """The words of a song do not say in which accent they are sung; the style does."""
    names = toml("style")["language_names"].get(base(style.language) or "", [])
    if style.language and names and not any(name in style.plain for name in names):
        name = language_name(style.language)
        yield Finding(
            "Y12", "note", f'Say the language, such as "sung in {name}"; otherwise another accent tends to creep in.'
        )


def _people(style: _Style) -> Iterator[Finding]:
    if found := imitated(style.text):
        why = f"{found}: requests with artists' names are refused or rewritten; describe voice, instruments and era."
        yield Finding("C4", "warn", why)


_RULES = (_people, _contradictions, _exclusions, _slots, _sung_language)


def _says(plain: str, word: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", plain))


@cache
def _slot_pattern(slot: str) -> re.Pattern[str]:
    """The words of a slot; one that ends in a star may go on."""
    spaced: list[str] = []
    run_on: list[str] = []  # Chinese and Japanese put no space around a word
    for word in sorted(toml("style")["slot"][slot], key=len, reverse=True):
        pattern = re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "")
        (run_on if re.match(r"[\u3040-\u30ff\u3400-\u9fff]", word) else spaced).append(pattern)
    whole = rf"(?<![\w-])(?:{'|'.join(spaced)})(?![\w])"
    return re.compile("|".join((whole, *run_on)))


def _slot_of(descriptor: str) -> str | None:
    plain = descriptor.casefold()
    if genre_words(plain):
        return "genre"
    if bpm_of(plain):
        return "tempo"
    return next((slot for slot in _PACKING[1:] if _slot_pattern(slot).search(plain)), None)


def _missing(style: _Style) -> tuple[str, ...]:
    said = {slot for slot in SLOTS if _slot_pattern(slot).search(style.plain)}
    said |= {"genre"} if style.genres else set()
    said |= {"tempo"} if style.bpm else set()
    return tuple(slot for slot in SLOTS if slot not in said)


def _packed(style: _Style, limit: int | None) -> str:
    """The text as it is while it fits; else its parts in the order given, without the least important ones."""
    if limit is None or len(style.text) <= limit:
        return style.text
    importance = {slot: rank for rank, slot in enumerate(_PACKING)}
    kept = list(dict.fromkeys(style.descriptors))
    ranked = sorted(range(len(kept)), key=lambda i: (importance.get(_slot_of(kept[i]) or "", 9), i))
    length = sum(len(part) + 2 for part in kept) - 2
    while len(ranked) > 1 and length > limit:
        length -= len(kept[ranked.pop()]) + 2
    return ", ".join(kept[i] for i in sorted(ranked))[:limit].rstrip(" ,")

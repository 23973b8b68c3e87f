"""check_style: whether a style description says enough, not too much, and nothing that works against itself."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property

from .bundled import toml
from .findings import Finding, StyleReport, choose
from .genres import broad, genre, genre_words
from .languages import base, language_name
from .rules.content import artist_names
from .song import engine_of, limits_for

SLOTS = ("genre", "voice", "mood", "instruments", "tempo")
_MOST_DESCRIPTORS, _MOST_FAMILIES, _MOST_NEGATIVES = 12, 2, 6
_FAST = 140
_MOST_CHARS = 4_000  # four times the longest limit: what comes after is not read
_NEGATED = re.compile(
    r"(?:,\s*|\band\s+|\bwith\s+|^\s*|\s)(?:no|without|avoid|minus|excluding|free of|don't use|do not use)\s+"
    r"(?:any\s+|the\s+)?"
    r"(?P<what>[\w' -]{1,60}?)(?=\s*(?:[,.;]|$|\bno\b|\bwithout\b))",
    re.IGNORECASE,
)
_BPM = re.compile(r"(\d{2,3})(?:\s*[-–]\s*(\d{2,3}))?\s*bpm|\bbpm\s*[:=]?\s*(\d{2,3})", re.IGNORECASE)
_LIKE = re.compile(
    r"\b(?:in the (?:style|vein|manner) of|sounds? like|reminiscent of|inspired by|[àa] la|as sung by)\s+"
    r"(?!an?\b|the \d|\d)[\w'’]+"
    r"|\blike\s+(?:[A-Z][\w'’]+)",
)
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
    """Check a style description and its exclusions (a comma list) against a model's limits and common sense.

    `engine` is `sonic` or `producer`; `language` the one that is sung. `packed_style` has every safe fix and fits the
    limit. Nothing is changed silently: it is an offer.
    """
    engine = engine_of(model, engine)
    limit = limits_for(model, engine).style
    cleaned, moved, framing = _clean(style[:_MOST_CHARS])
    given = _items(negative_style or "")
    negatives = tuple(dict.fromkeys([*(_bare(item) for item in given), *moved]))
    view = _Style(cleaned, negatives, engine, base(language))
    findings = list(framing)
    if limit is not None and len(style) > limit:
        why = f"{len(style)} characters; this model takes {limit}. `packed_style` fits."
        findings.append(Finding("Y1", "stop", why))
    for item in given:
        if _bare(item) != item:
            why = f'Exclusions are bare nouns: "{_bare(item)}", not "{item[:40]}".'
            findings.append(Finding("Y7", "warn", why, fix=_bare(item)))
    findings += [finding for rule in _RULES for finding in rule(view)]
    missing = _missing(view)
    shown, more = choose(findings)
    return StyleReport(
        ok=not any(finding.level == "stop" for finding in findings),
        findings=shown,
        slots_missing=missing,
        packed_style=_packed(view, limit),
        packed_negatives=", ".join(negatives) or None,
        chars=len(style),
        limit=limit,
        more=more,
    )


def bpm_of(style: str) -> float | None:
    """The tempo a description names, the middle of a range; None without one."""
    match = _BPM.search(style)
    if not match:
        return None
    low = float(match[1] or match[3])
    return (low + float(match[2])) / 2 if match[2] else low


def _clean(style: str) -> tuple[str, list[str], list[Finding]]:
    """The text without brackets, line breaks and negatives; the exclusions found in it; what was done."""
    findings = []
    text = " ".join(_FRAMING.sub(" ", re.sub(r"\s*[\n\r]+\s*", ", ", style.strip())).split())
    if _FRAMING.search(style.strip()):
        why = "Brackets, quotes and line breaks do not belong in a style description."
        findings.append(Finding("Y5", "warn", why, fix=text))
    moved: list[str] = []
    for match in _NEGATED.finditer(text):
        moved += [_bare(part) for part in re.split(r"\s+(?:and|or)\s+", match["what"]) if part.strip()]
    if moved:
        text = re.sub(r"\s*,(?:\s*,)+", ",", _NEGATED.sub("", text)).strip(" ,;")
        why = (
            f"Say what is there: engines tend to hear the noun, not the no. Move to the exclusions: {', '.join(moved)}."
        )
        findings.append(Finding("Y6", "warn", why, fix=text))
    return text, moved, findings


def _items(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[,;\n]", text[:_MOST_CHARS]) if part.strip()]


def _bare(item: str) -> str:
    return re.sub(
        r"^(?:no|without|avoid|not|never|don't use|do not use)\s+(?:any\s+|the\s+)?",
        "",
        item.strip(),
        flags=re.IGNORECASE,
    )


def _descriptors(style: _Style) -> Iterator[Finding]:
    count = len(style.descriptors)
    if count > _MOST_DESCRIPTORS:
        yield Finding("Y2", "warn", f"{count} descriptors dilute each other; keep the {_MOST_DESCRIPTORS} that matter.")


def _families(style: _Style) -> Iterator[Finding]:
    left = [broad(name) for name in style.genres]
    used = 0
    while left:
        family = max(toml("style")["families"].values(), key=lambda names: sum(name in names for name in left))
        left = [name for name in left if name not in family] if any(name in family for name in left) else left[1:]
        used += 1
    if used > _MOST_FAMILIES:
        yield Finding("Y3", "note", f"{', '.join(style.genres)}: one main genre and one modifier blend best.")


def _contradictions(style: _Style) -> Iterator[Finding]:
    for pair in toml("style")["contradiction"]:
        if any(_says(style.plain, word) for word in pair.get("unless", [])):
            continue
        one = next((word for word in pair["one"] if _says(style.plain, word)), None)
        other = next((word for word in pair["other"] if _says(style.plain, word)), None)
        if other is None and "@fast" in pair["other"] and style.bpm and style.bpm >= _FAST:
            other = f"{style.bpm:g} BPM"
        if one and other:
            yield Finding("Y4", "warn", f'"{one}" and "{other}" pull against each other; choose one.')


def _exclusions(style: _Style) -> Iterator[Finding]:
    if len(style.negatives) > _MOST_NEGATIVES:
        yield Finding("Y8", "note", f"{len(style.negatives)} exclusions; two to four are heeded best.")
    doubled = [item for item in style.negatives if _says(style.plain, item.casefold())]
    if style.negatives and len(doubled) / len(style.negatives) > 0.8:
        yield Finding("Y9", "stop", f"Asked for and excluded at once: {', '.join(doubled)}.")
    elif doubled:
        yield Finding("Y9", "warn", f"Asked for and excluded at once: {', '.join(doubled)}.")
    if style.negatives and style.engine == "producer":
        yield Finding(
            "Y14", "note", "The producer engine has no field for exclusions; describe only what should be there."
        )


def _fluff(style: _Style) -> Iterator[Finding]:
    found = [word for word in toml("style")["fluff"]["words"] if _says(style.plain, word)]
    if found:
        yield Finding(
            "Y10", "note", f"{', '.join(found[:3])}: praise is not a sound; name gear, room or decade instead."
        )


def _slots(style: _Style) -> Iterator[Finding]:
    missing = [slot for slot in _missing(style) if slot in ("voice", "instruments")]
    if missing:
        yield Finding("Y11", "note", f"Not said yet: {' and '.join(missing)}.")


def _sung_language(style: _Style) -> Iterator[Finding]:
    names = toml("style")["language_names"].get(style.language, [])
    if names and not any(name in style.plain for name in names):
        name = language_name(style.language or "")
        yield Finding(
            "Y12", "note", f'Say the language, such as "sung in {name}"; English tends to creep in otherwise.'
        )


def _tempo(style: _Style) -> Iterator[Finding]:
    found = genre(style.genres[0]) if style.genres else None
    if found and style.bpm and not found.usual_bpm(style.bpm):
        low, high = found.bpm[0]
        yield Finding("Y13", "note", f"{style.bpm:g} BPM is far from what {found.name} uses ({low}-{high}).")


def _people(style: _Style) -> Iterator[Finding]:
    if found := artist_names(style.text):
        why = f"{found[0]}: requests with artists' names are refused or rewritten; describe voice, instruments and era."
        yield Finding("C4", "warn", why)
    elif match := _LIKE.search(style.text):
        why = f'"{match[0]}": describe the sound itself; names get requests refused.'
        yield Finding("C4", "warn", why)


_RULES = (
    _people, _contradictions, _exclusions, _descriptors, _families, _slots, _sung_language, _tempo, _fluff,
)  # fmt: skip


def _says(plain: str, word: str) -> bool:
    return bool(re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", plain))


@cache
def _slot_pattern(slot: str) -> re.Pattern[str]:
    words = sorted(toml("style")["slot"][slot], key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(re.escape(word) for word in words)})(?![\w])")


def _slot_of(descriptor: str) -> str | None:
    plain = descriptor.casefold()
    if genre_words(plain):
        return "genre"
    if bpm_of(plain):
        return "tempo"
    return next((slot for slot in toml("style")["slot"] if _slot_pattern(slot).search(plain)), None)


def _missing(style: _Style) -> tuple[str, ...]:
    instrumental = _says(style.plain, "instrumental")
    said = {slot for slot in toml("style")["slot"] if _slot_pattern(slot).search(style.plain)}
    said |= {"genre"} if style.genres else set()
    said |= {"tempo"} if style.bpm else set()
    said |= {"voice"} if instrumental else set()
    return tuple(slot for slot in SLOTS if slot not in said)


def _packed(style: _Style, limit: int | None) -> str:
    """Descriptors without repeats and praise, in the order given; when too long, the least important go first."""
    importance = {slot: rank for rank, slot in enumerate((*SLOTS, "production"))}
    fluff = toml("style")["fluff"]["words"]
    kept = [part for part in dict.fromkeys(style.descriptors) if part.casefold() not in fluff]
    ranked = sorted(range(len(kept)), key=lambda i: (importance.get(_slot_of(kept[i]) or "", 9), i))
    while limit is not None and len(kept) > 1 and len(_listed(kept, ranked)) > limit:
        ranked.pop()
        if not ranked:
            break
    text = _listed(kept, ranked)
    return text if limit is None else text[:limit].rstrip(" ,")


def _listed(kept: list[str], chosen: list[int]) -> str:
    return ", ".join(kept[i] for i in sorted(chosen))

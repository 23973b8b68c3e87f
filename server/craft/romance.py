"""Syllables of Spanish, Italian, Portuguese and French lines, each as (usual, low, high).

Vowels that meet between words are usually sung as one in the first three; French drops most mute e's. `high` counts
the line word by word, `low` with everything joined or dropped; `usual` is `low` for the first three and, for French,
`low` too, since songs follow speech more than classical verse.
"""

import re
import unicodedata
from collections.abc import Callable
from itertools import pairwise

from .bundled import toml
from .languages import WORD

_NOT_JOINING = re.compile(r"^h?[iu][aeoáéó]")  # hielo, huevo: they begin like a consonant
_GLIDE_END = re.compile(r"[aeoáéóêô][iuy]$|uy$")  # hoy, eu: the glide opens the next syllable instead
_SMALL_VOWELS = frozenset(("y", "o", "e", "u", "é", "è", "ou"))
_FRENCH_GROUP = re.compile(
    r"eau|oeu|où|oû|(?:eu|ue|œ)i(?=l)|œu|œ|ouai|oui|ieu|(?<=[bcdfgptv][lr])i(?=[aeoéè])|i[eéèaâou]u?|oi"
    r"|ou[aeiéè]?|ai|aî|ei|au|eu|eû|ue|ui|u[éè]|[aeiouyàâéèêëîïôöûüù]"
)
_FRENCH_SOUNDED_ENT = re.compile(
    r"(?:(?<!ai)(?<!or)m|(?:^|ci|si|vi|ar|ru|pru|fi)d|(?:ac|no|ré|dé)c|^c|(?:ar|a|ur|li|ul)g|(?:^|ta|xcel|vio|inso)l"
    r"|(?:^|sou|cou|^a|para)v|pa[rt]i?|ori|sci|cli|prés|abs)ent$"
)
"""Ends whose -ent is a syllable; elsewhere it is the silent ending of a verb."""
_ITALIAN_APART = re.compile(
    r"(?:log|cra[zt]|ni?om|raf|fil?osof|rap|teg|erg|man|tr|pat|nast|osof|cell?er|gen)ia$|^te?ori[ae]$|^siano$"
)
_FRENCH_INNER_E = re.compile(
    r"(?<=[aeiouéèêâîôûœ][bcdfgjlmnprstvz])e(?=[bcdfgjlmnprstvz][aeiouyéèêâîôûœ])|(?<=[aeiouéèêâîôû]ll)e(?=m)|(?<=ai)e(?=m)"
)
"""An e between single consonants, which songs sing or swallow: seulement, avenir."""
_FRENCH_ODD = {"août": 1, "pays": 2, "oui": 1}


def spanish(text: str) -> tuple[int, int, int]:
    """Strong vowels and accented weak ones stand alone, other neighbours share a syllable."""
    return _joined(text, _spanish_word, "aeiouáéíóúüy", _GLIDE_END)


def italian(text: str) -> tuple[int, int, int]:
    """As Spanish; i only softens c, g, sc and gl before a vowel, and a few words keep a stressed i or u apart."""
    return _joined(text, _italian_word, "aeiouàèéìòóù")


def portuguese(text: str) -> tuple[int, int, int]:
    """As Spanish, with nasal diphthongs; words without an accent are stressed on a final -ia, -io, -ua."""
    return _joined(text, _portuguese_word, "aeiouáâãàéêíóôõú", _GLIDE_END)


def french(text: str) -> tuple[int, int, int]:
    """Mute e's count in `high` where a consonant follows, and never at the end of the line."""
    words = WORD.findall(unicodedata.normalize("NFC", text.lower()).replace("’", "'"))
    low = high = dropped = 0
    for index, word in enumerate(words):
        sung, mute = _french_word(word)
        following = words[index + 1] if index + 1 < len(words) else ""
        low += sung
        dropped += len(_FRENCH_INNER_E.findall(word))
        high += sung + (mute and bool(re.match(r"[^aeiouyhàâéèêëîïôöûüœ]", following)))
    return low, low - dropped, high


def _joined(
    text: str, word_count: Callable[[str], int], vowels: str, apart: re.Pattern[str] | None = None
) -> tuple[int, int, int]:
    high = joins = 0
    # Vowels do not meet across a pause, so each phrase is read by itself.
    for phrase in re.split(r"[,.;:!?¡¿()\"…—–]+", unicodedata.normalize("NFC", text.lower()).replace("’", "'")):
        words = WORD.findall(phrase)
        high += sum(word_count(word) for word in words)
        joined_before = False
        for word, following in pairwise(words):
            closed = apart is not None and bool(apart.search(word))
            meets = word[-1] in vowels and not closed and _meets(following, vowels)
            joined_before = meets and not (word in _SMALL_VOWELS and joined_before)
            joins += joined_before
    return high - joins, high - joins, high


def _meets(word: str, vowels: str) -> bool:
    start = word.removeprefix("h")
    return bool(start) and start[0] in vowels and not _NOT_JOINING.match(word) and not re.match(r"y[aeiou]", start)


def _nuclei(word: str, strong: str, weak: str) -> int:
    """Vowel groups, split wherever two strong vowels touch."""
    total = 0
    for group in re.findall(f"[{strong}{weak}]+", word):
        total += max(len(re.findall(f"[{strong}]", group)), 1)
    return total


def _spanish_word(word: str) -> int:
    plain = re.sub(r"(?<=q)u|(?<=g)u(?=[eiéí])", "", word)
    plain = re.sub(r"y$|^y$", "i", plain)
    return _nuclei(plain, "aeoáéíóú", "iuü")


def _italian_word(word: str) -> int:
    if word in toml("words")["italian_apart"]:
        return len(re.findall(r"[aeiou]", word))
    if _ITALIAN_APART.search(word):
        word = re.sub(r"i(?=[aeo]$)", "ì", word)
    plain = re.sub(r"(?<=q)u|(?<=[cg])i(?=[aeouàèéòóù])|(?<=gl)i(?=[aeou])", "", word)
    return _nuclei(plain, "aeoàèéìòóù", "iu")


def _portuguese_word(word: str) -> int:
    plain = re.sub(r"(?<=q)u(?=[eiéêí])|(?<=g)u(?=[eiéêí])", "", word)
    plain = re.sub(r"ã[oei]|õe", "ã", plain)
    plain = re.sub(r"^aos?$", "a", plain)
    accented = bool(re.search(r"[áâàéêíóôõúã]", word))
    if not accented:
        plain = re.sub(r"(?<=[^aeiouqg])([iu])([aoe]s?)$", r"\1-\2", plain)
    # A weak vowel before nh, or before l r m n z that closes its syllable, keeps to itself: rainha, cair, ainda.
    plain = re.sub(r"(?<=[aeou])([iu])(?=nh|[lrmnz](?:$|[^aeiouáâãéêíóôõúh]))", r"-\1", plain)
    plain = re.sub(r"(?<=[aeo])(?=iu$)", "-", plain)
    return _nuclei(plain, "aeoáâãàéêíóôõú", "iu")


def _french_word(word: str) -> tuple[int, bool]:
    """(syllables without a mute e, whether the word ends in one)."""
    word = re.sub(r"^(?:[cdjlmnst]|qu)'", "", word)
    if word in _FRENCH_ODD:
        return _FRENCH_ODD[word], False
    plain = re.sub(r"(?<=q)u|(?<=g)u(?=[eiéèêaâ])", "", word).replace("y", "i")
    plain = re.sub(r"ée(s)?$|éent$", "é", plain)
    plain = re.sub(r"aient$", "ai", plain)
    ending = re.search(r"(?<=.)e(?:s)?$|(?<=.)ent$", plain)
    mute = False
    if ending and not (plain.endswith("ent") and _FRENCH_SOUNDED_ENT.search(plain)):
        before = plain[: ending.start()]
        if re.search(r"[aeiouàâéèêëîïôöûüùœ]", before):
            mute = bool(re.search(r"[^aeiouàâéèêëîïôöûüùœ]$", before))
            plain = before
    return len(_FRENCH_GROUP.findall(plain)) or (1 if re.search(r"[a-zà-ÿ]e", plain) else 0), mute

"""The rhyming end of Spanish, Portuguese, Italian and French words, as it sounds. Keys as in `rimes`."""

import re
import unicodedata

from .bundled import toml
from .endings import by_ending
from .rimes import Keys

_ACCENTED = re.compile(r"[áéíóúàèìòùâêôãõ]")
_VOWELS = "aeiouáéíóúàèìòùâêôãõü"
_GROUP = re.compile(f"[{_VOWELS}]+")
_ITALIAN_STRESSED_I = re.compile(
    r"(?:log|cra[zt]|nom|raf|sof|rap|teg|erg|man|fob|pat|nast|gen|mel?od|sinfon|armon|al?legr|bug|mag|fant?as|poes|gelos"
    r"|nostalg|compagn|mal?incon)ia$"
)
_PORTUGUESE_WEAK = re.compile(r"[iu](?=[aeo]s?$)|(?:iu|ui)s?$")  # bacia, rua, viu: the weak vowel is stressed
_PORTUGUESE_LAST = re.compile(r"(?:[iu]s?|[rlzxn]|[iou]m|[iou]ns|[aeo][iu]s?)$")


def _plain(text: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFD", text) if not unicodedata.combining(char))


def _from_stress(word: str, *, last: bool) -> str:
    """The word from its stressed vowel on: the written accent, else the last vowel or the one before."""
    accents = list(_ACCENTED.finditer(word))
    if accents:
        return word[accents[-1].start() :]
    nuclei: list[int] = []
    for group in _GROUP.finditer(word):
        letters = group[0]
        # In a group the strong vowels stand alone, a weak one before a strong one glides into it.
        strong = [group.start() + at for at, letter in enumerate(letters) if letter in "aeo"]
        nuclei += strong or [group.end() - 1]
    if not nuclei:
        return word
    return word[nuclei[-1] if last or len(nuclei) == 1 else nuclei[-2] :]


def spanish(word: str, dialect: str = "") -> Keys:
    """Stress from the spelling; z and c sound as s except in Spain, b as v, ll as y."""
    word = re.sub(r"qu(?=[eiéí])", "k", re.sub(r"gu(?=[eiéí])", "g", re.sub(r"g(?=[eiéí])", "j", word)))
    word = re.sub(r"(?<=[aeoáéó])y$|^y$", "i", word).replace("h", "").replace("ü", "u")
    last = not re.search(r"(?:[aeiou]|[aeiou][ns])$", word) or bool(re.search(r"[aeo]i$", word))
    tail = _from_stress(word, last=last)
    soft = "0" if dialect == "es-ES" else "s"
    tail = re.sub(r"z|c(?=[eiéí])", soft, tail).replace("v", "b").replace("ll", "y").replace("ñ", "1")
    tail = re.sub(r"[iu](?=[aeo])", "", _plain(tail)).replace("c", "k").replace("rr", "R")
    return tail, re.sub(r"[^aeiou]", "", re.sub(r"(?<=[aeo])[iu]", "", tail)) or tail


def portuguese(word: str, dialect: str = "") -> Keys:
    """Stress from the spelling; a final -ia or -ua without accent keeps its stressed vowel: bacia, fria, rua."""
    word = re.sub(r"ç|ss", "S", re.sub(r"qu(?=[eiéêí])", "k", re.sub(r"gu(?=[eiéêí])", "G", word)))
    bare = not _ACCENTED.search(word)
    stressed = _PORTUGUESE_WEAK.search(word) if bare else None
    if stressed:
        tail = word[stressed.start() :]
    else:
        tail = _from_stress(word, last=bare and bool(_PORTUGUESE_LAST.search(word)))
    tail = tail.replace("ã", "a~").replace("õ", "o~")
    tail = re.sub(r"[mn](?=$|s$|[^aeiouáéíóúâêôh~])", "~", tail)
    tail = re.sub(r"(?<=[aeiou~])s(?=[aeiou])", "z", tail)
    tail = re.sub(r"c(?=[eiéêí])", "S", tail)
    tail = re.sub(r"[sz]$|S$", "s", tail.replace("S", "s"))
    tail = _plain(tail)
    if dialect != "pt-PT":
        tail = re.sub(r"l(?=$|s$|[^aeiouh])", "u", tail)
    tail = re.sub(r"(?<=.)o(?=s?$)", "u", tail)
    tail = re.sub(r"(?<=[^aeiou~])e(?=s?$)", "i", tail)
    near = re.sub(r"[^aeiou~]", "", re.sub(r"(?<=[aeo])i(?=s$)", "", tail))  # paz is heard as pais
    return tail, near or tail


def italian(word: str, _dialect: str = "") -> Keys:
    """Stress on the accent, else on the last vowel but one; a few endings keep a stressed i."""
    apart = word in toml("words")["italian_apart"] or bool(_ITALIAN_STRESSED_I.search(word))
    stressed = re.search(r"[iu](?=[aeo]$)", word) if apart else None
    if stressed:
        tail = word[stressed.start() :]
    else:  # i only softens c, g and sc before another vowel
        tail = _from_stress(re.sub(r"(?<=[cg])i(?=[aeou])", "j", word), last=False)
    tail = re.sub(r"(?<=[^aeou])j(?=[aeou])", "", _plain(tail))
    vowels = re.sub(r"[^aeiou]", "", tail)
    return tail, vowels or tail


_ONE_TO_THE_EAR = str.maketrans("EO9", "eo2")  # open and closed vowels, which singers do not keep apart
_FRENCH_FAMILIES = str.maketrans("ptkbdgmnNfsSvzZ", "TTTDDDnnnFFFVVV")


def french(word: str, _dialect: str = "") -> Keys:
    """The last vowel that is sounded and what is heard after it, from a table of endings."""
    sound = by_ending(re.sub(r"^(?:[cdjlmnst]|qu|jusqu|lorsqu|puisqu)'", "", word), "fr")
    near = sound.translate(_ONE_TO_THE_EAR)
    return sound, near.translate(_FRENCH_FAMILIES)

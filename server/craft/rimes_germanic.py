"""The rhyming end of German, Dutch and Swedish words, as it sounds. Keys as in `rimes`.

A word is read from its last full vowel on. In the keys a colon marks a long vowel, A W Y stand for ai au oi, @ for the
weak e, N for ng, S for sch, x for ch.
"""

import re
from functools import cache

from .loans import english_loan
from .rimes import Keys

_ENGLISH_VOWELS = dict(
    zip(
        "ABCDEFGHIJKLMNO",
        ("a:", "e", "a", "o", "W", "A", "e", "ö:r", "e:", "i", "i:", "o:", "Y", "u", "u:"),
        strict=True,
    )
)
_ENGLISH_CONSONANTS = str.maketrans("cjqioueyw", "CCNSssSjv")
_FAMILIES = str.maketrans("ptkbdgmnNfsSxvz", "TTTDDDnnnFFFFVV")
_VOWELS = "aeiouyäöüåéèëïA"

_GERMAN_SPELLING = (
    (r"tsch", "C"), (r"sch", "S"), (r"chs|x", "ks"), (r"ch", "x"), (r"ph", "f"), (r"th|dt", "t"), (r"ck", "8"), (r"qu", "kv"), (r"tz|z", "7"),
    (r"ng(?!l|r)", "N"), (r"nk", "Nk"), (r"ß", "6"), (r"v", "f"), (r"w", "v"),
    (r"äu|eu|oi", "Y"), (r"ei|ai|ey|ay", "A"), (r"au", "W"), (r"ieh?|ih", "i:"), (r"aa|ah", "a:"), (r"ee|eh|äh", "e:"), (r"oo|oh", "o:"), (r"uh", "u:"),
    (r"öh", "ö:"), (r"üh", "ü:"), (r"ä", "e"), (r"y", "ü"), (r"é|è", "e"), (r"c", "k"),
)  # fmt: skip
_GERMAN_WEAK = re.compile(
    r"(?:(?<=[^aeiouyäöü])(?:e|en|er|el|es|em|et|est|end|ern|ert|eln|elt|ens|ers|els|ig|ige[nrs]?|ung|ungen|lich|liche[nrs]?|isch|ische[nrs]?|in|innen|a|as|o|os|us|um|or|i|is|y)"
    r"|(?<=au|eu|äu|ei|ai)(?:en|er|e|ung|es|et|est|ig|isch|ern)|(?<=-)(?:en|er|e|ung|es|et|est|ig|isch))$"
)
_GERMAN_OWN_STRESS = re.compile(
    r"(?:heit|keit|schaft|los|bar|sam|nis|tum|tion|sion|ität|ik|al|ell|iv|ent|ant|ist|eur|ier|ei|ie|ur|an|on)$"
)
_GERMAN_STRESSED_END = frozenset(
    "musik physik politik fabrik büro klavier papier hotel motel april juni juli kanal kadaver berlin gefühl benzin medizin dauerhaft idee kaffee armee allee genie harmonie melodie energie fantasie phantasie magie partie familie".split()
)
_LONG_BEFORE_CH = re.compile(
    r"(?:buch|tuch|such|fluch|hoch|nach|sprach|brach|stach|kuchen|suchen|fluchen|buchen|besuch\w*|gemach|sprache\w*|wache?n?(?<=^w))$"
)


def german(word: str, _dialect: str = "") -> Keys:
    """Vowel length is heard: Beet is no Bett. A perfect rhyme agrees in it, a near one need not."""
    if loan := english_loan(word, "de"):
        return _both(_of_english(loan.rhyme))
    body = re.sub(r"(?<=[aeiouyäöü])h(?=[aeiouyäöü])", "-", word)
    weak = None if word in _GERMAN_STRESSED_END else _GERMAN_WEAK.search(body)
    head, tail = (
        (body[: weak.start()], body[weak.start() :])
        if weak and re.search(f"[{_VOWELS}]", body[: weak.start()])
        else (body, "")
    )
    if tail and re.search(r"(?:ie)$", word) and not re.search(r"(?:lie|rie|nie|mie|gie|sie)$", word):
        head, tail = body, ""
    match = re.search(r"(?:aa|ee|oo|ie|ei|ai|au|äu|eu|ey|ay|oi|[aeiouyäöüé])[^aeiouyäöüé]*$", head)
    if not match:
        return _both(word)
    nucleus = match[0]
    sound = _spelt(nucleus, _GERMAN_SPELLING)
    sound = _german_length(sound, tail, word)
    if tail:
        ending = re.sub(r"^-", "", tail)
        coda = _voiced(sound)
        if ending.endswith("ig"):
            end = "ix"
        else:
            end = re.sub(r"@r(?=[nts]?$)", "9", re.sub(r"^e", "@", _spelt(ending, _GERMAN_SPELLING)))
        return _both(coda.replace("-", "") + end)
    return _both(_devoiced(sound))


def _german_length(sound: str, tail: str, word: str) -> str:
    """Short before two consonants, long before one that opens the next syllable, and as the listed words are."""
    if re.match(r"[AWY]|.:", sound):
        return sound
    vowel, coda = sound[0], sound[1:]
    if "x" in coda:
        long = bool(_LONG_BEFORE_CH.search(word))
    elif tail:
        long = len(coda) <= 1 and coda not in ("7", "8", "N", "S", "C") and not re.search(r"(.)\1", coda)
    else:
        long = len(coda) <= 1 and word not in _SHORT and coda not in ("7", "8", "N", "S", "C")
    if re.fullmatch(r"[bdgvszlmnr](?:st|t|s)", coda) and re.search(r"[bdg](?:st|t)$", word):
        long = True  # sagt, lebst: the verb keeps its long vowel
    return f"{vowel}:{coda}" if long else sound


_SHORT = frozenset(
    "an am in im um man mit bis das was des es hin weg ob von zum bin hat ab ist drin drum dann wenn denn herum warum job hit fit top stop sex pop fan bus mal".split()
) - {"mal"}


def _spelt(text: str, spelling: tuple[tuple[str, str], ...]) -> str:
    for pattern, code in _compiled(spelling):
        text = pattern.sub(code, text)
    return text


@cache
def _compiled(spelling: tuple[tuple[str, str], ...]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), code) for pattern, code in spelling)


def _voiced(sound: str) -> str:
    """s between vowels is soft, ss and ß are not; doubled letters are one."""
    sound = re.sub(r"(?<=[aeiouöüAWY:])s$", "z", sound).replace("6", "s").replace("8", "k")
    return re.sub(r"([bdfgklmnprst])\1", r"\1", sound)


def _devoiced(sound: str) -> str:
    """Consonants at the end of a word are hard."""
    sound = re.sub(r"([bdfgklmnprst])\1", r"\1", sound.replace("6", "s").replace("8", "k"))
    head, coda = re.match(r"(.:?)(.*)", sound).groups() if sound else ("", "")  # type: ignore[union-attr]  # not empty
    return str(head) + str(coda).translate(str.maketrans("bdgvz", "ptkfs"))


def _of_english(rhyme: str) -> str:
    body = "".join(_ENGLISH_VOWELS.get(sound, sound.translate(_ENGLISH_CONSONANTS)) for sound in rhyme)
    body = re.sub(r"ö:rr?$", "9", body) if len(re.findall(r"[aeiouöAWY]", body)) > 1 else body
    return _devoiced(body) if len(re.findall(r"[aeiouöAWY9@]", body)) == 1 else body


def _both(sound: str) -> Keys:
    """The sound itself; for a near rhyme without length, with ü ö äu as i e ai, and consonants by family."""
    near = sound.replace(":", "").replace("ö", "e").replace("ü", "i").replace("Y", "A")
    near = re.sub(r"r(?=[^aeiouAW@9]|$)", "", near) or near
    return sound, re.sub(r"(.)\1+", r"\1", near.translate(_FAMILIES).replace("7", "F").replace("9", "@r"))


_DUTCH_SPELLING = (
    (r"sch(?=$|e)", "s"), (r"ch|g", "x"), (r"ij|ei|y", "A"), (r"oui|ou|au", "W"), (r"ui", "Y"), (r"aai", "a:j"), (r"ooi", "o:j"), (r"oei", "u:j"),
    (r"ieuw", "i:w"), (r"eeuw", "e:w"), (r"oe", "u:"), (r"ie", "i:"), (r"eu", "ö:"), (r"aa", "a:"), (r"ee", "e:"), (r"oo", "o:"), (r"uu", "ü:"),
    (r"xd|th", "t"), (r"c(?=[eiy])", "s"), (r"c", "k"), (r"nx", "N"),
)  # fmt: skip
_SWEDISH_SPELLING = (
    (r"ck", "k"), (r"sj|skj|stj|sch", "S"), (r"tj", "C"), (r"ng", "N"), (r"z|c(?=[eiy])", "s"), (r"c", "k"), (r"q", "k"), (r"w", "v"), (r"ä", "e"), (r"å", "o"), (r"gj|lj|dj|hj", "j"), (r"é", "e:"),
)  # fmt: skip
_DUTCH_WEAK = re.compile(r"(?<=[^aeiou])(?:e|en|er|el|es|em|ig|ige|je|jes|ing|ingen|lijk|lijke|end|ende|erd|a|o|i)$")
_SWEDISH_WEAK = re.compile(
    r"(?:a|e|ar|er|or|en|et|el|na|ad|as|ade|ande|ar na|arna|erna|are|aren|ig|iga|igt|isk|iska|ing|ingen|ning)$"
)


def dutch(word: str, _dialect: str = "") -> Keys:
    """A doubled vowel, or one that ends its syllable, is long; ij is ei, au is ou, final d is t."""
    return _plain_germanic(word, "nl", _DUTCH_WEAK, _DUTCH_SPELLING, "aeiouyëïöüé")


def swedish(word: str, _dialect: str = "") -> Keys:
    """A vowel before one consonant is long, before two short."""
    return _plain_germanic(word, "sv", _SWEDISH_WEAK, _SWEDISH_SPELLING, "aeiouyåäöé")


def _plain_germanic(
    word: str, code: str, weak: re.Pattern[str], spelling: tuple[tuple[str, str], ...], vowels: str
) -> Keys:
    if loan := english_loan(word, code):
        return _both(_of_english(loan.rhyme))
    found = weak.search(word)
    head, tail = (
        (word[: found.start()], word[found.start() :])
        if found and re.search(f"[{vowels}]", word[: found.start()])
        else (word, "")
    )
    group = f"[{vowels}]+" if code == "nl" else f"[{vowels}]"
    match = re.search(rf"{group}[^{vowels}]*$", head)
    if not match:
        return _both(word)
    sound = _spelt(match[0].replace("ij", "y") if code == "nl" else match[0], spelling)
    single = len(sound) > 1 and not sound[1:].startswith(":")
    coda = sound[1:] if single else ""
    if re.match(r"[AWY]|.:", sound):
        pass
    elif code == "nl":
        sound = f"{sound[0]}:{sound[1:]}" if (tail and len(coda) <= 1) or len(sound) == 1 else sound
    elif len(coda) <= 1 and not (coda in ("m", "n") and not tail):
        sound = f"{sound[0]}:{sound[1:]}"
    if tail:
        end = re.sub(r"^e", "@", re.sub(r"en$", "e", tail) if code == "nl" else tail)
        return _both(re.sub(r"([bdfgklmnprst])\1", r"\1", sound) + end)
    return _both(_devoiced(sound) if code == "nl" else re.sub(r"([bdfgklmnprst])\1", r"\1", sound))

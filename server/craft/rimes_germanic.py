"""The rhyming end of German, Dutch and Swedish words, as it sounds. Keys as in `rimes`.

A word is read from its last full vowel on. In the keys a colon marks a long vowel, A W Y stand for ai au oi, @ for the
weak e, N for ng, S for sch, x for ch.
"""

import re
from functools import cache

from .bundled import toml
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
_SHORTENING = ("7", "8", "N", "S", "C")
"""Consonants written with several letters, before which a vowel is short."""
_SETTLED = re.compile(r"[AWY]|.:")
"""The start of a sound whose length is known from its spelling: a diphthong, or a vowel marked as long."""
_DOUBLED = re.compile(r"([bdfgklmnprst])\1")

_GERMAN_SPELLING = (
    r" tsch=C sch=S chs|x=ks ch=x ph=f th|dt=t ck=8 qu=kv tz|z=7 ng(?!l|r)=N nk=Nk ß=6 v=f w=v äu|eu|oi=Y"
    r" ei|ai|ey|ay=A au=W ieh?|ih=i: aa|ah=a: ee|eh|äh=e: oo|oh=o: uh=u: öh=ö: üh=ü: ä=e y=ü é|è=e c=k"
)
_GERMAN_WEAK = re.compile(
    r"(?:(?<=[^aeiouyäöü])(?:e|en|er|el|es|em|et|est|end|ern|ert|eln|elt|ens|ers|els|ig|ige[nrs]?|ung|ungen"
    r"|lich|liche[nrs]?|isch|ische[nrs]?|in|innen|a|as|o|os|us|um|or|i|is|y)"
    r"|(?<=au|eu|äu|ei|ai)(?:en|er|e|ung|es|et|est|ig|isch|ern)|(?<=-)(?:en|er|e|ung|es|et|est|ig|isch))$"
)
_LONG_BEFORE_CH = re.compile(
    r"(?:buch|tuch|such|fluch|hoch|nach|sprach|brach|stach|gemach|kuchen|suchen|fluchen|buchen|besuch\w*|sprache\w*)$"
)


def german(word: str, _dialect: str = "") -> Keys:
    """Vowel length is heard: Beet is no Bett. A perfect rhyme agrees in it, a near one need not."""
    if loan := english_loan(word, "de"):
        return _both(_of_english(loan.rhyme))
    body = re.sub(r"(?<=[aeiouyäöü])h(?=[aeiouyäöü])", "-", word)
    weak = None if word in toml("words")["german_sound"]["stressed_end"] else _GERMAN_WEAK.search(body)
    head, tail = _parted(body, weak, _VOWELS)
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
    if _SETTLED.match(sound):
        return sound
    coda = sound[1:]
    if "x" in coda:
        long = bool(_LONG_BEFORE_CH.search(word))
    elif tail:
        long = len(coda) <= 1 and coda not in _SHORTENING and not re.search(r"(.)\1", coda)
    else:
        long = len(coda) <= 1 and word not in toml("words")["german_sound"]["short"] and coda not in _SHORTENING
    if re.fullmatch(r"[bdgvszlmnr](?:st|t|s)", coda) and re.search(r"[bdg](?:st|t)$", word):
        long = True  # sagt, lebst: the verb keeps its long vowel
    return _long(sound) if long else sound


def _parted(word: str, weak: re.Match[str] | None, vowels: str) -> tuple[str, str]:
    """A word before its weak ending, and that ending; the whole word where nothing could be stressed before it."""
    if weak is None or not re.search(f"[{vowels}]", word[: weak.start()]):
        return word, ""
    return word[: weak.start()], word[weak.start() :]


def _long(sound: str) -> str:
    """The sound with its first vowel long."""
    return f"{sound[0]}:{sound[1:]}"


def _single(sound: str) -> str:
    """Doubled letters are one sound."""
    return _DOUBLED.sub(r"\1", sound)


def _as_letters(sound: str) -> str:
    """ß and ck, which have told how long the vowel is, as what is heard."""
    return sound.replace("6", "s").replace("8", "k")


def _spelt(text: str, spelling: str) -> str:
    """Letters as sounds, by rules `pattern=sound` in their order."""
    for pattern, sound in _rules(spelling):
        text = pattern.sub(sound, text)
    return text


@cache
def _rules(spelling: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    pairs = (rule.rpartition("=") for rule in spelling.split())
    return tuple((re.compile(pattern), sound) for pattern, _, sound in pairs)


def _voiced(sound: str) -> str:
    """s between vowels is soft, ss and ß are not; doubled letters are one."""
    return _single(_as_letters(re.sub(r"(?<=[aeiouöüAWY:])s$", "z", sound)))


def _devoiced(sound: str) -> str:
    """Consonants at the end of a word are hard."""
    sound = _single(_as_letters(sound))
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
    r" sch(?=$|e)=s ch|g=x ij|ei|y=A oui|ou|au=W ui=Y aai=a:j ooi=o:j oei=u:j ieuw=i:w eeuw=e:w oe=u: ie=i: eu=ö:"
    r" aa=a: ee=e: oo=o: uu=ü: xd|th=t c(?=[eiy])=s c=k nx=N"
)
_SWEDISH_SPELLING = r" ck=k sj|skj|stj|sch=S tj=C ng=N z|c(?=[eiy])=s c=k q=k w=v ä=e å=o gj|lj|dj|hj=j é=e:"
_DUTCH_WEAK = re.compile(r"(?<=[^aeiou])(?:e|en|er|el|es|em|ig|ige|je|jes|ing|ingen|lijk|lijke|end|ende|erd|a|o|i)$")
_SWEDISH_WEAK = re.compile(
    r"(?:a|e|ar|er|or|en|et|el|na|ad|as|ade|ande|arna|erna|are|aren|ig|iga|igt|isk|iska|ing|ingen|ning)$"
)


def dutch(word: str, _dialect: str = "") -> Keys:
    """A doubled vowel, or one that ends its syllable, is long; ij is ei, au is ou, final d is t."""
    return _plain_germanic(word, "nl", _DUTCH_WEAK, _DUTCH_SPELLING, "aeiouyëïöüé")


def swedish(word: str, _dialect: str = "") -> Keys:
    """A vowel before one consonant is long, before two short."""
    return _plain_germanic(word, "sv", _SWEDISH_WEAK, _SWEDISH_SPELLING, "aeiouyåäöé")


def _plain_germanic(word: str, code: str, weak: re.Pattern[str], spelling: str, vowels: str) -> Keys:
    if loan := english_loan(word, code):
        return _both(_of_english(loan.rhyme))
    head, tail = _parted(word, weak.search(word), vowels)
    group = f"[{vowels}]+" if code == "nl" else f"[{vowels}]"
    match = re.search(rf"{group}[^{vowels}]*$", head)
    if not match:
        return _both(word)
    sound = _spelt(match[0].replace("ij", "y") if code == "nl" else match[0], spelling)
    single = len(sound) > 1 and not sound[1:].startswith(":")
    coda = sound[1:] if single else ""
    if _SETTLED.match(sound):
        pass
    elif code == "nl":
        sound = _long(sound) if (tail and len(coda) <= 1) or len(sound) == 1 else sound
    elif len(coda) <= 1 and not (coda in ("m", "n") and not tail):
        sound = _long(sound)
    if tail:
        end = re.sub(r"^e", "@", re.sub(r"d$", "t", re.sub(r"en$", "e", tail)) if code == "nl" else tail)
        return _both(_single(sound) + end)
    return _both(_devoiced(sound) if code == "nl" else _single(sound))

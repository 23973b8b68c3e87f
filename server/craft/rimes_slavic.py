"""The rhyming end of Polish, Russian, Ukrainian and Turkish words, as it sounds. Keys as in `rimes`."""

import re

from .endings import by_ending
from .rimes import Keys

_FAMILIES = str.maketrans("бпвфгкхдтзсжшчщцмнрл", "ППФФКККТТССШШШШСННЛЛ")
_VOWELS = "аеєиіїоуюяёыэ"
_POLISH_VOWEL = re.compile(r"i(?=[aąeęoóuy])|[aąeęoóuyi]")
_POLISH = (
    (r"rz", "ż"),
    (r"sz", "S"),
    (r"cz", "C"),
    (r"ch", "h"),
    (r"ó", "u"),
    (r"ci(?=[aąeęouy])", "ć"),
    (r"si(?=[aąeęouy])", "ś"),
    (r"zi(?=[aąeęouy])", "ź"),
    (r"ni(?=[aąeęouy])", "ń"),
    (r"i(?=[aąeęouy])", ""),
    (r"ą(?=$)", "o"),
    (r"ę$", "e"),
    (r"ą", "on"),
    (r"ę", "en"),
)
_POLISH_FAMILIES = str.maketrans("bpdtgkhwfzsżSźśćCcmnńlł", "ppttkkkffssSSSSSSsnnnll")
_TURKISH_FAMILIES = str.maketrans("bpdtcçgkğvfszşjmnlr", "ppttççkkkffssşşnnll")


def polish(word: str, _dialect: str = "") -> Keys:
    """Stress on the last vowel but one."""
    found = [
        match.start()
        for match in _POLISH_VOWEL.finditer(word)
        if match[0] != "i" or not re.match(r"i[aąeęoóuy]", word[match.start() :])
    ]
    tail = word[found[-2] :] if len(found) > 1 else word[found[0] :] if found else word
    for pattern, code in _POLISH:
        tail = re.sub(pattern, code, tail)
    tail = re.sub(r"[bdgwzżź]+$", lambda match: match[0].translate(str.maketrans("bdgwzżź", "ptkfsSś")), tail)
    return tail, tail.translate(_POLISH_FAMILIES)


def ukrainian(word: str, _dialect: str = "") -> Keys:
    """Stress from a table of endings; every vowel keeps its sound."""
    return _east_slavic(word, int(by_ending(word, "uk")), reduces=False)


def russian(word: str, _dialect: str = "") -> Keys:
    """Stress from ё or a table of endings; unstressed vowels fall together, final consonants are hard."""
    after = len(re.findall(f"[{_VOWELS}]", word.rpartition("ё")[2])) if "ё" in word else int(by_ending(word, "ru"))
    return _east_slavic(word, after, reduces=True)


def _east_slavic(word: str, after: int, *, reduces: bool) -> Keys:
    places = [match.start() for match in re.finditer(f"[{_VOWELS}]", word)]
    if not places:
        return word, word
    start = places[max(len(places) - 1 - after, 0)]
    tail = word[start:]
    stressed, rest = tail[0], tail[1:]
    if reduces:
        stressed = stressed.translate(str.maketrans("яёюеы", "аоуэи"))
        rest = re.sub(r"(?<=[ое])го$", "во", rest)
        rest = re.sub(r"тся|ться", "цца", rest).translate(str.maketrans("оеяыё", "аииио")) if rest else rest
        rest = re.sub(r"й$", "", rest) if re.search(r"[аи]й$", rest) else rest
        rest = re.sub(r"[бвгджз]+(?=ь?$)", lambda match: match[0].translate(str.maketrans("бвгджз", "пфктшс")), rest)
        rest = re.sub(r"стн", "сн", rest).replace("ъ", "")
    else:
        stressed = stressed.translate(str.maketrans("яєюї", "аеуі"))
        rest = rest.translate(str.maketrans("яєюї", "аеуі")).replace("'", "")
    if not rest:  # an open end needs the consonant before it: вода and луна do not rhyme, луна and весна do
        before = re.search(r"[^ьъ'’]?[ьъ'’]?$", word[:start])
        support = before[0].strip("ьъ'’") if before else ""
        glide = "й" if (support == "" or support in _VOWELS) and tail[0] in "яєюїеё" else support
        # тебя and меня: in Russian songs two soft consonants are alike enough.
        near = "ь" if reduces and tail[0] in "яюеё" and glide != "й" else glide.translate(_FAMILIES)
        return f"{glide}|{stressed}", f"{near}|{stressed}"
    plain = re.sub(r"(.)\1", r"\1", rest)
    near = plain.replace("ь", "").translate(_FAMILIES)
    vowels = re.sub(f"(?<=.)[{_VOWELS}]", "а", near)
    return stressed + plain, stressed + re.sub("й$", "", vowels)


def turkish(word: str, _dialect: str = "") -> Keys:
    """Rhyme rests on the last syllable, nearly: on its vowel and the kind of consonant."""
    vowels = [match.start() for match in re.finditer("[aeıioöuüâîû]", word)]
    if not vowels:
        return word, word
    last = vowels[-1]
    tail = word[last:]
    if len(tail) == 1 and last:  # an open end needs what stands before it
        tail = word[vowels[-2] if len(vowels) > 1 else last - 1 :]
        return tail, word[last - 1 :].translate(_TURKISH_FAMILIES)
    return tail, tail.translate(_TURKISH_FAMILIES)

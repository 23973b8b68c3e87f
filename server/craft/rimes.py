"""The rhyming end of a Vietnamese, Korean or Hindi word, whose writing shows how it sounds.

Each function gives two keys: words that share the first rhyme perfectly, words that share the second nearly.
Chinese, Japanese and Arabic have none: characters do not show their sound, and Arabic leaves short vowels unwritten.
"""

import re
import unicodedata

Keys = tuple[str, str]

_OBLIQUE = re.compile("[\u0301\u0303\u0309\u0323]")
_TONE = re.compile("[\u0300\u0301\u0303\u0309\u0323]")
# The glide before a main vowel belongs to the beginning: hoa rhymes with ta, huê with quê.
_VIETNAMESE_START = re.compile(
    r"(?:ngh?|nh|gh|gi(?=[aăâeoôơuư])|qu|kh|ph|th|tr|ch|[bcdđghklmnprstvx])?(?:o(?=[aăe])|u(?=[yêâơ]))?"
)

_HANGUL_FIRST, _HANGUL_LAST, _CODAS = 0xAC00, 0xD7A3, 28
# By the order of the blocks; a glide before the vowel does not count, and ㅐ ㅔ ㅚ ㅙ ㅞ have fallen together.
_KOREAN_VOWELS = "aEaEeEeEoaEEoueEiuUIi"
_KOREAN_CODAS = " kkknnntlkmlllplmppttNttktpt"
_CODA_FAMILIES = str.maketrans("nmNktp", "NNNTTT")

_VOWEL_SIGNS = dict(zip("ािीुूृेैोौॉॅ", "आइईउऊऋएऐओऔऑऍ", strict=True))
_HINDI = re.compile(
    "(?P<consonant>[\u0915-\u0939\u0958-\u095f]\u093c?)(?P<sign>[\u093e-\u094c\u094d])?|[\u0904-\u0914\u0901\u0902]"
)
HINDI_VOWELS = "अआइईउऊऋऍएऐऑओऔ"
_SCHWA, _VIRAMA = "अ", "\u094d"
_ALIKE = str.maketrans("षऋ\u0901", "शइ\u0902")
_LONG_AT_THE_END = str.maketrans("इउ", "ईऊ")
_SILENT_SCHWA = re.compile(f"(?<=[{HINDI_VOWELS}])([^{HINDI_VOWELS}]){_SCHWA}(?=[\u0915-\u0939][{HINDI_VOWELS}])")


def vietnamese(word: str, _dialect: str = "") -> Keys:
    """The vowel and what follows it; a perfect rhyme is also of the same kind of tone, level or not."""
    marks = unicodedata.normalize("NFD", word)
    plain = unicodedata.normalize("NFC", _TONE.sub("", marks))
    start = _VIETNAMESE_START.match(plain)
    rime = re.sub(r"y(?!$)|(?<![aâ])y", "i", plain[start.end() if start else 0 :])
    return f"{rime}{'/' if _OBLIQUE.search(marks) else '-'}", rime


def korean(word: str, _dialect: str = "") -> Keys:
    """Vowel and final sound of the last block; finals that are spoken alike count as one."""
    if not word or not _HANGUL_FIRST <= ord(word[-1]) <= _HANGUL_LAST:
        return "", ""
    index = ord(word[-1]) - _HANGUL_FIRST
    rime = _KOREAN_VOWELS[index // _CODAS % 21] + _KOREAN_CODAS[index % _CODAS]
    return rime, rime.translate(_CODA_FAMILIES)


def hindi(word: str, _dialect: str = "") -> Keys:
    """From the last vowel but one where the word ends in a vowel, else from the last; nearly: the last syllable."""
    sounds = hindi_sounds(word)
    vowels = [at for at, sound in enumerate(sounds) if sound in HINDI_VOWELS]
    if not vowels:
        return "", ""
    last = vowels[-1]
    opens = not sounds[last + 1 :].strip("\u0902")
    syllable = sounds[last - 1 if opens and last else last :]
    return sounds[vowels[-2] if opens and len(vowels) > 1 else last :], syllable


def hindi_sounds(word: str) -> str:
    """Consonants and vowels in the order they are spoken; the unwritten a may fall silent."""
    return _SILENT_SCHWA.sub(r"\1", _spelt_out(word))


def _spelt_out(word: str) -> str:
    sounds = ""
    for letter in _HINDI.finditer(unicodedata.normalize("NFC", word)):
        if not letter["consonant"]:
            sounds += letter[0]
        elif letter["sign"] != _VIRAMA:
            sounds += letter["consonant"] + _VOWEL_SIGNS.get(letter["sign"] or "", _SCHWA)
        else:
            sounds += letter["consonant"]
    sounds = sounds.replace("\u093c", "").translate(_ALIKE)
    if sounds.endswith(_SCHWA) and len(sounds) > 2:
        return sounds[:-1]
    return sounds[:-1] + sounds[-1:].translate(_LONG_AT_THE_END)

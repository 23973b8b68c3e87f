"""The language codes of ID3: three letters where everybody else writes two."""

from __future__ import annotations

import re
from typing import Final

UNKNOWN: Final = "XXX"
"""What ID3 writes where the language is not known."""


def three_letters(language: str | None) -> str:
    """The ISO 639-2 code that ID3 requires, or `UNKNOWN`."""
    code = re.split("[-_]", (language or "").strip().lower())[0]
    if re.fullmatch("[a-z]{3}", code):
        return code
    return _ISO_639_2.get(code, UNKNOWN)


_CODES: Final = """
af:afr ar:ara bg:bul bn:ben ca:cat cs:ces cy:cym da:dan de:deu el:ell en:eng es:spa et:est eu:eus fa:fas fi:fin fr:fra
ga:gle gl:glg he:heb hi:hin hr:hrv hu:hun hy:hye id:ind is:isl it:ita ja:jpn ka:kat ko:kor la:lat lt:lit lv:lav mk:mkd
ms:msa nb:nob nl:nld nn:nno no:nor pa:pan pl:pol pt:por ro:ron ru:rus sk:slk sl:slv sq:sqi sr:srp sv:swe sw:swa ta:tam
te:tel th:tha tl:tgl tr:tur uk:ukr ur:urd vi:vie zh:zho zu:zul
"""
_ISO_639_2: Final = {pair[:2]: pair[3:] for pair in _CODES.split()}

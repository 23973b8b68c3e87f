"""What the ending of a word says about its sound where spelling alone does not: tables made from dictionaries.

data/README.md says from which, and what the values mean: where a word is stressed, or how its end sounds.
"""

from functools import cache, lru_cache

from .bundled import table


@lru_cache(maxsize=4_000)
def by_ending(word: str, code: str) -> str:
    """The value of the longest listed ending of a word in small letters; whole words are listed with a "^" before."""
    listed = _endings(code)
    key = f"^{word}"
    return next((listed[key[start:]] for start in range(len(key)) if key[start:] in listed), listed[""])


@cache
def _endings(code: str) -> dict[str, str]:
    rows = (row.rpartition(" ") for row in table(f"endings_{code}").decode("utf-8").split("\n"))
    return {ending[::-1]: value for ending, _, value in rows}

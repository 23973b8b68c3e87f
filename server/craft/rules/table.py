"""The rules as a table for people: `python -m songwright.server.craft.rules.table > docs/craft-rules.md`."""

import sys

from ..bundled import toml

_HEAD = """# Rules of check_lyrics and check_style

Generated from `server/craft/data/rules.toml` by `python -m songwright.server.craft.rules.table`; do not edit.

- **stop**: the service would refuse it, or it would certainly be wasted. Only these block a paid call.
- **warn**: probably not what is wanted. **note**: worth a look. **fix**: a repair is offered, never made silently.
- Sources: *service* its published limits; *corpus* percentiles of 37 finished lyrics; *custom* advice that several
  public guides share; *ours* a rule of thumb that nobody has measured.
- Pasted text is recognised first (F8 to F10, F2 to F5): chord sheets, subtitles and times, lyric pages, answers of
  assistants, HTML, JSON, section names without brackets in some thirty languages, shorthand for repeats, labels of
  singers, text without lines, messages of chats, files of song book programs (LaTeX, OpenSong, OpenLyrics, ABC), RTF,
  wiki and forum marks, footnotes. check_lyrics returns the song in it as `clean_lyrics`. Measured on 228 pasted forms
  in 32 languages and on four more, right only if the song comes out word for word: all 84 on which the reader was
  built; of three later sets, on the first try, 26 of 30, 20 of 24 and 14 of 16; of two sets of unforeseen forms, 19 of
  61 and 6 of 17. Each set was used to improve the reader before the next. All are right now except four of the last: a
  screenplay, words broken at line ends, a title above stanzas with bare numerals, lines in quotes behind keys. 77 good
  lyrics made to look like such forms pass unchanged. All but those four are in `tests/craft/pasted`.
- Length (D1, the estimate, plan_song) rests on bars, metre, genre and language. Median error, measured by
  `tests/craft/test_real_lengths.py`: suno 13 songs 8 %, ace 43 songs 11 % (published lengths of songs that engines
  made), sandbox 154 songs 7 %, jamendo 14 songs 25 % (people's recordings, without section tags). Four constants were
  set on the first two; set on one half of their songs and measured on the other, they are 12 % off. Nearly four songs
  in five are within a quarter. With the earlier way of counting bars, the errors were 12, 20, 27 and 31 %.

| id | level | test | source |
| --- | --- | --- | --- |
"""


_LANGUAGES = """
## How well each language is heard

Shares of words, and pairs of words, that were held back while the rules were written. Syllables: words of the 20,000
most used whose number is one that Wiktionary gives (github.com/CUNY-CL/wikipron, CC BY-SA, for measuring only), and the
same weighed by use (wordfreq, CC BY-SA, likewise). Rhyme: 600 pairs that a speech synthesiser (espeak-ng, GPL,
likewise) says alike from the last stress on, and 600 that end in the same letters and are stressed on other vowels; a
near rhyme counts as found, only a perfect one as false. The synthesiser errs too, above all on names and on the second
parts of compounds, which rhyme though it gives them no stress. `python -m dev.language_figures` and
`python -m dev.rhyme_figures` print these figures again. An Arabic reference counts case endings that songs leave out.

`tests/craft/corpus` has 109 inputs that were looked at while the rules were written, all with the right outcome, and 51
that were not: 42 came out as expected at the first look, six expectations had been miscounted by hand, three faults
were mended then. Twelve songs of different kinds in ten languages get no warning.

| language | words | syllables right | by use | rhymes found | others left alone | rhyme is read from |
| --- | --- | --- | --- | --- | --- | --- |
"""


def table() -> str:
    """All rules, and how well each language is heard, as one Markdown page."""
    rows = (
        f"| {name} | {rule['level']} | {rule['test']} | {rule['source']} |"
        for name, rule in toml("rules")["rule"].items()
    )
    columns = ("words", "syllables", "by_use", "rhymes", "others", "heard")
    heard = (
        f"| {name} | {' | '.join(str(figures.get(column, '')) for column in columns)} |"
        for name, figures in toml("rules")["figures"].items()
    )
    return _HEAD + "\n".join(rows) + "\n" + _LANGUAGES + "\n".join(heard) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())

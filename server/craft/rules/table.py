"""The rules as a table for people: `python -m songwright.server.craft.rules.table > docs/craft-rules.md`."""

import sys

from ..bundled import toml

_HEAD = """# Rules of check_lyrics and check_style

Generated from `server/craft/data/rules.toml` by `python -m songwright.server.craft.rules.table`; do not edit.

- **stop**: the service would refuse it, or it would surely be wasted. Only these block a paid call.
- **warn**: probably not what is wanted. **note**: worth a look. **fix**: a repair is offered, never made silently.
- Sources: *service* its published limits; *corpus* percentiles of 37 finished lyrics; *custom* advice that several
  public guides share; *ours* a rule of thumb that nobody has measured.
- Rhyme (R1 to R5, the schemes of a report) is judged in English by pronunciation; in Spanish, Italian, Portuguese,
  French, German, Dutch, Swedish, Polish, Russian, Ukrainian and Turkish by the stressed end of the spelling; in
  Vietnamese, Korean and Hindi by their own endings. It is not judged in Chinese and Japanese, whose characters do not
  show their sound, nor in Arabic, which leaves unwritten the short vowels that most endings rest on.
- What is pasted is read first (F8 to F10, F2 to F5): chord sheets, subtitles and times, lyric pages, answers of
  assistants, HTML, JSON, section names without brackets in some thirty languages, shorthand for repeats, labels of
  singers, text without lines. check_lyrics gives the song in it as `clean_lyrics`. Measured on 154 pasted forms in 27
  languages, right only if the song comes out word for word: all 84 on which the reader was built; of three lots that
  were written afterwards, at first sight 26 of 30, 20 of 24 and 14 of 16, each lot having served to mend the reader
  before the next (all 70 since). 62 good lyrics made to look like such forms pass untouched. All are in
  `tests/craft/pasted`.

| id | level | test | source |
| --- | --- | --- | --- |
"""


def table() -> str:
    """All rules as one Markdown page."""
    rows = (
        f"| {name} | {rule['level']} | {rule['test']} | {rule['source']} |"
        for name, rule in toml("rules")["rule"].items()
    )
    return _HEAD + "\n".join(rows) + "\n"


if __name__ == "__main__":
    sys.stdout.write(table())

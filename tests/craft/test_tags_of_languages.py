"""Section tags as people write them in their languages, with numbers, accents and other words beside them."""

import pytest

from songwright.server.craft.lyric import read

SECTIONS = {
    "verse": (
        "Verso 1", "Estrofa segunda", "Couplet 2", "Strophe II", "Strofa 1", "Zwrotka 1", "Куплет 1", "Vers 1",
        "Kıta 2", "1절", "Aメロ", "主歌1", "Lời 1", "مقطع", "अंतरा", "3番", "第三段", "2절", "2nd Verse",
        "Female Verse", "Parte 2",
    ),
    "chorus": (
        "Estribillo", "Coro final", "ESTRIBILLO (suave)", "Refrain", "Letzter Refrain", "Ritornello", "Refren",
        "Refrão", "Refrao", "Refrein", "Refräng", "Kehrvers", "Chœur", "Припев", "Приспів", "Nakarat", "후렴",
        "サビ", "2番サビ", "大サビ", "副歌", "Điệp khúc", "لازمة", "मुखड़ा",
    ),
    "pre-chorus": (
        "Pré-refrain", "Pre-estribillo", "Précoro", "Pré-Refrão", "Пред-припев", "Bメロ", "预副歌", "프리코러스",
    ),
    "bridge": ("Puente", "Pont", "Brücke", "Ponte", "Przejście", "Бридж", "Köprü", "브릿지", "Cメロ", "桥段", "Brygga"),
    "intro": ("Introducción", "Vorspiel", "Вступление", "인트로", "前奏", "イントロ"),
    "outro": ("Nachspiel", "Концовка", "尾声", "아웃트로", "Coda", "Final"),
    "instrumental": (
        "간주", "間奏", "间奏 - 钢琴", "Zwischenspiel", "Interludio", "Проигрыш", "Solo de guitarra", "Gitarrensolo",
        "Assolo di chitarra", "Tussenspel",
    ),
    "end": ("Fin", "Ende", "Конец", "끝"),
}  # fmt: skip


@pytest.mark.parametrize("kind", SECTIONS)
def test_a_section_begins_at_its_tag_in_any_language(kind: str) -> None:
    for tag in SECTIONS[kind]:
        lyric = read(f"[Verse]\nline one\nline two\n[{tag}]\nline three\n[Chorus]\nline four")
        assert [len(section.lines) for section in lyric.sections] == [2, 1, 1], tag
        assert lyric.sections[1].kind == kind, tag


@pytest.mark.parametrize("cue", ["whispered", "drums build", "Female Vocal", "softly, with harmonies", "guitar enters"])
def test_a_cue_begins_no_section(cue: str) -> None:
    lyric = read(f"[Verse]\nline one\n[{cue}]\nline two")
    assert [section.kind for section in lyric.sections] == ["verse"]


def test_other_words_of_a_tag_are_its_cue() -> None:
    (tag,) = read("[Estribillo final - susurrado]").tags
    assert (tag.kind, tag.cue) == ("chorus", "final, susurrado")
    assert read("[Verse 2]").tags[0].cue == ""

"""Letters of every script stand in their order and form, and inside the width they are given."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from songwright.server.files.studio.lettering import Letters, Piece, Text, leftwards

SAMPLES = {
    "Latin": "Łódź, façade, Việt Nam, Straße", "Greek": "Θάλασσα μου βαθιά", "Cyrillic": "Ночной автобус, ґанок",
    "Arabic": "سلام يا بحر", "Persian": "می‌خواهم با تو بمانم، گل", "Urdu": "میرے دل کی آواز", "Hebrew": "שלום לעולם",
    "Hindi": "क्षत्रिय प्रेम की धुन", "Bengali": "আমার সোনার বাংলা", "Tamil": "தமிழ் பாடல்", "Telugu": "తెలుగు పాట",
    "Kannada": "ಕನ್ನಡ ಹಾಡು", "Malayalam": "മലയാളം പാട്ട്", "Gujarati": "ગુજરાતી ગીત", "Punjabi": "ਪੰਜਾਬੀ ਗੀਤ",
    "Sinhala": "සිංහල ගීතය", "Thai": "ฉันรักเธอ", "Lao": "ເພງລາວ", "Khmer": "ចម្រៀងខ្មែរ", "Burmese": "မြန်မာသီချင်း",
    "Georgian": "ქართული სიმღერა", "Armenian": "Հայերեն երգ", "Amharic": "የአማርኛ ዘፈን", "Japanese": "夜のバスが走る",
    "Korean": "밤 버스가 달린다", "Chinese": "夜里的公交车，開往海邊", "emoji": "❤️ 🎵 👩‍👩‍👧 👍🏽", "notes": "♪ ♫ ☆ …",
}  # fmt: skip


def pieces(text: Text) -> Iterator[Piece]:
    for row in text.rows:
        yield from row.pieces


@pytest.fixture(scope="module")
def letters() -> Letters:
    return Letters()


@pytest.mark.parametrize("script", SAMPLES)
def test_every_letter_of_every_script_has_a_shape(script: str, letters: Letters) -> None:
    sample = SAMPLES[script]
    assert [letter for letter in sample if not letter.isspace() and not letters.knows(letter)] == []
    words = [f"{word} " for word in sample.split()]
    made = letters.text(words, 40, 2000)
    assert sorted(piece.word for piece in pieces(made)) == list(range(len(words)))
    assert all(piece.mask.max() > 200 for piece in pieces(made))


def test_words_stand_in_the_order_in_which_they_are_read(letters: Letters) -> None:
    def order(*words: str) -> list[int]:
        made = letters.text(words, 40, 2000)
        return [piece.word for piece in sorted(pieces(made), key=lambda piece: piece.left)]

    assert order("one ", "two ", "three") == [0, 1, 2]
    assert order("یک ", "دو ", "سه") == [2, 1, 0]
    # What is foreign in a line keeps its own order, and the line goes on behind it.
    assert order("یک ", "good ", "night ", "سه") == [3, 1, 2, 0]
    assert order("سلام ", "שלום ", "دنیا") == [2, 1, 0], "two scripts of one direction, each with a font of its own"
    assert order("say ", "שלום ", "עולם ", "now") == [0, 2, 1, 3]


def test_arabic_letters_are_joined_unless_a_joiner_says_otherwise(letters: Letters) -> None:
    def width(text: str) -> int:
        return letters.text([text], 60, 2000).width

    assert width("ببب") < 0.8 * 3 * width("ب"), "three letters in one stroke"
    assert width("می\u200cخواهم") != width("میخواهم"), "a joiner that is not drawn parts the stroke"


def test_shared_characters_have_the_form_of_the_songs_language() -> None:
    forms = [Letters(sample).text(["直"], 60, 200) for sample in ("夜のバス", "夜里的车")]
    first, second = (next(pieces(form)).mask for form in forms)
    assert first.shape != second.shape or (first != second).any()


@pytest.mark.parametrize(
    "words",
    [
        ["Oh, ", *["carry ", "me ", "slowly "] * 9, "home"],
        ["夜のバスが静かに海まで走り続けて、「さよなら」と言えずに" * 2],
        ["unbreakable" * 9],
        ["می‌خواهم "] * 30,
        ["ฉันรักเธอทุกวันทุกคืนไม่เคยลืม" * 3],
    ],
)
def test_a_long_line_takes_more_rows_and_then_smaller_letters(words: list[str], letters: Letters) -> None:
    made = letters.text(words, 48, 600)
    assert 1 <= len(made.rows) <= 2
    assert made.width <= 600 or made.size == 16, "nothing runs out of its place, as long as it can be read"
    assert made.size <= 48


def test_no_row_begins_with_what_closes_the_one_before(letters: Letters) -> None:
    words = ["夜", "の", "バス", "が", "、", "静か", "に", "走る", "。"]
    made = letters.text(words, 48, 200, rows=9)
    assert len(made.rows) > 1
    assert {min(piece.word for piece in row.pieces) for row in made.rows}.isdisjoint({4, 8})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "\n\t",
        "\u200d\u200c",
        "\ufeff",
        "e" + "\u0301" * 300,
        "\U000e0041",
        "\ue000",
        "\u202eabc\u202d",
        "ا" * 900,
    ],
)
def test_strange_text_is_drawn_or_left_out_but_never_ends_the_work(text: str, letters: Letters) -> None:
    made = letters.text([text], 48, 600)
    assert len(made.rows) <= 2


def test_the_side_from_which_most_is_read_decides() -> None:
    assert leftwards(["سلام ok", "دنیا"])
    assert not leftwards(["hello שלום", "world"])
    assert not leftwards([])

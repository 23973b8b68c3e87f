"""Syllables of lines written for these tests, counted by hand."""

import pytest

from songwright.server.craft.syllables import count

LINES = [
    ("es", "La luna se asoma a mi ventana", 10),
    ("es", "Duérmete niño mío ya", 8),
    ("es", "Bajo la lluvia de abril", 7),
    ("es", "Tu risa es agua que despierta el día", 11),
    ("es", "Cuando vuelvas a casa habrá pan y café", 12),
    ("es", "Y el río no sabe volver", 8),
    ("es", "Hoy hay hielo en el pingüino", 8),
    ("es", "Quiero un país sin guerra", 7),
    ("it", "Il sole scende piano sulla città", 11),
    ("it", "La luna è una bugia", 8),
    ("it", "Ti aspetto sotto casa ogni mattina", 11),
    ("it", "Ho paura di perdere il tuo nome", 12),
    ("it", "Figlia mia, ascolta il giorno", 9),
    ("fr", "Je marche sous la pluie", 5),
    ("fr", "Mon cœur bat comme un tambour", 7),
    ("fr", "Les enfants chantent dans la cour", 7),
    ("fr", "Le soleil dort sur les toits de Paris", 10),
    ("fr", "Tu reviens quand la nuit tombe", 7),
    ("fr", "Elle danse avec la mer", 6),
    ("fr", "Au mois d'août la grenouille voyage", 8),
    ("de", "Ich gehe heute nicht nach Haus", 8),
    ("de", "Die Sterne leuchten über dem See", 9),
    ("de", "Meine Mutter singt in der Küche", 9),
    ("de", "Wir bauen Häuser aus Träumen und Staub", 10),
    ("de", "Sie geht beim Regen quer durchs Feld", 8),
    ("pt", "A rua dorme e eu espero você", 11),
    ("pt", "Minha saudade não cabe no mar", 10),
    ("pt", "O coração não tem relógio", 9),
    ("pt", "Ainda ouço a tua voz na cozinha", 11),
    ("pt", "A água cai na história", 6),
    ("ru", "Тихо падает снег за окном", 9),
    ("ru", "Мама варит кофе по утрам", 9),
    ("uk", "Над рікою пливе туман", 8),
    ("uk", "Моя доріжка веде додому", 10),
    ("tr", "Deniz kokuyor ellerin", 8),
    ("tr", "Bu akşam eve geç kaldım", 8),
    ("ko", "비가 내리는 골목에서", 9),
    ("ko", "엄마의 노래를 듣는다", 9),
    ("ja", "ゆうやけ こやけの かえりみち", 13),
    ("ja", "きょうも でんしゃが はしるよ", 11),
    ("ja", "ラーメンたべた", 7),
    ("zh", "月亮走过我的窗台", 8),
    ("zh", "妈妈的手很温暖", 7),
    ("nl", "De regen valt op het raam", 7),
    ("nl", "Ik zie je lachen in de keuken", 9),
    ("pl", "Niebo czeka na ciebie", 7),
    ("sv", "Jag går hem i natt", 5),
    ("vi", "Em đi qua phố cũ chiều nay", 7),
    ("hi", "मेरा दिल गाता है", 6),
]


@pytest.mark.parametrize(
    ("language", "line", "syllables"), LINES, ids=[f"{line[0]}-{n}" for n, line in enumerate(LINES)]
)
def test_a_line_is_counted_as_it_is_sung(language: str, line: str, syllables: int) -> None:
    assert count(line, language).usual == syllables


def test_vowels_that_may_be_joined_give_a_range() -> None:
    line = count("La luna se asoma a mi ventana", "es")
    assert (line.low, line.high) == (10, 12)


def test_a_pause_keeps_vowels_apart() -> None:
    assert count("Casa, amor", "es").usual == count("Casa amor", "es").usual + 1


def test_a_mute_e_counts_only_in_the_fullest_reading_and_not_at_the_end() -> None:
    line = count("Elle danse toute la nuit", "fr")
    assert (line.low, line.high) == (5, 8)
    assert count("La nuit est calme", "fr").high == count("La nuit est calme", "fr").low


def test_english_words_in_an_asian_line_are_counted_too() -> None:
    assert count("오늘 coffee 한 잔", "ko").usual == 6


def test_chinese_characters_beside_kana_are_two_morae_and_alone_one() -> None:
    assert count("夕焼けの道", "ja").usual == 8
    assert count("夕阳下的路", "zh").usual == 5


def test_an_unknown_language_is_counted_as_well_as_possible() -> None:
    assert count("hello over there", "xx").usual == 5
    assert count("Тихо падает снег", None).usual == 6


@pytest.mark.parametrize("language", ["Spanish", "es-MX", "ES", "español"])
def test_a_language_may_be_named_in_several_ways(language: str) -> None:
    assert count("Bajo la lluvia de abril", language).usual == 7

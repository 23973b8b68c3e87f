"""Lines of verse with one open place each, `{x}`, for one of the person's own words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .scripts import listed


@dataclass(frozen=True)
class Language:
    """Couplets, choruses and bridges of one language, the words that give it away, those that may open
    a phrase, those that open a clause, and words that say nothing."""

    name: str
    little: frozenset[str]
    articles: frozenset[str]
    clauses: frozenset[str]
    dull: frozenset[str]
    default: str
    verses: tuple[tuple[str, str], ...]
    choruses: tuple[tuple[str, str, str, str], ...]
    bridges: tuple[tuple[str, str, str, str], ...]


_ENGLISH: Final = Language(
    name="en",
    little=frozenset(
        listed(
            "a an the and or but of in on at to for from with without about into over under is are was were be "
            "been it its this that these those i you he she we they me my your his her our their not no so as by "
            "if then than when where who what how all some any just very more"
        )
    ),
    articles=frozenset(listed("the my your his her our their this that")),
    clauses=frozenset(listed("who which because when while")),
    dull=frozenset(
        listed(
            "song songs music write make create give please want like lyrics pop rock jazz folk ballad track tune "
            "chorus verse style genre sad happy slow fast upbeat minute minutes seconds something thing called "
            "named there here"
        )
    ),
    default="morning",
    verses=(
        ("I woke up early with {x} on my mind", "and left the hurry of the town behind"),
        ("There's a road that bends where the tall grass grows", "it leads to {x}, as everybody knows"),
        ("The kettle was singing, the window was wide", "I thought about {x} and I stepped outside"),
        ("Somebody told me that {x} never lasts", "I laughed, and I let the old warning go past"),
        ("The rain on the roof kept a beat of its own", "it drummed about {x} till the evening had flown"),
        ("I wrote down a word and I crossed it out twice", "then wrote {x} again, and it sounded nice"),
        ("The streetlights came on and the day let go", "with {x} in my pocket I walked home slow"),
        ("My grandmother's clock has a crack in its face", "but it ticks about {x} and it keeps its place"),
        ("The neighbours were dancing, the dog joined in", "we shouted for {x} with a foolish grin"),
        ("A train in the distance, a light on the hill", "the world talks of {x} when the world is still"),
        ("I counted my change and I counted the stars", "and {x} was worth more than a hundred guitars"),
        ("The map was all wrong and the signs were too", "but {x} was ahead, and the sky was blue"),
    ),
    choruses=(
        (
            "Oh {x}, stay a little longer with me",
            "I'll sing you as far as the edge of the sea",
            "Oh {x}, let the long night go",
            "There's one more thing that I want you to know",
        ),
        (
            "{x}, {x}, the morning is here",
            "{x}, {x}, I can hear you clear",
            "Every little worry is further away",
            "{x}, {x}, we are going to stay",
        ),
        (
            "Give me {x} and a song that is true",
            "One open window, a sky that is blue",
            "Give me {x} and I'll sing it out loud",
            "Over the rooftops and up through the cloud",
        ),
        (
            "Hey, hey, {x}, we are on our way",
            "Nothing can take this from us today",
            "Hey, hey, {x}, turn it up again",
            "We were strangers before and we're singing like friends",
        ),
    ),
    bridges=(
        ("And if it all goes quiet", "and if it all goes wrong", "there will be {x}", "in the middle of the song"),
        ("Slow down, slow down", "the best is on its way", "one word for {x}", "is all I need to say"),
        ("I have been looking high", "I have been looking low", "and {x} was near me", "wherever I would go"),
    ),
)

_SPANISH: Final = Language(
    name="es",
    little=frozenset(
        listed(
            "el la los las un una unos unas y o pero de del en a al con sin por para que es son era mi tu su "
            "nuestro me te se lo le no si como cuando donde sobre muy más este esta"
        )
    ),
    articles=frozenset(listed("el la los las mi tu su nuestro nuestra")),
    clauses=frozenset(listed("que cuando porque donde")),
    dull=frozenset(
        listed(
            "canción canciones música escribe haz crea quiero letra una pop rock jazz balada alegre triste lenta "
            "rápida estilo"
        )
    ),
    default="mañana",
    verses=(
        ("Hoy me despierto pensando en {x}", "la calle canta y yo canto también"),
        ("Por la ventana ya entra la luz", "{x} me llama debajo del azul"),
        ("Dicen que {x} no puede durar", "yo me sonrío y lo dejo pasar"),
        ("Guardo {x} muy cerca de mí", "y todo el barrio lo puede sentir"),
        ("La lluvia toca su viejo tambor", "habla de {x} con todo su amor"),
        ("Vuelvo despacio, se apaga el farol", "{x} me espera a la puerta del sol"),
    ),
    choruses=(
        (
            "Ay, {x}, quédate un poco más",
            "canta conmigo y no mires atrás",
            "Ay, {x}, que la noche se va",
            "y lo que importa se queda acá",
        ),
        (
            "{x}, {x}, vuelve a empezar",
            "{x}, {x}, vamos a cantar",
            "todas las penas se quedan allí",
            "{x}, {x}, contigo viví",
        ),
    ),
    bridges=(
        ("Y si el silencio viene a cenar", "y si la luz se quiere apagar", "queda {x}", "y una canción para caminar"),
        ("Despacio, despacio", "que todo llegará", "{x} me basta", "y el resto ya vendrá"),
    ),
)

_GERMAN: Final = Language(
    name="de",
    little=frozenset(
        listed(
            "der die das den dem des ein eine einen einem einer und oder aber von in im an am auf mit ohne für zu "
            "zum zur ist sind war ich du er sie es wir ihr mich dich mein dein sein unser nicht so wie wenn wo "
            "über unter"
        )
    ),
    articles=frozenset(),
    clauses=frozenset(listed("weil wenn während dass")),
    dull=frozenset(
        listed(
            "lied lieder song musik schreib schreibe mach bitte text pop rock jazz ballade fröhlich fröhliches "
            "traurig traurige langsam schnell stil handelt"
        )
    ),
    default="Morgen",
    verses=(
        ("Ich wachte früh auf und dachte an {x}", "der Himmel war offen, und sonst war da nix"),
        ("Am Fenster der Regen, im Zimmer das Licht", "ich träume von {x}, und ich fürchte mich nicht"),
        ("Sie sagen, dass {x} nicht für immer so bleibt", "ich höre die Uhr, die die Stunden vertreibt"),
        ("Der Weg in die Stadt war noch nie so weit", "doch {x} ist bei mir, und ich habe Zeit"),
        ("Die Nachbarn sie tanzen, der Hund läuft voraus", "wir singen von {x} vor dem letzten Haus"),
        ("Laternen gehn an, und der Tag lässt los", "mit {x} in der Tasche bin ich so groß"),
    ),
    choruses=(
        (
            "Oh {x}, bleib noch ein wenig bei mir",
            "ich sing dir ein Lied an der offenen Tür",
            "Oh {x}, lass die Nacht vorübergehn",
            "wir werden zusammen den Morgen sehn",
        ),
        (
            "{x}, {x}, der Morgen ist da",
            "{x}, {x}, so hell und so klar",
            "die Sorgen von gestern, die lassen wir hier",
            "{x}, {x}, ich singe mit dir",
        ),
    ),
    bridges=(
        (
            "Und wird es einmal still um uns",
            "und wird es einmal spät",
            "dann bleibt uns {x}",
            "und jemand, der versteht",
        ),
        ("Ganz langsam, ganz leise", "das Beste kommt erst noch", "ein Wort von {x}", "und ich glaube doch"),
    ),
)

_FRENCH: Final = Language(
    name="fr",
    little=frozenset(
        listed(
            "le la les un une des et ou mais de du en à au aux avec sans pour par sur sous est sont était je tu "
            "il elle nous vous ils elles me te se mon ma mes ton ta son sa notre ne pas que qui comme quand où "
            "dans"
        )
    ),
    articles=frozenset(listed("le la les mon ma mes ton ta tes son sa ses notre")),
    clauses=frozenset(listed("qui que parce quand")),
    dull=frozenset(
        listed(
            "chanson chansons musique écris fais crée veux paroles pop rock jazz ballade triste joyeuse lente "
            "rapide style"
        )
    ),
    default="matin",
    verses=(
        ("Je me réveille en pensant à {x}", "la rue est claire et je chante tout bas"),
        ("Par la fenêtre arrive le jour", "il parle de {x}, il parle d'amour"),
        ("On dit que {x} ne peut pas durer", "moi je souris et je laisse passer"),
        ("La pluie au toit bat son vieux tambour", "et chante {x} jusqu'au point du jour"),
        ("Je garde {x} tout près de moi", "toute la ville en connaît la voix"),
        ("Les réverbères s'allument au loin", "{x} me tient doucement par la main"),
    ),
    choruses=(
        (
            "Oh {x}, reste encore un moment",
            "chante avec moi dans le soir et le vent",
            "Oh {x}, la nuit va s'en aller",
            "et ce qui compte, on va le garder",
        ),
        (
            "{x}, {x}, le matin est là",
            "{x}, {x}, j'entends bien ta voix",
            "tous les chagrins, on les laisse là-bas",
            "{x}, {x}, on avance pas à pas",
        ),
    ),
    bridges=(
        ("Et si tout devient silence", "et s'il se fait un peu tard", "il reste {x}", "comme un feu dans le soir"),
        ("Tout doucement, tout doucement", "le meilleur va venir", "un mot de {x}", "me suffit pour sourire"),
    ),
)

LANGUAGES: Final = (_ENGLISH, _SPANISH, _GERMAN, _FRENCH)

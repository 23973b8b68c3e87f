"""The instruments as data."""

from __future__ import annotations

from typing import Final

from .synth import Layer, Patch, series, struck

_SAW: Final = series("saw", 40, 1.0)
_SOFT_SAW: Final = series("saw", 24, 1.5)
_DARK: Final = series("saw", 10, 2.0)
_SQUARE: Final = series("odd", 31, 1.0)
_SOFT_SQUARE: Final = series("odd", 15, 1.6)
_SINE: Final = (1.0,)
_PICKED: Final = series("saw", 80, 1.0)
_PIANO: Final = (1.0, 0.55, 0.38, 0.28, 0.2, 0.13, 0.07, 0.08, 0.06, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015, 0.01)
_PLUCK: Final = (1.0, 0.7, 0.5, 0.42, 0.26, 0.2, 0.12, 0.1, 0.08, 0.06, 0.05, 0.04, 0.03, 0.025, 0.02, 0.015)
_NYLON: Final = (1.0, 0.6, 0.3, 0.2, 0.1, 0.06, 0.04, 0.03, 0.02, 0.01)
_BANJO: Final = (0.6, 0.8, 0.9, 0.8, 0.6, 0.5, 0.4, 0.35, 0.3, 0.25, 0.2, 0.15, 0.12, 0.1, 0.08, 0.06)
_REED: Final = (1.0, 0.12, 0.7, 0.1, 0.45, 0.1, 0.25, 0.08, 0.14, 0.05, 0.08, 0.03)
_SAX: Final = (1.0, 0.85, 0.7, 0.55, 0.42, 0.32, 0.25, 0.18, 0.13, 0.1, 0.08, 0.06, 0.05, 0.04)
_FLUTE: Final = (1.0, 0.35, 0.14, 0.06, 0.03, 0.015)
_BRASS: Final = (0.8, 1.0, 0.9, 0.75, 0.6, 0.45, 0.34, 0.26, 0.2, 0.15, 0.11, 0.08, 0.06, 0.05, 0.04, 0.03)
_ORGAN: Final = (1.0, 0.7, 0.45, 0.4, 0.0, 0.22, 0.0, 0.2, 0.0, 0.0, 0.0, 0.08)

_WOOD_BODY: Final = (
    (110.0, 40.0, 0.8),
    (220.0, 90.0, 1.0),
    (480.0, 220.0, 0.8),
    (1200.0, 700.0, 0.5),
    (2600.0, 1200.0, 0.3),
)
_VIOLIN_BODY: Final = (
    (290.0, 90.0, 0.9),
    (480.0, 150.0, 0.9),
    (1000.0, 500.0, 0.7),
    (2400.0, 900.0, 0.6),
    (4200.0, 1500.0, 0.2),
)
_CHOIR_BODY: Final = ((620.0, 130.0, 1.0), (1050.0, 160.0, 0.6), (2600.0, 300.0, 0.18), (200.0, 200.0, 0.5))
_CABINET: Final = ((120.0, 80.0, 0.5), (420.0, 300.0, 0.8), (1500.0, 900.0, 0.8), (3000.0, 1400.0, 0.9))
_HORN_BODY: Final = ((450.0, 300.0, 1.0), (1100.0, 600.0, 0.7), (2300.0, 900.0, 0.3))


def _guitar(amps: tuple[float, ...], decay: float, damping: float, gain: float = 1.0, knock: float = 0.25) -> Patch:
    return Patch(struck(amps, decay, damping), release=0.1, gain=gain, body=_WOOD_BODY, knock=knock)


PATCHES: Final[dict[str, Patch]] = {
    # keyboards
    "piano": Patch((*struck(_PIANO, 1.6, 0.16, detune=(-0.8, 0.9)),), release=0.16, knock=0.12, width=0.35),  # type: ignore[arg-type]  # one entry is a tuple
    "house piano": Patch((*struck(_BANJO, 0.8, 0.04),), release=0.08, gain=1.0, knock=0.1, width=0.3),
    "electric piano": Patch(
        (
            Layer((1.0, 0.08, 0.02), decay=1.8),
            Layer((0.0, 0.5, 0.12, 0.2), 0.5, decay=0.5),
            Layer(_SINE, 0.28, decay=0.14, ratio=7.0),
        ),
        release=0.15,
        width=0.4,
    ),
    "clavinet": Patch((Layer(_SQUARE, 0.5, decay=0.16), Layer(_SOFT_SQUARE, 0.8, decay=0.6)), release=0.04, gain=0.8),
    "organ": Patch(
        (Layer(_ORGAN, attack=0.012, detune=(-3.0, 3.0)),), release=0.05, gain=0.7, vibrato=0.003, width=0.4
    ),
    "accordion": Patch((Layer(_SAX, attack=0.04, detune=(-7.0, 0.0, 8.0)),), release=0.08, gain=0.65, body=_HORN_BODY),
    "music box": Patch(
        (Layer(_SINE, decay=1.3), Layer(_SINE, 0.3, decay=0.5, ratio=2.0), Layer(_SINE, 0.16, decay=0.16, ratio=5.4)),
        release=0.4,
        octave=1,
        width=0.4,
    ),
    "bells": Patch(
        (Layer(_SINE, decay=1.9), Layer(_SINE, 0.45, decay=1.1, ratio=2.76), Layer(_SINE, 0.2, decay=0.5, ratio=5.4)),
        release=0.8,
        gain=0.8,
        width=0.5,
    ),
    "vibraphone": Patch(
        (Layer(_SINE, decay=1.6), Layer(_SINE, 0.3, decay=0.3, ratio=4.0)), release=0.25, vibrato=0.002, width=0.3
    ),
    # guitars
    "steel guitar": _guitar(_PLUCK, 1.2, 0.14, 1.25),
    "nylon guitar": _guitar(_NYLON, 0.9, 0.22, 1.25),
    "ukulele": _guitar(_NYLON, 0.4, 0.12, 1.3),
    "banjo": _guitar(_BANJO, 0.3, 0.03, 1.2, 0.4),
    "clean guitar": Patch((*struck(_PLUCK, 1.0, 0.12),), release=0.07, gain=0.95, width=0.3),
    "jazz guitar": Patch((*struck(_NYLON, 0.8, 0.4),), release=0.08, gain=1.1),
    "crunch guitar": Patch((*struck(_PLUCK, 1.0, 0.06),), release=0.06, gain=0.75, body=_CABINET, drive=2.0),
    "overdrive": Patch(
        (Layer(_SOFT_SAW, decay=3.0, sustain=0.4, detune=(-3.0, 3.0)), Layer(_SAW, 0.5, decay=0.6)),
        release=0.06,
        gain=0.6,
        body=_CABINET,
        drive=2.5,
        width=0.6,
    ),
    "distortion": Patch(
        (Layer(_SAW, decay=4.0, sustain=0.5, detune=(-4.0, 4.0)),),
        release=0.04,
        gain=0.5,
        body=_CABINET,
        drive=5.0,
        width=0.7,
    ),
    "lead guitar": Patch(
        (Layer(_SOFT_SAW, attack=0.012, decay=3.0, sustain=0.5),),
        release=0.1,
        gain=0.7,
        body=_CABINET,
        vibrato=0.005,
        drive=3.0,
    ),
    # basses
    "finger bass": Patch(
        (Layer((1.0, 0.55, 0.2, 0.08), decay=1.4, sustain=0.2), Layer(_DARK, 0.4, decay=0.2)), release=0.07, gain=1.25
    ),
    "pick bass": Patch(
        (Layer((1.0, 0.6, 0.4, 0.2), decay=1.2, sustain=0.25), Layer(_PICKED, 0.6, decay=0.2)),
        release=0.05,
        gain=1.1,
    ),
    "slap bass": Patch(
        (Layer((1.0, 0.6, 0.3, 0.15), decay=0.6), Layer(_SAW, 0.8, decay=0.08)), release=0.04, gain=1.15, knock=0.3
    ),
    "upright": Patch(
        (Layer((1.0, 0.5, 0.2, 0.1, 0.05), decay=0.7), Layer(_NYLON, 0.4, decay=0.12)),
        release=0.08,
        gain=1.35,
        knock=0.3,
    ),
    "arco bass": Patch(
        (Layer(_SOFT_SAW, attack=0.1, detune=(-4.0, 4.0)),), release=0.25, gain=1.0, vibrato=0.002, body=_WOOD_BODY
    ),
    "dub bass": Patch((Layer((1.0, 0.22, 0.05), attack=0.008, decay=1.6, sustain=0.3),), release=0.08, gain=1.5),
    "sub bass": Patch((Layer((1.0, 0.12), attack=0.015),), release=0.12, gain=1.3),
    "808 bass": Patch((Layer((1.0, 0.25, 0.1), decay=1.5),), release=0.15, gain=1.5, knock=0.3, drive=0.6),
    "synth bass": Patch((Layer(_DARK, detune=(-5.0, 5.0)), Layer(_SAW, 0.6, decay=0.16)), release=0.05, gain=0.95),
    "acid bass": Patch(
        (Layer(_DARK, 0.8), Layer(_SQUARE, 0.9, decay=0.1), Layer((0.0, 0.0, 0.0, 0.4, 1.0, 0.4), 0.5, decay=0.2)),
        release=0.03,
        gain=0.8,
        drive=0.8,
    ),
    "reese bass": Patch(
        (Layer(_SOFT_SAW, attack=0.02, detune=(-13.0, 0.0, 13.0)), Layer(_SINE, 1.0)), release=0.1, gain=0.85, drive=0.8
    ),
    # strings and winds
    "strings": Patch(
        (Layer(_SAW, attack=0.09, detune=(-9.0, -3.0, 4.0, 10.0)),),
        release=0.25,
        gain=0.8,
        vibrato=0.003,
        body=_VIOLIN_BODY,
        width=0.8,
    ),
    "slow strings": Patch(
        (Layer(_SOFT_SAW, attack=0.7, detune=(-8.0, 0.0, 8.0)),),
        release=1.2,
        gain=0.9,
        vibrato=0.002,
        body=_VIOLIN_BODY,
        width=0.8,
    ),
    "solo strings": Patch(
        (Layer(_SAW, attack=0.06, detune=(-2.0, 2.0)),),
        release=0.15,
        gain=0.85,
        vibrato=0.006,
        body=_VIOLIN_BODY,
        breath=0.02,
    ),
    "fiddle": Patch(
        (Layer(_SAW, attack=0.035),), release=0.1, gain=0.85, vibrato=0.005, body=_VIOLIN_BODY, breath=0.03
    ),
    "pizzicato": Patch((*struck(_NYLON, 0.22, 0.3),), release=0.1, gain=1.5, knock=0.3, width=0.4),
    "flute": Patch((Layer(_FLUTE, attack=0.05),), release=0.1, gain=0.95, vibrato=0.005, breath=0.05),
    "clarinet": Patch((Layer(_REED, attack=0.04),), release=0.09, gain=0.8, vibrato=0.002, breath=0.02),
    "saxophone": Patch(
        (Layer(_SAX, attack=0.035),), release=0.09, gain=0.75, vibrato=0.006, body=_HORN_BODY, breath=0.04, drive=0.4
    ),
    "trumpet": Patch(
        (Layer(_DARK, 0.6, attack=0.02), Layer(_BRASS, 0.8, attack=0.05)), release=0.08, gain=0.7, vibrato=0.004
    ),
    "muted trumpet": Patch(
        (Layer(_BRASS, attack=0.03),),
        release=0.08,
        gain=0.6,
        vibrato=0.005,
        body=((1500.0, 500.0, 1.0), (2600.0, 600.0, 0.5)),
    ),
    "brass": Patch(
        (Layer(_DARK, 0.6, attack=0.02), Layer(_BRASS, 0.8, attack=0.045, detune=(-6.0, 0.0, 6.0))),
        release=0.09,
        gain=0.7,
        width=0.5,
    ),
    "horns": Patch(
        (Layer(_SOFT_SAW, attack=0.09, detune=(-5.0, 5.0)),), release=0.25, gain=0.9, body=_HORN_BODY, width=0.5
    ),
    # synthesizers
    "warm pad": Patch((Layer(_DARK, attack=0.35, detune=(-7.0, 0.0, 7.0)),), release=0.7, gain=0.9, width=0.9),
    "analog pad": Patch(
        (Layer(_SOFT_SAW, attack=0.15, detune=(-10.0, -3.0, 5.0, 11.0)),), release=0.5, gain=0.8, width=0.9
    ),
    "glass pad": Patch(
        (
            Layer((1.0, 0.0, 0.3, 0.0, 0.0, 0.12), attack=0.3, detune=(-5.0, 5.0)),
            Layer(_SINE, 0.2, attack=0.6, ratio=4.01),
        ),
        release=0.9,
        gain=0.9,
        width=0.9,
    ),
    "choir pad": Patch(
        (Layer(_SOFT_SAW, attack=0.25, detune=(-8.0, -2.0, 3.0, 9.0)),),
        release=0.6,
        gain=1.1,
        vibrato=0.003,
        body=_CHOIR_BODY,
        width=0.9,
    ),
    "supersaw": Patch(
        (Layer(_SOFT_SAW, attack=0.006, detune=(-17.0, -9.0, 0.0, 8.0, 16.0)), Layer(_SAW, 0.5, decay=0.25)),
        release=0.12,
        gain=0.7,
        width=0.9,
    ),
    "lead synth": Patch(
        (Layer(_SOFT_SQUARE, attack=0.012, detune=(-5.0, 5.0)), Layer(_SAW, 0.35, decay=0.3)),
        release=0.1,
        gain=0.75,
        vibrato=0.004,
        width=0.3,
    ),
    "pluck": Patch(
        (Layer(_SOFT_SAW, decay=0.35, detune=(-5.0, 5.0)), Layer(_SAW, 0.6, decay=0.08)),
        release=0.1,
        gain=0.95,
        width=0.5,
    ),
}

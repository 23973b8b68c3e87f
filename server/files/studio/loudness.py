"""How loud a recording is, after ITU-R BS.1770 and EBU R 128, measured by FFmpeg's own meter."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from math import log10
from typing import TYPE_CHECKING, Final, NamedTuple

from .sound import Samples

if TYPE_CHECKING:
    from av.filter.context import FilterContext

SILENT: Final = -70.0
"""What the meter shows for silence, and for less than 0.4 seconds."""


class Loudness(NamedTuple):
    """A recording's loudness as a whole."""

    lufs: float
    range_lu: float
    """Between its quiet and its loud passages."""
    peak_dbtp: float
    """The highest peak between the samples, as a converter will play it; full scale is 0."""


class Meter:
    """Takes sound block by block; `read` says how loud all of it was."""

    def __init__(self, rate: int, channels: int) -> None:
        import av

        self._rate, self._layout = rate, "mono" if channels == 1 else "stereo"
        self._moments = 0
        self._last: dict[str, str] = {}
        self._graph = graph = av.filter.Graph()  # its filters live only as long as it does
        self._source = graph.add_abuffer(
            sample_rate=rate, format="flt", layout=self._layout, time_base=Fraction(1, rate)
        )
        # A single channel is played by two loudspeakers, as every other meter of songs has it.
        meter = graph.add("ebur128", "metadata=1:peak=true:dualmono=true")
        self._sink: FilterContext = graph.add("abuffersink")
        self._source.link_to(meter)
        meter.link_to(self._sink)
        graph.configure()

    def take(self, samples: Samples) -> None:
        """Listen to the next block."""
        import av

        if not len(samples):
            return
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout=self._layout)
        frame.sample_rate, frame.pts, frame.time_base = self._rate, self._moments, Fraction(1, self._rate)
        self._moments += len(samples)
        self._source.push(frame)
        self._drain()

    def read(self) -> Loudness:
        """How loud it was; nothing can be taken afterwards."""
        from numpy import float32, zeros

        # The meter tells its figures after every tenth of a second, and would keep those of a shorter rest to itself.
        tenth = self._rate // 10
        channels = 1 if self._layout == "mono" else 2
        self.take(zeros((-self._moments % tenth, channels), float32))
        self._source.push(None)
        self._drain()
        if not self._last:
            return Loudness(SILENT, 0.0, SILENT)
        known = {name: float(value) for name, value in self._last.items()}
        peak = max(value for name, value in known.items() if name.startswith("lavfi.r128.true_peaks_ch"))
        return Loudness(
            max(known["lavfi.r128.I"], SILENT),
            known["lavfi.r128.LRA"],
            20 * log10(peak) if peak > 0 else SILENT,
        )

    def _drain(self) -> None:
        import av

        while True:
            try:
                self._last = self._sink.pull().metadata or self._last
            except (av.error.BlockingIOError, av.error.EOFError):
                return


def measured(sound: Iterable[Samples], rate: int, channels: int) -> Loudness:
    """The loudness of a whole recording. Blocks."""
    meter = Meter(rate, channels)
    for samples in sound:
        meter.take(samples)
    return meter.read()

"""The options of a sandbox at its start."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Literal, get_args

from ..server.core.addresses import LOOPBACK, address_of

Pace = Literal["quick", "real", "instant"]
Brand = Literal["aimusicapi", "musicapi", "sunoapi"]
Edition = Literal["fuzz", "lyria", "slim"]
Family = Literal["producer", "nuro", "riffusion"]


@dataclasses.dataclass(frozen=True)
class Options:
    """How one sandbox behaves; the defaults are for a person without a key."""

    state_dir: Path
    host: str = "127.0.0.1"
    port: int = 0
    """0 = the port of the last run in this state directory if it is free, else any."""
    fast: bool = False
    """Two-second clips from a cache instead of composing."""
    pace: Pace = "quick"
    """quick: as fast as the songs are rendered; real: the service's times; instant: done at the first look."""
    soundfont: Path | None = None
    """A soundfont for the band, where FluidSynth is installed."""
    seed: int = 0
    idle_seconds: float = 900.0
    """The process ends after this long without a request or a running task; 0 = never."""
    credits: int = 1000
    """What an account holds when its key is first seen."""
    rate: float = 0.0
    """Least seconds between two tasks of one key, else 429; 0 = no limit; the service's own figure is 3."""
    brand: Brand = "aimusicapi"
    edition: Edition = "fuzz"
    """Which of the producer family's contracts it plays; the first is the fullest."""
    retired: tuple[Family, ...] = ()
    """Families that answer 410 to everything."""
    faults: tuple[str, ...] = ()
    token: str = ""
    """Identifies this start; a health answer that contains it comes from this process."""

    @property
    def folder(self) -> Path:
        """The folder with all data of this sandbox."""
        return self.state_dir / "sandbox"

    @property
    def base_url(self) -> str:
        """Its address, once `port` is a real one."""
        return address_of(self.host, self.port)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give a parser the sandbox's flags; `from_arguments` reads what it parsed."""
    parser.add_argument("--state-dir", type=Path, required=True, help="folder for its data and files")
    parser.add_argument("--host", choices=LOOPBACK, default="127.0.0.1", help="only loopback")
    parser.add_argument("--port", type=int, default=0, help="0: the last one if it is free, else any")
    parser.add_argument("--fast", action="store_true", help="two-second clips instead of composing")
    parser.add_argument(
        "--pace", choices=get_args(Pace), help="quick (default), real, or instant (default with --fast)"
    )
    parser.add_argument("--soundfont", type=Path, help="a soundfont (.sf2) for the band, played by fluidsynth")
    parser.add_argument("--seed", type=int, default=0, help="the same seed and requests give the same songs")
    parser.add_argument("--idle-seconds", type=float, default=900.0, help="end after this long without work; 0: never")
    parser.add_argument("--credits", type=int, default=1000, help="balance of a key seen for the first time")
    parser.add_argument("--rate", type=float, default=0.0, help="least seconds between tasks of one key, else 429")
    parser.add_argument("--brand", choices=get_args(Brand), default="aimusicapi", help="whose paths and prices")
    parser.add_argument(
        "--edition", choices=get_args(Edition), default="fuzz", help="which contract of the producer family"
    )
    parser.add_argument(
        "--retired", action="append", choices=get_args(Family), default=[], help="a family that answers 410; repeatable"
    )
    parser.add_argument("--fault", action="append", default=[], help="JSON or operation:do[:name=value…]; repeatable")
    parser.add_argument("--token", default="", help=argparse.SUPPRESS)


def from_arguments(arguments: argparse.Namespace) -> Options:
    """Options from what a parser with `add_arguments` has read."""
    return Options(
        state_dir=arguments.state_dir,
        host=arguments.host,
        port=arguments.port,
        fast=arguments.fast,
        pace=arguments.pace or ("instant" if arguments.fast else "quick"),
        soundfont=arguments.soundfont,
        seed=arguments.seed,
        idle_seconds=arguments.idle_seconds,
        credits=arguments.credits,
        rate=arguments.rate,
        brand=arguments.brand,
        edition=arguments.edition,
        retired=tuple(arguments.retired),
        faults=tuple(arguments.fault),
        token=arguments.token,
    )


def to_arguments(options: Options) -> list[str]:
    """The command line that `add_arguments` and `from_arguments` read back as these options."""
    line = ["--state-dir", str(options.state_dir), "--host", options.host, "--port", str(options.port)]
    line += ["--pace", options.pace, "--seed", str(options.seed), "--idle-seconds", str(options.idle_seconds)]
    line += ["--credits", str(options.credits), "--rate", str(options.rate), "--brand", options.brand]
    line += ["--edition", options.edition]
    for family in options.retired:
        line += ["--retired", family]
    line += ["--fast"] if options.fast else []
    line += ["--soundfont", str(options.soundfont)] if options.soundfont else []
    for fault in options.faults:
        line += ["--fault", fault]
    return line + (["--token", options.token] if options.token else [])

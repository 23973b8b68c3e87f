"""`python -m songwright.sandbox --state-dir …`: one sandbox process."""

from __future__ import annotations

import argparse
import logging
import sys

from .options import add_arguments, from_arguments


def main(arguments: list[str] | None = None) -> int:
    """Serve until stopped; returns 0 after a normal end, 2 for invalid options, 3 when another sandbox serves here."""
    from .faults import BadRule
    from .serve import InUse, run

    parser = argparse.ArgumentParser(prog="songwright-sandbox", description="The AI Music API, offline, on loopback.")
    add_arguments(parser)
    options = from_arguments(parser.parse_args(arguments))
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)  # it would log links, which may contain secrets
    try:
        run(options)
    except BadRule as error:
        parser.error(str(error))
    except InUse as error:
        logging.getLogger(__name__).warning("%s", error)
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`python -m songwright.server`, and what a bundle runs as a script."""

import sys

if __name__ == "__main__":
    # A script's own folder comes first on the path, and there `http.py` would hide the standard library's.
    if not __package__ and not sys.flags.safe_path:
        del sys.path[0]
    from songwright.server.cli.main import main

    sys.exit(main())

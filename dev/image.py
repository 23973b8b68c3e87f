"""Tries what the Dockerfile makes, without a container engine: `make image-check`, or `python -m dev.image`.

The same script fills a folder, and a user who may write only to a data folder runs from it what the image would run,
with the Dockerfile's own settings: the help, adding a tenant, the server, its health check, its end. As root it changes
to the image's user id; otherwise to nobody else.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
START_SECONDS = 20.0
STOP_SECONDS = 12.0
"""Compose waits 15 seconds before it kills."""
SECRETS = {"SONGWRIGHT_API_KEY": "image-check-key", "SONGWRIGHT_SECRET_KEYS": "image-check-" + "0123456789" * 3}


class Failed(Exception):
    """Something is not as the image needs it; the text says what."""


def settings(dockerfile: str) -> tuple[dict[str, str], int]:
    """The environment and the user id of the Dockerfile's last stage."""
    last = re.split(r"^FROM .*$", dockerfile.replace("\\\n", " "), flags=re.MULTILINE)[-1]
    given = re.findall(r"^ENV (.*)$", last, re.MULTILINE)
    user = re.search(r"^USER (\d+):\d+$", last, re.MULTILINE)
    if user is None:
        raise Failed("the Dockerfile's last stage names no numeric user")
    return dict(pair.split("=", 1) for line in given for pair in shlex.split(line)), int(user[1])


class Image:
    """The image's program folder and a data folder, both temporary, and the user who runs it."""

    def __init__(self, folder: Path) -> None:
        self.program, self.data = folder / "opt" / "songwright", folder / "data"
        environment, uid = settings((ROOT / "Dockerfile").read_text(encoding="utf-8"))
        self.who: dict[str, Any] = {"user": uid, "group": uid, "extra_groups": []} if os.geteuid() == 0 else {}
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.environment = {
            name: value.replace("/opt/songwright", str(self.program))
            .replace("/data", str(self.data))
            .replace("$PATH", os.defpath)
            for name, value in environment.items()
        }
        self.environment |= {
            **SECRETS,
            "SONGWRIGHT_PORT": str(port),
            "SONGWRIGHT_PUBLIC_URL": "https://songs.example.org",
        }
        self.data.mkdir(mode=0o750)
        if self.who:
            os.chown(self.data, uid, uid)

    def build(self) -> None:
        """Fill the program folder as the Dockerfile does."""
        self.program.parent.mkdir()
        python = {"PYTHON": self._python()}
        for step in ("packages", "program"):
            command = ["sh", "deploy/build-image.sh", step, str(self.program)]
            subprocess.run(command, cwd=ROOT, env=os.environ | python, check=True)

    def _python(self) -> str:
        """An interpreter that the image's user may run, too; one below root's home folder is closed to others."""
        for candidate in (os.environ.get("PYTHON"), sys.executable, "/usr/local/bin/python3", "/usr/bin/python3"):
            check = "import ensurepip, sys, venv; print(sys._base_executable); sys.exit(sys.version_info < (3, 11))"
            try:
                done = subprocess.run(
                    [candidate or "", "-c", check], cwd="/", capture_output=True, text=True, check=True, **self.who
                )
            except (OSError, subprocess.SubprocessError):
                continue
            return str(done.stdout).strip()
        raise Failed("no Python of 3.11 or newer that another user may run; name one: PYTHON=/path/to/python3")

    def run(self, *words: str, status: int = 0) -> str:
        """Run `songwright` as the image would; what it printed. Raises `Failed` when it ends with another status."""
        program = str(self.program / "bin" / "songwright")
        done = subprocess.run(
            [program, *words], cwd=self.data, env=self.environment, stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=60, check=False, **self.who,
        )  # fmt: skip
        if done.returncode != status:
            raise Failed(f"songwright {' '.join(words)}: status {done.returncode}\n{done.stdout}{done.stderr}")
        return str(done.stdout)

    def serve(self, words: Sequence[str]) -> subprocess.Popen[str]:
        """Start the image's own command."""
        return subprocess.Popen(
            words, cwd=self.data, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, **self.who,
        )  # fmt: skip


def closed(image: Image) -> None:
    """Nothing of the program can be written by who runs it, and no installer is left in it."""
    check = (
        "import os, sys\n"
        "print(*[os.path.join(f, n) for f, ds, ns in os.walk(sys.argv[1]) for n in ['', *ns]"
        " if os.access(os.path.join(f, n), os.W_OK)][:5])"
    )
    python = str(image.program / "bin" / "python")
    # For root every file is writable: who stays root cannot tell.
    if os.geteuid() != 0 or image.who:
        look = [python, "-c", check, str(image.program)]
        done = subprocess.run(look, capture_output=True, text=True, check=False, **image.who)
        if done.returncode or done.stdout.strip():
            raise Failed(f"the program folder can be written: {done.stdout}{done.stderr}")
    left = [name for name in ("pip", "setuptools") if list(image.program.glob(f"lib/*/site-packages/{name}"))]
    if left:
        raise Failed(f"left in the image: {', '.join(left)}")


def serves(image: Image) -> str:
    """The server starts, is healthy, and ends by itself when it is asked to; how long that took."""
    image.run("health", status=1)
    began = time.monotonic()
    with image.serve(command(ROOT / "Dockerfile")) as server:
        try:
            while not healthy(image):
                if server.poll() is not None or time.monotonic() - began > START_SECONDS:
                    raise Failed("the server did not start")
                time.sleep(0.1)
            up = time.monotonic() - began
            server.terminate()
            began = time.monotonic()
            status = server.wait(STOP_SECONDS)
            if status != 0:
                raise Failed(f"the server ended with status {status}")
        except (Failed, subprocess.TimeoutExpired) as error:
            server.kill()
            assert server.stdout is not None
            raise Failed(f"{error}\n{server.stdout.read()[-4000:]}") from None
    return f"up after {up:.1f} s, down after {time.monotonic() - began:.1f} s"


def healthy(image: Image) -> bool:
    """What the container's health check would find."""
    try:
        image.run("health")
    except Failed:
        return False
    return True


def command(dockerfile: Path) -> list[str]:
    """What the image runs."""
    text = dockerfile.read_text(encoding="utf-8")
    words = [
        re.findall(r'"([^"]*)"', line) for line in re.findall(r"^(?:ENTRYPOINT|CMD) (\[.*\])$", text, re.MULTILINE)
    ]
    return [word for part in words for word in part]


def size(folder: Path) -> float:
    """MiB of all files."""
    return sum(path.lstat().st_size for path in folder.rglob("*")) / 2**20


def main() -> int:
    """0 when the image would run."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        try:
            image = Image(folder)
            began = time.monotonic()
            image.build()
            print(f"built in {time.monotonic() - began:.0f} s, {size(image.program):.0f} MiB", flush=True)
            closed(image)
            print(f"closed to writing, run as user {image.who.get('user', 'myself')}", flush=True)
            if "compose" not in image.run("--help"):
                raise Failed("the help does not name the commands")
            print(image.run("--version").strip(), flush=True)
            image.run("tenants", "add", "ana")
            print(serves(image), flush=True)
        except Failed as error:
            print(f"FAILED: {error}", file=sys.stderr)
            return 1
        finally:
            # Closed folders cannot be emptied by who is not root.
            for path in [folder, *(path for path in folder.rglob("*") if path.is_dir() and not path.is_symlink())]:
                path.chmod(0o700)
    return 0


if __name__ == "__main__":
    sys.exit(main())

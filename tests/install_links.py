"""What a link that installs Songwright says, read as the host reads it that the link is for."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

LINK = re.compile(
    r"\[([^\]]+)\]\((https://(?:cursor\.com|insiders\.vscode\.dev|block\.github\.io|lmstudio\.ai)/[^)]+)\)"
)


@dataclass(frozen=True)
class Installed:
    """What the host writes down and starts."""

    name: str
    command: list[str]
    environment: dict[str, str] = field(default_factory=dict)


def links(page: str) -> dict[str, str]:
    """The links of a page that install something, by what they say."""
    return dict(LINK.findall(page))


def installed(link: str) -> Installed:
    """What comes out of a click, for a person who fills in nothing. Raises `KeyError` for a host that is not known."""
    address = urlsplit(link)
    pairs = parse_qsl(address.query, strict_parsing=True)
    given = dict(pairs)
    where = f"{address.hostname}{address.path}"
    if where == "block.github.io/goose/extension":
        return Installed(given["id"], [given["cmd"], *(value for name, value in pairs if name == "arg")])
    if where == "insiders.vscode.dev/redirect/mcp/install":
        config = json.loads(given["config"])
        for asked in json.loads(given["inputs"]):
            assert asked["password"], "a key is typed unseen"
            config = json.loads(json.dumps(config).replace(f"${{input:{asked['id']}}}", ""))
    else:
        assert where in ("cursor.com/en/install-mcp", "lmstudio.ai/install-mcp"), where
        config = json.loads(base64.b64decode(given["config"], validate=True))
    return Installed(given["name"], [config["command"], *config["args"]], config.get("env", {}))

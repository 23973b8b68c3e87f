"""The size of the tool list for a model: names, descriptions, input schemas; a token is four bytes."""

from __future__ import annotations

from songwright import tools
from songwright.server.protocol import schema

from .common import line, title

DEFAULT = ("sonic", "account", "library", "craft", "studio")


def main() -> None:
    title("weight: tokens of the tool list")
    for name, toolsets, goal in (("default", DEFAULT, "≤ 9,500"), ("everything", ("all",), "≤ 15,000")):
        names = tools.chosen(toolsets)
        weights = {tool: schema.weight([tool]) for tool in names}
        heaviest = max(weights, key=weights.__getitem__)
        line(f"{name}: {len(names)} tools", f"{schema.weight(names):,}", goal)
        line(f"{name}: mean; heaviest, {heaviest}", f"{sum(weights.values()) // len(names)}; {weights[heaviest]}")


if __name__ == "__main__":
    main()

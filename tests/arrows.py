"""Every change of a job's state that the code can make, read from the code itself: the journal's SQL and the steps."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from types import ModuleType

from songwright.server.core.jobs import State
from songwright.server.journal import write
from songwright.server.journal.sqlite import queries
from songwright.server.orders import looks, saving, steps

Arrow = tuple[str, str]

START = "(new)"
BEGINS = (
    (steps, ("send", "stumbled"), State.SENDING),
    (looks, ("look", "stumbled"), State.RUNNING),
    (saving, ("fetch", "stumbled"), State.FETCHING),
)
"""The functions of a step, with the state in which a job is handed to them; they write through the query `move`."""


def arrows() -> set[Arrow]:
    """(from, to) of everything that can be written to a job's state."""
    found: set[Arrow] = {(START, state) for state in states_in(functions(write)["_insert"])}
    for name, query in queries().items():
        if query.startswith("UPDATE jobs") and name != "move":
            found |= set(written_by(name, query))
    for module, entries, state in BEGINS:
        found |= {(state.value, to) for entry in entries for to in reached_from(module, entry)}
    return found


def written_by(name: str, query: str) -> Iterator[Arrow]:
    """The arrows of one named UPDATE; its `:state`, if any, is whatever the journal's function of that name says."""
    changes, _, condition = query.partition("\n WHERE ")
    before = re.findall(r"(?<!\.)\bstate (?:= '(\w+)'|IN \(([^)]*)\))", condition)
    sources = [source for one, several in before for source in re.findall(r"\w+", one or several)]
    if "problem = 'given_up'" in condition:
        sources.append(State.FAILED.value)  # giving up is the one failure that a receipt undoes
    if case := re.search(r"\bstate = CASE WHEN state = '(\w+)' THEN '(\w+)' ELSE state END", changes):
        yield case[1], case[2]
    elif fixed := re.search(r"\bstate = '(\w+)'", changes):
        yield from ((source, fixed[1]) for source in sources)
    elif re.search(r"\bstate = :state", changes):
        yield from ((source, to) for source in sources for to in states_in(functions(write)[name]))


def functions(module: ModuleType) -> dict[str, ast.AST]:
    """Every function and method of a module, by name."""
    tree = ast.parse(inspect.getsource(module))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}


def reached_from(module: ModuleType, entry: str) -> set[str]:
    """The states in every `Change` that a function of a module, or one it calls there, can make."""
    known = functions(module)
    waiting, seen = [entry], set[str]()
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        for node in ast.walk(known[name]):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Change":
                found |= states_in(node.args[0])
            elif isinstance(node, ast.Name) and node.id in known and node.id not in seen:
                waiting.append(node.id)
    return found


def states_in(node: ast.AST) -> set[str]:
    """Every `State.X` below a node, as the journal spells it."""
    return {
        State[part.attr].value
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == "State"
    }

# ruff: noqa: INP001 - beside the script that uses it, no package
"""Files of source as trees: what stands in what, and who calls whom."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True, eq=False)
class Module:
    """One file of the program."""

    path: Path
    tree: ast.Module
    parents: Mapping[ast.AST, ast.AST]

    @classmethod
    def read(cls, path: Path) -> "Module":
        """Read a file."""
        tree = ast.parse(path.read_text(encoding="utf-8"))
        pairs = ((each, node) for node in ast.walk(tree) for each in ast.iter_child_nodes(node))
        return cls(path, tree, dict(pairs))

    def function_of(self, node: ast.AST) -> Function | None:
        """Return the function in which a node stands."""
        return next((each for each in self.above(node) if isinstance(each, Function)), None)

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """Yield what a node stands in, from the inside."""
        parent = self.parents.get(node)
        while parent is not None:
            yield parent
            parent = self.parents.get(parent)

    def block_of(self, node: ast.AST) -> ast.AST | None:
        """Return the function, branch or loop in which a node's statement stands."""
        inner = node
        for parent in self.above(node):
            if isinstance(inner, ast.stmt):
                return parent
            inner = parent
        return None

    def calls(self, names: Iterable[str]) -> Iterator[ast.Call]:
        """Yield the calls of functions or methods of these names."""
        wanted = set(names)
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Call) and called(node) in wanted:
                yield node

    def function(self, name: str) -> Function | None:
        """Return the function of a name."""
        found = (each for each in ast.walk(self.tree) if isinstance(each, Function))
        return next((each for each in found if each.name == name), None)


def called(call: ast.Call) -> str:
    """Return the name of the function or method that is called."""
    match call.func:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""

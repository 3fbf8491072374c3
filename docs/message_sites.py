# ruff: noqa: INP001 - beside the script that uses it, no package
"""Finds every text for people that the program can give: its code, and what it surely speaks of.

It looks for `message("code", name=…)` and `Message("code", …)` in files that take them from `rempart.model.law`.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from source_files import Module
from source_values import Declared, NeedsCallerError, Reader, Scope, UnclearError

_MODEL: Final = "rempart.model.law"
_MAKERS: Final = frozenset({"message", "Message"})
_HEADINGS: Final = frozenset({"heading", "heads", "name"})
_MOST_CALLERS: Final = 5  # a value may come through so many functions


@dataclass(frozen=True, slots=True)
class Site:
    """One place that gives a text.

    Attributes:
        codes: the texts that it can give.
        fields: what they surely speak of.
    """

    place: str
    codes: frozenset[str]
    fields: frozenset[str]


@dataclass(slots=True)
class Collector:
    """Collects the sites of modules; what the source does not tell is kept in `problems`."""

    modules: list[Module]
    declared: Declared
    problems: list[str] = field(default_factory=list)

    def sites(self) -> list[Site]:
        """Return every site."""
        return [
            site
            for module in self.modules
            for call in module.calls(_makers(module))
            for site in self._followed(call, Scope(module, module.function_of(call)), 0)
        ]

    def headings(self) -> list[tuple[str, str]]:
        """Return every heading that a module takes, each behind the place where it stands."""
        found = []
        for module in self.modules:
            for call in module.calls(_HEADINGS):
                place = f"{module.path.name}:{call.lineno}"
                scope = Scope(module, module.function_of(call))
                if scope.function is not None and scope.function.name in _HEADINGS:
                    continue  # it passes on what its callers give
                for each in _headings_of(call):
                    found += [(place, text) for text in self._read(place, each, scope)]
        return found

    def kinds(self) -> list[tuple[str, str]]:
        """Return every kind in `texts.name("kind", code)`, each behind the place where it stands."""
        found = []
        for module in self.modules:
            for call in module.calls(["name"]):
                match call:
                    case ast.Call(func=ast.Attribute(), args=[ast.Constant(value=str(kind)), _]):
                        found.append((f"{module.path.name}:{call.lineno}", kind))
        return found

    def _read(self, place: str, expression: ast.expr, scope: Scope) -> frozenset[str]:
        try:
            return Reader(self.declared).texts(expression, scope)
        except (UnclearError, NeedsCallerError):
            written = ast.unparse(expression)
            self.problems.append(f"{place}: `{written}` is not told by the source: declare it.")
            return frozenset()

    def _followed(self, call: ast.Call, scope: Scope, depth: int) -> Iterator[Site]:
        place = f"{scope.module.path.name}:{call.lineno}"
        try:
            yield self._site(place, call, scope)
        except UnclearError as error:
            self.problems.append(f"{place}: `{error}` is not told by the source: declare it.")
        except NeedsCallerError as error:
            callers = scope.under_callers(self.modules) if depth < _MOST_CALLERS else []
            if not callers:
                self.problems.append(f"{place}: no call is found that gives `{error}`: declare it.")
            for each in callers:
                yield from self._followed(call, each, depth + 1)

    def _site(self, place: str, call: ast.Call, scope: Scope) -> Site:
        reader = Reader(self.declared)
        first, *more = call.args
        codes = reader.texts(first, scope)
        mapping = (reader.keys(each, scope) for each in more)
        return Site(place, codes, reader.keywords(call, scope).union(*mapping))


def _makers(module: Module) -> set[str]:
    """Return the names under which a module makes texts."""
    imports = (each for each in ast.walk(module.tree) if isinstance(each, ast.ImportFrom))
    taken = (name for each in imports if each.module == _MODEL for name in each.names)
    return {each.asname or each.name for each in taken if each.name in _MAKERS}


def _headings_of(call: ast.Call) -> list[ast.expr]:
    """Return the headings in `heading(texts, …)`, `heads(texts, …, …)` and `texts.name("heading", …)`."""
    if isinstance(call.func, ast.Name):
        return call.args[1:]
    match call.args:
        case [ast.Constant(value="heading"), heading]:
            return [heading]
        case _:
            return []

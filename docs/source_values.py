# ruff: noqa: INP001 - beside the script that uses it, no package
"""Tells from source alone, without running it, which texts and which names an expression can have.

A value may come through local names, conditions, loops over literals, module constants, functions of the same
file and the callers of a function. What cannot be told is unclear, unless it is declared.
"""

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Final, TypeAlias

from source_files import Function, Module, called

Names: TypeAlias = frozenset[str]
_COPIES: Final = "named"
"""The function that copies what a question gave: named(case, "state", limit=18)."""

_NOTHING: Final[Names] = frozenset()


class NeedsCallerError(Exception):
    """The value comes from the callers of the function."""


class UnclearError(Exception):
    """The value cannot be told from the source."""


@dataclass(frozen=True, slots=True)
class Declared:
    """What the source does not tell, by file and expression as it is written there: `gaps.py: answer.value`.

    Attributes:
        texts: every text that an expression can be.
        keys: the names that a mapping surely has.
    """

    texts: Mapping[str, Names]
    keys: Mapping[str, Names]
    _needed: set[str] = field(default_factory=set)

    def texts_of(self, expression: ast.expr, scope: "Scope") -> Names | None:
        """Return what is declared for a text, and remember that it was needed."""
        return self._of(self.texts, expression, scope)

    def keys_of(self, expression: ast.expr, scope: "Scope") -> Names | None:
        """Return what is declared for a mapping, and remember that it was needed."""
        return self._of(self.keys, expression, scope)

    def left_over(self) -> list[str]:
        """Return the declarations that no expression needed."""
        return sorted({*self.texts, *self.keys} - self._needed)

    def _of(self, among: Mapping[str, Names], expression: ast.expr, scope: "Scope") -> Names | None:
        place = f"{scope.module.path.name}: {ast.unparse(expression)}"
        if place in among:
            self._needed.add(place)
        return among.get(place)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands, and the call that leads there where one is followed."""

    module: Module
    function: Function | None
    call: ast.Call | None = None
    outer: "Scope | None" = None

    def under_callers(self, modules: Iterable[Module]) -> list["Scope"]:
        """Return the scope under each call of its outermost function."""
        if self.outer is not None:
            return [replace(self, outer=each) for each in self.outer.under_callers(modules)]
        if self.function is None:
            return []
        name = self.function.name
        among = [self.module] if name.startswith("_") else modules
        return [
            replace(self, call=call, outer=Scope(module, module.function_of(call)))
            for module in among
            for call in module.calls([name])
        ]

    def argument(self, name: str) -> tuple[ast.expr, "Scope"] | None:
        """Return what a call gives for a parameter; None where the name is no parameter.

        Raises:
            NeedsCallerError: no call is followed yet.
            UnclearError: the call does not show it.
        """
        if self.function is None:
            return None
        arguments = self.function.args
        places = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
        if name not in {*places, *(each.arg for each in arguments.kwonlyargs)}:
            return None
        if self.call is None or self.outer is None:
            raise NeedsCallerError(name)
        for keyword in self.call.keywords:
            if keyword.arg == name:
                return keyword.value, self.outer
        is_method = places[:1] in (["self"], ["cls"])
        place = places.index(name) - is_method if name in places else len(self.call.args)
        if place < len(self.call.args):
            return self.call.args[place], self.outer
        return _default(arguments, name), Scope(self.module, None)

    def values(self, use: ast.Name) -> list[ast.expr]:
        """Return what may be assigned to a name where it is used: here, else in the module."""
        name = use.id
        nodes = list(ast.walk(self.function)) if self.function is not None else []
        body = self.module.tree.body
        found = _assigned(name, nodes, body) or _assigned(name, body, body)
        if not found:
            raise UnclearError(name)
        return self._reaching(use, found)

    def _reaching(self, use: ast.Name, values: list[ast.expr]) -> list[ast.expr]:
        """Leave out what the last assignment that surely runs before the use replaces, and what comes after it."""
        above = set(self.module.above(use))
        sure = [
            each.lineno
            for each in values
            if each.lineno < use.lineno and self.module.block_of(each) in above
        ]
        if not sure:
            return values
        return [each for each in values if max(sure) <= each.lineno < use.lineno]


def _default(arguments: ast.arguments, name: str) -> ast.expr:
    given = [*arguments.posonlyargs, *arguments.args]
    pairs: list[tuple[ast.arg, ast.expr | None]] = [
        *zip(reversed(given), reversed(arguments.defaults), strict=False),
        *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
    ]
    found = next((value for each, value in pairs if each.arg == name), None)
    if found is None:
        raise UnclearError(name)
    return found


def _assigned(name: str, nodes: Iterable[ast.AST], constants: Iterable[ast.AST]) -> list[ast.expr]:
    """Return what a name gets: by assignment, or in a loop over a literal or over a name of one."""
    places = [*nodes]
    found: list[ast.expr] = []
    for node in places:
        match node:
            case ast.Assign(targets=[target], value=value):
                found += _parts(name, target, [value])
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                found += _parts(name, target, [value])
            case (
                ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source)
            ):
                found += _parts(name, target, _elements(source, [*places, *constants]))
            case _:
                pass
    return found


def _elements(source: ast.expr, nodes: Iterable[ast.AST]) -> list[ast.expr]:
    match source:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return elements
        case ast.Name(id=name):
            rows = [
                each.value
                for each in nodes
                if isinstance(each, ast.Assign | ast.AnnAssign) and _is_of(name, each)
            ]
            return [
                one for row in rows if isinstance(row, ast.Tuple | ast.List) for one in row.elts
            ]
        case _:
            return []


def _is_of(name: str, node: ast.Assign | ast.AnnAssign) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    return any(isinstance(each, ast.Name) and each.id == name for each in targets)


def _parts(name: str, target: ast.expr, values: list[ast.expr]) -> list[ast.expr]:
    """Return what a name gets when values are assigned, one after the other, to a target."""
    match target:
        case ast.Name(id=found):
            return values if found == name else []
        case ast.Tuple(elts=targets):
            rows = [each.elts for each in values if isinstance(each, ast.Tuple)]
            return [
                part
                for row in rows
                for each, part in zip(targets, row, strict=False)
                if isinstance(each, ast.Name) and each.id == name
            ]
        case _:
            return []


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads expressions, with what is declared."""

    declared: Declared

    def texts(self, expression: ast.expr, scope: Scope) -> Names:
        """Return every text that an expression can be.

        Raises:
            NeedsCallerError: it depends on the callers.
            UnclearError: it cannot be told.
        """
        declared = self.declared.texts_of(expression, scope)
        if declared is not None:
            return declared
        match expression:
            case ast.Constant(value=str(text)):
                return frozenset({text})
            case ast.IfExp(body=first, orelse=second):
                return self.texts(first, scope) | self.texts(second, scope)
            case ast.JoinedStr(values=parts):
                several = [self.texts(_inner(each), scope) for each in parts]
                return frozenset("".join(each) for each in product(*several))
            case ast.Name():
                return self._named_texts(expression, scope)
            case ast.Subscript(value=ast.Name() as table):
                tables = [each for each in scope.values(table) if isinstance(each, ast.Dict)]
                return self._any_of([value for each in tables for value in each.values], scope)
            case _:
                raise UnclearError(ast.unparse(expression))

    def _named_texts(self, use: ast.Name, scope: Scope) -> Names:
        argument = scope.argument(use.id)
        if argument is not None:
            return self.texts(*argument)
        return self._any_of(scope.values(use), scope)

    def _any_of(self, expressions: list[ast.expr], scope: Scope) -> Names:
        return _NOTHING.union(*(self.texts(each, scope) for each in expressions))

    def keys(self, expression: ast.expr, scope: Scope) -> Names:
        """Return the names that a mapping surely has.

        Raises:
            NeedsCallerError: it depends on the callers.
            UnclearError: it cannot be told.
        """
        declared = self.declared.keys_of(expression, scope)
        if declared is not None:
            return declared
        match expression:
            case ast.Dict(keys=keys, values=values):
                return self._of_dictionary(keys, values, scope)
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return self.keys(left, scope) | self.keys(right, scope)
            case ast.IfExp(body=first, orelse=second):
                return self.keys(first, scope) & self.keys(second, scope)
            case ast.Call():
                return self._of_call(expression, scope)
            case ast.Name():
                return self._named_keys(expression, scope)
            case _:
                raise UnclearError(ast.unparse(expression))

    def keywords(self, call: ast.Call, scope: Scope) -> Names:
        """Return the names that a call surely gives by keyword."""
        given = (
            self.keys(each.value, scope) if each.arg is None else frozenset({each.arg})
            for each in call.keywords
        )
        return _NOTHING.union(*given)

    def _of_dictionary(
        self, keys: list[ast.expr | None], values: list[ast.expr], scope: Scope
    ) -> Names:
        parts = (
            self.keys(value, scope) if key is None else self.texts(key, scope)
            for key, value in zip(keys, values, strict=True)
        )
        return _NOTHING.union(*parts)

    def _of_call(self, call: ast.Call, scope: Scope) -> Names:
        name = called(call)
        if name == "MappingProxyType" and call.args:
            return self.keys(call.args[0], scope)
        if name == _COPIES:
            copied = (self._copied(each, scope) for each in call.args[1:])
            return self.keywords(call, scope).union(*copied)
        if name == "dict" and not call.args:
            return self.keywords(call, scope)
        function = scope.module.function(name)
        if function is None:
            raise UnclearError(ast.unparse(call))
        inside = Scope(scope.module, function, call, scope)
        returned = [
            self.keys(each.value, inside)
            for each in ast.walk(function)
            if isinstance(each, ast.Return) and each.value is not None
        ]
        return frozenset.intersection(*returned) if returned else _NOTHING

    def _copied(self, expression: ast.expr, scope: Scope) -> Names:
        declared = self.declared.keys_of(expression, scope)
        return self.texts(expression, scope) if declared is None else declared

    def _named_keys(self, use: ast.Name, scope: Scope) -> Names:
        name = use.id
        function = scope.function
        if function is not None and function.args.kwarg and function.args.kwarg.arg == name:
            if scope.call is None or scope.outer is None:
                raise NeedsCallerError(name)
            own = {each.arg for each in (*function.args.args, *function.args.kwonlyargs)}
            return self.keywords(scope.call, scope.outer) - own
        argument = scope.argument(name)
        if argument is not None:
            return self.keys(*argument)
        several = [self.keys(each, scope) for each in scope.values(use)]
        return frozenset.intersection(*several)


def _inner(part: ast.expr) -> ast.expr:
    return part.value if isinstance(part, ast.FormattedValue) else part

"""What a command imports: its start is paid at every call, and by every loop of a shell over files."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from types import ModuleType

import click
import pytest

import rempart.node
from rempart.cli.application import rempart as root_command
from rempart.cli.lazy_group import LazyGroup
from rempart.model.late_names import late_names

_HEAVY = {
    *("alembic", "av", "cedarpy", "cryptography", "httpx", "litestar", "msgspec", "numpy", "PIL"),
    *("pikepdf", "psycopg", "py7zr", "rich", "simplejpeg", "sqlalchemy", "uvicorn", "zstandard"),
    *("asyncio", "deflate", "multiprocessing", "email", "sqlite3", "ssl"),
}
_PROGRAM = """
import sys
from rempart.cli.application import run
sys.argv[1:] = {arguments!r}
code = run({arguments!r})
print(code, *sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def imported(*arguments: str) -> set[str]:
    """Return the top packages that a command line imported."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(arguments=list(arguments))],
        capture_output=True,
        text=True,
        check=True,
    )
    code, *found = done.stderr.splitlines()[-1].split()
    assert code == "0", done.stderr
    return set(found)


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["law", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    assert imported(*arguments) & _HEAVY == set()


def test_a_question_of_law_opens_no_store_and_reads_no_picture() -> None:
    found = imported("law", "party", "--state", "FR", "--instrument", "budapest")

    assert found & {"sqlalchemy", "alembic", "numpy", "PIL", "simplejpeg", "av"} == set()


def test_hashing_opens_no_store_and_knows_no_law() -> None:
    found = imported("hash", "--help")

    assert found & {"sqlalchemy", "alembic", "cedarpy", "rich"} == set()


def groups(command: click.Command) -> Iterator[LazyGroup]:
    if isinstance(command, LazyGroup):
        yield command
        for place in command.places.values():
            yield from groups(place.load())


@pytest.mark.parametrize("group", [*groups(root_command)], ids=lambda group: str(group.name))
def test_what_a_group_says_of_its_commands_is_what_they_say_themselves(group: LazyGroup) -> None:
    own = {name: place.load() for name, place in group.places.items()}

    assert {name: command.get_short_help_str(10_000) for name, command in own.items()} == {
        name: place.summary for name, place in group.places.items()
    }
    assert {name: command.name for name, command in own.items()} == {name: name for name in own}
    assert not any(command.hidden or command.deprecated for command in own.values())


def test_an_unknown_command_is_refused_and_a_known_one_is_suggested() -> None:
    with pytest.raises(click.UsageError, match="No such command 'scann'"):
        root_command.make_context("rempart", ["scann"]).command.main(
            ["scann"], standalone_mode=False
        )


LATE = ("rempart.fingerprint", "rempart.lists", "rempart.media", "rempart.node")
"""Packages whose names are imported when they are first asked for."""


def said_to_checkers(package: ModuleType) -> dict[str, str]:
    """Return the module of each name, as the imports say that only checkers read."""
    tree = ast.parse(inspect.getsource(package))
    blocks = [each for each in tree.body if isinstance(each, ast.If)]
    return {
        alias.name: statement.module
        for block in blocks
        for statement in block.body
        if isinstance(statement, ast.ImportFrom) and statement.module is not None
        for alias in statement.names
    }


@pytest.mark.parametrize("name", LATE)
def test_a_package_offers_every_name_that_its_imports_say_at_the_place_they_say(name: str) -> None:
    package = import_module(name)
    places: Mapping[str, str] = package._PLACES
    told = {each: module for module, names in places.items() for each in names.split()}

    assert told == said_to_checkers(package)
    assert sorted(told) == sorted(package.__all__)
    assert all(getattr(package, each) is not None for each in told)


@pytest.mark.parametrize("name", LATE)
def test_no_name_of_a_package_is_that_of_a_module_which_would_hide_it(name: str) -> None:
    package = import_module(name)
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    themselves = set(package._PLACES.get(name, "").split())

    assert modules & set(package.__all__) == themselves


def test_a_package_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'scann'"):
        _ = rempart.node.scann  # type: ignore[attr-defined] # the point


def test_no_name_has_two_places() -> None:
    with pytest.raises(ValueError, match="two places"):
        late_names("rempart.node", {"rempart.node.scan": "run", "rempart.node.walk": "run walk"})


def test_a_service_is_up_before_it_loads_what_no_look_up_needs() -> None:
    program = "import sys, rempart.node.serving, rempart.api.application; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    found = set(done.stdout.split())

    assert {"sqlalchemy", "cedarpy", "rempart.match", "rempart.api.routes.matching"} <= found
    assert found.isdisjoint({"alembic", "av", "httpx", "litestar", "PIL", "psycopg", "rich"})
    assert found.isdisjoint({"cryptography.x509", "sqlalchemy.dialects.postgresql"})
    assert found.isdisjoint({"rempart.law", "rempart.decide", "rempart.node.reading"})
    assert found.isdisjoint({"rempart.media", "rempart.lists.reading", "rempart.fingerprint.pdq"})

"""What a command imports: its start is paid at every call, and by every loop of a shell over files."""

import ast
import inspect
import pkgutil
import subprocess
import sys
from collections.abc import Iterator, Mapping

import click
import pytest

import rempart.node
from rempart.cli.application import rempart as root_command
from rempart.cli.lazy_group import LazyGroup

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


def test_node_offers_every_name_that_its_imports_say_at_the_place_they_say() -> None:
    said = {
        alias.name: statement.module
        for statement in ast.walk(ast.parse(inspect.getsource(rempart.node)))
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith("rempart.")
        for alias in statement.names
    }
    places: Mapping[str, str] = rempart.node._PLACES
    told = {name: module for module, names in places.items() for name in names.split()}

    assert told == said
    assert sorted(told) == sorted(rempart.node.__all__)
    assert all(getattr(rempart.node, name) is not None for name in told)


def test_no_name_of_node_is_that_of_a_module_which_would_hide_it() -> None:
    modules = {module.name for module in pkgutil.iter_modules(rempart.node.__path__)}

    assert modules & set(rempart.node.__all__) == set()


def test_node_has_no_other_names() -> None:
    with pytest.raises(AttributeError, match="no attribute 'scann'"):
        _ = rempart.node.scann  # type: ignore[attr-defined] # the point

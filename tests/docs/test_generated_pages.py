"""The reference names everything that the program has: commands, options, settings, errors, problems."""

import importlib
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from types import ModuleType
from typing import Final

import click
import numpy as np
import pytest
import skimage
from PIL import Image

from rempart.cli.application import rempart as root_command
from rempart.law.names import topic_pattern
from rempart.law.schema import AS_OF_FIELDS, COMMON_FIELDS, TOPICS
from rempart.model.errors import RempartError
from rempart.model.scan import Outcome, ProblemKind
from rempart.node import hash_files
from rempart.node.demo.hostile import HOSTILE, Model, write_hostile
from rempart.node.settings import Settings

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = ROOT / "docs" / "reference"


@pytest.fixture(scope="module")
def generator() -> Iterator[ModuleType]:
    """The script that writes the pages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "docs"))
        yield importlib.import_module("generate")


@pytest.mark.parametrize(
    "name",
    [
        "reference/commands.md",
        "reference/settings.md",
        "reference/errors.md",
        "reference/law-data.md",
        "reference/roles.md",
        "README.md",
    ],
)
def test_generated_page_is_up_to_date(generator: ModuleType, name: str) -> None:
    page = ROOT / "docs" / name

    assert page.read_text(encoding="utf-8") == generator.pages()[page], "run `make docs`"


def all_commands(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for each in command.list_commands(context):
            below = command.get_command(context, each)
            assert below is not None
            yield from all_commands(below, f"{name} {each}")


@pytest.mark.parametrize(
    ("name", "command"),
    [pytest.param(*each, id=each[0]) for each in all_commands(root_command, "rempart")],
)
def test_every_command_is_documented_with_every_option(name: str, command: click.Command) -> None:
    page = (REFERENCE / "commands.md").read_text(encoding="utf-8")

    section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]

    assert section, f"{name} is missing"
    for parameter in command.params:
        written = parameter.opts if isinstance(parameter, click.Option) else []
        assert all(option in section for option in written)


@pytest.mark.parametrize(
    ("name", "command"),
    [pytest.param(*each, id=each[0]) for each in all_commands(root_command, "rempart")],
)
def test_every_command_and_option_has_a_help_text(name: str, command: click.Command) -> None:
    assert command.help, name
    for parameter in command.params:
        assert not isinstance(parameter, click.Option) or parameter.help, parameter.name


@pytest.mark.parametrize("setting", [field.name for field in fields(Settings)])
def test_every_setting_is_documented_with_its_meaning(setting: str) -> None:
    page = (REFERENCE / "settings.md").read_text(encoding="utf-8")

    row = next(line for line in page.splitlines() if line.startswith(f"| `{setting}` |"))

    assert len(row.split("|")[4].strip()) > len("a word")


def test_every_topic_and_key_of_the_law_data_is_documented() -> None:
    page = (REFERENCE / "law-data.md").read_text(encoding="utf-8")

    for topic in TOPICS.values():
        pattern = topic_pattern(topic.name)[0].replace("{", "<").replace("}", ">")
        assert f"| `{pattern}` |" in page
        assert all(f"| `{field.name}` |" in page for field in topic.fields)
    assert all(f"| `{field.name}` |" in page for field in (*COMMON_FIELDS, *AS_OF_FIELDS))


def test_every_error_code_is_documented(generator: ModuleType) -> None:
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    generator.import_all()
    pending = [RempartError]
    codes = set()
    while pending:
        below = [
            each for each in pending.pop().__subclasses__() if each.__module__[:8] == "rempart."
        ]
        pending += below
        codes |= {each.code for each in below if each.__module__ != "rempart.model.errors"}

    assert len(codes) > 20
    assert [code for code in sorted(codes) if f"| `{code}` |" not in page] == []


def documented_outcomes() -> dict[str, set[str]]:
    """Read the table of problems as a reader does: kind, and the outcomes that it names."""
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    table = page.partition("\n## Problems of files\n")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    return {row[1].strip(" `"): set(row[2].strip().split(" or ")) for row in rows}


def test_every_problem_is_documented_with_possible_outcomes() -> None:
    found = documented_outcomes()

    assert set(found) == {kind.value for kind in ProblemKind}
    assert set().union(*found.values()) <= {outcome.value for outcome in Outcome}


def test_every_outcome_is_documented() -> None:
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")

    assert [each.value for each in Outcome if f"| `{each.value}` |" not in page] == []


def hostile_folder(folder: Path) -> Path:
    """Write every hostile file of the demonstration's corpus, made from one small benign picture."""
    picture = Image.open(Path(skimage.__file__).parent / "data" / "coffee.png").resize((300, 200))
    picture.save(folder / "model.png")
    model = Model(path=folder / "model.png", pixels=picture)
    below = folder / "hostile"
    below.mkdir()
    for each in HOSTILE:
        write_hostile(below, each, each.content(model, np.random.default_rng(1)))
    return below


def test_hostile_files_have_the_outcomes_that_the_page_names(tmp_path: Path) -> None:
    material = hostile_folder(tmp_path)
    documented = documented_outcomes()

    seen = {
        (file.problem.kind.value, file.outcome.value)
        for file in hash_files([bytes(material)])
        if file.problem is not None
    }

    assert len(seen) > 5
    assert [each for each in sorted(seen) if each[1] not in documented[each[0]]] == []


def test_the_exit_codes_of_the_command_line_are_documented(generator: ModuleType) -> None:
    page = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    generator.import_all()

    for code in (0, 1, 2, 3, 4, 130, 143):
        assert f"| {code} | " in page
        assert str(code) in str(root_command.epilog)
    assert {each.exit_code for each in RempartError.__subclasses__()} == {2, 3, 4}

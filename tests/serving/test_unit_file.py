"""The unit of systemd says what the program does: its options, its signals, its exit codes."""

import shlex
import shutil
import subprocess
from pathlib import Path

import click
import pytest

from rempart.cli.application import INTERRUPTED, TERMINATED
from rempart.cli.application import rempart as root_command

UNIT = Path(__file__).parents[2] / "packaging" / "rempart.service"


def unit() -> dict[str, dict[str, list[str]]]:
    """Read the unit: sections, names, and each value that a name is given."""
    sections: dict[str, dict[str, list[str]]] = {}
    section: dict[str, list[str]] = {}
    for line in UNIT.read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            section = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            name, equals, value = line.partition("=")
            assert equals, line
            section.setdefault(name, []).append(value)
    return sections


def test_the_unit_has_its_sections_and_gives_each_name_once() -> None:
    sections = unit()

    assert list(sections) == ["Unit", "Service", "Install"]
    for section in sections.values():
        assert [name for name, values in section.items() if len(values) > 1] == []


def test_the_command_of_the_unit_is_one_of_the_program() -> None:
    (started,) = unit()["Service"]["ExecStart"]
    _, name, *arguments = shlex.split(started)

    # As the program itself runs it: a command keeps the names of its option for help from then on.
    parent = click.Context(root_command, obj=Choice(), **root_command.context_settings)
    command = root_command.get_command(parent, name)
    assert command is not None
    command.make_context(name, arguments, parent=parent)

    assert not any("port" in each for each in arguments)  # settings decide


class Choice:
    """Takes the folder of the node that a command line names."""

    named: str | None = None


def test_signals_and_exit_codes_are_those_of_the_program() -> None:
    service = unit()["Service"]

    assert service["Type"] == ["notify"]
    assert service["ExecReload"] == ["/bin/kill -HUP $MAINPID"]
    assert service["SuccessExitStatus"] == [f"{INTERRUPTED} {TERMINATED}"]
    assert service["KillMode"] == ["mixed"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("CapabilityBoundingSet", ""),
        ("UMask", "0077"),
    ],
)
def test_the_unit_gives_the_service_no_more_than_it_needs(name: str, value: str) -> None:
    assert unit()["Service"][name] == [value]


def test_systemd_takes_the_unit_where_it_is_installed(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        return  # nothing here to ask; the other tests read the unit themselves
    copy = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/rempart/bin/rempart", "/bin/true"), encoding="utf-8")

    ran = subprocess.run(
        [analyze, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )

    assert UNIT.name not in ran.stderr

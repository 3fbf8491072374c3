"""A password in `--store` stands where every user of the machine can read it: said, with what to do."""

import pytest

from rempart.cli.options import warn_of_password


@pytest.mark.parametrize(
    "url",
    ["postgresql://me:secret@db.example.org/x", "postgresql://db.example.org/x?password=secret"],
)
def test_a_password_on_the_command_line_is_warned_of_and_not_repeated(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    warn_of_password(url)

    told = capsys.readouterr().err
    assert "REMPART_STORE" in told
    assert "secret" not in told


@pytest.mark.parametrize("url", [None, "", "postgresql://me@db.example.org/x", "http://[bad"])
def test_without_a_password_nothing_is_said(
    url: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    warn_of_password(url)

    assert capsys.readouterr().err == ""

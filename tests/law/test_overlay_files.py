"""An operator's files that are none, or hold what no question would look for, are refused and not passed over."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.law.building import by_subject, fact, file_of, shelf_of

from rempart.law import LawDataRefusedError, Mistake, open_law
from rempart.law.reading import MAX_FILE_BYTES

DIRECT = "BR.toml"


def own(name: str) -> str:
    return fact(name, "yes", recorded="overlay")


def refused(folder: Path) -> Mistake:
    with pytest.raises(LawDataRefusedError) as caught:
        open_law(folder)
    [mistake] = caught.value.mistakes
    return mistake


def a_pipe(place: Path) -> None:
    os.mkfifo(place)


def a_link_to_a_pipe(place: Path) -> None:
    os.mkfifo(place.with_name("pipe"))
    place.symlink_to("pipe")


def a_link_to_a_device(place: Path) -> None:
    place.symlink_to("/dev/zero")


@pytest.mark.timeout(20)
@pytest.mark.parametrize("make", [a_pipe, a_link_to_a_pipe, a_link_to_a_device])
@pytest.mark.parametrize("name", [DIRECT, "below/BR.toml"])
def test_what_is_no_regular_file_is_refused_before_it_is_opened(
    tmp_path: Path, make: Callable[[Path], None], name: str
) -> None:
    place = tmp_path / name
    place.parent.mkdir(exist_ok=True)
    make(place)

    mistake = refused(tmp_path)

    assert mistake.file == str(place)
    assert "regular file" in mistake.message
    assert "regular file" in mistake.expected


def test_a_file_too_large_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / DIRECT
    with place.open("wb") as written:
        written.truncate(MAX_FILE_BYTES + 1)
    opened = []
    whole_open = Path.open

    def watched(path: Path, mode: str = "r") -> object:
        opened.append(path)
        return whole_open(path, mode)

    monkeypatch.setattr(Path, "open", watched)

    mistake = refused(tmp_path)

    assert "too large" in mistake.message
    assert f"{MAX_FILE_BYTES:,}" in mistake.expected
    assert opened
    assert place not in opened


def test_a_link_to_a_file_of_facts_is_read(tmp_path: Path) -> None:
    (tmp_path / "facts").write_text(file_of("BR", own("BR.crime.sale.1")), encoding="utf-8")
    (tmp_path / DIRECT).symlink_to("facts")

    assert open_law(tmp_path).has_overlay


@pytest.mark.parametrize("topic", ["party", "in-force", "reservation", "territory"])
def test_a_treaty_of_a_part_of_a_state_is_refused_and_the_topic_that_is_read_is_named(
    topic: str,
) -> None:
    name = f"GB-SCT.treaty.budapest.{topic}.1"

    with pytest.raises(LawDataRefusedError) as caught:
        shelf_of(by_subject(fact("GB.crime.sale.1", "yes")), overlay=by_subject(own(name)))

    wrong = next(each for each in caught.value.mistakes if "part of GB" in each.message)
    assert "treaty.budapest.territory of GB" in wrong.expected
    assert (wrong.file, wrong.line) == ("GB-SCT.toml", 6)


def test_other_law_of_a_part_and_treaties_of_a_state_are_not_refused() -> None:
    facts = by_subject(
        own("GB-SCT.crime.sale.1"),
        fact("GB.treaty.budapest.party.1", "ratification", recorded="overlay"),
        fact(
            "GB.treaty.budapest.territory.1",
            "all but one part",
            recorded="overlay",
            not_in=["GB-SCT"],
        ),
    )

    assert shelf_of({"FR": file_of("FR")}, overlay=facts).has_overlay

"""Lists of other tools are imported as the operator states them, several files as one version of a list."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.lists.foreign_lists import CAID, MD5_A, NSRL_NEW, SHA256_A, kdb, nsrl_minimal

from rempart.lists import KnownGoodOnlyError, ListTornError
from rempart.model.lists import ListPurpose
from rempart.node import ImportReport, ImportRequest, OpenNode, import_list
from rempart.node.errors import SettingsError

MD5_B = "92eb5ffee6ae2fec3ad71c777531578f"
FIRST, SECOND = CAID.format(category=1, md5=MD5_A), CAID.format(category=2, md5=MD5_B)


def run(node: OpenNode, *contents: str | bytes, **stated: Any) -> ImportReport:
    request = ImportRequest(**{"name": "exercise", "owner": "Example Hotline", **stated})
    streams = [io.BytesIO(each.encode() if isinstance(each, str) else each) for each in contents]
    return import_list(node, request, *streams)


def test_several_files_are_one_version_of_the_list(node: OpenNode) -> None:
    both = run(node, FIRST, SECOND, format="caid", purpose=ListPurpose.KNOWN)
    again = run(node, SECOND, FIRST, format="caid")
    one = run(node, SECOND, format="caid", allow_shrink=True)

    assert (both.added, both.withdrawn) == (2, 0)
    assert (again.unchanged, again.withdrawn) == (2, 0)
    assert (one.unchanged, one.withdrawn) == (1, 1)


def test_a_torn_file_among_several_leaves_nothing(
    node: OpenNode, state_of: Callable[[OpenNode], object]
) -> None:
    before = state_of(node)

    with pytest.raises(ListTornError, match="File 2"):
        run(node, FIRST, SECOND[:-2])

    assert state_of(node) == before


def test_a_new_caid_list_asks_what_it_is_for(
    node: OpenNode, state_of: Callable[[OpenNode], object]
) -> None:
    before = state_of(node)

    with pytest.raises(SettingsError) as caught:
        run(node, FIRST, format="caid")

    assert "--purpose" in caught.value.hint
    assert state_of(node) == before


def test_the_nsrl_becomes_known_harmless_or_nothing(
    node: OpenNode, state_of: Callable[[OpenNode], object], tmp_path: Path
) -> None:
    before = state_of(node)
    text = NSRL_NEW.encode("latin-1")
    for stated in ({}, {"purpose": ListPurpose.KNOWN}, {"format": "nsrl"}):
        with pytest.raises(KnownGoodOnlyError):
            run(node, text, **stated)
    assert state_of(node) == before

    first = run(node, text, purpose=ListPurpose.KNOWN_HARMLESS)
    path = nsrl_minimal(tmp_path / "rds.db", [(SHA256_A, "1" * 40, "2" * 32)])
    with path.open("rb") as stream:
        request = ImportRequest("exercise", "Example Hotline", mode_is_full=False)
        second = import_list(node, request, stream)

    assert (first.list.purpose, first.added) == (ListPurpose.KNOWN_HARMLESS, 1)
    assert (second.is_new, second.added, second.withdrawn) == (False, 1, 0)


def test_a_known_list_takes_no_nsrl_later(node: OpenNode) -> None:
    run(node, FIRST)
    with pytest.raises(KnownGoodOnlyError):
        run(node, NSRL_NEW.encode("latin-1"), mode_is_full=False)


def test_an_autopsy_set_is_imported(node: OpenNode, tmp_path: Path) -> None:
    with kdb(tmp_path / "set.kdb", [MD5_A, MD5_B], [("demo", 1)]).open("rb") as stream:
        report = import_list(node, ImportRequest("exercise", "Example Hotline"), stream)

    assert (report.added, report.refused) == (2, 0)

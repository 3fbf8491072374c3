"""`rempart keys`: the key alone on standard output, once; everything else beside it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.keys import check_api_key
from rempart.node import NodeFolder, open_node
from rempart.node.service.opening import open_gate

Run = Callable[..., Any]


@pytest.fixture
def keys(rempart: Run, node: Path) -> Run:
    """Run `rempart keys` on the filled exercise node."""

    def run(*arguments: str) -> Any:
        return rempart("--node", str(node), "keys", *arguments)

    return run


def test_create_prints_the_key_alone_and_the_key_opens_the_node(keys: Run, node: Path) -> None:
    ran = keys("create", "--role", "match", "--label", "upload-path")

    assert ran.code == 0
    text = ran.out.decode()
    assert text.count("\n") == 1
    check_api_key(text.strip())
    assert text.strip() not in ran.err
    with open_node(NodeFolder(node)) as opened:
        caller = open_gate(opened).authenticate(text.strip(), address=None)
    assert caller.principal.subject == "upload-path"


def test_create_writes_one_record_with_the_key_for_programs(keys: Run) -> None:
    ran = keys(
        "create",
        *("--role", "list-reader", "--role", "reviewer", "--list", "known", "--principal", "desk"),
        *("--expires-in-days", "2", "--requests-per-minute", "60", "--queries-per-day", "0"),
        "--json",
    )

    [record] = ran.records
    assert ran.code == 0
    assert record["schema"] == "rempart.key/1"
    assert record["roles"] == ["list-reader", "reviewer"]
    assert len(record["list_ids"]) == 1
    assert (record["principal"], record["state"]) == ("desk", "holds")
    assert (record["requests_per_minute"], record["queries_per_day"]) == (60, 0)
    assert record["expires_at"].endswith("Z")
    check_api_key(record["key"])


def test_list_shows_no_key(keys: Run) -> None:
    key = keys("create", "--role", "match", "--label", "upload-path").out.decode().strip()

    plain, records = keys("list"), keys("list", "--json")

    assert "upload-path" in plain.out.decode()
    assert [record["label"] for record in records.records] == ["upload-path"]
    assert "key" not in records.records[0]
    for ran in (plain, records):
        assert key not in ran.out.decode() + ran.err


def test_revoked_key_is_listed_only_where_all_are_asked_for(keys: Run) -> None:
    [made] = keys("create", "--role", "match", "--json").records

    [revoked] = keys("revoke", made["id"], "--json").records

    assert revoked["state"] == "revoked"
    assert revoked["revoked_at"] is not None
    assert keys("list", "--json").records == []
    assert [each["state"] for each in keys("list", "--all", "--json").records] == ["revoked"]
    assert keys("revoke", made["id"]).code == 0


def test_rotate_prints_the_new_key_and_names_the_old_ones_end(keys: Run) -> None:
    [made] = keys("create", "--role", "match", "--json").records

    ran = keys("rotate", made["id"], "--overlap-hours", "3")

    assert ran.code == 0
    check_api_key(ran.out.decode().strip())
    assert "3 h" in ran.err
    old, new = keys("list", "--json").records
    assert (old["state"], old["replaced_by"]) == ("ending", new["id"])
    assert keys("rotate", made["id"]).code == 3


def test_rotate_sealing_keeps_every_key_holding(keys: Run, node: Path) -> None:
    key = keys("create", "--role", "match").out.decode().strip()

    prepared = keys("rotate-sealing", "--prepare")
    [done] = keys("rotate-sealing", "--json").records

    assert prepared.code == 0
    assert done["schema"] == "rempart.sealing-rotation/1"
    assert (done["resealed"], len(done["dropped"])) == (3, 1)
    assert done["key"] in prepared.err
    with open_node(NodeFolder(node)) as opened:
        assert open_gate(opened).authenticate(key, address=None).key_id is not None


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["create"], 2),
        (["create", "--role", "superuser"], 2),
        (["create", "--role", "anonymous"], 2),
        (["create", "--role", "match", "--list", "no-such-list"], 2),
        (["create", "--role", "match", "--expires-in-days", "0"], 2),
        (["create", "--role", "match", "--requests-per-minute", "-1"], 2),
        (["create", "--role", "match", "--label", "anonymous"], 2),
        (["revoke", "no-identifier"], 2),
        (["revoke", "01932f6e-8a70-7000-8000-000000000000"], 2),
        (["rotate", "01932f6e-8a70-7000-8000-000000000000"], 2),
    ],
)
def test_wrong_command_line_leaves_with_its_code_and_prints_nothing(
    keys: Run, arguments: list[str], code: int
) -> None:
    ran = keys(*arguments)

    assert ran.code == code
    assert ran.out == b""
    assert ran.err


def test_exposed_key_file_stops_the_command_and_says_how_to_mend_it(keys: Run, node: Path) -> None:
    keys("create", "--role", "match")
    (node / "keys" / "node.key").chmod(0o644)

    ran = keys("create", "--role", "match")

    assert ran.code == 4
    assert "chmod 600" in ran.err
    assert ran.out == b""

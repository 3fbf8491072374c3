"""`rempart match`: look up values, or the records that another machine hashed."""

from collections.abc import Callable
from json import dumps, loads
from pathlib import Path
from typing import Any

import pytest

Rempart = Callable[..., Any]


@pytest.fixture
def known(lists: tuple[Path, Path]) -> dict[str, str]:
    """Return the value of each entry of the known list by its identifier."""
    rows = [line.split(",") for line in lists[0].read_text().splitlines()[1:]]
    return {row[0]: f"{row[1]}:{row[2]}" for row in rows}


def test_a_known_value_is_explained(rempart: Rempart, node: Path, known: dict[str, str]) -> None:
    name = next(iter(known))

    ran = rempart("--node", node, "match", "--json", known[name])

    [record] = ran.records
    assert ran.code == 0
    assert list(record) == ["schema", "query", "matches", "conflicts"]
    assert (record["schema"], record["query"]) == ("rempart.match/1", known[name])
    [match] = [each for each in record["matches"] if each["distance"] == 0]
    assert (match["list"], match["owner"]) == ("known", "Exercise Hotline")
    assert (match["threshold"], match["transform"]) == (31, "original")


def test_an_unknown_value_has_no_match_and_that_is_no_error(rempart: Rempart, node: Path) -> None:
    ran = rempart("match", "--node", node, "--json", "md5:" + "1f" * 16)

    assert (ran.code, ran.records[0]["matches"]) == (0, [])
    assert b"no known entry" in rempart("match", "--node", node, "md5:" + "1f" * 16).out


def test_the_records_of_hash_are_matched_file_by_file(
    rempart: Rempart, node: Path, pictures: Path
) -> None:
    paths = sorted(pictures.rglob("*.*"))[:11:5]
    hashed = rempart("hash", "--json", *paths).out

    records = rempart("--node", node, "match", "--json", "-", given=hashed).records

    assert [each["query"] for each in records] == [str(path) for path in paths]
    assert [bool(each["matches"]) for each in records] == [True, False, True]


def test_lists_that_disagree_are_told_to_people_too(
    rempart: Rempart, node: Path, lists: tuple[Path, Path]
) -> None:
    known, harmless = (path.read_text().split() for path in lists)
    digests = {line.split(",")[2] for line in known[1:] if ",sha256," in line}
    both = next(line.split(",")[2] for line in harmless[1:] if line.split(",")[2] not in digests)
    known_digest = next(iter(digests))
    text = dumps(
        {
            "schema": "rempart.hash/1",
            "path": "x",
            "fingerprints": [
                {"kind": "sha256", "value": known_digest},
                {"kind": "sha256", "value": both},
            ],
        }
    )

    ran = rempart("--node", node, "match", "-", given=text.encode())

    assert b"conflict digest-known-and-harmless: known and harmless" in ran.out


@pytest.mark.parametrize(
    "value",
    [
        "",
        "x",
        "md5",
        "md5:",
        "md5:xyz",
        "md5:" + "0" * 31,
        "md5:" + "0" * 34,
        "MD5:" + "0" * 32,
        "pdq:" + "0" * 63,
        "photodna:" + "0" * 288,
        "sha256:" + "é" * 64,
        "md5: " + "0" * 32,
    ],
)
def test_a_value_of_another_form_is_a_mistake_of_the_caller(
    rempart: Rempart, node: Path, value: str
) -> None:
    ran = rempart("--node", node, "match", "--", value)

    assert (ran.code, ran.out) == (2, b"")
    assert "KIND:HEX" in ran.err


@pytest.mark.parametrize(
    "line",
    [
        b"{",
        b"[]",
        b"1",
        b"\xff",
        b"[" * 5000,
        b'{"schema":"rempart.scan/1","path":"x","fingerprints":[]}',
        b'{"schema":"rempart.hash/1","path":"x"}',
        b'{"schema":"rempart.hash/1","path":"x","fingerprints":[1]}',
        b'{"schema":"rempart.hash/1","path":"x","fingerprints":[{"kind":"md5","value":1}]}',
        b'{"schema":"rempart.hash/1","path":"x","fingerprints":[{"kind":"md5","value":"00"}]}',
        b'{"schema":"rempart.hash/1","path":"x","fingerprints":[{"kind":[],"value":"00"}]}',
        b'{"schema":"rempart.hash/1","path":"x","fingerprints":[{"kind":"pdq","dialect":"x",'
        b'"value":"' + b"00" * 32 + b'"}]}',
        b'{"schema":"rempart.hash/1","path":"x","fingerprints":[{"kind":"pdq","dialect":"exact",'
        b'"quality":"90","value":"' + b"00" * 32 + b'"}]}',
    ],
    ids=range(13),
)
def test_a_record_of_another_form_is_told_with_its_line(
    rempart: Rempart, node: Path, line: bytes
) -> None:
    good = b'{"schema":"rempart.hash/1","path":"x","fingerprints":[]}\n'

    ran = rempart("--node", node, "match", "--json", "-", given=good + line + b"\n")

    assert ran.code == 2
    assert loads(ran.err)["message"].startswith("line 2 ")
    assert len(ran.records) == 1


def test_a_hostile_path_cannot_act_on_the_terminal(
    rempart: Rempart, node: Path, known: dict[str, str]
) -> None:
    kind, value = next(each for each in known.values() if each.startswith("sha")).split(":")
    record = {
        "schema": "rempart.hash/1",
        "path": "\x1b]0;owned\x07.jpg\nmatch",
        "fingerprints": [{"kind": kind, "value": value}],
    }
    unknown = record | {"fingerprints": []}

    ran = rempart("--node", node, "match", "-", given=f"{dumps(record)}\n{dumps(unknown)}".encode())

    text = ran.out.decode()
    assert not {"\x1b", "\x07"} & set(text)
    assert text.count("\n") == 2


def test_a_hostile_label_is_not_taken_into_a_list(
    rempart: Rempart, node: Path, tmp_path: Path
) -> None:
    (tmp_path / "list.csv").write_text(
        f"id,type,value,category\ne1,md5,{'1f' * 16},\x1b[31mexercise\n"
        f"e2,md5,{'2f' * 16},exercise\n",
        encoding="utf-8",
    )
    options = ["--list", "a", "--owner", "O", "--format", "csv"]

    ran = rempart("--node", node, "lists", "import", *options, tmp_path / "list.csv")

    assert "1 added" in ran.err
    assert "1 refused" in ran.err
    assert "\x1b" not in ran.err

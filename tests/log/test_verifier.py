"""What the verifier finds in an export that somebody altered, and what it cannot find without an outside checkpoint."""

import ast
import io
import json
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.log.memory_log import ORIGIN, Contents, MemoryLog, Salts, two_signers

from rempart.log import (
    LeafErasedError,
    LeafUnknownError,
    LogDamagedError,
    SaltSource,
    leaf_hash,
    prove_leaf,
    publish_checkpoint,
    sequence,
    verifier,
    verifier_key,
    write_export,
)
from rempart.log.checkpoints import Checkpoint
from rempart.log.merkle import Frontier
from rempart.log.note_keys import signature_field, signed_message
from rempart.log.notes import NoteSignature, SignedNote
from rempart.model.log import StoredLeaf

_LOG = "audit"
_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
_KEYS = [verifier_key(ORIGIN, each).text for each in two_signers()]

Record = dict[str, Any]
Alter = Callable[[list[Record]], object]


@dataclass
class _Node:
    """A log with its contents, which signs after every so many records."""

    store: MemoryLog
    contents: Contents
    salts: SaltSource = field(default_factory=Salts)

    @classmethod
    def grown(cls, *sizes: int, text: str = "exercise") -> "_Node":
        node = cls(MemoryLog(), Contents())
        for size in sizes:
            node.grow(size, text)
        return node

    def grow(self, size: int, text: str = "exercise") -> str:
        have = len(self.contents.kept)
        self.contents.kept += [
            json.dumps({"number": number, "text": text}).encode() for number in range(have, size)
        ]
        return self.sign()

    def sign(self) -> str:
        sequence(self.store, _LOG, origin=ORIGIN, contents=self.contents, draw_salts=self.salts)
        at = _AT + timedelta(minutes=len(self.store.checkpoints))
        return publish_checkpoint(
            self.store, _LOG, origin=ORIGIN, signers=two_signers(), at=at
        ).note

    def erase(self, index: int) -> None:
        self.store.erase(_LOG, index)
        self.contents.kept[index] = b"{}"

    def record_erasing(self, index: object, kind: str = "audit.erased") -> None:
        record = {"kind": kind, "details": {"index": index, "law": "Exercise act"}}
        self.contents.kept.append(json.dumps(record).encode())
        self.sign()

    def export(self, first: int = 0) -> bytes:
        sink = io.BytesIO()
        newest = self.store.newest_checkpoint(_LOG)
        assert newest is not None
        write_export(
            sink,
            self.store,
            _LOG,
            origin=ORIGIN,
            contents=self.contents,
            checkpoint=newest,
            first=first,
        )
        return sink.getvalue()


def _verify(content: bytes, outside: tuple[str, ...] = (), keys: list[str] = _KEYS) -> Any:
    known = [verifier.read_key(each) for each in keys]
    signed = [verifier.open_note(each, known) for each in outside]
    return verifier.ExportCheck(known, signed).run(io.BytesIO(content))


def _altered(content: bytes, alter: Alter) -> bytes:
    records = [json.loads(line) for line in content.splitlines()]
    alter(records)
    return b"".join(json.dumps(each).encode() + b"\n" for each in records)


def _codes(report: Any) -> list[tuple[str, int | None]]:
    return [(each.code, each.index) for each in report.problems]


@pytest.fixture(scope="module")
def node() -> _Node:
    return _Node.grown(12, 20)


@pytest.mark.parametrize("sizes", [(0,), (1,), (20,), (12, 20), (255, 256, 257, 600)])
def test_untouched_export_is_verified(sizes: tuple[int, ...]) -> None:
    node = _Node.grown(*sizes)
    outside = tuple(each.note for each in node.store.checkpoints.values())
    report = _verify(node.export(), outside)
    assert report.problems == []
    assert (report.leaves, report.size, report.outside_agreed) == (
        sizes[-1],
        sizes[-1],
        sorted(sizes),
    )
    assert len(report.signed_by) == 2
    assert report.signed_at.startswith("2026-11-22T09:3")


@pytest.mark.parametrize("first", [0, 1, 12, 19, 20, 300, 512, 600])
def test_export_from_any_record_reaches_the_same_root(first: int) -> None:
    node = _Node.grown(600)
    report = _verify(node.export(first))
    assert report.problems == []
    assert (report.first, report.leaves) == (first, 600 - first)
    assert report.root == _verify(node.export()).root


def test_earlier_checkpoints_stand_among_the_records() -> None:
    node = _Node.grown(*range(400, 3_600, 400))
    lines = node.export().splitlines()
    sizes = [
        int(json.loads(line)["note"].split("\n")[1]) for line in lines if b'"checkpoint"' in line
    ]
    assert sizes == [1_200, 2_400, 3_200]
    report = _verify(_altered(node.export(), lambda records: _forge(records, 1_500)))
    assert _codes(report) == [("root", 1_200), ("root", 1_200)], "it says where the log was altered"


def _forge(records: list[Record], index: int) -> None:
    """Change a record and its hash with it."""
    record = next(each for each in records if each.get("index") == index)
    record["content"] = "forged"
    record["hash"] = leaf_hash(bytes.fromhex(record["salt"]) + b"forged").hex()


def _place(records: list[Record], index: int) -> int:
    return next(place for place, each in enumerate(records) if each.get("index") == index)


def _swap(records: list[Record]) -> None:
    records[6], records[7] = records[7], records[6]


def _swap_renumbered(records: list[Record]) -> None:
    _swap(records)
    records[6]["index"], records[7]["index"] = 5, 6


def _drop_renumbered(records: list[Record]) -> None:
    del records[6]
    for number, record in enumerate(records[1:-1]):
        record["index"] = number
    records[0]["size"] -= 1


def _insert_renumbered(records: list[Record]) -> None:
    records.insert(6, {**records[5]})
    for number, record in enumerate(records[1:-1]):
        record["index"] = number
    records[0]["size"] += 1


def _erase_without_hash(records: list[Record]) -> None:
    records[6] = {"schema": "rempart.log/1", "type": "leaf", "index": 5, "erased": True}


def _erase_with_another_hash(records: list[Record]) -> None:
    _erase_without_hash(records)
    records[6]["hash"] = "00" * 32


@pytest.mark.parametrize(
    ("alter", "expected"),
    [
        (lambda records: records[6].update(content="changed"), [("changed", 5)]),
        (lambda records: records[6].update(salt="00" * 16), [("changed", 5)]),
        (lambda records: records[6].update(hash="00" * 32), [("changed", 5), ("root", 0)]),
        (lambda records: _forge(records, 5), [("root", 0)]),
        (lambda records: records.pop(6), [("missing", 5)]),
        (_drop_renumbered, [("missing", 19)]),
        (_swap, [("missing", 5)]),
        (_swap_renumbered, [("root", 0)]),
        (lambda records: records.insert(6, {**records[6]}), [("misplaced", 5)]),
        (_insert_renumbered, [("misplaced", 20)]),
        (_erase_without_hash, [("form", None)]),
        (_erase_with_another_hash, [("root", 0), ("erased-unrecorded", 5)]),
        (lambda records: records.pop(), [("unsigned", 0)]),
        (lambda records: records.__delitem__(slice(15, None)), [("truncated", 14)]),
        (lambda records: records.__delitem__(slice(15, 21)), [("missing", 14), ("truncated", 14)]),
        (lambda records: records.pop(0), [("form", None)]),
        (lambda records: records.append(records[0]), [("form", None)]),
        (
            lambda records: records[0].update(origin="another/log"),
            [("origin", None)],
        ),
        (lambda records: records[0].update(size=21), [("truncated", 20)]),
        (lambda records: records[0].update(size=19), [("misplaced", 20)]),
        (lambda records: records[0].update(first=1), [("form", None)]),
        (lambda records: records[0].update(frontier=["00" * 32]), [("form", None)]),
    ],
)
def test_altered_export_is_found(
    node: _Node, alter: Alter, expected: list[tuple[str, int | None]]
) -> None:
    assert _codes(_verify(_altered(node.export(), alter))) == expected


def test_every_single_changed_byte_is_found() -> None:
    content = _Node.grown(3).export()
    signatures = content.index("\u2014".encode())
    for place in (*range(signatures + 200), *range(signatures + 200, len(content), 23)):
        for change in (1, 32):
            altered = bytearray(content)
            altered[place] ^= change
            report = _verify(bytes(altered))
            is_found = bool(report.problems)
            # A signature whose name or key id was changed is that of a key that is not known: the note specification
            # wants it passed over. The report then names one signer less.
            assert is_found or len(report.signed_by) == 1, (
                place,
                bytes(altered[place - 10 : place + 10]),
            )


class _Nothing:
    """Takes bytes and keeps none."""

    def write(self, content: bytes, /) -> None:
        assert content


def test_export_and_check_take_memory_that_does_not_grow_with_the_log(tmp_path: Path) -> None:
    node = _Node.grown(4_000, text="e" * 500)
    path = tmp_path / "log.jsonl"
    path.write_bytes(node.export())
    known = [verifier.read_key(each) for each in _KEYS]
    newest = node.store.checkpoints[_LOG, 4_000]

    tracemalloc.start()
    write_export(
        _Nothing(), node.store, _LOG, origin=ORIGIN, contents=node.contents, checkpoint=newest
    )
    assert verifier.verify_file(path, known, ()).is_verified
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert path.stat().st_size > 2_500_000
    assert peak < 1_000_000


def test_every_cut_is_found() -> None:
    content = _Node.grown(3).export()
    for end in range(len(content)):
        assert _verify(content[:end]).problems, end


def test_truncation_to_an_earlier_checkpoint_needs_an_outside_one() -> None:
    node = _Node.grown(12)
    early = node.export()
    outside = node.grow(20)
    assert _verify(early).problems == [], "nothing inside the export can show it"
    assert _codes(_verify(early, (outside,))) == [("truncated", 12)]


def _rewritten(honest: _Node, index: int) -> _Node:
    """Return the log as an insider with the database and the keys would leave it: one record differs, all fits."""
    salts = b"".join(each.salt or b"" for each in honest.store.kept[_LOG])
    forged = _Node(MemoryLog(), Contents(list(honest.contents.kept)), lambda _: salts)
    forged.contents.kept[index] = b"never happened"
    forged.sign()
    return forged


def test_insider_who_rewrites_the_database_and_signs_anew_is_found_by_an_outside_checkpoint() -> (
    None
):
    honest = _Node.grown(12)
    outside = next(iter(honest.store.checkpoints.values())).note
    honest.grow(20)
    forged = _rewritten(honest, 5)
    assert _verify(forged.export()).problems == [], "the insider has the keys and all hashes fit"
    report = _verify(forged.export(), (outside,))
    assert _codes(report) == [("fork", 0)]
    assert "from 0 to 11" in report.problems[0].message


def test_outside_checkpoints_that_agree_narrow_a_fork() -> None:
    honest = _Node.grown(4, 8, 12)
    outside = tuple(each.note for each in honest.store.checkpoints.values())
    forged = _rewritten(honest, 9)
    report = _verify(forged.export(), outside)
    assert (report.outside_agreed, _codes(report)) == ([4, 8], [("fork", 8)])


def test_outside_checkpoint_before_the_export_is_not_passed_over() -> None:
    node = _Node.grown(12, 20)
    outside = node.store.checkpoints[_LOG, 12].note
    assert _codes(_verify(node.export(15), (outside,))) == [("not-compared", None)]


def test_row_changed_in_the_database_is_found_in_the_export() -> None:
    node = _Node.grown(20)
    node.contents.kept[7] = b"changed in the database"
    sink = io.BytesIO()
    counts = write_export(
        sink,
        node.store,
        _LOG,
        origin=ORIGIN,
        contents=node.contents,
        checkpoint=node.store.checkpoints[_LOG, 20],
    )
    assert counts.altered == (7,)
    assert _codes(_verify(sink.getvalue())) == [("changed", 7)]


def test_hash_changed_in_the_database_is_found_in_the_export() -> None:
    node = _Node.grown(20)
    old = node.store.kept[_LOG][7]
    node.store.kept[_LOG][7] = StoredLeaf(7, leaf_hash(b"forged"), old.salt)
    assert ("changed", 7) in _codes(_verify(node.export()))


def test_lost_leaf_cannot_be_exported() -> None:
    node = _Node.grown(20)
    del node.store.kept[_LOG][15:]
    with pytest.raises(LogDamagedError):
        node.export()


@pytest.mark.parametrize("first", [-1, 21])
def test_export_from_outside_the_log_is_refused(node: _Node, first: int) -> None:
    with pytest.raises(LeafUnknownError):
        node.export(first)


def test_erased_leaf_keeps_the_root() -> None:
    node = _Node.grown(20)
    node.record_erasing(5)
    before = _verify(node.export())
    node.erase(5)
    after = _verify(node.export())
    assert after.problems == []
    assert (after.root, after.erased) == (before.root, 1)
    assert b'"number": 5,' not in node.export()


def test_record_that_an_insider_erased_without_a_word_is_found() -> None:
    node = _Node.grown(20)
    for erased in (3, 5, 6, 7):
        node.erase(erased)
    node.record_erasing(5)
    node.record_erasing(6, kind="audit.restored")
    node.record_erasing("7")
    assert _codes(_verify(node.export())) == [("erased-unrecorded", at) for at in (3, 6, 7)]
    assert _codes(_verify(node.export(4))) == [("erased-unrecorded", at) for at in (6, 7)]


def test_erasing_that_is_recorded_before_it_was_there_to_erase_explains_nothing() -> None:
    node = _Node.grown(20)
    node.record_erasing(21)
    node.grow(30)
    node.erase(21)
    assert _codes(_verify(node.export())) == [("erased-unrecorded", 21)]


@pytest.mark.parametrize("keys", [_KEYS[:1], _KEYS[1:]])
def test_one_of_the_keys_is_enough(node: _Node, keys: list[str]) -> None:
    assert _verify(node.export(), keys=keys).problems == []


def test_wrong_key_is_refused(node: _Node) -> None:
    others = [verifier_key(ORIGIN, each).text for each in two_signers(2)]
    assert _codes(_verify(node.export(), keys=others)) == [("signature", None)]


def test_log_that_only_the_keys_of_another_log_signed_is_refused(node: _Node) -> None:
    signers = two_signers(2)
    others = [verifier_key("rempart/exercise-B/audit", each) for each in signers]
    head = node.store.head(_LOG)
    claimed = Checkpoint(ORIGIN, head.size, Frontier(head).root)
    second = int(_AT.timestamp())
    signatures = tuple(
        NoteSignature(key.name, key.key_id, signature_field(key, signature, second))
        for key, signer in zip(others, signers, strict=True)
        if (signature := signer.sign(signed_message(key, claimed, second)))
    )
    forged = SignedNote(claimed.text, signatures).content
    known = [verifier.read_key(each) for each in (*(key.text for key in others), *_KEYS)]

    with pytest.raises(verifier.NotAcceptedError, match="keys of other logs only"):
        verifier.open_note(forged, known)


def test_wrong_signature_is_refused(node: _Node) -> None:
    def alter(records: list[Record]) -> None:
        note = records[-1]["note"]
        records[-1]["note"] = note.replace("\n20\n", "\n21\n")

    assert _codes(_verify(_altered(node.export(), alter))) == [("signature", None)]


@pytest.mark.parametrize(
    "sent",
    [
        lambda note: note.replace("\n", "\r\n"),
        lambda note: f"\n\n{note}\n\n",
        lambda note: f"\ufeff{note}",
        lambda note: note.removesuffix("\n"),
    ],
)
def test_outside_checkpoint_that_came_by_mail_is_read(
    tmp_path: Path, sent: Callable[[str], str]
) -> None:
    node = _Node.grown(12)
    kept = node.sign()
    node.grow(20)
    export = tmp_path / "log.jsonl"
    export.write_bytes(node.export())

    report = verifier.verify_file(export, [verifier.read_key(each) for each in _KEYS], [sent(kept)])

    assert report.problems == []
    assert report.outside_agreed == [12]


def test_outside_checkpoint_that_is_refused_is_named(tmp_path: Path) -> None:
    node = _Node.grown(12)
    export = tmp_path / "log.jsonl"
    export.write_bytes(node.export())
    given = [node.sign(), node.sign().replace("12", "13", 1)]

    report = verifier.verify_file(export, [verifier.read_key(each) for each in _KEYS], given)

    assert [each.message[:36] for each in report.problems] == [
        "The outside checkpoint 2 of 2 is ref"
    ]


def test_proof_of_a_record_is_verified(node: _Node, tmp_path: Path) -> None:
    for index in (0, 7, 19):
        text = _prove(node, index)
        assert text.startswith("c2sp.org/tlog-proof@v1\nextra ")
        path = tmp_path / f"{index}.tlog-proof"
        path.write_text(text, encoding="utf-8")
        known = [verifier.read_key(each) for each in _KEYS]
        report = verifier.verify_file(path, known, ())
        assert report.problems == []
        assert (report.first, report.size) == (index, 20)


def test_what_a_record_holds_commands_no_terminal() -> None:
    node = _Node.grown(3)
    node.contents.kept.append("\x1b[2J\nVerified: all.\u202e\x9b1m".encode())
    node.sign()
    proof = prove_leaf(
        node.store,
        _LOG,
        contents=node.contents,
        checkpoint=node.store.checkpoints[_LOG, 4],
        index=3,
    )

    report = verifier.check_proof(proof.text, [verifier.read_key(each) for each in _KEYS])

    assert report.problems == []
    lines = verifier.report_lines(report)
    assert r"Record 3: \x1b[2J\nVerified: all.\u202e\x9b1m" in lines
    assert all(each.isprintable() for each in lines)


def test_proof_shows_what_it_proves(node: _Node) -> None:
    report = verifier.check_proof(_prove(node, 7), [verifier.read_key(each) for each in _KEYS])
    assert report.content == node.contents.kept[7].decode()
    assert any('"number": 7' in line for line in verifier.report_lines(report))


def test_outside_checkpoint_is_compared_with_a_proof_or_told_apart(node: _Node) -> None:
    known = [verifier.read_key(each) for each in _KEYS]
    same, earlier = (
        verifier.open_note(node.store.checkpoints[_LOG, size].note, known) for size in (20, 12)
    )
    forged = _rewritten(node, 3)
    assert verifier.check_proof(_prove(node, 7), known, (same,)).outside_agreed == [20]
    assert _codes(verifier.check_proof(_prove(node, 7), known, (earlier,))) == [
        ("not-compared", None)
    ]
    assert _codes(verifier.check_proof(_prove(forged, 7), known, (same,))) == [("fork", 0)]


def test_altered_proof_is_found() -> None:
    known = [verifier.read_key(each) for each in _KEYS]
    small = _prove(_Node.grown(5), 2)
    begin = len("c2sp.org/tlog-proof@v1\n")
    for place in range(begin, small.index("\u2014")):
        for other in ("A", "1", "\n"):
            if small[place] != other:
                altered = small[:place] + other + small[place + 1 :]
                assert verifier.check_proof(altered, known).problems, place


def _prove(node: _Node, index: int) -> str:
    newest = node.store.newest_checkpoint(_LOG)
    assert newest is not None
    return prove_leaf(node.store, _LOG, contents=node.contents, checkpoint=newest, index=index).text


def test_what_cannot_be_proved_is_refused() -> None:
    node = _Node.grown(20)
    for index in (-1, 20):
        with pytest.raises(LeafUnknownError):
            _prove(node, index)
    node.erase(5)
    with pytest.raises(LeafErasedError):
        _prove(node, 5)
    node.contents.kept[6] = b"changed"
    with pytest.raises(LogDamagedError):
        _prove(node, 6)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\n",
        b"[]\n",
        b"{}\n",
        b"\xff\n",
        b"[" * 100_000 + b"\n",
        b'{"schema":"rempart.log/2","type":"checkpoint","note":""}\n',
        b'{"schema":"rempart.log/1","type":"checkpoint","note":"","note":""}\n',
        b'{"schema":"rempart.log/1","type":"checkpoint","note":"","more":1}\n',
        b'{"schema":"rempart.log/1","type":"leaf","index":true,"hash":"","erased":true}\n',
        b'{"schema":"rempart.log/1","type":"leaf","index":NaN,"hash":"","erased":true}\n',
        b'{"schema":"rempart.log/1","type":"leaf","index":0,"hash":"","erased":false}\n',
        b'{"schema":"rempart.log/1","type":"header","origin":"a","first":-1,"size":0,"frontier":[]}\n',
        b'{"schema":"rempart.log/1","type":"header","origin":"a","first":2,"size":1,"frontier":[]}\n',
        b'{"schema":"rempart.log/1","type":"header","origin":"a","first":1,"size":1,"frontier":[1]}\n',
    ],
)
def test_line_of_another_form_is_refused(line: bytes) -> None:
    assert [each.code for each in _verify(line).problems] == ["form"]


def test_lone_surrogate_in_a_content_is_refused(node: _Node) -> None:
    altered = node.export().replace(b'\\"number\\": 5,', b"\\ud800", 1)
    assert [each.code for each in _verify(altered).problems] == ["form"]


# --- alone ------------------------------------------------------------------------------------------------------------


def test_verifier_imports_nothing_of_rempart() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    roots = {
        (each.module if isinstance(each, ast.ImportFrom) else name.name).split(".")[0]  # type: ignore[union-attr]  # no relative import has no module here
        for each in ast.walk(tree)
        if isinstance(each, ast.Import | ast.ImportFrom)
        for name in each.names
    }
    assert roots - set(sys.stdlib_module_names) == {"cryptography"}


def test_verifier_runs_alone(node: _Node, tmp_path: Path) -> None:
    alone = tmp_path / "verifier.py"
    alone.write_bytes(Path(verifier.__file__).read_bytes())
    export, keys, note = (tmp_path / name for name in ("export.jsonl", "keys", "note"))
    export.write_bytes(node.export())
    keys.write_text("\n".join(_KEYS) + "\n", encoding="utf-8")
    note.write_text(node.store.checkpoints[_LOG, 12].note, encoding="utf-8")

    def run(*arguments: str | Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-I", str(alone), *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    whole = run(export, "--key", keys, "--checkpoint", note, "--json")
    assert (whole.returncode, whole.stderr) == (0, "")
    report = json.loads(whole.stdout)
    assert (report["verified"], report["leaves"], report["outside_agreed"]) == (True, 20, [12])

    export.write_bytes(_altered(node.export(), lambda records: _forge(records, 5)))
    broken = run(export, "--key", _KEYS[0])
    assert broken.returncode == 3
    assert broken.stdout.startswith("NOT VERIFIED.\n")
    assert run(export, "--key", "nonsense+00000000+AAAA").returncode == 2
    assert run(tmp_path / "absent", "--key", keys).returncode == 3


@pytest.mark.parametrize("given", [[], [""], ["name+00000000+AQ=="], [_KEYS[0] + "x"]])
def test_key_that_cannot_be_used_is_refused(given: list[str]) -> None:
    with pytest.raises((verifier.NotAcceptedError, OSError)):
        verifier.read_keys(given)

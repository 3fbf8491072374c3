"""Check an exported audit log of Rempart, or the proof of one record, with nothing but the log's public keys.

    python verifier.py EXPORT --key KEY [--key KEY ...] [--checkpoint NOTE ...] [--json]

EXPORT is a file of `rempart audit export` (JSON lines, `rempart.log/1`) or of `rempart audit prove`
(c2sp.org/tlog-proof). KEY is a line that `rempart audit key` printed, or a file of such lines: get it from the log's
owner by another way than the export. NOTE is a checkpoint of the same log that somebody else kept: only with one can it
be found that the end of the log is missing, or that the log was written anew by whoever holds its keys.

Exit code 0: everything that was checked holds. 2: wrong call. 3: it does not hold, or cannot be read.

This file needs Python 3.11 and `cryptography` 48 or later, and imports nothing of Rempart, so that it can be read,
copied and run by whoever doubts Rempart. Formats: RFC 6962, section 2.1; c2sp.org/signed-note, tlog-checkpoint,
tlog-cosignature (ML-DSA-44, type 6) and tlog-proof.
"""

import argparse
import base64
import binascii
import hashlib
import json
import re
import struct
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Final, NoReturn

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PublicKey

SCHEMA: Final = "rempart.log/1"
REPORT_SCHEMA: Final = "rempart.audit-verification/1"
PROOF_TITLE: Final = "c2sp.org/tlog-proof@v1"
LARGEST_LINE_BYTES: Final = 64 * 1024 * 1024
LARGEST_PROOF_BYTES: Final = 128 * 1024 * 1024
LARGEST_NOTE_BYTES: Final = 262_144
MOST_PROBLEMS: Final = 100
SALT_BYTES: Final = 16
LATEST_SECOND: Final = 253_402_300_799
ERASED_KIND: Final = "audit.erased"

_ED25519: Final = 0x01
_ML_DSA_44: Final = 0x06
_KEY_BYTES: Final = {_ED25519: 32, _ML_DSA_44: 1312}
_FIELD_BYTES: Final = {_ED25519: 64, _ML_DSA_44: 8 + 2420}
_FIELDS: Final[dict[str, dict[str, type]]] = {
    "header": {"origin": str, "first": int, "size": int, "frontier": list},
    "leaf": {"index": int, "hash": str, "salt": str, "content": str},
    "erased": {"index": int, "hash": str, "erased": bool},
    "checkpoint": {"note": str},
}


class NotAcceptedError(Exception):
    """Something is not what it should be; the text says what."""


def refuse(what: str) -> NoReturn:
    """Raise NotAcceptedError."""
    raise NotAcceptedError(what)


@dataclass(frozen=True)
class Key:
    """A public key under a name."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """The four bytes that stand for the key in a note."""
        whole = self.name.encode() + b"\n" + bytes([self.kind]) + self.public
        return hashlib.sha256(whole).digest()[:4]


@dataclass(frozen=True)
class Signed:
    """A checkpoint whose signatures were checked."""

    origin: str
    size: int
    root: bytes
    signed_by: tuple[str, ...]
    signed_at: str | None


@dataclass
class Problem:
    """One thing that does not hold: where it stands, and what it means."""

    code: str
    message: str
    line: int | None = None
    index: int | None = None


@dataclass
class Report:
    """What was checked and what was found."""

    origin: str | None = None
    first: int = 0
    size: int = 0
    leaves: int = 0
    erased: int = 0
    root: str | None = None
    signed_by: tuple[str, ...] = ()
    signed_at: str | None = None
    content: str | None = None
    outside_agreed: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def is_verified(self) -> bool:
        """Whether everything holds."""
        return not self.problems


# --- keys and notes ---------------------------------------------------------------------------------------------------


def read_base64(text: str) -> bytes:
    """Return the bytes of standard Base 64 in its one written form."""
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        refuse("not Base 64")
    if base64.b64encode(content).decode() != text:
        refuse("Base 64 in another form than the written one")
    return content


def read_key(text: str) -> Key:
    """Return the key of one line `name+id+base64`."""
    found = re.fullmatch(r"([^\s+]+)\+([0-9a-f]{8})\+(\S+)", text)
    if found is None:
        refuse("a key has the form name+8 hex digits+base64")
    typed = read_base64(found[3])
    key = Key(found[1], typed[0] if typed else 0, typed[1:])
    if len(key.public) != _KEY_BYTES.get(key.kind) or key.id.hex() != found[2]:
        refuse(f"the key of {key.name} is of an unknown kind, or was changed")
    return key


def holds(key: Key, signed: tuple[str, str, int, bytes], content: bytes) -> int | None:
    """Check one signature over (text, origin, size, root); return the time that it names, if its kind does."""
    text, origin, size, root = signed
    if len(content) != _FIELD_BYTES[key.kind]:
        refuse("a signature has not the length of its kind")
    try:
        if key.kind == _ED25519:
            Ed25519PublicKey.from_public_bytes(key.public).verify(content, text.encode())
            return None
        name, log = key.name.encode(), origin.encode()
        message = b"subtree/v1\n\0" + bytes([len(name)]) + name + content[:8]
        message += bytes([len(log)]) + log + struct.pack(">QQ", 0, size) + root
        MLDSA44PublicKey.from_public_bytes(key.public).verify(content[8:], message)
    except (InvalidSignature, ValueError):
        refuse(f"the signature of {key.name} does not hold")
    second = int.from_bytes(content[:8], "big")
    if second > LATEST_SECOND:
        refuse("a signature names a time that cannot be")
    return second


def open_note(note: str, keys: Sequence[Key]) -> Signed:
    """Read a checkpoint and check the signatures of the keys that are known; one at least must be the log's own."""
    text, empty_line, lines = note.rpartition("\n\n")
    text += "\n"
    if len(note) > LARGEST_NOTE_BYTES or not empty_line or not lines.endswith("\n"):
        refuse("no signed note")
    origin, size, root = read_checkpoint(text)
    names: list[str] = []
    seconds: list[int] = []
    is_own = False
    for line in lines[:-1].split("\n"):
        found = re.fullmatch(r"\u2014 ([^\s+]+) ([A-Za-z0-9+/=]+)", line)
        if found is None:
            refuse("no signed note")
        content = read_base64(found[2])
        for key in keys:
            if (key.name, key.id) == (found[1], content[:4]):
                seconds.append(holds(key, (text, origin, size, root), content[4:]) or 0)
                is_own = is_own or key.name == origin
                names.append(key_name(key))
    if not names:
        refuse("none of the given keys signed it")
    if not is_own:
        refuse(f"it is of {origin}, and signed by keys of other logs only")
    at = datetime.fromtimestamp(max(seconds), UTC).isoformat() if max(seconds) else None
    return Signed(origin, size, root, tuple(names), at)


def as_written(note: str) -> str:
    """Return a note as it was before a mail ended its lines in another way, or put empty ones around it."""
    return note.removeprefix("\ufeff").replace("\r\n", "\n").strip("\n") + "\n"


def key_name(key: Key) -> str:
    """Return how a key is named in a report."""
    return f"{key.name} ({'Ed25519' if key.kind == _ED25519 else 'ML-DSA-44'})"


def read_checkpoint(text: str) -> tuple[str, int, bytes]:
    """Return origin, size and root of a checkpoint's text."""
    lines = text.split("\n")
    if len(lines) != 4 or lines[3] or not lines[0]:  # noqa: PLR2004 - three lines, and what follows the last newline
        refuse("no checkpoint of three lines")
    root = read_base64(lines[2])
    if not re.fullmatch(r"0|[1-9][0-9]{0,18}", lines[1]) or len(root) != 32:  # noqa: PLR2004 - SHA-256
        refuse("no checkpoint")
    return lines[0], int(lines[1]), root


# --- the tree ---------------------------------------------------------------------------------------------------------


class Tree:
    """The whole subtrees of a growing RFC 6962 tree, largest first, each as (number of leaves, hash)."""

    def __init__(self, first: int, hashes: Sequence[bytes]) -> None:
        bits = [1 << bit for bit in range(first.bit_length() - 1, -1, -1) if first >> bit & 1]
        if len(bits) != len(hashes):
            refuse("the header has not the hashes that its first record needs")
        self.parts = list(zip(bits, hashes, strict=True))

    def add(self, leaf: bytes) -> None:
        """Append one leaf by its hash."""
        self.parts.append((1, leaf))
        while len(self.parts) > 1 and self.parts[-1][0] == self.parts[-2][0]:
            (count, right), (_, left) = self.parts.pop(), self.parts.pop()
            self.parts.append((2 * count, node(left, right)))

    def root(self) -> bytes:
        """Return the root of what was appended so far."""
        hashes = [each for _, each in self.parts]
        while len(hashes) > 1:
            right = hashes.pop()
            hashes[-1] = node(hashes[-1], right)
        return hashes[0] if hashes else hashlib.sha256(b"").digest()


def node(left: bytes, right: bytes) -> bytes:
    """Return the hash of two children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


# --- an export --------------------------------------------------------------------------------------------------------


class ExportCheck:
    """Checks one export, line by line, in memory that does not grow with it."""

    def __init__(self, keys: Sequence[Key], outside: Sequence[Signed]) -> None:
        self.keys = keys
        self.outside = sorted(outside, key=lambda each: each.size)
        self.report = Report()
        self.tree = Tree(0, ())
        self.line = 0
        self.signed_size = -1
        self.unexplained: set[int] = set()

    def run(self, file: BinaryIO) -> Report:
        """Check everything and return the report; a broken form ends the check where it stands."""
        try:
            for record in self._records(file):
                self._take(record)
            self._end()
        except NotAcceptedError as error:
            if error.args:
                self._problem("form", f"Line {self.line} cannot be used: {error}.")
        return self.report

    def _records(self, file: BinaryIO) -> Iterator[dict[str, Any]]:
        while content := file.readline(LARGEST_LINE_BYTES + 1):
            self.line += 1
            yield read_record(content)
            if len(self.report.problems) >= MOST_PROBLEMS:
                self._stop("many", "There are more problems than are listed.")

    def _take(self, record: dict[str, Any]) -> None:
        kind = record["type"]
        if (kind == "header") != (self.line == 1):
            refuse("the header stands in the first line and nowhere else")
        if kind == "header":
            self._header(record)
        elif kind == "checkpoint":
            self._checkpoint(record)
        else:
            self._leaf(record, is_erased=kind == "erased")

    def _header(self, record: dict[str, Any]) -> None:
        report = self.report
        report.origin, report.first = record["origin"], record["first"]
        if report.first < 0 or record["size"] < report.first:
            refuse("its sizes are impossible")
        report.size = record["size"]
        self.tree = Tree(report.first, [read_hash(each) for each in record["frontier"]])
        self._compare_outside(report.first)

    def _leaf(self, record: dict[str, Any], *, is_erased: bool) -> None:
        expected, index = self.report.first + self.report.leaves, record["index"]
        if index != expected:
            self._misplaced(expected, index)
        stated = read_hash(record["hash"])
        if is_erased:
            self.report.erased += 1
            self.unexplained.add(index)
        elif leaf_hash(record) != stated:
            message = (
                f"Record {index} is not what was recorded: its content or its salt was changed."
            )
            self._problem("changed", message, index)
        elif (erased := erased_by(record["content"])) is not None:
            self.unexplained.discard(erased)
        self.tree.add(stated)
        self.report.leaves += 1
        self._compare_outside(index + 1)

    def _misplaced(self, expected: int, index: int) -> NoReturn:
        if index > expected:
            message = f"Record {expected} is missing: record {index} stands in its place."
            self._stop("missing", message, expected)
        message = f"Record {index} stands where record {expected} should: moved, or put in twice."
        self._stop("misplaced", message, index)

    def _checkpoint(self, record: dict[str, Any]) -> None:
        count = self.report.first + self.report.leaves
        try:
            signed = open_note(record["note"], self.keys)
        except NotAcceptedError as error:
            self._problem("signature", f"The checkpoint in line {self.line} is refused: {error}.")
            return
        if signed.origin != self.report.origin:
            self._problem("origin", f"The checkpoint is of another log: {signed.origin}.")
        elif signed.size > count:
            message = (
                f"The checkpoint covers {signed.size} records, and only {count} come before it."
            )
            self._problem("missing", message, count)
        elif signed.size < count:
            message = f"The checkpoint covers {signed.size} records and stands after {count}."
            self._problem("misplaced", message, signed.size)
        elif signed.root != self.tree.root():
            low = max(self.signed_size, 0)
            message = (
                f"The records up to {count - 1} are not those that were signed: one from {low} on was"
                " changed, moved, put in or left out."
            )
            self._problem("root", message, low)
        else:
            self._accept(signed)

    def _accept(self, signed: Signed) -> None:
        report = self.report
        self.signed_size = signed.size
        report.root = signed.root.hex()
        report.signed_by, report.signed_at = signed.signed_by, signed.signed_at

    def _compare_outside(self, size: int) -> None:
        while self.outside and self.outside[0].size <= size:
            other = self.outside.pop(0)
            if other.size < size:
                message = (
                    f"The outside checkpoint covers {other.size} records; this export begins at {size}"
                    " and cannot be compared with it. Ask for an export that begins earlier."
                )
                self._problem("not-compared", message)
            elif other.origin != self.report.origin:
                self._problem(
                    "origin", f"The outside checkpoint is of another log: {other.origin}."
                )
            elif other.root == self.tree.root():
                self.report.outside_agreed.append(size)
            else:
                low = max(self.report.outside_agreed, default=0)
                message = (
                    f"The first {size} records are not those of the outside checkpoint: the log was forked or"
                    f" rewritten, in a record from {low} to {size - 1}."
                )
                self._problem("fork", message, low)

    def _end(self) -> None:
        if self.line == 0:
            refuse("the file is empty")
        count = self.report.first + self.report.leaves
        if count != self.report.size:
            code = "truncated" if count < self.report.size else "misplaced"
            message = f"The header promises {self.report.size} records, and there are {count}."
            self._problem(code, message, count)
        for other in self.outside:
            message = (
                f"The outside checkpoint covers {other.size} records, and the log has only {count}: its end"
                " was cut off, or an old state was restored."
            )
            self._problem("truncated", message, count)
        for index in sorted(self.unexplained)[:MOST_PROBLEMS]:
            message = (
                f"Record {index} is erased, and no record after it says by which law: who can write to the log's"
                " store took it away. If it was erased while this was exported, a new export says so."
            )
            self._problem("erased-unrecorded", message, index)
        if not self.report.problems and self.signed_size != count:
            message = f"No checkpoint covers the records from {max(self.signed_size, 0)} on."
            self._problem("unsigned", message, max(self.signed_size, 0))
        self.report.size = count

    def _problem(self, code: str, message: str, index: int | None = None) -> None:
        self.report.problems.append(Problem(code, message, self.line, index))

    def _stop(self, code: str, message: str, index: int | None = None) -> NoReturn:
        """Note a problem after which no record can be given its place, and end the check."""
        self._problem(code, message, index)
        raise NotAcceptedError


def read_record(line: bytes) -> dict[str, Any]:
    """Return one line's record; an erased leaf gets the type `erased`."""
    if len(line) > LARGEST_LINE_BYTES or not line.endswith(b"\n"):
        refuse("it is cut off, or too long")
    try:
        record = json.loads(line, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        refuse("it is no JSON")
    if not isinstance(record, dict) or record.pop("schema", None) != SCHEMA:
        refuse(f"it is no record of {SCHEMA}")
    if record.get("type") == "leaf" and "erased" in record:
        record["type"] = "erased"
    wanted = _FIELDS.get(str(record.get("type")))
    if wanted is None or set(record) != {"type", *wanted}:
        refuse("it has not the fields of its type")
    if any(type(record[name]) is not kind for name, kind in wanted.items()):
        refuse("a field has a value of the wrong type")
    if record.get("erased") is False:
        refuse("it says that it is not erased, and has no content")
    return record


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        msg = "a name twice"
        raise ValueError(msg)
    return found


def _no_constant(_: str) -> None:
    msg = "not a number"
    raise ValueError(msg)


def read_hash(text: object) -> bytes:
    """Return the 32 bytes of 64 hex digits."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9a-f]{64}", text):
        refuse("a hash has 64 hex digits")
    return bytes.fromhex(text)


def leaf_hash(record: dict[str, Any]) -> bytes:
    """Return the hash of a leaf: of a byte 0, the salt and the content."""
    if not re.fullmatch(r"[0-9a-f]{32}", record["salt"]):
        refuse("a salt has 32 hex digits")
    try:
        content = record["content"].encode()
    except UnicodeEncodeError:
        refuse("a content has no UTF-8")
    return hashlib.sha256(b"\0" + bytes.fromhex(record["salt"]) + content).digest()


def erased_by(content: str) -> int | None:
    """Return the index of the record that a record says was erased; nothing where it speaks of something else."""
    if ERASED_KIND not in content:
        return None
    try:
        event = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict) or event.get("kind") != ERASED_KIND:
        return None
    details = event.get("details")
    index = details.get("index") if isinstance(details, dict) else None
    return index if type(index) is int else None


# --- the proof of one record ------------------------------------------------------------------------------------------


def check_proof(text: str, keys: Sequence[Key], outside: Sequence[Signed] = ()) -> Report:
    """Check the proof that one record stands in the log, and return the report with the record's content."""
    report = Report()
    try:
        head, _, note = text.partition("\n\n")
        lines = head.split("\n")
        found = re.fullmatch(r"index (0|[1-9][0-9]{0,18})", lines[2] if len(lines) > 2 else "")  # noqa: PLR2004 - title and leaf come first
        if found is None or not lines[1].startswith("extra ") or len(lines) > 66:  # noqa: PLR2004 - 63 hashes lead to any root
            refuse("it is no proof with its record")
        leaf = read_base64(lines[1].removeprefix("extra "))
        signed = open_note(note, keys)
        way = [read_base64(each) for each in lines[3:]]
        reached = climb(hashlib.sha256(b"\0" + leaf).digest(), int(found[1]), signed.size, way)
        if reached != signed.root:
            refuse("the record does not lead to the root that was signed")
        report.origin, report.first, report.size = signed.origin, int(found[1]), signed.size
        report.leaves, report.root = 1, signed.root.hex()
        report.content = leaf[SALT_BYTES:].decode("utf-8", "replace")
        report.signed_by, report.signed_at = signed.signed_by, signed.signed_at
    except NotAcceptedError as error:
        report.problems.append(Problem("proof", f"The proof is refused: {error}."))
        return report
    for other in outside:
        if (other.origin, other.size, other.root) == (signed.origin, signed.size, signed.root):
            report.outside_agreed.append(other.size)
        elif (other.origin, other.size) == (signed.origin, signed.size):
            message = f"The proof and the outside checkpoint differ in the first {other.size} records: a fork."
            report.problems.append(Problem("fork", message, None, 0))
        else:
            message = (
                f"The outside checkpoint covers {other.size} records, the proof's {signed.size}: they cannot be"
                " compared. Ask for an export."
            )
            report.problems.append(Problem("not-compared", message))
    return report


def climb(value: bytes, index: int, size: int, way: Sequence[bytes]) -> bytes:
    """Return the root that a leaf's hash leads to (RFC 9162, section 2.1.3.2)."""
    last = size - 1
    if index > last:
        refuse("the record stands outside the log that was signed")
    for other in way:
        if last == 0 or len(other) != 32:  # noqa: PLR2004 - SHA-256
            refuse("the way to the root is too long, or holds no hash")
        if index & 1 or index == last:
            value = node(other, value)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            value = node(value, other)
        index, last = index >> 1, last >> 1
    if last:
        refuse("the way to the root is too short")
    return value


# --- the command ------------------------------------------------------------------------------------------------------


def verify_file(path: Path, keys: Sequence[Key], outside: Sequence[str]) -> Report:
    """Check an export, or a proof, against keys and against checkpoints that others kept.

    Args:
        path: the file.
        keys: the log's public keys.
        outside: the notes of checkpoints that others kept.

    Raises:
        OSError: the file cannot be read.
    """
    known: list[Signed] = []
    refused: list[Problem] = []
    for place, note in enumerate(outside, 1):
        try:
            known.append(open_note(as_written(note), keys))
        except NotAcceptedError as error:
            message = f"The outside checkpoint {place} of {len(outside)} is refused: {error}."
            refused.append(Problem("outside-signature", message))
    with path.open("rb") as file:
        if file.read(len(PROOF_TITLE) + 1) == PROOF_TITLE.encode() + b"\n":
            file.seek(0)
            text = file.read(LARGEST_PROOF_BYTES).decode("utf-8", "replace")
            report = check_proof(text, keys, known)
        else:
            file.seek(0)
            report = ExportCheck(keys, known).run(file)
    report.problems[:0] = refused
    return report


def read_keys(given: Sequence[str]) -> list[Key]:
    """Return the keys of lines, or of files of lines."""
    keys: list[Key] = []
    for each in given:
        is_line = re.fullmatch(r"[^\s+]+\+[0-9a-f]{8}\+\S+", each) is not None
        text = each if is_line else Path(each).read_text(encoding="utf-8")
        keys += [read_key(line) for line in text.split("\n") if line]
    if not keys:
        refuse("no key was given")
    return keys


def report_record(report: Report) -> dict[str, Any]:
    """Return the report as JSON values."""
    return {"schema": REPORT_SCHEMA, "verified": report.is_verified, **asdict(report)}


def report_lines(report: Report) -> list[str]:
    """Return the report in words, in which no terminal finds a command of whoever wrote the log."""
    if not report.is_verified:
        return ["NOT VERIFIED.", *(shown(each.message) for each in report.problems)]
    what = f"{report.leaves} of {report.size} records of {report.origin}"
    what += f", from record {report.first} on; {report.erased} erased."
    by = f"Root {report.root} of {report.size} records, signed by {', '.join(report.signed_by)}"
    when = f" at {report.signed_at}." if report.signed_at else "."
    other = "Agrees with the outside checkpoints of " + ", ".join(map(str, report.outside_agreed))
    none = "No outside checkpoint was compared: a missing end, or a log written anew by its owner, stays unseen."
    last = other + " records." if report.outside_agreed else none
    content = [f"Record {report.first}: {report.content}"] if report.content is not None else []
    return [shown(each) for each in (f"Verified: {what}", *content, by + when, last)]


def shown(line: str) -> str:
    """Return a line with every control character and mark of direction as an escape."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in line)


def main(arguments: Sequence[str]) -> int:
    """Run the command and return its exit code."""
    parser = argparse.ArgumentParser(description="Check an exported audit log of Rempart.")
    parser.add_argument("export", type=Path, help="file of `rempart audit export` or `prove`")
    parser.add_argument("--key", action="append", required=True, help="public key, or file of keys")
    parser.add_argument(
        "--checkpoint", action="append", default=[], type=Path, help="note that others kept"
    )
    parser.add_argument("--json", action="store_true", help="write the report as JSON")
    options = parser.parse_args(arguments)
    try:
        keys = read_keys(options.key)
    except (NotAcceptedError, OSError, ValueError) as error:
        sys.stderr.write(f"The key cannot be used: {error}\n")
        return 2
    try:
        outside = [path.read_bytes().decode() for path in options.checkpoint]
        report = verify_file(options.export, keys, outside)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"A file cannot be read: {error}\n")
        return 3
    text = json.dumps(report_record(report)) if options.json else "\n".join(report_lines(report))
    sys.stdout.write(text + "\n")
    return 0 if report.is_verified else 3


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

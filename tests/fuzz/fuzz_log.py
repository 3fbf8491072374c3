"""Fuzz what reads signed notes, keys, exports and proofs: only our own refusals may escape, and nothing is believed.

Run `python tests/fuzz/fuzz_log.py [corpus-folder] [libFuzzer options]`.
"""

import base64
import contextlib
import io
import json
import sys
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from rempart.log import (
    Checkpoint,
    NoteFormatError,
    NoteSignatureError,
    VerifierKeyError,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_checkpoint,
    tree_root,
    verifier,
    verifier_key,
)

_ORIGIN = "rempart/exercise/audit"
_LEAF = bytes(16) + b"exercise"


class _Signer:
    """A key of the fuzzer's own."""

    algorithm = "ed25519"
    _key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    public_bytes = _key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the signature over a message."""
        return self._key.sign(message)


_KEY = verifier_key(_ORIGIN, _Signer())
_KNOWN = [verifier.read_key(_KEY.text)]
_ROOT = tree_root([verifier.leaf_hash({"salt": "00" * 16, "content": "exercise"})])
_NOTE = sign_checkpoint(
    Checkpoint(_ORIGIN, 1, _ROOT), [_Signer()], at=datetime(2026, 11, 22, tzinfo=UTC)
)
_SIGNED_ROOTS = {_ROOT.hex(), None}


def _line(**fields: object) -> bytes:
    return json.dumps({"schema": "rempart.log/1", **fields}).encode() + b"\n"


_EXPORT = (
    _line(type="header", origin=_ORIGIN, first=0, size=1, frontier=[]),
    _line(type="leaf", index=0, hash=_ROOT.hex(), salt="00" * 16, content="exercise"),
    _line(type="checkpoint", note=_NOTE),
)
_PROOF = f"c2sp.org/tlog-proof@v1\nextra {base64.b64encode(_LEAF).decode()}\nindex 0\n\n{_NOTE}"


def check_the_sound_ones() -> None:
    """See that what is altered is verified before it is altered; else nothing would be shown."""
    whole = verifier.ExportCheck(_KNOWN, ()).run(io.BytesIO(b"".join(_EXPORT)))
    if not whole.is_verified or not verifier.check_proof(_PROOF, _KNOWN).is_verified:
        raise AssertionError


def fuzz_one(data: bytes) -> None:
    """Read one input in the way that its first byte chooses, and check that nothing unsigned is believed."""
    if not data:
        return
    way, content = data[0] % 6, data[1:]
    if way == 0:
        _note(content)
    elif way == 1:
        _note(_spliced(_NOTE.encode(), content))
    elif way == 2:
        with contextlib.suppress(VerifierKeyError):
            text = content.decode("utf-8", "replace")
            if parse_verifier_key(text).text != text:
                raise AssertionError
    elif way == 3:
        _export(content)
    elif way == 4:
        _export(_spliced(b"".join(_EXPORT), content))
    else:
        _proof(_spliced(_PROOF.encode(), content).decode("utf-8", "replace"))


def _spliced(whole: bytes, change: bytes) -> bytes:
    """Put bytes into a sound input: the first two say where, the third how many it loses there."""
    if len(change) < 3:
        return whole
    place = int.from_bytes(change[:2], "big") % len(whole)
    return whole[:place] + change[3:] + whole[place + change[2] :]


def _note(content: bytes) -> None:
    try:
        note = parse_note(content)
        if note.content.encode() != content:
            raise AssertionError
        checkpoint = parse_checkpoint(note.text)
        if checkpoint.text != note.text:
            raise AssertionError
        if open_checkpoint(content, [_KEY]).checkpoint.text not in _NOTE:
            raise AssertionError
    except (NoteFormatError, NoteSignatureError) as refused:
        refused.message.encode()


def _export(content: bytes) -> None:
    report = verifier.ExportCheck(_KNOWN, ()).run(io.BytesIO(content))
    if report.root not in _SIGNED_ROOTS:
        raise AssertionError
    if report.is_verified and report.root is None:
        raise AssertionError
    json.dumps(verifier.report_record(report)).encode()


def _proof(text: str) -> None:
    report = verifier.check_proof(text, _KNOWN)
    if report.is_verified and report.root != _ROOT.hex():
        raise AssertionError
    json.dumps(verifier.report_record(report)).encode()


def main() -> None:
    """Run libFuzzer over `fuzz_one`."""
    import atheris  # noqa: PLC0415 - needed to fuzz only, not to replay inputs
    from instrumentation import watch  # noqa: PLC0415 - the same

    check_the_sound_ones()
    watch("rempart.log", "rempart.model")
    atheris.Setup(sys.argv, fuzz_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()

"""Signed notes, verifier keys and checkpoints: the published vectors, and every form that is not the written one."""

import base64
import contextlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.log.memory_log import ORIGIN, Ed25519Signer, two_signers

from rempart.log import (
    Checkpoint,
    NoteFormatError,
    NoteSignature,
    NoteSignatureError,
    SignedNote,
    VerifierKey,
    VerifierKeyError,
    open_checkpoint,
    parse_checkpoint,
    parse_note,
    parse_verifier_key,
    sign_checkpoint,
    verifier_key,
)

_VECTORS = Path(__file__).parent / "vectors"
_AT = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)

# golang.org/x/mod (BSD-3-Clause), sumdb/note: the example of the package's documentation.
_GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
_GO_SECRET = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"  # noqa: S105 - published with the example
_GO_TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
_GO_SIGNATURE = (
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
)
_GO_NOTE = f"{_GO_TEXT}\n\u2014 PeterNeumann {_GO_SIGNATURE}\n"

# c2sp.org/signed-note v1.1.0 (CC BY 4.0): the example key and note.
_SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
_SPEC_NOTE = (
    "This is an example message.\n\n\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)

_CHECKPOINT = Checkpoint(ORIGIN, 20852163, bytes(range(32)))


def _note(checkpoint: Checkpoint = _CHECKPOINT, number: int = 1) -> str:
    return sign_checkpoint(checkpoint, two_signers(number), at=_AT)


def _keys(number: int = 1) -> list[VerifierKey]:
    return [verifier_key(ORIGIN, each) for each in two_signers(number)]


def test_published_note_of_go_is_read_and_written_byte_for_byte() -> None:
    note = parse_note(_GO_NOTE.encode())
    signer = Ed25519Signer(base64.b64decode(_GO_SECRET)[1:])
    key = parse_verifier_key(_GO_KEY)
    assert note.text == _GO_TEXT
    assert note.content == _GO_NOTE
    assert key.text == _GO_KEY
    assert verifier_key("PeterNeumann", signer) == key
    signature = NoteSignature("PeterNeumann", key.key_id, signer.sign(_GO_TEXT.encode()))
    assert SignedNote(_GO_TEXT, (signature,)).content == _GO_NOTE


def test_published_key_and_note_of_the_specification_are_read() -> None:
    key, note = parse_verifier_key(_SPEC_KEY), parse_note(_SPEC_NOTE.encode())
    assert (key.name, key.algorithm, key.text) == ("example.com/foo", "ed25519", _SPEC_KEY)
    assert note.signatures[0].key_id == key.key_id
    assert note.content == _SPEC_NOTE


def test_published_ml_dsa_checkpoint_of_another_implementation_is_accepted() -> None:
    line = (_VECTORS / "mldsa_log.vkey").read_text(encoding="utf-8").strip()
    content = (_VECTORS / "mldsa_log.checkpoint").read_bytes()
    key = parse_verifier_key(line)
    opened = open_checkpoint(content, [key])
    assert (key.algorithm, key.text) == ("ml-dsa-44", line)
    assert (opened.checkpoint.size, opened.signers, opened.second) == (1, (key,), None)
    with pytest.raises(NoteSignatureError):
        open_checkpoint(content.replace(b"\n1\n", b"\n2\n"), [key])


def test_checkpoint_is_signed_by_both_keys_and_opened_with_either() -> None:
    content = _note().encode()
    ed25519, ml_dsa = _keys()
    both = open_checkpoint(content, [ed25519, ml_dsa])
    assert both.checkpoint == _CHECKPOINT
    assert both.signers == (ed25519, ml_dsa)
    assert both.second == int(_AT.timestamp())
    assert open_checkpoint(content, [ed25519]).second is None
    assert open_checkpoint(content, [ml_dsa]).signers == (ml_dsa,)
    assert 3_400 < len(content) < 3_600


def test_signature_of_an_unknown_key_is_passed_over() -> None:
    ours, theirs = parse_note(_note().encode()), parse_note(_note(number=2).encode())
    mixed = SignedNote(ours.text, theirs.signatures + ours.signatures).content.encode()
    assert len(open_checkpoint(mixed, _keys()).signers) == 2


def test_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(NoteSignatureError, match="No key that is known"):
        open_checkpoint(_note(number=2).encode(), _keys())
    with pytest.raises(NoteSignatureError, match="No key that is known"):
        open_checkpoint(_note().encode(), [])


def test_key_of_the_same_name_with_another_id_is_unknown() -> None:
    mine, other = _keys(1)[0], _keys(2)[0]
    assert mine.name == other.name
    assert open_checkpoint(_note().encode(), [mine, other]).signers == (mine,)


@pytest.mark.parametrize("place", [0, 1])
def test_one_wrong_signature_of_a_known_key_refuses_the_note(place: int) -> None:
    note = parse_note(_note().encode())
    broken = list(note.signatures)
    old = broken[place]
    broken[place] = NoteSignature(
        old.name, old.key_id, old.signature[:-1] + bytes([old.signature[-1] ^ 1])
    )
    with pytest.raises(NoteSignatureError, match="does not hold"):
        open_checkpoint(SignedNote(note.text, tuple(broken)).content.encode(), _keys())


@pytest.mark.parametrize("place", [0, 1])
def test_signature_of_the_wrong_length_is_refused(place: int) -> None:
    note = parse_note(_note().encode())
    short = list(note.signatures)
    short[place] = NoteSignature(
        short[place].name, short[place].key_id, short[place].signature[:-1]
    )
    with pytest.raises(NoteSignatureError):
        open_checkpoint(SignedNote(note.text, tuple(short)).content.encode(), _keys())


def test_altered_time_of_an_ml_dsa_signature_is_refused() -> None:
    note = parse_note(_note().encode())
    _, old = note.signatures
    for second in (0, int(_AT.timestamp()) + 1, 2**63):
        late = NoteSignature(old.name, old.key_id, second.to_bytes(8, "big") + old.signature[8:])
        with pytest.raises(NoteSignatureError):
            open_checkpoint(SignedNote(note.text, (late,)).content.encode(), _keys())


@pytest.mark.parametrize(
    "altered",
    [
        Checkpoint("rempart/exercise-B/audit", _CHECKPOINT.size, _CHECKPOINT.root),
        Checkpoint(ORIGIN, _CHECKPOINT.size - 1, _CHECKPOINT.root),
        Checkpoint(ORIGIN, _CHECKPOINT.size, bytes(32)),
    ],
)
def test_signatures_cover_origin_size_and_root(altered: Checkpoint) -> None:
    signatures = parse_note(_note().encode()).signatures
    for each, key in zip(signatures, _keys(), strict=True):
        with pytest.raises(NoteSignatureError, match="does not hold"):
            open_checkpoint(SignedNote(altered.text, (each,)).content.encode(), [key])


def test_key_mangled_anywhere_is_refused() -> None:
    for line in (_GO_KEY, _SPEC_KEY):
        for place in range(len(line)):
            for mangled in (
                line[:place] + chr(ord(line[place]) + 1) + line[place + 1 :],
                line[:place],
                line[:place] + line[place + 1 :],
            ):
                with pytest.raises(VerifierKeyError):
                    parse_verifier_key(mangled)


@pytest.mark.parametrize(
    "line",
    [
        _GO_KEY + "\n",
        " " + _GO_KEY,
        # golang.org/x/mod, note_test.go: a wrong length with an adjusted key id, and an unknown kind.
        "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY==",
        "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW",
        "",
        "++",
    ],
)
def test_line_that_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(VerifierKeyError):
        parse_verifier_key(line)


@pytest.mark.parametrize(
    "name", ["", "a b", "a+b", "a\u00a0b", "a\u2003b", "a\nb", "a\x01", "é" * 200]
)
def test_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    with pytest.raises(VerifierKeyError):
        VerifierKey(name, "ed25519", bytes(32))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"text\n",
        b"text\n\n",
        _GO_NOTE[:-1].encode(),
        _GO_NOTE.encode() + b"\n",
        _GO_NOTE.replace("\n", "\r\n").encode(),
        _GO_NOTE.replace("\u2014", "-").encode(),
        _GO_NOTE.replace("\u2014 ", "\u2014  ").encode(),
        _GO_NOTE.replace("AM=", "AM").encode(),
        _GO_NOTE.replace("AM=", "AN=").encode(),
        _GO_NOTE.replace("PeterNeumann", "Peter+Neumann").encode(),
        _GO_NOTE.replace("PeterNeumann", "Peter\u2009Neumann").encode(),
        _GO_NOTE.replace("If you", "If\tyou").encode(),
        _GO_NOTE.replace(_GO_SIGNATURE, "x08gow==").encode(),
        _GO_NOTE.encode().replace(b"If", b"\xff"),
        (_GO_NOTE + _GO_NOTE.splitlines()[-1] + "\n").encode(),
        _GO_TEXT.encode() * 10_000 + _GO_NOTE.encode(),
        _GO_TEXT.encode()
        + b"\n"
        + b"".join(f"\u2014 name{number} {_GO_SIGNATURE}\n".encode() for number in range(65)),
    ],
)
def test_bytes_that_are_no_note_are_refused(content: bytes) -> None:
    with pytest.raises(NoteFormatError):
        parse_note(content)


def test_sixteen_signatures_of_the_largest_kind_are_read() -> None:
    signature = NoteSignature("name", bytes(4), bytes(4_627))
    signatures = tuple(
        NoteSignature(f"name{number}", signature.key_id, signature.signature)
        for number in range(16)
    )
    assert len(parse_note(SignedNote("text\n", signatures).content.encode()).signatures) == 16


_ROOT = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        f"origin\n1\n{_ROOT}",
        f"\n1\n{_ROOT}\n",
        f"origin\n01\n{_ROOT}\n",
        f"origin\n-1\n{_ROOT}\n",
        f"origin\n+1\n{_ROOT}\n",
        f"origin\n1 \n{_ROOT}\n",
        f"origin\n\u0661\n{_ROOT}\n",
        f"origin\n9223372036854775808\n{_ROOT}\n",
        f"origin\n1\n{_ROOT[:-1]}\n",
        f"origin\n1\n{_ROOT[:-2]}J=\n",
        "origin\n1\nAAAA\n",
        f"origin\n1\n{_ROOT}\n\n",
        f"origin\n1\n{_ROOT}\n\nextension\n",
        "origin\n1\n",
    ],
)
def test_text_that_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteFormatError):
        parse_checkpoint(text)


def test_example_of_the_specification_is_read() -> None:
    text = f"example.com/behind-the-sofa\n20852163\n{_ROOT}\n"  # c2sp.org/tlog-checkpoint
    checkpoint = parse_checkpoint(text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20852163)
    assert checkpoint.text == text
    assert parse_checkpoint(text + "more\n").extensions == ("more",)


_LINES = st.text(st.characters(min_codepoint=32, codec="utf-8"), min_size=1)
_NAMES = st.text(
    st.characters(min_codepoint=33, exclude_categories=("Cs", "Z", "Cc"), exclude_characters="+"),
    min_size=1,
)


@settings(max_examples=50, deadline=None)
@given(
    st.lists(_LINES, min_size=1),
    st.lists(
        st.builds(
            NoteSignature,
            _NAMES,
            st.binary(min_size=4, max_size=4),
            st.binary(min_size=1, max_size=90),
        ),
        min_size=1,
        max_size=5,
        unique_by=lambda each: (each.name, each.key_id),
    ),
)
def test_every_note_that_is_written_is_read_back(
    lines: list[str], signatures: list[NoteSignature]
) -> None:
    note = SignedNote("".join(f"{line}\n" for line in lines), tuple(signatures))
    assert parse_note(note.content.encode()) == note


@settings(max_examples=50, deadline=None)
@given(_LINES, st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32), st.lists(_LINES))
def test_every_checkpoint_that_is_written_is_read_back(
    origin: str, size: int, root: bytes, extensions: list[str]
) -> None:
    checkpoint = Checkpoint(origin, size, root, tuple(extensions))
    assert parse_checkpoint(checkpoint.text) == checkpoint


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    with contextlib.suppress(NoteFormatError):
        assert parse_note(content).content.encode() == content

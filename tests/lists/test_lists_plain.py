"""Plain text lists: what is read, what is refused, and where."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import ListEncodingError, ListLimitError

MD5 = "0cc175b9c0f1b6a831c399e269772661"
SHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
LENGTHS = {32: "md5", 40: "sha1", 64: "sha256", 128: "sha512"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (f"{MD5} ", "unknown-line"),
        (f" {MD5}", "unknown-line"),
        (f"{MD5}\tname", "unknown-line"),
        (f"{MD5} name", "unknown-line"),
        (f"{MD5}  ", "unknown-line"),
        (f"+{MD5[1:]}", "unknown-line"),
        (f"{MD5[:15]}_{MD5[16:]}", "unknown-line"),
        (f"0x{MD5}", "unknown-line"),
        (MD5[:-1], "bad-value"),
        (MD5 + "00", "bad-value"),
        (f"SHA1 (name) = {MD5}", "bad-value"),
        (f"SHA384 (name) = {MD5}", "unknown-kind"),
        ("0" * 32, "all-zero"),
        ("0" * 128, "all-zero"),
        ("D41D8CD98F00B204E9800998ECF8427E", "empty-input-digest"),
        ("da39a3ee5e6b4b0d3255bfef95601890afd80709  x", "empty-input-digest"),
        (
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "empty-input-digest",
        ),
        ("x\xe9", "unknown-line"),
    ],
)
def test_a_line_out_of_form_is_reported_and_the_rest_goes_on(
    read: Any, line: str, code: str
) -> None:
    result = read(f"{MD5}\n{line}\n{SHA256}\n", format="plain")
    assert result.codes == [(2, code)]
    assert [draft.number for draft in result.drafts] == [1, 3]


def test_messages_hold_no_value(read: Any) -> None:
    result = read(f"{MD5[:-1]}\n{MD5} secret-name\n", format="plain")
    assert all("secret" not in each.message and MD5[:8] not in each.message for each in result.bad)


def test_sixty_four_digits_are_pdq_only_when_the_operator_says_so(read: Any) -> None:
    text = f"{SHA256.upper()}\n{SHA256}  name\n{MD5}\n"
    kinds = [draft.fingerprints[0].kind for draft in read(text, format="plain").drafts]
    assert kinds == ["sha256", "sha256", "md5"]
    as_pdq = read(text, format="plain", plain_64_is_pdq=True).drafts
    assert [draft.fingerprints[0].kind for draft in as_pdq] == ["pdq", "sha256", "md5"]
    assert as_pdq[0].fingerprints[0].dialect == "exact"


def test_names_in_any_encoding_and_a_byte_order_mark_and_crlf(read: Any) -> None:
    content = b"\xef\xbb\xbf" + MD5.encode() + b"  x\xe9\r\n" + SHA256.encode() + b"\r\n"
    result = read(content)
    assert not result.bad
    assert [draft.fingerprints[0].text for draft in result.drafts] == [MD5, SHA256]


def test_nul_bytes_are_refused_with_line_and_byte(read: Any) -> None:
    with pytest.raises(ListEncodingError, match=r"line 2, byte 35"):
        read(f"{MD5}\n0\x00\n", format="plain")
    with pytest.raises(ListEncodingError):
        read(f"{MD5}\n".encode("utf-16"))


def test_an_endless_line_is_refused(read: Any) -> None:
    with pytest.raises(ListLimitError, match="Line 2"):
        read(f"{MD5}\n" + "a" * 3_000_000, format="plain")


def test_an_empty_plain_list_has_no_entries(read: Any) -> None:
    assert read("# nothing\n", format="plain").drafts == []


@settings(max_examples=50, deadline=None)
@given(
    digests=st.lists(
        st.sampled_from(sorted(LENGTHS)).flatmap(
            lambda length: st.binary(min_size=length // 2, max_size=length // 2).filter(any)
        ),
        max_size=20,
    ),
    style=st.sampled_from(["{0}", "{0}  n", "{0} *n (x) = y", "\\{0}  a\\nb"]),
    upper=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_print_and_parse_agree(
    read: Any, digests: list[bytes], style: str, *, upper: bool, end: str
) -> None:
    lines = [style.format(each.hex().upper() if upper else each.hex()) for each in digests]
    result = read(end.join(lines), format="plain")
    assert not result.bad
    assert [draft.fingerprints[0].value for draft in result.drafts] == digests
    assert [draft.fingerprints[0].kind for draft in result.drafts] == [
        LENGTHS[len(each) * 2] for each in digests
    ]

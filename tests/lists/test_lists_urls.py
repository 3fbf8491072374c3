"""URLs and their hashes as lists hold them."""

import io
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest

from rempart.fingerprint.urls import URL_RULE
from rempart.lists import ColumnMap, ExportEntry, draft_digest, entry_key, write_list
from rempart.lists.url_values import with_url_hashes
from rempart.model.fingerprint import URL, URL_SHA256, Fingerprint
from rempart.model.identifiers import EntryId

HASH = sha256(b"host.example/a/").hexdigest()


def _csv(*rows: str) -> str:
    return "type,value,category\n" + "".join(f"{row},1\n" for row in rows)


def test_clear_url_is_kept_as_received_with_the_hash_of_its_exact_expression(read: Any) -> None:
    (draft,) = read(_csv("url,HTTPS://name@Host.Example:8443/a/b/..#top")).drafts
    assert draft.fingerprints == (
        Fingerprint(URL, b"HTTPS://name@Host.Example:8443/a/b/..#top"),
        Fingerprint(URL_SHA256, bytes.fromhex(HASH), software=URL_RULE),
    )


def test_column_map_may_name_a_column_of_urls(read: Any) -> None:
    columns = ColumnMap.parse('[fingerprints]\nurl = "Address"\nmd5 = "MD5"\n')
    table = f"Address,MD5\nhttp://host.example/a/,{'1f' * 16}\n,{'2f' * 16}\n"
    one, two = read(table, columns=columns).drafts
    assert [each.kind for each in one.fingerprints] == ["url", "url-sha256", "md5"]
    assert [each.kind for each in two.fingerprints] == ["md5"]


def test_domain_alone_stands_for_everything_on_it(read: Any) -> None:
    (draft,) = read(_csv("url,host.example")).drafts
    assert draft.fingerprints[1].value == sha256(b"host.example/").digest()


def test_hash_is_read_in_either_case_and_keeps_the_rule_that_made_it(read: Any) -> None:
    text = f"type,value,software\nurl-sha256,{HASH.upper()},other/1;host-suffixes=6\n"
    (draft,) = read(text).drafts
    assert draft.fingerprints == (
        Fingerprint(URL_SHA256, bytes.fromhex(HASH), software="other/1;host-suffixes=6"),
    )


@pytest.mark.parametrize("digits", ["0badcafe", "0badcafe" * 4, "AB" * 31])
def test_prefix_of_a_hash_is_kept_as_text(read: Any, digits: str) -> None:
    (draft,) = read(_csv(f"url-sha256-prefix,{digits}")).drafts
    assert draft.fingerprints == (Fingerprint("url-sha256-prefix", digits.lower().encode()),)


@pytest.mark.parametrize(
    ("row", "code"),
    [
        ("url,mailto:exercise@host.example", "bad-url"),
        ("url,/only/a/path", "bad-url"),
        ("url,http://" + "a" * 70_000, "bad-url"),
        ("url-sha256," + "ab" * 31, "bad-value"),
        ("url-sha256," + "xy" * 32, "bad-value"),
        ("url-sha256," + "00" * 32, "all-zero"),
        ("url-sha256," + sha256(b"").hexdigest(), "empty-input-digest"),
        ("url-sha256-prefix,abcdef", "bad-value"),
        ("url-sha256-prefix," + "ab" * 32, "bad-value"),
    ],
)
def test_value_that_is_neither_url_nor_hash_is_reported_without_it(
    read: Any, row: str, code: str
) -> None:
    result = read(_csv(row, f"url-sha256,{HASH}"))
    assert [found for _, found in result.codes] == [code]
    assert len(result.drafts) == 1


def test_clear_url_keeps_the_key_that_it_had_before_its_hash_stood_beside_it(read: Any) -> None:
    (draft,) = read(_csv("url,http://host.example/a/")).drafts
    assert entry_key(draft) == b"opaque:url:http://host.example/a/"
    (hashed,) = read(_csv(f"url-sha256,{HASH}")).drafts
    assert entry_key(hashed) == b"url-sha256:" + bytes.fromhex(HASH)
    assert draft_digest(draft) != draft_digest(hashed)


def test_plain_list_of_urls_domains_and_hashes(read: Any) -> None:
    text = (
        "# blocked since spring\n\nhttp://host.example/a/\nblocked.example\n192.0.2.7/x\n"
        f"{HASH.upper()}\nhttps://www.\u00fcmlat.example/\u00e9\r\n"
    )
    result = read(text, format="urls")
    assert [each.number for each in result.drafts] == [3, 4, 5, 6, 7]
    assert [each.fingerprints[-1].value.hex() for each in result.drafts] == [
        HASH,
        sha256(b"blocked.example/").hexdigest(),
        sha256(b"192.0.2.7/x").hexdigest(),
        HASH,
        sha256(b"www.xn--mlat-zra.example/%C3%A9").hexdigest(),
    ]
    assert result.codes == []


def test_content_tells_a_list_of_web_addresses(read: Any) -> None:
    text = "# x\nHTTPS://host.example/a/\nother.example\n"
    assert read(text, format="auto").drafts == read(text, format="urls").drafts


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("single", "bad-url"),
        ("0badcafe", "bad-url"),
        ("ab" * 16, "bad-url"),
        ("00" * 15 + "01", "bad-url"),
        ("1.2", "bad-url"),
        ("md5,host.example", "bad-url"),
        ("a sentence.", "bad-url"),
        ("mailto:exercise@host.example", "bad-url"),
        ("http://", "bad-url"),
        ("00" * 32, "all-zero"),
    ],
)
def test_line_that_is_no_url_is_reported_and_the_others_go_on(
    read: Any, line: str, code: str
) -> None:
    result = read(f"{line}\nhttp://host.example/a/\n", format="urls")
    assert result.codes == [(1, code)]
    assert len(result.drafts) == 1


def test_exported_list_comes_back_the_same(read: Any) -> None:
    drafts = read(_csv("url,http://host.example/a?b=1", f"url-sha256,{HASH}")).drafts
    entries = [
        ExportEntry(EntryId(UUID(int=at + 1)), each.fingerprints, None, (), None)
        for at, each in enumerate(drafts)
    ]
    sink = io.BytesIO()
    write_list(iter(entries), sink, format="csv", list_name="exercise")
    again = read(sink.getvalue()).drafts
    assert [each.fingerprints for each in again] == [each.fingerprints for each in drafts]
    assert [entry_key(each) for each in again] == [entry_key(each) for each in drafts]


def test_hash_that_stands_there_already_is_not_put_beside_again() -> None:
    clear = Fingerprint(URL, b"http://host.example/a/")
    given = Fingerprint(URL_SHA256, bytes.fromhex(HASH), software="other/1")
    assert with_url_hashes((clear, given)) == (clear, given)
    assert len(with_url_hashes((clear, clear))) == 3

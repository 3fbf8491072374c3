"""CSV lists: our own form and, through a column map, any other."""

from typing import Any

import pytest

from rempart.lists import (
    ColumnMap,
    ColumnMapError,
    LabelMap,
    ListEncodingError,
    ListFormatError,
    ListLimitError,
    ListTornError,
    csv_table,
    draft_digest,
)
from rempart.model.labels import Label

MD5 = "0cc175b9c0f1b6a831c399e269772661"
SHA1 = "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"
PDQ = "f8" * 32
HEADER = "type,value,category,source,list_version,first_seen,comment\n"
SHORT = "type,value,category\n"
LABELS = LabelMap.parse('scheme = "exercise"\nregion = "UK"\n[map]\n1 = "exercise-A"\n')


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (f"md5,{MD5}", "wrong-cell-count"),
        (f"md5,{MD5},1,2", "wrong-cell-count"),
        (f"md5,{MD5[:-1]},1", "bad-value"),
        (f"md5,{MD5[:15]} {MD5[16:]},1", "bad-value"),
        (f"md5,{MD5[:15]}_{MD5[16:]},1", "bad-value"),
        (f"md5,{SHA1},1", "bad-value"),
        ("sha1," + "1" * 32 + ",1", "bad-value"),
        ("md5,,1", "no-fingerprint"),
        (f",{MD5},1", "unknown-kind"),
        (f"(type),{MD5},1", "unknown-kind"),
        ("pdq," + "0" * 64 + ",1", "all-zero"),
        ("photodna," + "A" * 192 + ",1", "all-zero"),
        ("photodna," + "A" * 191 + "=,1", "bad-value"),
        ("photodna," + "?" * 192 + ",1", "bad-value"),
        ("photodna,xyz,1", "bad-value"),
        ("pdq,xyz,1", "bad-value"),
        (f"pdq,{MD5},1", "bad-value"),
        ("sha1," + "%" * 32 + ",1", "bad-value"),
        ("md5,d41d8cd98f00b204e9800998ecf8427e,1", "empty-input-digest"),
        (f"md5,{MD5}," + "x" * 201, "bad-category"),
        (f"md5,{MD5},\x1b[2J", "bad-category"),
        (f'md5,"{MD5}"x,1', "bad-quoting"),
        ("url," + "x" * 200_000 + ",1", "field-too-long"),
        ("url,a\u202eb,1", "bad-value"),
    ],
)
def test_a_bad_row_is_reported_and_the_rest_goes_on(read: Any, row: str, code: str) -> None:
    result = read(f"{SHORT}md5,{MD5},1\n\n{row}\nsha1,{SHA1},2\n")
    assert result.codes == [(2, code)]
    assert "line 4" in result.bad[0].message
    assert [draft.number for draft in result.drafts] == [1, 3]


def test_byte_order_mark_crlf_blanks_and_column_order_make_no_difference(read: Any) -> None:
    text = f"\ufeffcomment, value ,type\r\n, {MD5.upper()} , md5 \r\n"
    (draft,) = read(text).drafts
    assert draft.fingerprints[0].text == MD5
    assert draft.raw is None


@pytest.mark.parametrize(
    ("kind", "written", "length"),
    [
        ("sha1", "Q33WON37LGZP2TZSHJCW26J5CSQKDCAA", 20),
        ("sha-1", SHA1, 20),
        ("SHA256", "ab" * 32, 32),
        ("sha512", "ab" * 64, 64),
        ("photodna", "AQ" + "A" * 190, 144),
        ("PhotoDNA", "01" * 144, 144),
        ("pdq", PDQ, 32),
    ],
)
def test_the_written_forms_of_each_kind(read: Any, kind: str, written: str, length: int) -> None:
    (draft,) = read(f"{SHORT}{kind},{written},\n").drafts
    assert len(draft.fingerprints[0].value) == length
    assert draft.labels == ()


def test_foreign_kinds_are_kept_opaque(read: Any) -> None:
    (draft,) = read(f"{SHORT}tmk,AbC+/=,\n").drafts
    assert (draft.fingerprints[0].kind, draft.fingerprints[0].value) == ("tmk", b"AbC+/=")


def test_id_dialect_quality_and_software(read: Any) -> None:
    text = f"id,type,value,dialect,quality,software\nex-1,pdq,{PDQ},cpp512,77,other/2\n"
    (draft,) = read(text).drafts
    (fingerprint,) = draft.fingerprints
    assert draft.source_id == "ex-1"
    assert (fingerprint.dialect, fingerprint.quality) == ("cpp512", 77)
    assert fingerprint.software == "other/2"


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ("x,Exact,", "bad-dialect"),
        ("x,,101", "bad-quality"),
        ("x,,+50", "bad-quality"),
        ("x,,5_0", "bad-quality"),
        ("x,,\u0665", "bad-quality"),
        ("i" * 1025 + ",,", "bad-id"),
        ("a\x07b,,", "bad-id"),
    ],
)
def test_bad_cells_beside_a_pdq(read: Any, cells: str, code: str) -> None:
    assert read(f"type,value,id,dialect,quality\npdq,{PDQ},{cells}\n").codes == [(1, code)]


def test_neighbouring_rows_with_one_id_are_one_entry(read: Any) -> None:
    text = (
        "type,value,category,id,entry\n"
        f"md5,{MD5},1,a,\nsha1,{SHA1},1,a,\npdq,{PDQ},2,b,\nmd5,{MD5},,,7\nsha1,{SHA1},,,7\n"
        f"md5,{MD5},,,\nmd5,{MD5},,,\nmd5,xx,,c,\nsha1,{SHA1},,c,\n"
    )
    result = read(text)
    assert [(draft.number, len(draft.fingerprints)) for draft in result.drafts] == [
        (1, 2),
        (3, 1),
        (4, 2),
        (6, 1),
        (7, 1),
        (9, 1),
    ]
    assert result.codes == [(8, "bad-value")]


def test_one_entry_takes_only_so_many_fingerprints(read: Any) -> None:
    rows = "".join(f"md5,{number:032x},e\n" for number in range(1, 67))
    result = read("type,value,id\n" + rows)
    assert len(result.drafts[0].fingerprints) == 64
    assert result.codes == [(65, "too-many-fingerprints"), (66, "too-many-fingerprints")]


def test_a_quote_before_a_formula_is_undone_in_our_own_csv_only(read: Any) -> None:
    text = "type,value,category,comment,id\nurl,'=x,'-1,'+2,''@3\n"
    (draft,) = read(text).drafts
    assert draft.fingerprints[0].value == b"=x"
    assert draft.labels[0].value == "-1"
    assert draft.raw == '{"comment":"+2"}'
    assert draft.source_id == "'@3"
    columns = ColumnMap.parse('type = "type"\nvalue = "value"')
    assert read(text, columns=columns).drafts[0].fingerprints[0].value == b"'=x"


def test_unknown_columns_are_kept_and_the_list_version_is_not(read: Any) -> None:
    text = f"type,value,list_version,note\nmd5,{MD5},9,seen\n"
    assert read(text).drafts[0].raw == '{"note":"seen"}'


def test_a_category_keeps_its_number_unless_the_operator_gave_it_a_meaning(read: Any) -> None:
    text = f"{SHORT}md5,{MD5},1\nsha1,{SHA1},2\n"
    assert read(text).drafts[0].labels == (Label("unmapped", None, None, "1"),)
    mapped, unmapped = read(text, labels=LABELS).drafts
    assert mapped.labels == (Label("exercise", None, "UK", "exercise-A"),)
    assert mapped.raw == '{"category":"1"}'
    assert unmapped.labels == (Label("unmapped", None, None, "2"),)


def test_a_label_map_is_not_used_for_rows_of_another_region(read: Any) -> None:
    text = f"type,value,category,region\nmd5,{MD5},1,US\nsha1,{SHA1},1,uk\n"
    other, own = read(text, labels=LABELS).drafts
    assert other.labels == (Label("unmapped", None, "US", "1"),)
    assert own.labels == (Label("exercise", None, "UK", "exercise-A"),)


@pytest.mark.parametrize(
    "cell",
    [
        "[",
        "{}",
        '[{""scheme"":1,""scheme_version"":null,""region"":null,""value"":""x""}]',
        '[{""scheme"":""x"",""scheme_version"":2,""region"":null,""value"":""x""}]',
        '[{""scheme"":""x""}]',
        "[[[" * 500,
        "[1]",
    ],
)
def test_labels_out_of_form_are_a_bad_record(read: Any, cell: str) -> None:
    assert read(f'type,value,labels\nmd5,{MD5},"{cell}"\n').codes == [(1, "bad-labels")]


def test_more_different_categories_than_are_remembered(read: Any) -> None:
    rows = "".join(f"md5,{number:032x},c{number}\n" for number in range(1, 5001))
    drafts = read(SHORT + rows + rows).drafts
    expected = [f"c{number}" for number in range(1, 5001)] * 2
    assert [draft.labels[0].value for draft in drafts] == expected
    assert len({draft_digest(draft) for draft in drafts}) == 5000


def test_a_list_that_ends_within_quotes_is_torn(read: Any) -> None:
    with pytest.raises(ListTornError, match="line 3"):
        read(f'{SHORT}md5,{MD5},1\nmd5,{MD5},"1\n')


def test_a_stray_quote_names_the_lines_it_swallowed(read: Any) -> None:
    result = read(f'{SHORT}md5,{MD5},"1\nmd5,{MD5},1\nmd5,{MD5},"2"\nsha1,{SHA1},1\n')
    assert result.codes == [(1, "bad-quoting")]
    assert "lines 2 to 4" in result.bad[0].message
    assert len(result.drafts) == 1


def test_latin_1_is_refused_with_line_and_byte(read: Any) -> None:
    content = f"{HEADER}md5,{MD5},1,,,,ok\nmd5,{MD5},1,,,,x\xe9\n".encode("latin-1")
    byte = content.index(b"\xe9") + 1
    with pytest.raises(ListEncodingError, match=f"line 3, byte {byte} "):
        read(content)
    with pytest.raises(ListEncodingError, match=f"line 3, byte {byte + 3} "):
        read(b"\xef\xbb\xbf" + content)


def test_a_torn_character_at_the_end_is_refused(read: Any) -> None:
    content = f"{SHORT}md5,{MD5},é".encode()[:-1]
    with pytest.raises(ListTornError, match=f"byte {len(content)} "):
        read(content)


def test_the_place_of_a_wrong_byte_is_right_far_into_the_list(read: Any) -> None:
    content = SHORT.encode() + f"md5,{MD5},é\n".encode() * 5000 + b"md5,\xff,1\n"
    byte = content.index(b"\xff") + 1
    with pytest.raises(ListEncodingError, match=f"line 5002, byte {byte} "):
        read(content)


def test_nul_is_refused_with_line_and_byte(read: Any) -> None:
    content = f"{SHORT}md5,{MD5},é\nmd5,\0,1\n".encode()
    with pytest.raises(ListEncodingError, match=f"line 3, byte {content.index(0) + 1} "):
        read(content)


def test_utf_16_is_refused_and_read_when_the_map_says_so(read: Any) -> None:
    content = f"{SHORT}md5,{MD5},1\n".encode("utf-16")
    with pytest.raises(ListEncodingError, match="UTF-16"):
        read(content, format="csv")
    columns = ColumnMap.parse('encoding = "utf-16"\ntype = "type"\nvalue = "value"')
    assert len(read(content, columns=columns).drafts) == 1
    with pytest.raises(ListEncodingError, match="line 1, byte 1 "):
        read("type,value\n", columns=columns)
    with pytest.raises(ListTornError, match="byte 27 "):
        read("type,value\nx".encode("utf-16") + b"\0", columns=columns)


def test_an_endless_line_or_row_is_refused(read: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_table, "MAX_ROW_CHARS", 1_000_000)
    monkeypatch.setattr(csv_table, "MAX_RECORD_BYTES", 4_000_000)
    with pytest.raises(ListLimitError, match="Line 3"):
        read(f"{SHORT}md5,{MD5},1\n" + "x" * 3_000_000)
    with pytest.raises(ListLimitError, match="Row 1"):
        read(SHORT + '"a\nb",' * 1_000_000)
    with pytest.raises(ListLimitError, match="columns"):
        read("type,value" + "," * 2000 + "\n")


@pytest.mark.parametrize(
    "text", ["", "\n\n", "value\n1\n", "type,value,type\n", '"type,value\n', "type;value\n"]
)
def test_a_list_without_our_header_is_refused(read: Any, text: str) -> None:
    with pytest.raises(ListFormatError):
        read(text, format="csv")


WIDE = (
    'id = "Nr"\ncategory = "Class"\nregion = "Land"\ndialect = "D"\nquality = "Q"\ncomment = "C"\n'
)
WIDE_MAP = (
    f'delimiter = "\\t"\npdq_dialect = "cpp512"\n{WIDE}[fingerprints]\nMD5 = "MD5"\nPDQ = "PDQ"\n'
)


def test_a_wide_table_makes_one_entry_a_row(read: Any) -> None:
    text = (
        "Nr\tMD5\tPDQ\tClass\tLand\tD\tQ\tC\tOther\n"
        f"1\t{MD5}\t{PDQ}\t1\tUK\t\t40\tnote\tz\n2\t\t{PDQ}\t\t\texact\t\t\t\n3\t\t\t1\t\t\t\t\t\n"
    )
    result = read(text, columns=ColumnMap.parse(WIDE_MAP))
    first, second = result.drafts
    assert [each.kind for each in first.fingerprints] == ["md5", "pdq"]
    assert (first.fingerprints[1].dialect, first.fingerprints[1].quality) == ("cpp512", 40)
    assert first.labels == (Label("unmapped", None, "UK", "1"),)
    assert first.raw == '{"comment":"note"}'
    assert second.fingerprints[0].dialect == "exact"
    assert result.codes == [(3, "no-fingerprint")]


def test_a_map_that_names_an_absent_column_is_refused(read: Any) -> None:
    with pytest.raises(ColumnMapError, match="'PDQ'"):
        read(f"Nr\tMD5\n1\t{MD5}\n", columns=ColumnMap.parse(WIDE_MAP))
    twice = ColumnMap.parse('[fingerprints]\nmd5 = "MD5"')
    with pytest.raises(ColumnMapError, match="twice"):
        read("MD5,MD5\n", columns=twice)


def test_a_table_without_header_is_read_by_place(read: Any) -> None:
    columns = ColumnMap.parse("header = false\nid = 1\n[fingerprints]\nmd5 = 2\n")
    result = read(f"a,{MD5}\nb,{MD5},x\nc,{MD5}\n", columns=columns)
    assert [draft.source_id for draft in result.drafts] == ["a", "c"]
    assert result.codes == [(2, "wrong-cell-count")]
    with pytest.raises(ColumnMapError, match="column 2"):
        read(f"{MD5}\n", columns=columns)
    assert read("", columns=columns).drafts == []

"""Project VIC / VICS JSON: envelopes, odd records, torn and hostile documents."""

import json
from typing import Any

import pytest

from rempart.lists import (
    LabelMap,
    ListEncodingError,
    ListFormatError,
    ListLimitError,
    ListTornError,
    RegionMismatchError,
    json_events,
)
from rempart.model.labels import Label

MD5 = "0CC175B9C0F1B6A831C399E269772661"
OTHER_MD5 = "92EB5FFEE6AE2FEC3AD71C777531578F"
PDQ = "f8" * 32
PHOTODNA = "AQ" + "A" * 190
CONTEXT_2_0 = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/{}/$metadata#Media"
LABELS = LabelMap.parse('scheme = "exercise"\nregion = "UK"\n[map]\n0 = "exercise-Z"\n')


def document(*records: Any, region: str | None = None, key: str = "value") -> str:
    envelope: dict[str, Any] = {}
    if region is not None:
        envelope["@odata.context"] = CONTEXT_2_0.format(region)
    return json.dumps({**envelope, key: list(records)})


def media(**fields: Any) -> dict[str, Any]:
    return {"MediaID": 1, "MD5": MD5, **fields}


@pytest.mark.parametrize("key", ["value", "Cases"])
@pytest.mark.parametrize("version", ["1.1", "1.2", "1.3", "2.0"])
@pytest.mark.parametrize("is_case", [False, True])
@pytest.mark.parametrize("claims_case", [False, True])
def test_the_shape_decides_whatever_the_context_says(
    read: Any, key: str, version: str, *, is_case: bool, claims_case: bool
) -> None:
    name = "Cases" if claims_case else "Media"
    context = (
        {"@odata.context": CONTEXT_2_0.format("UK").replace("#Media", f"#{name}")}
        if version == "2.0"
        else {
            "odata.metadata": f"http://github.com/ICMEC/ProjectVic/DataModels/{version}.xml#{name}"
        }
    )
    records = [media(Category=1), media(MD5=OTHER_MD5)]
    value = [{"CaseID": "1", "Media": records, "Totals": [1]}] if is_case else records
    result = read(json.dumps({**context, key: value, "after": {"x": [1]}}))
    assert not result.bad
    assert [draft.fingerprints[0].text.upper() for draft in result.drafts] == [MD5, OTHER_MD5]
    assert result.drafts[0].labels[0].region == ("UK" if version == "2.0" else None)


def test_cases_and_media_may_be_mixed_and_a_case_may_be_empty(read: Any) -> None:
    result = read(
        document(
            {"CaseID": "1", "Media": None},
            {"CaseID": "2", "Media": []},
            {"CaseID": "3", "Media": [media()]},
            media(MD5=OTHER_MD5),
            {"CaseID": "4", "Media": "x"},
        )
    )
    assert [draft.number for draft in result.drafts] == [1, 2]
    assert result.codes == [(3, "not-an-object")]


def test_a_case_may_name_its_media_twice(read: Any) -> None:
    first, second = (json.dumps([media(MD5=value)]) for value in (MD5, OTHER_MD5))
    result = read(f'{{"Cases":[{{"Media":{first},"x":[1],"Media":{second}}}]}}')
    assert len(result.drafts) == 2


def test_byte_order_mark_and_crlf_make_no_difference(read: Any) -> None:
    text = "\ufeff" + json.dumps({"value": [media()]}, indent=1).replace("\n", "\r\n")
    assert len(read(text).drafts) == 1


@pytest.mark.parametrize(
    ("category", "raw"),
    [(0, "0"), (1, "1"), ("0", "0"), (" 5 ", "5"), (1.0, "1.0"), ("x", "x")],
)
def test_a_category_is_kept_as_received_and_zero_is_a_value(
    read: Any, category: Any, raw: str
) -> None:
    (draft,) = read(document(media(Category=category), region="US")).drafts
    assert draft.labels == (Label("unmapped", None, "US", raw),)


@pytest.mark.parametrize("fields", [{}, {"Category": None}, {"Category": ""}])
def test_no_category_is_no_label(read: Any, fields: dict[str, Any]) -> None:
    assert read(document(media(**fields), region="UK"), labels=LABELS).drafts[0].labels == ()


def test_a_number_gets_a_meaning_only_from_the_map_of_its_region(read: Any) -> None:
    mapped, unmapped = read(
        document(media(Category=0), media(MD5=OTHER_MD5, Category=1), region="UK"), labels=LABELS
    ).drafts
    assert mapped.labels == (Label("exercise", None, "UK", "exercise-Z"),)
    assert json.loads(mapped.raw)["Category"] == 0
    assert unmapped.labels == (Label("unmapped", None, "UK", "1"),)


def test_a_map_for_another_region_is_refused(read: Any) -> None:
    text = document(media(Category=0), region="US")
    with pytest.raises(RegionMismatchError, match=r"US.*UK"):
        read(text, labels=LABELS)
    late = json.dumps({"value": [media(Category=0)], "@odata.context": CONTEXT_2_0.format("US")})
    with pytest.raises(RegionMismatchError):
        read(late, labels=LABELS)
    for region in ("Default", "CUSTOM"):
        (draft,) = read(document(media(Category=0), region=region), labels=LABELS).drafts
        assert draft.labels[0].value == "exercise-Z"


def test_hashes_in_every_place(read: Any) -> None:
    record = media(
        PhotoDNA=PHOTODNA,
        AlternativeHashes=[
            {"HashName": "PhotoDNA", "HashValue": PHOTODNA, "MD5": MD5},
            {"HashName": "SHA-256", "HashValue": "AB" * 32},
            {"HashName": "PDQ", "HashValue": PDQ},
            {"HashName": "PDQ", "HashValue": PDQ, "Dialect": "cpp512", "Quality": 90},
            {"HashName": "Other Hash", "HashValue": "xyz"},
            {"HashName": "Empty", "HashValue": None},
        ],
    )
    (draft,) = read(document(record)).drafts
    assert [(each.kind, each.dialect) for each in draft.fingerprints] == [
        ("md5", None),
        ("photodna", None),
        ("sha256", None),
        ("pdq", "exact"),
        ("pdq", "cpp512"),
        ("other-hash", None),
    ]


@pytest.mark.parametrize(
    "fields",
    [
        {"DateUpdated": "2023-06-07T02:31:49.8300Z"},
        {"DateUpdated": "2023-06-07T02:31:49+1:00Z"},
        {"DateUpdated": "/Date(1686105109830)/"},
        {"VictimIdentified": "true", "IsDistributed": False, "MediaSize": "12"},
        {"Tags": "one", "Series": {"a": [1]}, "Unknown": 1.50},
        {"SHA1": None, "PhotoDNA": "", "AlternativeHashes": None},
        {"Big": 123456789012345678901234567890, "Tiny": 1e-7},
    ],
)
def test_odd_fields_are_kept_and_harm_nothing(read: Any, fields: dict[str, Any]) -> None:
    (draft,) = read(document(media(**fields))).drafts
    if set(fields) - {"SHA1", "PhotoDNA", "AlternativeHashes"}:
        assert json.loads(draft.raw).items() >= fields.items()
    else:
        assert draft.raw is None


def test_file_local_numbers_and_navigation_keys_are_not_kept(read: Any) -> None:
    record = media(**{"odata.id": "Media(1)", "Exifs@odata.navigationLinkUrl": "x", "Series": "s"})
    (draft,) = read(document(record)).drafts
    assert json.loads(draft.raw) == {"MD5": MD5, "Series": "s"}
    assert draft.source_id is None


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"MD5": MD5[:-1]}, "bad-value"),
        ({"MD5": MD5[:-1] + " "}, "bad-value"),
        ({"MD5": 5}, "wrong-type"),
        ({"MD5": 0}, "wrong-type"),
        ({"MD5": [MD5]}, "wrong-type"),
        ({"MD5": "0" * 32}, "all-zero"),
        ({"MD5": "D41D8CD98F00B204E9800998ECF8427E"}, "empty-input-digest"),
        ({"MD5": None}, "no-fingerprint"),
        ({"MD5": ""}, "no-fingerprint"),
        ({"SHA1": "x"}, "bad-value"),
        ({"PhotoDNA": "A" * 100}, "bad-value"),
        ({"PhotoDNA": 7}, "wrong-type"),
        ({"Category": True}, "wrong-type"),
        ({"Category": [1]}, "wrong-type"),
        ({"Category": "x" * 201}, "bad-category"),
        ({"AlternativeHashes": {}}, "wrong-type"),
        ({"AlternativeHashes": ["x"]}, "wrong-type"),
        ({"AlternativeHashes": [{"HashValue": "x"}]}, "unknown-kind"),
        ({"AlternativeHashes": [{"HashName": "x", "HashValue": 1}]}, "wrong-type"),
        ({"AlternativeHashes": [{"HashName": "x", "HashValue": "\x00"}]}, "bad-value"),
        ({"AlternativeHashes": [{"HashName": "x", "HashValue": "y" * 131_073}]}, "field-too-long"),
        ({"AlternativeHashes": [{}] * 64}, "too-many-fingerprints"),
        (
            {"AlternativeHashes": [{"HashName": "PDQ", "HashValue": PDQ, "Dialect": "x"}]},
            "bad-dialect",
        ),
        (
            {"AlternativeHashes": [{"HashName": "PDQ", "HashValue": PDQ, "Quality": 101}]},
            "bad-quality",
        ),
        ({"RempartLabels": "x"}, "bad-labels"),
        ({"RempartId": "x" * 1025}, "bad-id"),
        ({"Deep": json.loads("[" * 40 + "]" * 40)}, "too-deep"),
    ],
)
def test_a_bad_record_is_reported_and_the_rest_goes_on(
    read: Any, fields: dict[str, Any], code: str
) -> None:
    result = read(document(media(), {**media(MD5=OTHER_MD5), **fields}, media(MD5="AB" * 16)))
    assert result.codes == [(2, code)]
    assert [draft.number for draft in result.drafts] == [1, 3]
    assert "record 2" in result.bad[0].message


def test_half_surrogates_never_reach_a_draft(read: Any) -> None:
    (draft,) = read(f'{{"value":[{{"MD5":"{MD5}","Series":"\\ud800"}}]}}').drafts
    draft.raw.encode()


@pytest.mark.parametrize("element", ["null", "1", '"x"', "[{}]", "true"])
def test_an_element_that_is_no_object_is_a_bad_record(read: Any, element: str) -> None:
    result = read(f'{{"value":[{element},{{"MD5":"{MD5}"}}]}}')
    assert result.codes == [(1, "not-an-object")]
    assert result.drafts[0].number == 2


def test_of_records_with_one_md5_the_first_is_kept(read: Any) -> None:
    result = read(
        document(
            media(Category=1, SHA1="x"),
            media(Category=2),
            media(MD5=MD5.lower(), Category=3),
            media(MD5=OTHER_MD5),
            media(),
        )
    )
    assert result.codes == [(1, "bad-value"), (3, "duplicate-md5"), (5, "duplicate-md5")]
    assert [draft.number for draft in result.drafts] == [2, 4]


def test_every_truncation_is_torn_and_no_other_error(read: Any) -> None:
    value = [media(Series="é"), media(MD5=OTHER_MD5)]
    content = json.dumps({"value": value}, ensure_ascii=False).encode()
    for length in range(1, len(content)):
        with pytest.raises(ListTornError):
            read(content[:length])


def test_a_list_torn_in_the_middle_says_after_which_record(read: Any) -> None:
    records = [media(MD5=f"{number:032X}") for number in range(1, 5001)]
    content = document(*records)
    with pytest.raises(ListTornError, match=r"after record \d+") as caught:
        read(content[: len(content) // 2])
    assert caught.value.exit_code == 3


@pytest.mark.parametrize(
    "text",
    [
        '{"value":[{"MD5":}]}',
        '{"value":[]} {}',
        '{"value":[]},',
        '{"value":{}}',
        '{"value":null}',
        '{"other":[]}',
        "{}",
        '{"value":[{"x":NaN}]}',
        '{"value":[{"x":1e99999999999999999999}]}',
        '{"value":[{"x":' + "9" * 5000 + "}]}",
        "{'value':[]}",
    ],
)
def test_what_is_no_vics_document_is_refused(read: Any, text: str) -> None:
    with pytest.raises(ListFormatError):
        read(text)


@pytest.mark.parametrize("text", ["[]", '"x"', "1"])
def test_json_that_is_no_object_is_refused(read: Any, text: str) -> None:
    with pytest.raises(ListFormatError):
        read(text, format="vics")


def test_latin_1_is_refused_with_line_and_byte(read: Any) -> None:
    content = json.dumps({"value": [media(Series="é")]}, ensure_ascii=False, indent=1)
    encoded = content.encode("latin-1")
    line = content[: content.index("é")].count("\n") + 1
    with pytest.raises(ListEncodingError, match=f"line {line}, byte {encoded.index(0xE9) + 1} "):
        read(encoded)


def test_a_record_without_end_is_refused_in_bounded_memory(
    read: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(json_events, "MAX_RECORD_BYTES", 1_000_000)
    with pytest.raises(ListLimitError, match="record 1"):
        read(document(media())[:-2] + ',{"x":"' + "y" * 2_000_000)
    with pytest.raises(ListLimitError):
        read('{"value":[' + "[" * 2_000_000)


def test_deep_nesting_anywhere_is_read_past(read: Any) -> None:
    deep = "[" * 100_000 + "]" * 100_000
    records = f'{{"MD5":"{MD5}"}},{deep},{{"x":{deep}}}'
    result = read(f'{{"before":{deep},"value":[{records}]}}')
    assert len(result.drafts) == 1
    assert result.codes == [(2, "not-an-object"), (3, "too-deep")]


def test_media_within_media_is_no_second_case(read: Any) -> None:
    nested = media(Media=[media(MD5=OTHER_MD5)])
    (draft,) = read(document({"CaseID": "1", "Media": [nested]})).drafts
    assert draft.fingerprints[0].text.upper() == MD5

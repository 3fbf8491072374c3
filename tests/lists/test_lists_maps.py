"""Column maps and label maps: only what can be meant in one way is accepted."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.lists import ColumnMap, ColumnMapError, LabelMap, LabelMapError

ABSURD = [
    "a = [" + "[" * 5000,
    "a = " + "9" * 5000,
    "not toml",
    'a = "\\ud800"',
    "x" * (2 << 20),
]


@pytest.mark.parametrize("text", ABSURD)
@pytest.mark.parametrize(
    ("parse", "error"), [(ColumnMap.parse, ColumnMapError), (LabelMap.parse, LabelMapError)]
)
def test_what_is_no_toml_is_refused(
    parse: Callable[[str], object], error: type[Exception], text: str
) -> None:
    with pytest.raises(error):
        parse(text)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "type and value"),
        ('type = "t"', "type and value"),
        ('type = "t"\nvalue = "v"\n[fingerprints]\nmd5 = "m"', "type and value"),
        ('delimiters = ";"', "delimiters"),
        ('delimiter = ";;"', "delimiter"),
        ("delimiter = '\"'", "delimiter"),
        ("delimiter = 1", "delimiter"),
        ('encoding = "ebcdic"', "encoding"),
        ('pdq_dialect = "best"', "pdq_dialect"),
        ('header = "no"', "header"),
        ("id = 1", "id"),
        ('id = ""', "id"),
        ('keep = "x"', "keep"),
        ("keep = [1]", "keep"),
        ('fingerprints = "md5"', "fingerprints"),
        ("[fingerprints]\nmd5 = 1", "fingerprints.md5"),
        ('[fingerprints]\n"(x)" = "m"', "fingerprints"),
        ('[fingerprints]\nmd5 = "m"\nMD5 = "n"', "md5"),
        (
            "header = false\n[fingerprints]\n"
            + "".join(f"k{number} = 1\n" for number in range(65)),
            "fingerprints",
        ),
        ('header = false\n[fingerprints]\nmd5 = "m"', "fingerprints.md5"),
        ("header = false\n[fingerprints]\nmd5 = 0", "fingerprints.md5"),
        ("header = false\n[fingerprints]\nmd5 = true", "fingerprints.md5"),
    ],
)
def test_a_column_map_error_names_the_setting(text: str, named: str) -> None:
    with pytest.raises(ColumnMapError) as caught:
        ColumnMap.parse(text)
    assert named in caught.value.message
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "scheme"),
        ('scheme = "s"', "map"),
        ('scheme = "unmapped"\n[map]\n1 = "a"', "unmapped"),
        ('scheme = 1\n[map]\n1 = "a"', "scheme"),
        ('scheme = "s"\nregion = ""\n[map]\n1 = "a"', "region"),
        ('scheme = "s"\n[map]\n1 = 2', "map.1"),
        ('scheme = "s"\n[map]\n1 = ""', "map.1"),
        ('scheme = "s"\n[map]\n1 = "a\\u001b"', "map.1"),
        ('scheme = "s"\n[maps]\n1 = "a"', "maps"),
        ('scheme = "s"\nmap = 3', "map"),
    ],
)
def test_a_label_map_error_names_the_setting(text: str, named: str) -> None:
    with pytest.raises(LabelMapError) as caught:
        LabelMap.parse(text)
    assert named in caught.value.message


NAME = st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), min_size=1, max_size=20)


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


@settings(max_examples=50, deadline=None)
@given(scheme=NAME, version=st.none() | NAME, meanings=st.dictionaries(NAME, NAME, min_size=1))
def test_a_label_map_says_what_was_written(
    scheme: str, version: str | None, meanings: dict[str, str]
) -> None:
    head = f"scheme = {quoted(scheme + '-x')}\n"
    if version is not None:
        head += f"scheme_version = {quoted(version)}\n"
    rows = "".join(f"{quoted(raw)} = {quoted(value)}\n" for raw, value in meanings.items())
    parsed = LabelMap.parse(f"{head}[map]\n{rows}")
    assert (parsed.scheme, parsed.scheme_version) == (scheme + "-x", version)
    assert dict(parsed.meanings) == meanings


@settings(max_examples=50, deadline=None)
@given(
    columns=st.dictionaries(st.sampled_from(["md5", "sha1", "pdq", "tmk"]), NAME, min_size=1),
    delimiter=st.sampled_from([",", ";", "|"]),
    keep=st.lists(NAME, max_size=3),
)
def test_a_column_map_says_what_was_written(
    columns: dict[str, str], delimiter: str, keep: list[str]
) -> None:
    text = f"delimiter = {quoted(delimiter)}\nkeep = [{', '.join(map(quoted, keep))}]\n"
    rows = "".join(f"{kind} = {quoted(name)}\n" for kind, name in columns.items())
    parsed = ColumnMap.parse(f"{text}[fingerprints]\n{rows}")
    assert dict(parsed.fingerprints) == columns
    assert (parsed.delimiter, list(parsed.keep)) == (delimiter, keep)
    assert parsed.pdq_dialect == "exact"

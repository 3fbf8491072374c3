"""What an operator writes of a case is read whole, or refused with every mistake named."""

from datetime import date
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.decide import ContextRefusedError, context_record, parse_context, read_context
from rempart.model.decision import CaseContext
from rempart.model.law import Conduct, DutyBearer, Role

TODAY: Final = date(2026, 6, 1)
WHOLE: Final = """
kind = "platform"
established = "FR"
conduct = "distribution"
date = 2024-06-01
[roles]
host = "DE"
uploader = ["US", "GB-SCT", "US"]
"""


def read(text: str | bytes) -> CaseContext:
    content = text.encode() if isinstance(text, str) else text
    return read_context("context.toml", content, today=TODAY)


def mistakes(text: str | bytes) -> list[str]:
    with pytest.raises(ContextRefusedError) as refused:
        read(text)
    assert "context.toml" in refused.value.message
    assert all(each in refused.value.message for each in refused.value.mistakes)
    return list(refused.value.mistakes)


def test_a_whole_file_is_read() -> None:
    case = read(WHOLE)

    assert (case.kind, case.established) == (DutyBearer.PLATFORM, "FR")
    assert (case.conduct, case.on) == (Conduct.DISTRIBUTION, date(2024, 6, 1))
    assert case.roles == {Role.HOST: ("DE",), Role.UPLOADER: ("US", "GB-SCT")}


def test_a_day_may_be_a_text() -> None:
    assert read(WHOLE.replace("2024-06-01", '"2024-06-01"')) == read(WHOLE)


def test_without_a_date_law_is_asked_for_today_and_roles_may_be_absent() -> None:
    case = read('kind = "hotline"\nestablished = "DE"\nconduct = "possession"\n')

    assert (case.on, case.roles) == (TODAY, {})


def test_a_record_says_what_was_read() -> None:
    assert context_record(read(WHOLE)) == {
        "kind": "platform",
        "established": "FR",
        "roles": {"host": ["DE"], "uploader": ["US", "GB-SCT"]},
        "conduct": "distribution",
        "date": "2024-06-01",
    }


def test_every_mistake_is_told_at_once() -> None:
    lines = ['kind = "bank"', "conduct = 3", 'colour = "red"', 'date = "June"', "[roles]"]
    text = "\n".join([*lines, 'host = "Germany"', 'owner = "FR"'])

    keys = [each.partition(":")[0] for each in mistakes(text)]

    assert keys == ["colour", "conduct", "date", "established", "kind", "roles.host", "roles.owner"]


@pytest.mark.parametrize(
    ("old", "new", "mistake"),
    [
        ('"platform"', '"shop"', "kind: 'shop' is not known. Expected: one of platform, hotline"),
        ('kind = "platform"', "", "kind: missing."),
        ('"platform"', '["platform"]', "kind: ['platform'] is not known."),
        ('established = "FR"', "", "established: missing."),
        ('"FR"', '"ZZ"', "established: 'ZZ' is no jurisdiction."),
        ('"FR"', '"fr"', "established: 'fr' is no jurisdiction."),
        ('"FR"', "33", "established: 33 is no jurisdiction."),
        ('"distribution"', '"theft"', "conduct: 'theft' is not known."),
        ("2024-06-01", "2024-06-01T10:00:00", "date: "),
        ("2024-06-01", '"20240601"', "date: '20240601' is no day."),
        ("2024-06-01", "20240601", "date: 20240601 is no day."),
        ('host = "DE"', 'host = ["DE", "XX1"]', "roles.host: 'XX1' is no jurisdiction."),
        ('host = "DE"', 'judge = "DE"', "roles.judge: not known. Expected: one of host"),
        ("[roles]", "[cast]", "cast: not known."),
    ],
)
def test_a_mistake_is_told_with_its_key_and_what_was_expected(
    old: str, new: str, mistake: str
) -> None:
    told = mistakes(WHOLE.replace(old, new, 1))

    assert any(each.startswith(mistake) for each in told), told
    assert all("Expected:" in each for each in told)


def test_roles_that_are_no_table_are_told() -> None:
    text = 'roles = "DE"\nkind = "platform"\nestablished = "FR"\nconduct = "sale"\n'

    assert mistakes(text)[0].startswith("roles: no table.")


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", b"kind = ", b"kind = 'a'\nkind = 'b'", b"a = " + b"[" * 20_000, b"#" * 200_000],
    ids=["not UTF-8", "half a line", "a key twice", "deep nesting", "too large"],
)
def test_what_is_no_file_of_this_kind_is_refused(content: bytes) -> None:
    [mistake] = mistakes(content)

    assert mistake.startswith("the file: ")


def test_keys_cannot_act_on_a_terminal() -> None:
    told = mistakes('"\\u001b[2Jx" = "FR"\n"\\u202e" = 1\n' + WHOLE)

    assert all(each.isprintable() for each in told)


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_crash_it(content: bytes) -> None:
    assert mistakes(content)


_VALUES = st.sampled_from(
    ['"FR"', '"platform"', "1", "-1.5", "inf", "true", "[]", '["FR", 1]', "{}", '""', "2024-06-01"]
)
_KEYS = st.sampled_from(
    ["kind", "established", "conduct", "date", "roles", "roles.host", "x.y", '"\\u0000"']
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(_KEYS, _VALUES), max_size=6))
def test_no_toml_crashes_it(lines: list[tuple[str, str]]) -> None:
    text = "\n".join(f"{key} = {value}" for key, value in lines)

    assert mistakes(text)


@pytest.mark.parametrize(
    "context",
    [
        {str(number): 0 for number in range(50_000)},
        {"kind": "A" * 1_000_000},
        {"A" * 1_000_000: 1},
        {"date": [[[["A" * 1_000]] * 1_000] * 1_000]},
        {"roles": {str(number): "FR" for number in range(50_000)}},
        {"roles": {"host": [f"D{number}" for number in range(900)]}},
        {"roles": {"host": ["DE"] * 1_000_000}},
    ],
)
def test_a_context_of_megabytes_gets_a_short_answer(context: dict[str, Any]) -> None:
    with pytest.raises(ContextRefusedError) as refused:
        parse_context("The context", context, today=TODAY)

    assert len(refused.value.message) < 4_000

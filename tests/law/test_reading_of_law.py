"""Bad files of law data: every mistake with its line and what was expected, all of them in one run."""

import importlib.util
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.law.building import by_subject, fact, file_of, shelf_of

from rempart.law import LawDataRefusedError, Mistake
from rempart.law._places import Places
from rempart.law.reading import MAX_FILE_BYTES, LawFile, read_facts
from rempart.law.shipped import read_gazetteer
from rempart.law.versions import read_versions

HEAD = 'schema = "rempart.law-data/1"\nsubject = "FR"\n'
GOOD = (
    "[[fact]]\n"
    'id = "FR.penalty.possession.{number}"\n'
    'topic = "penalty.possession"\n'
    'value = "up to 5 years"\n'
    'source = "https://law.example"\n'
    'as_of = {{ date = 2026-04-02, precision = "day", text = "2026-04-02" }}\n'
    'confidence = "high"\n'
    'recorded = "1"\n'
    "{more}\n"
)


def good(number: int = 1, more: str = "") -> str:
    return GOOD.format(number=number, more=more)


def mistakes_in(text: str | bytes, name: str = "FR.toml") -> list[Mistake]:
    content = text.encode() if isinstance(text, str) else text
    _, mistakes = read_facts(LawFile(name, content))
    return sorted(mistakes)


def told(text: str) -> list[tuple[int, str]]:
    """Return line and what was expected of every mistake."""
    return [(each.line, each.expected) for each in mistakes_in(text)]


def line_of(text: str, piece: str) -> int:
    """Return the line in which a piece of text stands for the first time."""
    return text[: text.index(piece)].count("\n") + 1


WRONG_LINES = {
    'topic = "penalty.of-nothing"': ("topic", "one of the topics of the reference"),
    "value = 5": ("value", "a text in quotes, without blanks around it or control characters"),
    'value = " blank"': (
        "value",
        "a text in quotes, without blanks around it or control characters",
    ),
    'value = ""': ("value", "a text in quotes, without blanks around it or control characters"),
    'value = "a\\u001b[31m"': (
        "value",
        "a text in quotes, without blanks around it or control characters",
    ),
    'detail = "a\\u202eb"': (
        "detail",
        "a text in quotes, without blanks around it or control characters",
    ),
    'as_of = "2026-04-02"': ("as_of", '{ date = 2024-05-07, precision = "day", text = "…" }'),
    'as_of = { date = 2026-04-02, precision = "hour", text = "x" }': (
        "as_of",
        '{ date = 2024-05-07, precision = "day", text = "…" }',
    ),
    'as_of = { date = 2026-04-02, precision = "day" }': (
        "as_of",
        '{ date = 2024-05-07, precision = "day", text = "…" }',
    ),
    'confidence = "sure"': ("confidence", "one of high, low, medium, unknown"),
    "max_months = -1": ("max_months", "a whole number from 0 to 10000"),
    "max_months = 60.5": ("max_months", "a whole number from 0 to 10000"),
    "max_months = true": ("max_months", "a whole number from 0 to 10000"),
    "max_months = 99999999999999999999": ("max_months", "a whole number from 0 to 10000"),
    'fine_only = "yes"': ("fine_only", "true or false"),
    'valid_from = "2024-01-01"': ("valid_from", "a day, such as 2024-05-07"),
    "valid_from = 2024-01-01T00:00:00": ("valid_from", "a day, such as 2024-05-07"),
    "valid_to = 2020-01-01": ("valid_to", "a day on or after that of as_of"),
    'id = "FR.penalty.sale.1"': ("id", "FR.penalty.possession.NUMBER"),
    'id = "FR.penalty.possession.²"': ("id", "FR.penalty.possession.NUMBER"),
    'id = "FR.penalty.possession."': ("id", "FR.penalty.possession.NUMBER"),
    "recorded = [[[[[[[[1]]]]]]]]": (
        "recorded",
        "a text in quotes, without blanks around it or control characters",
    ),
}


@pytest.mark.parametrize("wrong", WRONG_LINES)
def test_one_wrong_line_is_told_at_that_line_and_nothing_else(wrong: str) -> None:
    key, expected = WRONG_LINES[wrong]
    kept = [line for line in good().splitlines() if not line.startswith(f"{key} =")]
    text = HEAD + good(9) + "\n".join([*kept, wrong, ""])

    assert told(text) == [(line_of(text, wrong), expected)]


def test_twenty_mistakes_in_one_file_are_all_told_each_at_its_line() -> None:
    lines = [
        'schema = "other/1"  #! schema = "rempart.law-data/1"',
        'subject = "FR"',
        "extra = 1  #! [[fact]] tables",
        "[[fact]]  #! unique in all files: SUBJECT.TOPIC.NUMBER",
        'topic = "statute"',
        'value = "Code"',
        'confidence = "high"  #! as_of or valid_from, or confidence  #! source, or confidence low',
        'recorded = ""  #! a text in quotes, without blanks around it or control characters',
        "[[fact]]  #! the fact itself  #! one of high, low, medium, unknown",
        'id = "DE.statute.1"  #! FR.statute.NUMBER',
        'topic = "statute"',
        'recorded = "1"',
        'reviewed = "nobody"  #! one of',
        "detail = '''",
        "[[fact]]",
        'id = "FR.statute.1"',
        "confidence = 5",
        "end'''",
        "basis = 5  #! a text in quotes, without blanks around it or control characters",
        "[[fact]]",
        'id = "FR.crime.possession.1"',
        'topic = "crime.possession"',
        'value = "perhaps"  #! one of no, partly, unknown, yes',
        'source = "https://law.example"',
        'confidence = "low"',
        'recorded = "1"',
        "valid_from = 2024-01-01",
        "valid_to = 2023-12-31  #! a day on or after valid_from",
        'supersedes = "FR.crime.possession.0"',
        'corrects = "FR.crime.possession.0"  #! one of the two',
        "child_from = -3  #! a whole number from 0 to 10000",
        'child_below = "x"  #! a whole number from 0 to 10000',
        "[[fact]]",
        'id = "FR.report.duty.1"',
        'topic = "report.duty"',
        'value = "yes"',
        'unit = "weeks"  #! one of days, hours, months, working-days, years',
        'applies_to = ["platform", "nobody"]  #! one of anyone, hotline, platform, police',
        'condition = ["x"]  #! a text in quotes, without blanks around it or control characters',
        "as_of.date = 2026-01-01  #! { date = 2024-05-07",
        'confidence = "low"',
        'recorded = "1"',
        "[fact.from]  #! a text in quotes, without blanks around it or control characters",
        "hours = 5",
        "",
    ]
    expected = [
        (number, each.strip())
        for number, line in enumerate(lines, 1)
        for each in line.split("#!")[1:]
    ]

    found = told("\n".join(lines))

    assert len(expected) == 21
    assert [number for number, _ in found] == sorted(number for number, _ in expected)
    for number, text in expected:
        assert any(line == number and each.startswith(text) for line, each in found), (number, text)


def test_every_mistake_of_several_files_is_told_by_file_and_line() -> None:
    texts = {
        "FR": file_of("FR", fact("FR.crime.sale.1", "perhaps"), fact("FR.crime.sale.1", "yes")),
        "DE": file_of("DE", fact("DE.crime.sale.1", "yes", recorded="7")),
        "XX": file_of("YY", fact("YY.crime.sale.1", "yes"), fact("YY.crime.sale.2", "no")),
        "IT": "no TOML at all",
        "JP": file_of("JP", fact("JP.crime.sale.2", "yes", corrects="JP.crime.access.1")),
    }

    with pytest.raises(LawDataRefusedError) as refused:
        shelf_of(texts)

    assert [(each.file, each.line, each.expected) for each in refused.value.mistakes] == [
        ("DE.toml", 12, "one of 1"),
        ("FR.toml", 7, "one of no, partly, unknown, yes"),
        ("FR.toml", 15, "an id never used before"),
        ("IT.toml", 1, "TOML"),
        ("JP.toml", 13, "an id of the same topic"),
        ("XX.toml", 2, "a jurisdiction of jurisdictions.toml or an instrument"),
    ]
    assert refused.value.exit_code == 3
    for each in refused.value.mistakes:
        assert str(each) in refused.value.message


class TestFilesThatCannotBeRead:
    @pytest.mark.parametrize(
        ("text", "line"),
        [
            (HEAD + good() + "value = \n", 12),
            (HEAD + 'a = "open', 3),
            (HEAD + "a = 1\na = 2\n", 4),
            (HEAD + "a = 2024-02-30\n", 3),
            ("[[fact]", 1),
            ("\ufeff" + HEAD, 1),
            ("\x00", 1),
            (HEAD + "a = '''x\ny", 4),
            (HEAD + "a = 1\r\r\nb", 3),
        ],
    )
    def test_broken_toml_is_told_with_its_line(self, text: str, line: int) -> None:
        [mistake] = mistakes_in(text)

        assert (mistake.line, mistake.expected) == (line, "TOML")
        assert str(mistake).isprintable()

    @pytest.mark.parametrize("text", [HEAD + "a = " + "[" * 5000, "a = " + "9" * 5000])
    def test_what_would_exhaust_the_parser_is_told(self, text: str) -> None:
        [mistake] = mistakes_in(text)

        assert mistake.expected == "TOML"

    def test_keys_of_endless_parts_are_told(self) -> None:
        [mistake] = mistakes_in("a." * 50_000 + "b = 1")

        assert mistake.expected == "TOML"

    def test_what_is_not_utf_8_is_told_with_its_line(self) -> None:
        [mistake] = mistakes_in(HEAD.encode() + b"a = 1\nb = 'caf\xe9'\n")

        assert (mistake.line, mistake.expected) == (4, "UTF-8")

    def test_a_file_too_large_is_told_without_reading_it(self) -> None:
        [mistake] = mistakes_in(b"#" * (MAX_FILE_BYTES + 1))

        assert (mistake.line, mistake.expected) == (1, "at most 4,000,000 bytes")

    def test_an_empty_file_lacks_schema_and_subject(self) -> None:
        assert told("") == [(1, 'schema = "rempart.law-data/1"'), (1, 'subject = "FR"')]

    @pytest.mark.parametrize("wrong", ["fact = 5", "fact = {}", "[fact]", 'fact = "x"'])
    def test_facts_that_are_no_list_are_told(self, wrong: str) -> None:
        assert told(HEAD + wrong + "\n") == [(3, "[[fact]] tables")]

    def test_a_fact_that_is_no_table_is_told(self) -> None:
        assert told(HEAD + "fact = [\n5,\n'x',\n]\n") == [(3, "a [[fact]] table")] * 2

    def test_without_a_subject_the_facts_are_checked_all_the_same(self) -> None:
        text = HEAD.replace('subject = "FR"\n', "") + good(1, "max_months = -1")

        assert told(text) == [
            (1, 'subject = "FR"'),
            (10, "a whole number from 0 to 10000"),
        ]

    def test_an_unknown_topic_hides_no_mistake_of_the_common_keys(self) -> None:
        text = HEAD + good(1, "basis = 5").replace('"penalty.', '"penalties.')

        assert told(text) == [
            (5, "one of the topics of the reference"),
            (11, "a text in quotes, without blanks around it or control characters"),
        ]


class TestLines:
    def test_texts_over_several_lines_that_look_like_tables_move_no_line(self) -> None:
        inside = '\n[[fact]]\nid = "x"\ntopic = "y"\nmax_months = 3\nend'
        text = (
            HEAD
            + good(1, f'detail = """a{inside}""""\nbasis = \'\'\'b{inside}\'\'\'')
            + "# \"\"\" not a text, nor '''\n"
            + good(2, "detail = \"a ''' b\"\nbasis = '\"\"\"'\nmax_months = -1")
        )

        assert told(text) == [(line_of(text, "max_months = -1"), "a whole number from 0 to 10000")]

    @pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85"])
    def test_signs_that_end_lines_elsewhere_end_none_in_toml(self, sign: str) -> None:
        text = HEAD + good(1, f"# {sign}{sign}") + good(2, "max_months = -1")

        assert told(text) == [(20, "a whole number from 0 to 10000")]

    def test_lines_may_end_as_on_windows(self) -> None:
        text = (HEAD + good() + good(2, "max_months = -1")).replace("\n", "\r\n")

        assert told(text) == [(20, "a whole number from 0 to 10000")]

    def test_keys_in_nested_tables_are_not_taken_for_the_facts_own(self) -> None:
        text = HEAD + good(1, "basis = [\n  { confidence = 1,\n  source = 2 },\n]\nmax_months = -1")

        assert told(text) == [
            (11, "a text in quotes, without blanks around it or control characters"),
            (15, "a whole number from 0 to 10000"),
        ]

    def test_quoted_keys_and_headers_with_blanks_are_found(self) -> None:
        text = HEAD + good().replace("[[fact]]", ' [[ "fact" ]] # x') + good(2, "'max_months' = -1")

        assert told(text) == [(20, "a whole number from 0 to 10000")]

    def test_a_missing_key_is_told_at_the_head_of_its_table(self) -> None:
        text = HEAD + good() + good(2).replace('recorded = "1"\n', "")

        assert told(text) == [(12, "the data version that brought the fact")]

    def test_a_quoted_name_acts_on_no_terminal_and_floods_none(self) -> None:
        text = HEAD + good(1, f'"\\u001b[2J\\n{"x" * 5000}" = 1')

        [mistake] = mistakes_in(text, name="\x1b]0;x\x07.toml")

        assert str(mistake).isprintable()
        assert len(str(mistake)) < 3_000

    def test_a_file_full_of_mistakes_is_read_in_one_go(self) -> None:
        text = HEAD + "".join(good(each, "max_months = -1") for each in range(1, 3_001))

        found = mistakes_in(text)

        assert [each.line for each in found] == [9 * each + 2 for each in range(1, 3_001)]

    @settings(max_examples=50, deadline=None)
    @given(
        st.lists(
            st.sampled_from(
                [
                    "# [[fact]]",
                    "",
                    'a = "x" # """',
                    "b = [\n 1,\n 2 ]",
                    "c = '''\n[[fact]]\nz = 1\n'''",
                    'd = """\n\\"""\nz = 1\n"""',
                    "e.f = { g = 1 }",
                ]
            ),
            max_size=8,
        )
    )
    def test_a_key_is_found_behind_whatever_stands_before_it(self, before: list[str]) -> None:
        text = "\n".join(["[[fact]]", *before, "z = 1"])

        assert Places(text).line("fact", 0, "z") == text.count("\n") + 1


class TestOtherFiles:
    VERSION = '[[version]]\nid = "{}"\ndate = 2026-11-22\ntitle = "Exercise"\nhash = ""\n'

    def test_every_version_that_is_not_whole_is_told(self) -> None:
        text = (
            HEAD
            + self.VERSION.format("1")
            + self.VERSION.format("1")
            + self.VERSION.format("overlay")
            + self.VERSION.format("2").replace("2026-11-22", "2026-11-22T00:00:00")
            + self.VERSION.format("3").replace('hash = ""\n', "")
        )

        with pytest.raises(LawDataRefusedError) as refused:
            read_versions(LawFile("versions.toml", text.encode()))

        assert [each.line for each in refused.value.mistakes] == [9, 14, 18, 23]

    @pytest.mark.parametrize("text", ["", "version = 5", "version = [5]", "version = 'x'", "x ="])
    def test_versions_that_are_no_tables_are_told(self, text: str) -> None:
        with pytest.raises(LawDataRefusedError, match=r"versions\.toml:"):
            read_versions(LawFile("versions.toml", f"{HEAD}{text}\n".encode()))

    @pytest.mark.parametrize(
        ("text", "line"),
        [
            ("iso = 5\n", 3),
            ("iso = [5]\n", 3),
            ("jurisdiction = 5\n", 3),
            ("[[jurisdiction]]\ncode = 'FR'\n", 3),
            ("[[jurisdiction]]\ncode = 5\nname_en = 'a'\nname_fr = 'b'\n", 3),
            ("[[jurisdiction]]\ncode = 'France'\nname_en = 'a'\nname_fr = 'b'\n", 3),
        ],
    )
    def test_damaged_jurisdictions_are_told(self, text: str, line: int) -> None:
        with pytest.raises(LawDataRefusedError) as refused:
            read_gazetteer(LawFile("jurisdictions.toml", (HEAD + text).encode()))

        assert [each.line for each in refused.value.mistakes] == [line]


class TestWhatIsKept:
    def test_well_formed_facts_are_returned_beside_the_mistakes(self) -> None:
        text = HEAD + good() + good(2, "max_months = -1") + good(3, "max_months = 60")

        facts, mistakes = read_facts(LawFile("FR.toml", text.encode()))

        assert [each.fact.id for each in facts] == [
            "FR.penalty.possession.1",
            "FR.penalty.possession.3",
        ]
        assert len(mistakes) == 1

    def test_a_fact_holds_from_its_own_day_else_from_that_of_its_source(self) -> None:
        text = HEAD + good() + good(2, "valid_from = 2020-01-01\nvalid_to = 2020-01-01")

        facts, _ = read_facts(LawFile("FR.toml", text.encode()))

        assert [each.fact.holds_from for each in facts] == [date(2026, 4, 2), date(2020, 1, 1)]
        assert [each.fact.holds_to for each in facts] == [None, date(2020, 1, 1)]

    def test_low_facts_may_lack_day_and_source(self) -> None:
        kept = fact("FR.crime.sale.1", "yes", confidence="low", as_of=None, source=None)

        assert shelf_of(by_subject(kept)).every_fact()[0].holds_from is None


_FUZZ = Path(__file__).parents[1] / "fuzz"


def _target(name: str) -> Callable[[bytes], None]:
    spec = importlib.util.spec_from_file_location(name, _FUZZ / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    target: Callable[[bytes], None] = module.fuzz_one
    for seed in getattr(module, "SEEDS", ()):
        target(seed.encode())
    return target


@pytest.mark.parametrize("name", ["fuzz_law_files", "fuzz_law_context"])
def test_the_fuzz_targets_take_their_own_seeds(name: str) -> None:
    _target(name)(b"\xff")


def test_no_changed_record_escapes_as_anything_but_a_broken_derivation() -> None:
    target = _target("fuzz_law_derivation")

    @settings(max_examples=40, deadline=None)
    @given(st.binary(min_size=6, max_size=22))
    def check(data: bytes) -> None:
        target(b"\1" + data)

    check()

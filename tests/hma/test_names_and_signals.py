"""Names of banks and the text of signals."""

import re
import uuid

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rempart.model.fingerprint import EXACT, MD5, PDQ, Fingerprint
from rempart.model.handling import Handling, Standing, Subject
from rempart.model.identifiers import ListId
from rempart.model.lists import HashList, ListPurpose, is_list_name
from rempart.node.hma.errors import BadRequestError
from rempart.node.hma.names import bank_names, check_bank_name, list_name_for, own_bank_name
from rempart.node.hma.sample import sample_signals
from rempart.node.hma.signals import SIGNAL_TYPES, signal_type, signal_types_for, signals_of

_BANKS = st.from_regex(r"[A-Z_][A-Z0-9_]{0,254}", fullmatch=True)
_FORM = re.compile(r"[A-Z_][A-Z0-9_]{0,254}", re.ASCII)
_LISTS = st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True)


OWN = "Exercise"


def _list(name: str, owner: str = OWN) -> HashList:
    return HashList(
        id=ListId(uuid.uuid4()),
        name=name,
        owner=owner,
        purpose=ListPurpose.KNOWN,
        subject=Subject.CHILD,
        threshold_bits=31,
        handling=Handling(),
        standing=Standing.PUBLISHED,
        generation=1,
    )


@settings(max_examples=40)
@given(st.lists(_BANKS, unique=True, max_size=6))
def test_every_bank_name_becomes_a_list_name_of_its_own(banks: list[str]) -> None:
    taken: list[str] = []
    for bank in banks:
        check_bank_name(bank)
        name = list_name_for(bank, taken)
        assert is_list_name(name)
        assert name not in taken
        taken.append(name)


@settings(max_examples=30)
@given(_BANKS, st.integers(0, 3))
def test_a_clash_gives_another_name_each_time(bank: str, clashes: int) -> None:
    taken: list[str] = []
    for _ in range(clashes + 1):
        taken.append(list_name_for(bank, taken))
    assert len(set(taken)) == clashes + 1
    assert all(is_list_name(name) for name in taken)


def test_names_that_operators_read_stay_readable() -> None:
    assert list_name_for("COOP_ORG1_EXERCISE_A", ()) == "coop-org1-exercise-a"
    assert list_name_for("_A", ()).startswith("a-")
    assert list_name_for("_", ()).startswith("bank-")


@pytest.mark.parametrize(
    "name", ["", "01_BANK", "bank", "BANK-A", "BANK ", "BANK\n", "BÄNK", "A" * 256, "A/B"]
)
def test_other_texts_are_no_bank_names(name: str) -> None:
    with pytest.raises(BadRequestError):
        check_bank_name(name)


_OWNERS = st.sampled_from([OWN, "Other", "Third"])
_LISTS_OF_OWNERS = st.lists(st.tuples(_OWNERS, _LISTS), unique=True, max_size=6)


@settings(max_examples=40, deadline=None)
@given(_LISTS_OF_OWNERS, st.data())
def test_every_list_has_a_bank_name_of_its_own_that_no_other_list_changes(
    given_lists: list[tuple[str, str]], data: st.DataObject
) -> None:
    lists = [_list(name, owner) for owner, name in given_lists]
    # Clients may have called a bank what another list's name is in upper case.
    every = sorted({own_bank_name(each, each.owner) for each in lists})
    chosen = data.draw(st.lists(st.sampled_from(every), unique=True, max_size=2)) if every else []
    named = dict(zip([each.id for each in lists], chosen, strict=False))
    found = bank_names(lists, named, own=OWN)
    assert len(set(found.values())) == len(lists)
    assert all(found[list_id] == name for list_id, name in named.items())
    assert all(_FORM.fullmatch(name) for name in found.values())
    some = data.draw(st.lists(st.sampled_from(lists), unique=True)) if lists else []
    assert bank_names(some, named, own=OWN) == {each.id: found[each.id] for each in some}


def test_only_a_list_of_the_node_itself_has_its_plain_name() -> None:
    ours, theirs = _list("exercise-a"), _list("exercise-a", "Other")
    names = bank_names([theirs, ours], {}, own=OWN)
    assert names[ours.id] == "EXERCISE_A"
    assert names[theirs.id] == f"EXERCISE_A__{theirs.id.hex.upper()}"
    assert bank_names([theirs], {}, own=OWN) == {theirs.id: names[theirs.id]}


def test_nobody_can_take_the_name_that_is_kept_for_a_list_of_another_owner() -> None:
    theirs = _list("a", "Other")
    kept = own_bank_name(theirs, OWN)
    with pytest.raises(BadRequestError, match="are kept for"):
        check_bank_name(kept)
    pretender = _list(f"a--{theirs.id.hex}"[:63])
    assert own_bank_name(pretender, OWN) not in {kept, pretender.name.upper().replace("-", "_")}


@settings(max_examples=40)
@given(st.binary(min_size=32, max_size=32))
def test_signals_are_read_in_upper_and_lower_case_and_written_in_lower_case(value: bytes) -> None:
    pdq = SIGNAL_TYPES["pdq"]
    assert pdq.parse(value.hex().upper()) == pdq.parse(value.hex())
    assert signals_of((pdq.parse(value.hex()),)) == {"pdq": value.hex()}


@pytest.mark.parametrize(
    "text", ["", "0" * 63, "0" * 65, "0" * 64 + "\n", "g" * 64, " " + "0" * 63, "\u0660" * 64, None, 5, ["0" * 64]]
)  # fmt: skip
def test_other_texts_are_no_pdq(text: object) -> None:
    with pytest.raises(BadRequestError, match="invalid pdq signal"):
        SIGNAL_TYPES["pdq"].parse(text)


def test_signal_and_content_types_are_those_of_the_reference_set_up() -> None:
    assert [each.name for each in signal_types_for("photo", None)] == ["pdq"]
    assert [each.name for each in signal_types_for("video", " video_md5 ,,video_md5")] == [
        "video_md5"
    ]
    for content, wanted in (
        ("file", None),
        ("photo", "video_md5"),
        ("photo", "pdq,x"),
        ("photo", " , "),
    ):
        with pytest.raises(BadRequestError):
            signal_types_for(content, wanted)
    with pytest.raises(BadRequestError, match="No such signal type"):
        signal_type("invalid")
    with pytest.raises(BadRequestError):
        signal_type(["pdq"])


def test_comparison_of_pdq_counts_bits_and_that_of_md5_equality() -> None:
    left = "facd8bcb2a49bcebdec1985298d5fe84bcd006c187c598c720c3c087b3fdb318"
    right = "facd8bcb2a49bcebdec1985228d5ae84bcd006c187c598c720c2b087b3fdb318"
    pdq, md5 = SIGNAL_TYPES["pdq"], SIGNAL_TYPES["video_md5"]
    assert pdq.compare(pdq.parse(left), pdq.parse(right)) == (True, 9)
    assert pdq.compare(pdq.parse("0" * 64), pdq.parse("f" * 8 + "0" * 56)) == (False, 32)
    assert pdq.compare(pdq.parse("0" * 64), pdq.parse("f" * 7 + "7" + "0" * 56)) == (True, 31)
    assert md5.compare(md5.parse("0" * 32), md5.parse("0" * 32)) == (True, 0)
    assert md5.compare(md5.parse("0" * 32), md5.parse("1" * 32)) == (False, 1)


def test_sample_exchange_holds_what_every_client_knows() -> None:
    sample = sample_signals()
    assert len(sample) == len(set(sample)) == 18
    assert Fingerprint(MD5, bytes.fromhex("d41d8cd98f00b204e9800998ecf8427e")) in sample
    first = "f8f8f0cee0f4a84f06370a22038f63f0b36e2ed596621e1d33e6b39c4e9c9b22"
    assert Fingerprint(PDQ, bytes.fromhex(first), EXACT) in sample

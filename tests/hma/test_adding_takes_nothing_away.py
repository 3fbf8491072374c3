"""Adding a content never takes another one away: every signal that was added matches until it is deleted."""

from collections.abc import Sequence
from itertools import product
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.hma.running import Client, Running
from tests.hma.test_banks import MD5, A, B, make_bank

from rempart.model.fingerprint import EXACT, Fingerprint
from rempart.model.fingerprint import MD5 as MD5_KIND
from rempart.model.fingerprint import PDQ as PDQ_KIND
from rempart.node.hma.content_keys import content_key

OTHER_MD5 = "fedcba9876543210" * 2
PDQS = (A, B, "0f" * 32, "3c" * 32)  # far from one another
MD5S = (MD5, OTHER_MD5)
SETS = [
    {name: value for name, value in (("pdq", pdq), ("video_md5", md5)) if value is not None}
    for pdq, md5 in product((None, *PDQS), (None, *MD5S))
    if pdq or md5
]


def _numbers(client: Client, signal: str, kind: str) -> set[int]:
    hits = client.lookup(signal, kind).values()
    return {hit["bank_content_id"] for each in hits for hit in each}


def _add(client: Client, signals: dict[str, str]) -> int:
    answer = client.post("/c/bank/EXERCISE_A/signal", json=signals)
    assert answer.status_code == 200, answer.text
    number: int = answer.json()["id"]
    return number


def test_a_content_that_shares_a_signal_takes_nothing_from_another(client: Client) -> None:
    make_bank(client)
    both = client.add_signal("EXERCISE_A", pdq=A, video_md5=MD5)
    alone = client.add_signal("EXERCISE_A", video_md5=MD5)
    other = client.add_signal("EXERCISE_A", pdq=B, video_md5=MD5)
    assert len({both, alone, other}) == 3
    assert _numbers(client, A, "pdq") == {both}
    assert _numbers(client, B, "pdq") == {other}
    assert _numbers(client, MD5, "video_md5") == {both, alone, other}
    again = client.add_signal("EXERCISE_A", video_md5=MD5.upper(), pdq=A.upper(), note="again")
    assert again == both
    shown = client.get(f"/c/bank/EXERCISE_A/content/{both}?include_signals=true").json()
    assert (shown["signals"], shown["note"]) == ({"pdq": A, "video_md5": MD5}, "again")


def test_disabling_and_deleting_one_leaves_the_others_that_share_its_signal(
    running: Running, client: Client
) -> None:
    make_bank(client)
    both = client.add_signal("EXERCISE_A", pdq=A, video_md5=MD5)
    alone = client.add_signal("EXERCISE_A", video_md5=MD5)
    path = f"/c/bank/EXERCISE_A/content/{both}"
    assert client.put(path, json={"disable_until_ts": 0}).status_code == 200
    assert client.add_signal("EXERCISE_A", pdq=A, video_md5=MD5) == both
    assert _numbers(client, A, "pdq") == set()
    assert _numbers(client, MD5, "video_md5") == {alone}
    client.put(path, json={"disable_until_ts": 1})
    client.delete(f"/c/bank/EXERCISE_A/content/{alone}")
    running.settle()
    assert _numbers(client, MD5, "video_md5") == {both}


def test_shares_seeds_and_bypass_count_for_contents_of_several_signals(guest: Client) -> None:
    make_bank(guest, enabled_ratio=0.5)
    both = guest.add_signal("EXERCISE_A", pdq=A, video_md5=MD5)
    alone = guest.add_signal("EXERCISE_A", pdq=A)
    found = [guest.lookup(A, seed=str(seed)) for seed in range(16)]
    assert {len(each) for each in found} == {0, 1}
    assert all(len(each["EXERCISE_A"]) == 2 for each in found if each)
    sure = guest.lookup(A, bypass_coinflip="true")["EXERCISE_A"]
    assert {each["bank_content_id"] for each in sure} == {both, alone}


_STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "add", "add", "delete"]), st.sampled_from(SETS)),
    min_size=2,
    max_size=10,
)


def _check_steps(
    running: Running, client: Client, steps: Sequence[tuple[str, dict[str, str]]]
) -> None:
    make_bank(client)
    numbers: dict[tuple[tuple[str, str], ...], int] = {}
    present: set[int] = set()
    for step, signals in steps:
        key = tuple(sorted(signals.items()))
        if step == "add":
            number = _add(client, signals)
            assert numbers.setdefault(key, number) == number
            present.add(number)
        elif key in numbers:
            client.delete(f"/c/bank/EXERCISE_A/content/{numbers[key]}")
            present.discard(numbers[key])
    assert len(set(numbers.values())) == len(numbers)
    running.settle()
    for kind, values in (("pdq", PDQS), ("video_md5", MD5S)):
        for value in values:
            holders = {
                number
                for key, number in numbers.items()
                if number in present and (kind, value) in key
            }
            assert _numbers(client, value, kind) == holders
    client.delete("/c/bank/EXERCISE_A")


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_STEPS)
def test_every_signal_that_was_added_matches_until_it_is_deleted(
    lasting: Running, guest: Client, steps: Sequence[tuple[str, dict[str, str]]]
) -> None:
    guest.post("/dev/factory_reset")  # a step that failed leaves its bank behind
    _check_steps(lasting, guest, steps)


@pytest.mark.long
@pytest.mark.timeout(600)
@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(_STEPS)
def test_every_signal_that_was_added_matches_until_it_is_deleted_at_length(
    lasting: Running, guest: Client, steps: Sequence[tuple[str, dict[str, str]]]
) -> None:
    guest.post("/dev/factory_reset")
    _check_steps(lasting, guest, steps)


_PRINTS = st.one_of(
    st.builds(
        Fingerprint,
        st.just(PDQ_KIND),
        st.binary(min_size=32, max_size=32),
        st.just(EXACT),
        st.one_of(st.none(), st.integers(50, 100)),
    ),
    st.builds(Fingerprint, st.just(MD5_KIND), st.binary(min_size=16, max_size=16)),
)
_CONTENTS = st.lists(_PRINTS, min_size=1, max_size=3)


def _said(content: list[Fingerprint]) -> set[tuple[str, bytes]]:
    return {(each.kind, each.value) for each in content}


@settings(max_examples=50)
@given(_CONTENTS, _CONTENTS, st.randoms(use_true_random=False))
def test_keys_are_equal_for_equal_sets_of_signals_only(
    first: list[Fingerprint], second: list[Fingerprint], random: Random
) -> None:
    assert (content_key(first) == content_key(second)) is (_said(first) == _said(second))
    assert (content_key(first) == content_key(first + second)) is (_said(second) <= _said(first))
    mixed = [*first, *second]
    random.shuffle(mixed)
    assert content_key(mixed) == content_key(first + second)

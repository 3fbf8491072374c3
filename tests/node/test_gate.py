"""The gate lets in who shows a key that holds, and tells nobody else why not."""

from datetime import timedelta
from typing import Any, Final

import pytest
from tests.node.gate_parts import MINE, NOW, OTHER, Parts, make_parts, principal

from rempart.access import Action, Role
from rempart.keys import api_key_text
from rempart.model.identifiers import ListId
from rempart.model.principals import PrincipalKind
from rempart.node.errors import ListUnknownError
from rempart.node.service.gate_errors import (
    ForbiddenError,
    PaceError,
    UnauthenticatedError,
    list_unknown,
)
from rempart.node.service.identity import FAILURES_PER_MINUTE

HERE: Final = "192.0.2.1"
ELSEWHERE: Final = "192.0.2.2"
UNKNOWN: Final = api_key_text(b"\xff" * 16)


@pytest.fixture
def parts() -> Parts:
    return make_parts()


def refusal(parts: Parts, token: str | None) -> str:
    with pytest.raises(UnauthenticatedError) as caught:
        parts.gate.authenticate(token, address=HERE)
    return f"{caught.value.code} {caught.value.message} {caught.value.hint}"


def test_key_stands_for_its_principal_with_its_roles_and_lists(parts: Parts) -> None:
    key = parts.shelf.add(
        name="upload", roles=("match", "reviewer"), lists=frozenset({MINE}), requests_per_minute=7
    )

    caller = parts.gate.authenticate(key, address=HERE)

    assert caller.principal.subject == "upload"
    assert caller.kind is PrincipalKind.SERVICE
    assert caller.roles == {Role.MATCH, Role.REVIEWER}
    assert caller.sees(MINE)
    assert not caller.sees(OTHER)
    assert not caller.has_all_lists
    assert caller.requests_per_minute == 7


def test_every_key_that_does_not_hold_gets_the_same_answer(parts: Parts) -> None:
    held = parts.shelf.add()
    expired = parts.shelf.add(expires_at=NOW)
    revoked = parts.shelf.add(revoked_at=NOW - timedelta(days=1))
    mistyped = held[:-1] + ("0" if held[-1] != "0" else "1")

    answers = {
        refusal(parts, token)
        for token in (None, "", expired, revoked, UNKNOWN, mistyped, "rk_", "é" * 32, held + "\n")
    }

    assert len(answers) == 1
    assert held not in answers.pop()


def test_key_holds_until_the_moment_at_which_it_expires(parts: Parts) -> None:
    key = parts.shelf.add(expires_at=NOW + timedelta(seconds=0.2))

    parts.gate.authenticate(key, address=HERE)
    parts.clocks.pass_time(0.2)

    refusal(parts, key)
    assert parts.shelf.looked == 1  # what is remembered expires too


def test_wall_clock_that_is_set_back_or_forward_decides_about_expiry(parts: Parts) -> None:
    key = parts.shelf.add(expires_at=NOW + timedelta(hours=1))
    parts.clocks.wall = NOW + timedelta(hours=2)
    refusal(parts, key)

    parts.clocks.wall = NOW

    assert parts.gate.authenticate(key, address=HERE).roles


def test_revoked_key_is_refused_within_a_second(parts: Parts) -> None:
    key = parts.shelf.add()
    parts.gate.authenticate(key, address=HERE)
    parts.shelf.change(key, revoked_at=NOW)

    parts.clocks.pass_time(0.99)

    refusal(parts, key)


def test_mistyped_key_does_not_reach_the_store(parts: Parts) -> None:
    key = parts.shelf.add()

    refusal(parts, key[:-1] + ("0" if key[-1] != "0" else "1"))
    refusal(parts, key[:23] + key[24] + key[23] + key[25:])

    assert parts.shelf.looked == 0


def test_new_key_holds_within_a_second_although_it_was_tried_before(parts: Parts) -> None:
    key = api_key_text((1).to_bytes(16, "big"))
    refusal(parts, key)
    assert parts.shelf.add() == key

    parts.clocks.pass_time(0.99)

    assert parts.gate.authenticate(key, address=HERE).roles


@pytest.mark.parametrize("known", [True, False])
def test_key_is_looked_up_twice_a_second_at_most_whether_known_or_not(
    parts: Parts,
    known: bool,  # noqa: FBT001 - pytest hands it over by name
) -> None:
    key = parts.shelf.add() if known else UNKNOWN

    for _ in range(20):
        parts.clocks.pass_time(0.05)
        try:
            parts.gate.authenticate(key, address=HERE)
        except UnauthenticatedError:
            assert not known

    assert parts.shelf.looked == 2


def test_wall_clock_that_jumps_does_not_keep_a_revoked_key(parts: Parts) -> None:
    key = parts.shelf.add()
    parts.gate.authenticate(key, address=HERE)
    parts.shelf.change(key, revoked_at=NOW)

    parts.clocks.pass_time(0.99)
    parts.clocks.wall = NOW - timedelta(days=400)

    refusal(parts, key)


def test_what_is_remembered_is_bounded_and_guesses_push_out_no_key(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rempart.node.service.known_keys.MOST_UNKNOWN", 3)
    monkeypatch.setattr("rempart.node.service.known_keys.MOST_KEYS", 3)
    key = parts.shelf.add()
    parts.gate.authenticate(key, address=HERE)
    for number in range(100, 110):
        refusal(parts, api_key_text(number.to_bytes(16, "big")))
    looked = parts.shelf.looked

    parts.gate.authenticate(key, address=HERE)

    assert parts.shelf.looked == looked
    for _ in range(5):
        parts.gate.authenticate(parts.shelf.add(), address=HERE)
    known = parts.gate._known_keys
    assert (len(known._known), len(known._unknown)) == (3, 3)


def test_digest_that_the_store_mixes_up_is_no_key(parts: Parts) -> None:
    key, other = parts.shelf.add(), parts.shelf.add()
    first, second = parts.shelf.keys
    parts.shelf.keys[first] = parts.shelf.keys[second]

    refusal(parts, key)
    assert parts.gate.authenticate(other, address=HERE).roles


def test_role_of_a_later_version_gives_no_right(parts: Parts) -> None:
    key = parts.shelf.add(roles=("superuser", "anonymous", "auditor"))

    assert parts.gate.authenticate(key, address=HERE).roles == {Role.AUDITOR}


def test_address_that_shows_too_many_false_keys_is_told_to_wait(parts: Parts) -> None:
    tokens = [api_key_text(number.to_bytes(16, "big")) for number in range(100, 200)]
    for token in tokens[:FAILURES_PER_MINUTE]:
        refusal(parts, token)

    with pytest.raises(PaceError) as caught:
        parts.gate.authenticate(tokens[-1], address=HERE)
    looked = parts.shelf.looked
    with pytest.raises(PaceError):
        parts.gate.authenticate("no key", address=HERE)

    assert caught.value.retry_after_seconds == 1
    assert parts.shelf.looked == looked
    with pytest.raises(UnauthenticatedError):
        parts.gate.authenticate(tokens[-1], address=ELSEWHERE)
    parts.clocks.pass_time(1)
    refusal(parts, tokens[-1])


def test_key_that_held_before_is_let_in_behind_an_address_of_false_keys(parts: Parts) -> None:
    key = parts.shelf.add()
    parts.gate.authenticate(key, address=HERE)
    for _ in range(FAILURES_PER_MINUTE):
        refusal(parts, UNKNOWN)
    parts.clocks.pass_time(0.9)
    with pytest.raises(PaceError):
        parts.gate.authenticate(UNKNOWN, address=HERE)

    assert parts.gate.authenticate(key, address=HERE).roles


@pytest.mark.parametrize(
    "shown",
    [UNKNOWN, UNKNOWN[:-1] + "x", "undefined", "ended", "revoked"],
    ids=["unknown", "mistyped", "no-key", "ended", "revoked"],
)
def test_key_that_nobody_showed_before_is_let_in_behind_a_program_that_goes_on_with_a_false_one(
    parts: Parts, shown: str
) -> None:
    if shown == "ended":
        shown = parts.shelf.add(expires_at=NOW)
    elif shown == "revoked":
        shown = parts.shelf.add(revoked_at=NOW)
    for _ in range(FAILURES_PER_MINUTE):
        refusal(parts, shown)

    for _ in range(3):
        assert parts.gate.authenticate(parts.shelf.add(), address=HERE).roles


def test_guesses_are_told_to_wait_also_behind_a_program_that_shows_one_false_key(
    parts: Parts,
) -> None:
    tokens = [api_key_text(number.to_bytes(16, "big")) for number in range(100, 200)]
    for token in tokens[:FAILURES_PER_MINUTE]:
        refusal(parts, token)
    looked = parts.shelf.looked

    for token in (*tokens, UNKNOWN):
        with pytest.raises(PaceError):
            parts.gate.authenticate(token, address=HERE)

    assert parts.shelf.looked == looked


def test_revoked_key_does_not_stay_among_those_that_held(parts: Parts) -> None:
    key = parts.shelf.add()
    parts.gate.authenticate(key, address=HERE)
    parts.shelf.change(key, revoked_at=NOW)
    parts.clocks.pass_time(0.9)
    for _ in range(FAILURES_PER_MINUTE):
        refusal(parts, key)

    with pytest.raises(PaceError):
        parts.gate.authenticate(key, address=HERE)


@pytest.mark.parametrize(
    ("one", "other", "counted_together"),
    [
        ("2001:db8::1", "2001:db8::ffff:2", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:192.0.2.1", "192.0.2.1", True),
        ("no address", None, True),
        ("192.0.2.1", "192.0.2.2", False),
    ],
)
def test_addresses_of_one_place_are_counted_together(
    parts: Parts, one: str, other: str | None, *, counted_together: bool
) -> None:
    for _ in range(FAILURES_PER_MINUTE):
        with pytest.raises(UnauthenticatedError):
            parts.gate.authenticate(UNKNOWN, address=one)

    with pytest.raises(PaceError if counted_together else UnauthenticatedError):
        parts.gate.authenticate(UNKNOWN, address=other)


def test_anonymous_callers_are_refused_where_the_node_has_none(parts: Parts) -> None:
    with pytest.raises(UnauthenticatedError):
        parts.gate.anonymous(address=HERE)


def test_anonymous_caller_has_its_principal_its_role_and_a_pace_for_each_address() -> None:
    parts = make_parts(anonymous=principal("anonymous"), requests_per_minute=1, queries_per_day=1)

    caller = parts.gate.anonymous(address=HERE)

    assert caller.principal.subject == "anonymous"
    parts.gate.require(caller, Action.EDIT_ENTRIES, MINE)
    with pytest.raises(ForbiddenError):
        parts.gate.require(caller, Action.MANAGE_KEYS)
    parts.gate.pace(caller)
    with pytest.raises(PaceError):
        parts.gate.pace(parts.gate.anonymous(address=HERE))
    parts.gate.pace(parts.gate.anonymous(address=ELSEWHERE))
    for _ in range(3):
        parts.gate.charge(caller, 1000)  # a budget belongs to a key


def outcome(parts: Parts, key: str, action: Action, list_id: ListId | None, **named: Any) -> str:
    caller = parts.gate.authenticate(key, address=HERE)
    try:
        parts.gate.require(caller, action, list_id, **named)
    except (ForbiddenError, ListUnknownError) as error:
        return f"{error.code}: {error}"
    return "may"


def test_caller_may_what_its_roles_say_on_the_lists_of_its_scope(parts: Parts) -> None:
    key = parts.shelf.add(roles=("list-reader",), lists=frozenset({MINE}))

    assert outcome(parts, key, Action.READ_ENTRIES, None) == "may"
    assert outcome(parts, key, Action.READ_ENTRIES, MINE) == "may"
    assert outcome(parts, key, Action.EDIT_ENTRIES, MINE).startswith("forbidden")
    assert outcome(parts, key, Action.EDIT_ENTRIES, None).startswith("forbidden")


def test_list_outside_the_scope_is_answered_as_one_that_does_not_exist(parts: Parts) -> None:
    key = parts.shelf.add(roles=("list-reader",), lists=frozenset({MINE}))

    answer = outcome(parts, key, Action.READ_ENTRIES, OTHER, name="partners")

    absent = list_unknown("partners")
    assert answer == f"{absent.code}: {absent}"


def test_who_may_not_at_all_gets_one_answer_for_every_list(parts: Parts) -> None:
    key = parts.shelf.add(roles=("list-reader",), lists=frozenset({MINE}))

    answers = {outcome(parts, key, Action.EDIT_ENTRIES, each) for each in (None, MINE, OTHER)}

    assert len(answers) == 1


def test_key_without_a_limit_to_lists_sees_every_list(parts: Parts) -> None:
    key = parts.shelf.add(roles=("list-editor",))

    assert outcome(parts, key, Action.EDIT_ENTRIES, OTHER) == "may"


def test_key_limited_to_no_list_sees_none(parts: Parts) -> None:
    key = parts.shelf.add(roles=("list-editor",), lists=frozenset())

    assert outcome(parts, key, Action.EDIT_ENTRIES, OTHER).startswith("list-unknown")


def test_may_tells_what_require_refuses(parts: Parts) -> None:
    key = parts.shelf.add(roles=("match",), lists=frozenset({MINE}))
    caller = parts.gate.authenticate(key, address=HERE)

    assert parts.gate.may(caller, Action.MATCH)
    assert not parts.gate.may(caller, Action.READ_ENTRIES, MINE)
    assert not parts.gate.may(caller, Action.MATCH, OTHER)

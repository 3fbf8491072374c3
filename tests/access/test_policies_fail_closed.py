"""Anything but a clean Allow is a no, and a policy that would hold for nobody is refused."""

from typing import Any, Final
from uuid import UUID

import cedarpy
import pytest

from rempart.access import Access, Action, PolicyError, Role
from rempart.model.identifiers import ListId

LIST: Final = ListId(UUID(int=1))

# Valid by the schema, and fails when it is evaluated: the sum does not fit 64 bits.
FAILS: Final = "9223372036854775807 + 1 > 0"


def may_match(access: Access, role: Role = Role.MATCH) -> bool:
    return access.decide(
        roles=frozenset({role}),
        all_lists=True,
        list_ids=(),
        action=Action.MATCH,
        list_id=None,
    ).allowed


def test_failing_forbid_is_a_no_although_cedar_leaves_it_out_and_allows() -> None:
    access = Access.load([f"forbid (principal, action, resource) when {{ {FAILS} }};"])

    assert not may_match(access)


def test_failing_permit_is_a_no_although_another_one_allows() -> None:
    access = Access.load([f"permit (principal, action, resource) when {{ {FAILS} }};"])

    assert not may_match(access)


def test_cedar_itself_still_allows_when_a_forbid_fails() -> None:
    """While this holds, the two tests above test something."""
    access = Access.load([f"forbid (principal, action, resource) when {{ {FAILS} }};"])
    answers: list[cedarpy.AuthzResult] = []
    real = cedarpy.is_authorized

    def keep(*arguments: Any) -> cedarpy.AuthzResult:
        answers.append(real(*arguments))
        return answers[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cedarpy, "is_authorized", keep)
        assert not may_match(access)

    assert answers[0].allowed
    assert answers[0].diagnostics.errors


def test_question_outside_the_schema_is_a_no() -> None:
    access = Access.load(["permit (principal, action, resource);"])

    decision = access.decide(
        roles=frozenset({Role.AUDITOR}),
        all_lists=True,
        list_ids=(),
        action=Action.READ_AUDIT,
        list_id=LIST,
    )

    assert not decision.allowed


def test_operators_forbid_takes_a_right_from_everybody() -> None:
    further = (
        'forbid (principal, action == Rempart::Action::"match", resource)'
        ' unless { principal in Rempart::Role::"operator" };'
    )

    assert may_match(Access.load())
    assert not may_match(Access.load([further]))


def test_operators_permit_cannot_pass_the_limits_of_a_scope() -> None:
    access = Access.load(["permit (principal, action, resource);"])

    for action, list_id in ((Action.READ_ENTRIES, LIST), (Action.MANAGE_KEYS, None)):
        decision = access.decide(
            roles=frozenset({Role.OPERATOR}),
            all_lists=False,
            list_ids=(),
            action=action,
            list_id=list_id,
        )
        assert not decision.allowed
        assert decision.policy_ids[0].startswith("scope.")


@pytest.mark.parametrize(
    "text",
    [
        "permit (principal, action",
        "not cedar",
        "forbid (principal, action, resource) when { resource.withdrawn };",
        'permit (principal in Rempart::Person::"x", action, resource);',
        'permit (principal, action == Rempart::Action::"factory-reset", resource);',
    ],
)
def test_policy_that_does_not_fit_the_schema_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        Access.load([text])


def test_two_halves_of_a_policy_do_not_make_one() -> None:
    with pytest.raises(PolicyError):
        Access.load(["permit (principal, action,", "resource);"])


@pytest.mark.parametrize(
    "text",
    [
        'forbid (principal, action, resource == Rempart::HashList::"0190");',
        'forbid (principal, action, resource) when { resource == Rempart::HashList::"0190" };',
        'forbid (principal == Rempart::Caller::"partner", action, resource);',
        'forbid (principal, action, resource in Rempart::Node::"here");',
    ],
)
def test_policy_that_names_a_single_thing_is_refused_since_it_would_never_hold(text: str) -> None:
    with pytest.raises(PolicyError, match="names a single"):
        Access.load([text])


def test_hash_changes_with_every_policy_and_with_their_borders() -> None:
    permit = "permit (principal, action, resource);"

    hashes = {
        Access.load(further).policy_hash
        for further in ([], [permit], [permit, permit], [permit + "\n" + permit], ["// a word"])
    }

    assert len(hashes) == 5
    assert Access.load().policy_hash == Access.load([]).policy_hash


def test_a_decision_is_asked_for_once_and_remembered_decisions_are_bounded() -> None:
    asked = 0
    real = cedarpy.is_authorized

    def count(*arguments: Any) -> cedarpy.AuthzResult:
        nonlocal asked
        asked += 1
        return real(*arguments)

    access = Access.load()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cedarpy, "is_authorized", count)
        patch.setattr("rempart.access.access.REMEMBERED_DECISIONS", 2)
        for number in range(50):  # all lists in the scope are alike
            listed = ListId(UUID(int=number))
            access.decide(
                roles=frozenset({Role.REVIEWER}),
                all_lists=False,
                list_ids={listed},
                action=Action.DISPOSE_MATCH,
                list_id=listed,
            )
        once = asked
        for role in (Role.MATCH, Role.AUDITOR, Role.OPERATOR, Role.MATCH):
            may_match(access, role)

    assert once == 1
    assert asked == 5
    assert len(access._decisions) == 2

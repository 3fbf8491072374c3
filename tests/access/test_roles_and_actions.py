"""Who may do what, written by hand: the whole table, and the limits of a scope."""

from typing import Final
from uuid import UUID

import pytest

from rempart.access import GRANTABLE_ROLES, Access, Action, Decision, Role
from rempart.model.identifiers import ListId

MINE: Final = ListId(UUID(int=1))
OTHER: Final = ListId(UUID(int=2))

# Each row: the action, on what it is asked, and the roles that may do it without a limit to lists.
# M match, L list-reader, E list-editor, R reviewer, O operator, A auditor, - anonymous.
TABLE: Final = """
match             node  M     -
match             list  M     -
scan              node  M     -
scan              list  M     -
list-lists        node    LEROA-
list-lists        list    LEROA-
read-entries      node
read-entries      list    LER -
export-entries    node
export-entries    list    LE
edit-entries      node
edit-entries      list    E -
create-list       node    E O -
create-list       list
change-list       node
change-list       list    E O -
read-matches      node    R A
read-matches      list    R A
dispose-match     node
dispose-match     list    R
manage-keys       node    O
manage-keys       list
manage-exchanges  node    O -
manage-exchanges  list
read-audit        node    A
read-audit        list
read-metrics      node    O A
read-metrics      list
"""
LETTERS: Final = {
    "M": Role.MATCH,
    "L": Role.LIST_READER,
    "E": Role.LIST_EDITOR,
    "R": Role.REVIEWER,
    "O": Role.OPERATOR,
    "A": Role.AUDITOR,
    "-": Role.ANONYMOUS,
}
NODE_WIDE: Final = {
    Action.CREATE_LIST,
    Action.MANAGE_KEYS,
    Action.MANAGE_EXCHANGES,
    Action.READ_AUDIT,
    Action.READ_METRICS,
}


def table() -> dict[tuple[Action, bool], set[Role]]:
    rows = {}
    for line in TABLE.strip().splitlines():
        action, place, *who = line.split()
        rows[Action(action), place == "list"] = {LETTERS[letter] for letter in "".join(who)}
    return rows


EXPECTED: Final = table()


@pytest.fixture(scope="module")
def access() -> Access:
    return Access.load()


def ask(
    access: Access, roles: set[Role], action: Action, list_id: ListId | None, *, limited: bool
) -> Decision:
    return access.decide(
        roles=frozenset(roles),
        all_lists=not limited,
        list_ids=frozenset({MINE}) if limited else frozenset(),
        action=action,
        list_id=list_id,
    )


def test_the_table_names_every_action_on_node_and_list() -> None:
    assert set(EXPECTED) == {(action, on_list) for action in Action for on_list in (False, True)}


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_unlimited_caller_may_what_the_table_says(
    access: Access, role: Role, action: Action
) -> None:
    for list_id in (None, OTHER):
        decision = ask(access, {role}, action, list_id, limited=False)

        assert decision.allowed == (role in EXPECTED[action, list_id is not None]), list_id


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_caller_limited_to_a_list_reaches_that_list_and_no_other(
    access: Access, role: Role, action: Action
) -> None:
    on_list = role in EXPECTED[action, True]
    on_node = role in EXPECTED[action, False] and action not in NODE_WIDE

    assert ask(access, {role}, action, MINE, limited=True).allowed == on_list
    assert not ask(access, {role}, action, OTHER, limited=True).allowed
    assert ask(access, {role}, action, None, limited=True).allowed == on_node


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_whether_a_caller_may_at_all_is_node_or_list_in_its_scope(
    access: Access, role: Role, action: Action
) -> None:
    somewhere = role in EXPECTED[action, False] | EXPECTED[action, True]
    limited = somewhere and action not in NODE_WIDE
    roles = frozenset({role})

    assert access.decide_at_all(roles=roles, all_lists=True, action=action).allowed == somewhere
    assert access.decide_at_all(roles=roles, all_lists=False, action=action).allowed == limited


@pytest.mark.parametrize("action", Action)
def test_several_roles_have_the_rights_of_all_of_them(access: Access, action: Action) -> None:
    for list_id in (None, OTHER):
        allowed = EXPECTED[action, list_id is not None] & {Role.MATCH, Role.AUDITOR}

        decision = ask(access, {Role.MATCH, Role.AUDITOR}, action, list_id, limited=False)

        assert decision.allowed == bool(allowed)


@pytest.mark.parametrize("action", Action)
def test_caller_without_a_role_may_nothing(access: Access, action: Action) -> None:
    for list_id in (None, MINE, OTHER):
        assert not ask(access, set(), action, list_id, limited=False).allowed
        assert not ask(access, set(), action, list_id, limited=True).allowed


def test_caller_limited_to_no_list_reaches_none(access: Access) -> None:
    decision = access.decide(
        roles=frozenset({Role.LIST_EDITOR}),
        all_lists=False,
        list_ids=(),
        action=Action.READ_ENTRIES,
        list_id=MINE,
    )

    assert not decision.allowed


def test_an_answer_names_the_policies_that_led_to_it(access: Access) -> None:
    allowed = ask(
        access, {Role.LIST_READER, Role.REVIEWER}, Action.READ_ENTRIES, MINE, limited=True
    )
    out_of_scope = ask(access, {Role.LIST_READER}, Action.READ_ENTRIES, OTHER, limited=True)
    not_given = ask(access, {Role.MATCH}, Action.READ_ENTRIES, MINE, limited=False)

    assert allowed.policy_ids == ("list-reader", "reviewer")
    assert out_of_scope.policy_ids == ("scope.lists",)
    assert not_given.policy_ids == ()


def test_no_key_can_be_given_the_role_of_anonymous_callers() -> None:
    assert set(Role) - set(GRANTABLE_ROLES) == {Role.ANONYMOUS}

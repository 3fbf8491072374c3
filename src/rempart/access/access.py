"""Who may do what: policies asked, answers remembered."""

from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Self

import cedarpy

from rempart.access._policies import ParsedPolicies, parse, shipped_policies
from rempart.access.roles import Action, Role
from rempart.model.identifiers import ListId

REMEMBERED_DECISIONS: Final = 4_096
"""How many decisions one worker remembers: all combinations of a few dozen kinds of caller."""

_CALLER: Final = {"type": "Rempart::Caller", "id": "this caller"}
_NODE: Final = {"type": "Rempart::Node", "id": "this node"}
_LIST: Final = {"type": "Rempart::HashList", "id": "this list"}


@dataclass(frozen=True, slots=True)
class Decision:
    """An answer, with the identifiers of the policies that led to it; without any where no policy spoke."""

    allowed: bool
    policy_ids: tuple[str, ...]


class _Question(NamedTuple):
    """All that a decision can depend on; two lists in the scope are alike, and so are two outside it."""

    roles: frozenset[Role]
    has_all_lists: bool
    action: Action
    names_list: bool
    is_in_scope: bool


class Access:
    """The policies in force. Remembers its decisions; may be used from several threads."""

    def __init__(self, policies: ParsedPolicies) -> None:
        self._policies = policies
        self._decisions: OrderedDict[_Question, Decision] = OrderedDict()

    @classmethod
    def load(cls, further: Sequence[str] = ()) -> Self:
        """Read the policies of the program, and further ones.

        Args:
            further: texts of Cedar policies, for example of the operator; a `forbid` takes rights away from
                everybody, a `permit` cannot pass the limits of a scope.

        Raises:
            PolicyError: a policy cannot be read, does not fit the schema, or names a single list or caller.
        """
        return cls(parse((*shipped_policies(), *further)))

    @property
    def policy_hash(self) -> str:
        """SHA-256 over schema and policies, in hexadecimal: which rules a decision was made by."""
        return self._policies.hash

    def decide(
        self,
        *,
        roles: frozenset[Role],
        all_lists: bool,
        list_ids: Collection[ListId],
        action: Action,
        list_id: ListId | None,
    ) -> Decision:
        """Say whether a caller may do something.

        Args:
            roles: what it was given.
            all_lists: whether it is not limited to lists.
            list_ids: the lists that it is limited to; means nothing with `all_lists`.
            action: what it asks to do.
            list_id: the list that this is about; nothing means the node, as far as the scope reaches.
        """
        is_in_scope = all_lists or list_id in list_ids
        return self._answer(_Question(roles, all_lists, action, list_id is not None, is_in_scope))

    def decide_at_all(self, *, roles: frozenset[Role], all_lists: bool, action: Action) -> Decision:
        """Say whether a caller may do something on the node, or on any list that lies in its scope.

        It is asked before a list is looked for: who may not at all learns nothing of which lists there are.
        """
        on_node = self._answer(
            _Question(roles, all_lists, action, names_list=False, is_in_scope=False)
        )
        if on_node.allowed:
            return on_node
        return self._answer(_Question(roles, all_lists, action, names_list=True, is_in_scope=True))

    def _answer(self, question: _Question) -> Decision:
        # The policies never change within one object, so their hash need not be part of what is remembered.
        known = self._decisions.get(question)
        if known is not None:
            return known
        decision = self._ask(question)
        self._remember(question, decision)
        return decision

    def _remember(self, question: _Question, decision: Decision) -> None:
        self._decisions[question] = decision
        while len(self._decisions) > REMEMBERED_DECISIONS:
            try:
                self._decisions.popitem(last=False)
            except KeyError:  # another thread was quicker
                return

    def _ask(self, question: _Question) -> Decision:
        roles = [{"type": "Rempart::Role", "id": role.value} for role in sorted(question.roles)]
        is_limited_to_it = question.names_list and question.is_in_scope
        scope = [{"__entity": _LIST}] if is_limited_to_it and not question.has_all_lists else []
        attributes = {"all_lists": question.has_all_lists, "lists": scope}
        result = cedarpy.is_authorized(
            {
                "principal": _CALLER,
                "action": {"type": "Rempart::Action", "id": question.action.value},
                "resource": _LIST if question.names_list else _NODE,
            },
            self._policies.policies,
            [
                {"uid": _CALLER, "attrs": attributes, "parents": roles},
                *({"uid": each, "attrs": {}, "parents": []} for each in (*roles, _NODE, _LIST)),
            ],
            self._policies.schema,
        )
        names = result.diagnostics.id_annotations_by_reason
        # Cedar leaves out a policy that fails, also a forbid: what remains may then allow. So any error is a no.
        return Decision(
            allowed=result.decision is cedarpy.Decision.Allow and not result.diagnostics.errors,
            policy_ids=tuple(sorted(names.get(each, each) for each in result.diagnostics.reasons)),
        )

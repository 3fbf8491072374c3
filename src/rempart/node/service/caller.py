"""Who asks: the same for a key, a person who logged in, and an anonymous caller of an exercise node."""

from dataclasses import dataclass

from rempart.access import Role
from rempart.model.identifiers import KeyId, ListId
from rempart.model.principals import Principal, PrincipalKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody whom the gate let in.

    Attributes:
        principal: who is on record for what is done.
        roles: what the caller was given.
        lists: its scope; absent means every list.
        pace_name: under which name its requests are counted.
        requests_per_minute: its pace; 0 sets no limit.
        key_id: the key whose budget is charged; absent for callers without one.
        queries_per_day: its budget; 0 sets no limit.
    """

    principal: Principal
    roles: frozenset[Role]
    lists: frozenset[ListId] | None
    pace_name: str
    requests_per_minute: int
    key_id: KeyId | None = None
    queries_per_day: int = 0

    @property
    def kind(self) -> PrincipalKind:
        """What acts: a person or a service."""
        return self.principal.kind

    @property
    def has_all_lists(self) -> bool:
        """Whether the caller is not limited to lists."""
        return self.lists is None

    def sees(self, list_id: ListId) -> bool:
        """Tell whether a list lies in the caller's scope."""
        return self.lists is None or list_id in self.lists

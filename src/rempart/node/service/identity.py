"""The gate: who asks, whether they may, and how much."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rempart.access import Access, Action, Role
from rempart.keys import ApiKeyTextError, api_key_digest, check_api_key
from rempart.model.clock import Clock
from rempart.model.identifiers import ListId
from rempart.model.principals import Principal
from rempart.model.service import ApiKey
from rempart.node.service.budgets import Budgets, Charge
from rempart.node.service.caller import Caller
from rempart.node.service.gate_errors import (
    ForbiddenError,
    PaceError,
    UnauthenticatedError,
    list_unknown,
)
from rempart.node.service.known_keys import FindKey, KnownKeys
from rempart.node.service.pacing import Pacer, address_name

FAILURES_PER_MINUTE: Final = 60
"""How often one address may show a key that does not hold, in all workers together."""

_ROLES: Final = {role.value: role for role in Role if role is not Role.ANONYMOUS}


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """What the operator set.

    Attributes:
        workers: processes of this machine that answer requests.
        requests_per_minute: pace of a key that was made without one; 0 sets no limit.
        queries_per_day: budget of a key that was made without one; 0 sets no limit.
    """

    workers: int
    requests_per_minute: int
    queries_per_day: int


class Gate:
    """Lets callers in. One for each worker; may be used from several threads.

    `authenticate` and `charge` may ask the store, the others never do.
    """

    def __init__(
        self,
        *,
        access: Access,
        find_key: FindKey,
        charge: Charge,
        mac_secret: bytes,
        settings: GateSettings,
        clock: Clock,
        anonymous: Principal | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Join the parts.

        Args:
            access: the policies.
            find_key: looks up a key by its digest.
            charge: counts queries in the store.
            mac_secret: the secret under which the digests of keys are made.
            settings: what the operator set.
            clock: the wall clock, by which keys expire and budgets are renewed.
            anonymous: who is on record for callers without a key, where the node has such; never on a live node.
            monotonic: seconds that no one sets, by which pace is judged.
        """
        self._access = access
        self._mac_secret = mac_secret
        self._settings = settings
        self._clock = clock
        self._anonymous = anonymous
        self._known_keys = KnownKeys(find_key, self._caller_of, monotonic=monotonic)
        self._pacer = Pacer(workers=settings.workers, monotonic=monotonic)
        self._budgets = Budgets(charge, clock=clock, workers=settings.workers)

    def authenticate(self, token: str | None, *, address: str | None) -> Caller:
        """Return whom a key stands for.

        Args:
            token: the text that the caller showed as its key, or nothing.
            address: from where; failures are counted by it.

        Raises:
            UnauthenticatedError: there is no key, or none that holds; which of these is not said.
            PaceError: too many keys that do not hold were shown from there. A key that held a moment ago is
                still let in, and so is one that was not shown before: a program that goes on with a key that ended
                shuts out no other behind the same address.
        """
        if token is None:
            raise UnauthenticatedError
        digest = self._digest(token)
        is_guess = False
        if digest is None or not self._known_keys.held_before(digest):
            digest = digest if _is_well_typed(token) else None
            is_guess = digest is not None and not self._known_keys.refused_before(digest)
            counted = _guesses_of(address) if is_guess else _failures_of(address)
            wait = self._pacer.waits(counted, FAILURES_PER_MINUTE)
            if wait:
                raise PaceError(wait)
        caller = None if digest is None else self._known_keys.caller(digest, self._clock.now())
        if caller is None:
            self._pacer.take(_failures_of(address), FAILURES_PER_MINUTE)
            if is_guess:
                self._pacer.take(_guesses_of(address), FAILURES_PER_MINUTE)
            raise UnauthenticatedError
        return caller

    def authenticate_in_hand(self, token: str | None) -> Caller | None:
        """Return whom a key stands for where that needs no store; else nothing: then call `authenticate`."""
        digest = None if token is None else self._digest(token)
        return None if digest is None else self._known_keys.in_hand(digest, self._clock.now())

    def anonymous(self, *, address: str | None) -> Caller:
        """Return the caller without a key, where the node lets such in; each address has a pace of its own.

        Raises:
            UnauthenticatedError: the node lets in none.
        """
        if self._anonymous is None:
            raise UnauthenticatedError
        return Caller(
            principal=self._anonymous,
            roles=frozenset({Role.ANONYMOUS}),
            lists=None,
            pace_name=address_name(address),
            requests_per_minute=self._settings.requests_per_minute,
        )

    def may(self, caller: Caller, action: Action, list_id: ListId | None = None) -> bool:
        """Tell whether a caller may do something; without a list, whether it may so at all."""
        if list_id is None:
            return self._access.decide_at_all(
                roles=caller.roles, all_lists=caller.lists is None, action=action
            ).allowed
        return self._access.decide(
            roles=caller.roles,
            all_lists=caller.lists is None,
            list_ids=caller.lists or frozenset(),
            action=action,
            list_id=list_id,
        ).allowed

    def require(
        self,
        caller: Caller,
        action: Action,
        list_id: ListId | None = None,
        *,
        name: str | None = None,
    ) -> None:
        """Refuse what a caller may not do.

        Args:
            caller: who asks.
            action: for what.
            list_id: on which list. Without one: on the node, or on any list of its scope; an action on one list has
                to be asked again with that list.
            name: what the caller called the list, for the answer.

        Raises:
            ForbiddenError: its roles do not allow it, on whatever list.
            ListUnknownError: they do, but the list is outside its scope: answered as one that is not there.
        """
        if not self.may(caller, action):
            raise ForbiddenError(action.value)
        if list_id is None:
            return
        if not caller.sees(list_id):
            raise list_unknown(name or str(list_id))
        if not self.may(caller, action, list_id):
            raise ForbiddenError(action.value)

    def pace(self, caller: Caller) -> None:
        """Count one request.

        Raises:
            PaceError: the caller sent too many in a short time.
        """
        wait = self._pacer.take(caller.pace_name, caller.requests_per_minute)
        if wait:
            raise PaceError(wait)

    def charge(self, caller: Caller, queries: int) -> None:
        """Count queries against the caller's budget; may wait for the store.

        Raises:
            BudgetError: the budget of this day has not so many left; none was counted.
        """
        if caller.key_id is not None and caller.queries_per_day:
            self._budgets.take(caller.key_id, queries, limit=caller.queries_per_day)

    def charge_in_hand(self, caller: Caller, queries: int) -> bool:
        """Do the same where that needs no store; else return False with nothing counted: then call `charge`."""
        if caller.key_id is None or not caller.queries_per_day:
            return True
        return self._budgets.take_in_hand(caller.key_id, queries)

    def _digest(self, token: str) -> bytes | None:
        try:
            return api_key_digest(token, mac_secret=self._mac_secret)
        except ApiKeyTextError:
            return None

    def _caller_of(self, key: ApiKey) -> Caller:
        own_pace, own_budget = key.requests_per_minute, key.queries_per_day
        settings = self._settings
        return Caller(
            principal=key.principal,
            # A role that this program does not know gives no right.
            roles=frozenset(_ROLES[name] for name in key.roles if name in _ROLES),
            lists=key.lists,
            pace_name=f"key:{key.id}",
            requests_per_minute=settings.requests_per_minute if own_pace is None else own_pace,
            key_id=key.id,
            queries_per_day=settings.queries_per_day if own_budget is None else own_budget,
        )


def _is_well_typed(token: str) -> bool:
    """Tell whether a token's check digits fit; if not, the store need not be asked."""
    try:
        check_api_key(token)
    except ApiKeyTextError:
        return False
    return True


def _failures_of(address: str | None) -> str:
    return f"failures of {address_name(address)}"


def _guesses_of(address: str | None) -> str:
    """Name where keys are counted that do not hold and were not shown before: one that is shown again is no guess."""
    return f"guesses of {address_name(address)}"

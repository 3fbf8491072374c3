"""Exchanges: collections of others that fill a bank of their own."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from rempart.lists import draft_digest, entry_key
from rempart.model.banks import Exchange
from rempart.model.lists import EntryDraft
from rempart.model.principals import Principal
from rempart.node.exchange_credentials import exchange_secret
from rempart.node.hma.banks import Banks, Scope
from rempart.node.hma.contents import EXCHANGE_SOURCE
from rempart.node.hma.credentials import Credentials
from rempart.node.hma.errors import BadRequestError, NameTakenError, NotThereError
from rempart.node.hma.exchange_types import SAMPLE, ExchangeType
from rempart.node.hma.names import check_bank_name
from rempart.node.hma.sample import sample_signals
from rempart.node.logs import log_event
from rempart.node.node import OpenNode
from rempart.store import MergeItem, StoreWriter

_AGAIN_AFTER: Final = timedelta(days=1)
"""The sample never changes, and an exchange that this node cannot read will not be readable in a minute."""


class Exchanges:
    """The exchanges of a node."""

    def __init__(self, node: OpenNode, banks: Banks, credentials: Credentials) -> None:
        self._node = node
        self._banks = banks
        self._credentials = credentials

    def names(self, scope: Scope) -> list[str]:
        """Return the names of the exchanges within a scope."""
        return [each.name for each in self._visible(scope)]

    def get(self, name: str, scope: Scope) -> Exchange:
        """Return one exchange.

        Raises:
            NotThereError: there is none of this name within the scope.
        """
        found = next((each for each in self._visible(scope) if each.name == name), None)
        if found is None:
            msg = f"Exchange '{name[:80]}' not found"
            raise NotThereError(msg)
        return found

    def describe(self, exchange: Exchange) -> dict[str, object]:
        """Return the configuration as clients read it; never a credential."""
        return {
            **exchange.settings,
            "name": exchange.name,
            "api": exchange.api,
            "enabled": exchange.is_enabled,
            "credential_status": self._credentials.status(exchange),
        }

    def create(
        self,
        name: str,
        kind: ExchangeType,
        given: Mapping[str, object],
        credential_json: object = None,
        *,
        principal: Principal,
    ) -> None:
        """Configure an exchange, with or without credentials of its own, and make the bank that it fills.

        Raises:
            BadRequestError: the name, a field or the credentials are not possible.
            NameTakenError: there is an exchange or a bank of this name.
        """
        check_bank_name(name)
        settings = kind.check_settings(given)
        enabled = given.get("enabled", True)
        if not isinstance(enabled, bool):
            msg = "`api_json` field 'enabled' must be a boolean"
            raise BadRequestError(msg)
        credentials = kind.check_own_credentials(credential_json)
        if self._node.store.exchanges.by_name(name) is not None:
            msg = "Exchange already exists"
            raise NameTakenError(msg)
        secrets = self._credentials.secrets_for(credentials)
        with self._banks.naming(principal) as writer:
            made = self._banks.add(writer, name, 1.0)
            exchange = writer.exchanges.add(
                name, list_id=made.id, api=kind.name, settings=settings, is_enabled=enabled
            )
            self._credentials.put(writer, secrets, exchange_secret(exchange), credentials)
            writer.record(
                "exchange.created",
                {"list": str(made.id), "api": kind.name, "credentials": credentials is not None},
            )

    def switch(
        self, exchange: Exchange, *, enabled: bool | None, principal: Principal
    ) -> dict[str, object]:
        """Switch the fetching of an exchange on or off, and return its configuration."""
        if enabled is not None and enabled != exchange.is_enabled:
            with self._banks.writing(principal) as writer:
                exchange = writer.exchanges.change(exchange.name, is_enabled=enabled)
                writer.record(
                    "exchange.changed", {"list": str(exchange.list_id), "enabled": enabled}
                )
        return self.describe(exchange)

    def delete(self, name: str, scope: Scope, *, principal: Principal) -> None:
        """Forget an exchange and its credentials, and withdraw the bank that it filled; nothing where there is none."""
        try:
            exchange = self.get(name, scope)
        except NotThereError:
            return
        bank = self._banks.by_list(scope)[exchange.list_id]
        with self._banks.naming(principal) as writer:
            ended, forgotten = self._banks.withdraw(writer, bank)
            writer.record(
                "exchange.removed",
                {"list": str(exchange.list_id), "entries": ended, **forgotten},
            )

    def _visible(self, scope: Scope) -> list[Exchange]:
        lists = self._banks.by_list(scope)
        return [each for each in self._node.store.exchanges.all() if each.list_id in lists]


def status_of(exchange: Exchange) -> dict[str, object]:
    """Return how far an exchange was fetched, as clients read it; times in seconds since 1970."""
    moments = {
        "checkpoint_ts": exchange.checkpoint_at,
        "running_fetch_start_ts": exchange.running_since,
        "last_fetch_complete_ts": exchange.last_fetch_at,
    }
    return {
        **{name: None if at is None else int(at.timestamp()) for name, at in moments.items()},
        "last_fetch_succeeded": exchange.last_fetch_succeeded,
        "up_to_date": exchange.is_up_to_date,
        "fetched_items": exchange.fetched_items,
    }


def fetch_exchanges(node: OpenNode, *, force: bool = False) -> int:
    """Fetch what is due into the banks of the exchanges, and return how many were tried. Uses no network.

    Args:
        node: whose exchanges; who calls holds the lease for it.
        force: also what is not due yet.
    """
    lists = {each.id for each in node.store.lists()}  # without what was withdrawn
    enabled = [
        each
        for each in node.store.exchanges.all()
        if each.is_enabled and each.list_id in lists and (force or _is_due(node, each))
    ]
    for exchange in enabled:
        with node.store.write(
            principal=node.principal, clock=node.clock, identifiers=node.identifiers
        ) as writer:
            writer.exchanges.begin_fetch(exchange.name)
            taken = _take_in(writer, exchange)
            writer.exchanges.end_fetch(
                exchange.name, has_succeeded=taken is not None, is_up_to_date=taken is not None
            )
            writer.record(
                "exchange.fetched",
                {"list": str(exchange.list_id), "api": exchange.api, "records": taken},
            )
    return len(enabled)


def _is_due(node: OpenNode, exchange: Exchange) -> bool:
    last = exchange.last_fetch_at
    return last is None or node.clock.now() - last >= _AGAIN_AFTER


def _take_in(writer: StoreWriter, exchange: Exchange) -> int | None:
    """Merge what an exchange holds; return how many records it has, or None where this node cannot read it."""
    if exchange.api != SAMPLE:
        log_event(
            "exchange-not-fetched", level=logging.WARNING, reason="kind-cannot-be-fetched-here"
        )
        return None
    merge = writer.begin_merge(exchange.list_id, source=EXCHANGE_SOURCE + exchange.name)
    drafts = [
        EntryDraft(number=number, fingerprints=(each,))
        for number, each in enumerate(sample_signals(), 1)
    ]
    merge.put(
        [
            MergeItem(
                number=each.number, key=entry_key(each), digest=draft_digest(each), draft=each
            )
            for each in drafts
        ]
    )
    merge.withdraw_absent()
    writer.exchanges.keep_progress(exchange.name, checkpoint={}, fetched_items=len(drafts))
    return len(drafts)

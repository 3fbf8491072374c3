"""Credentials of exchanges: of one exchange, or of every exchange of a kind that has none of its own; kept sealed."""

import json
from collections.abc import Mapping
from contextlib import suppress

from rempart.model.banks import Exchange
from rempart.model.principals import Principal
from rempart.node.exchange_credentials import exchange_secret, type_secret
from rempart.node.hma.banks import Banks
from rempart.node.hma.errors import NotThereError
from rempart.node.hma.exchange_types import EXCHANGE_TYPES, ExchangeType
from rempart.node.keys import node_secrets
from rempart.node.node import OpenNode
from rempart.node.secrets import Secrets
from rempart.store import StoreWriter, UnknownRecordError


class Credentials:
    """The credentials that a node keeps; nobody can read them here."""

    def __init__(self, node: OpenNode, banks: Banks) -> None:
        self._node = node
        self._banks = banks

    def has_type(self, api: str) -> bool:
        """Tell whether credentials of a kind of exchange are kept."""
        return self._has(type_secret(api))

    def set_type(self, kind: ExchangeType, given: object, *, principal: Principal) -> None:
        """Keep credentials of a kind of exchange, or take them away with an empty object.

        Raises:
            BadRequestError: they are not what this kind takes.
        """
        credentials = kind.check_credentials(given)
        name = type_secret(kind.name)
        if credentials is None and not self._has(name):
            return
        secrets = self.secrets_for(credentials)
        with self._banks.writing(principal) as writer:
            self.put(writer, secrets, name, credentials)
            writer.record(
                "exchange.credentials-changed", {"api": kind.name, "set": credentials is not None}
            )

    def set_own(self, exchange: Exchange, given: object, *, principal: Principal) -> None:
        """Keep credentials of one exchange alone, or take them away with null or an empty object.

        Raises:
            BadRequestError: they are not what this exchange takes.
            NotThereError: the exchange ended meanwhile.
        """
        credentials = EXCHANGE_TYPES[exchange.api].check_own_credentials(given)
        name = exchange_secret(exchange)
        if credentials is None and not self._has(name):
            return
        secrets = self.secrets_for(credentials)
        with self._banks.writing(principal) as writer:
            _require_present(writer, exchange)
            self.put(writer, secrets, name, credentials)
            writer.record(
                "exchange.credentials-changed",
                {
                    "api": exchange.api,
                    "list": str(exchange.list_id),
                    "set": credentials is not None,
                },
            )

    def secrets_for(self, credentials: Mapping[str, object] | None) -> Secrets | None:
        """Return what seals credentials, if there are any. Call it before the write: it may have one of its own."""
        return None if credentials is None else node_secrets(self._node)

    def put(
        self,
        writer: StoreWriter,
        secrets: Secrets | None,
        name: str,
        credentials: Mapping[str, object] | None,
    ) -> None:
        """Seal credentials under the name of a secret, or remove it, within a write that somebody else records."""
        if secrets is not None and credentials is not None:
            writer.secrets.put(name, secrets.seal(name, json.dumps(credentials).encode()))
            return
        with suppress(
            UnknownRecordError
        ):  # there were none, or somebody else took them away a moment ago
            writer.secrets.remove(name)

    def status(self, exchange: Exchange) -> dict[str, object]:
        """Return whether an exchange has credentials, and whether its own (`exchange`) or its kind's (`api`)."""
        if EXCHANGE_TYPES[exchange.api].credentials is None:
            return {"supports_auth": False, "has_credentials": False, "source": None}
        source = None
        if self._has(exchange_secret(exchange)):
            source = "exchange"
        elif self.has_type(exchange.api):
            source = "api"
        return {"supports_auth": True, "has_credentials": source is not None, "source": source}

    def _has(self, name: str) -> bool:
        return self._node.store.secrets.get(name) is not None


def _require_present(writer: StoreWriter, exchange: Exchange) -> None:
    """Refuse an exchange that another write removed, also where one of its name was made since."""
    try:
        present = writer.exchanges.change(exchange.name)
    except UnknownRecordError:
        present = None
    if present is None or (present.list_id, present.api) != (exchange.list_id, exchange.api):
        msg = f"Exchange '{exchange.name[:80]}' not found"
        raise NotThereError(msg)

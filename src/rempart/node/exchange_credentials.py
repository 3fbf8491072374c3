"""Under which names credentials of exchanges stand among a node's secrets, and how they end with their exchange."""

from typing import Final

from rempart.model.banks import Exchange
from rempart.model.identifiers import ListId
from rempart.store import Store, StoreWriter

_OF_TYPE: Final = "hma-exchange-api:"
_OF_EXCHANGE: Final = "hma-exchange:"


def type_secret(api: str) -> str:
    """Return the name of the secret that holds the credentials of a kind of exchange."""
    return _OF_TYPE + api


def exchange_secret(exchange: Exchange) -> str:
    """Return the name of the secret that holds one exchange's own credentials; its list tells it from all others."""
    return _OF_EXCHANGE + str(exchange.list_id)


def is_credential(name: str) -> bool:
    """Tell whether a secret of this name is a credential of exchanges."""
    return name.startswith((_OF_TYPE, _OF_EXCHANGE))


def forget_exchange(store: Store, writer: StoreWriter, list_id: ListId) -> dict[str, object]:
    """Forget the exchange that fills a list, and its own credentials, within the write that withdraws the list.

    A list that was withdrawn may be taken up again with its identifier: nothing may be left that it would inherit.

    Returns:
        What the event of that write says of it: `api`, and whether there were `credentials`; nothing where no
        exchange fills the list.
    """
    name = _OF_EXCHANGE + str(list_id)
    has_own = store.secrets.get(name) is not None
    if has_own:
        writer.secrets.remove(name)
    said: dict[str, object] = {}
    for exchange in store.exchanges.all():
        if exchange.list_id == list_id:
            writer.exchanges.remove(exchange.name)
            said = {"api": exchange.api, "credentials": has_own}
    return said

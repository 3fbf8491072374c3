"""Empty an exercise node of banks, as HMA's development routes do."""

from contextlib import suppress

from rempart.model.principals import Principal
from rempart.node.exchange_credentials import is_credential
from rempart.node.hma.banks import Banks
from rempart.node.hma.errors import NotThereError
from rempart.node.node import OpenNode
from rempart.store import UnknownRecordError


def factory_reset(node: OpenNode, banks: Banks, *, principal: Principal) -> None:
    """Withdraw every bank, exchange and credential in one write.

    Nothing is deleted from the record: the entries are withdrawn, their numbers go on counting, and the event stays.

    Raises:
        NotThereError: this is no exercise node.
    """
    if not node.store.node.is_exercise:
        msg = "not found"
        raise NotThereError(msg)
    every = banks.all(None).values()
    with banks.naming(principal) as writer:
        ended = sum(banks.withdraw(writer, bank)[0] for bank in every)
        for name in filter(is_credential, node.store.secrets.all()):
            with suppress(UnknownRecordError):  # it went with its exchange
                writer.secrets.remove(name)
        writer.record("node.reset", {"lists": len(every), "entries": ended})

"""Everything behind HMA's routes in one worker, put together over the service that answers v1."""

from functools import cached_property
from typing import TYPE_CHECKING, Final

from rempart.model.principals import Principal
from rempart.node.hma.banks import Banks
from rempart.node.hma.contents import Contents
from rempart.node.hma.credentials import Credentials
from rempart.node.hma.errors import NotThereError
from rempart.node.hma.exchange_types import EXCHANGE_TYPES, SAMPLE
from rempart.node.hma.exchanges import Exchanges, fetch_exchanges
from rempart.node.hma.fetch_rules import FetchRules, Resolver, resolve_by_system
from rempart.node.hma.index_state import IndexState
from rempart.node.hma.lookups import Lookups
from rempart.node.hma.reset import factory_reset
from rempart.node.node import OpenNode
from rempart.node.service import Service

if TYPE_CHECKING:
    from rempart.node.hma.fetching import MediaFetcher


class HmaService:
    """What HMA's routes are answered with.

    Attributes:
        is_exercise: whether the node has development routes, anonymous callers and fetching from loopback; fixed for
            ever when the node was made.
        banks: lists as clients know them.
        contents: entries as clients know them.
        credentials: what opens collections of others; kept, never shown.
        exchanges: collections of others.
        lookups: what matches.
        state: how far the index is.
    """

    def __init__(self, service: Service, *, resolve: Resolver = resolve_by_system) -> None:
        node = service.node
        self._node = node
        self.is_exercise: Final = node.store.node.is_exercise
        self.banks: Final = Banks(node)
        self.contents: Final = Contents(node, self.banks)
        self.credentials: Final = Credentials(node, self.banks)
        self.exchanges: Final = Exchanges(node, self.banks, self.credentials)
        self.lookups: Final = Lookups(node, self.banks, service.matching)
        self.state: Final = IndexState(node, self.banks, service.live)
        self._resolve = resolve
        # Now: a node that fetches must not first find out by a request that it cannot.
        if node.settings.fetch_hosts:
            _ = self.fetcher

    @cached_property
    def fetcher(self) -> "MediaFetcher":
        """Fetches media that a URL leads to."""
        # Its client of HTTP takes a tenth of a second to load, and most nodes never fetch.
        from rempart.node.hma.fetching import MediaFetcher  # noqa: PLC0415

        rules = fetch_rules(self._node, is_exercise=self.is_exercise)
        return MediaFetcher(rules, resolve=self._resolve)

    def lets_in_anonymous(self, listen: str | None) -> bool:
        """Tell whether the operator lets in callers without a key where a request came in.

        Args:
            listen: that address, as the setting `listen` writes it; absent where nobody knows.
        """
        return self.is_exercise and listen in self._node.settings.hma_anonymous

    def factory_reset(self, *, principal: Principal) -> None:
        """Withdraw every bank and exchange of an exercise node.

        Raises:
            NotThereError: this is no exercise node.
        """
        factory_reset(self._node, self.banks, principal=principal)

    def run_fetch(self) -> None:
        """Fetch every exchange of an exercise node now.

        Raises:
            NotThereError: this is no exercise node.
        """
        self._require_exercise()
        fetch_exchanges(self._node, force=True)

    def set_up_sample(self, name: str, *, principal: Principal) -> None:
        """Configure the sample exchange of an exercise node where it is not, and fetch it.

        Raises:
            NotThereError: this is no exercise node.
        """
        self._require_exercise()
        if name not in self.exchanges.names(None):
            self.exchanges.create(name, EXCHANGE_TYPES[SAMPLE], {}, principal=principal)
        fetch_exchanges(self._node, force=True)

    def _require_exercise(self) -> None:
        if not self.is_exercise:
            msg = "not found"
            raise NotThereError(msg)


def fetch_rules(node: OpenNode, *, is_exercise: bool) -> FetchRules:
    """Return what the operator allows to fetch; a live node never fetches from itself, whatever is set."""
    settings = node.settings
    return FetchRules(
        hosts=settings.fetch_hosts,
        loopback=is_exercise and settings.fetch_loopback,
        limit_bytes=settings.fetch_bytes,
        seconds=settings.fetch_seconds,
    )

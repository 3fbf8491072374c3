"""HMA's routes: which address and method leads to which handler, and what the caller must be allowed."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from rempart.api.answers import Answer
from rempart.api.hma import curation, development, exchanges, matching, state
from rempart.api.hma.calls import HmaCall
from rempart.node.service import Action

Handler: TypeAlias = Callable[[HmaCall], Awaitable[Answer]]

_FORMS: Final = {"content": "[0-9]+"}
_NAME: Final = re.compile(r"\{([a-z]+)\}")


@dataclass(frozen=True, slots=True)
class HmaRoute:
    """One method of one address.

    Attributes:
        template: the address, with names in braces.
        action: what the caller must be allowed; absent where the route is open to everybody.
    """

    method: str
    template: str
    handler: Handler
    action: Action | None
    pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        def group(found: re.Match[str]) -> str:
            return f"(?P<{found[1]}>{_FORMS.get(found[1], '[^/]+')})"

        object.__setattr__(self, "pattern", re.compile(_NAME.sub(group, self.template), re.ASCII))


_OPEN: Final = (
    HmaRoute("GET", "/", state.home, None),
    HmaRoute("GET", "/status", state.status, None),
    HmaRoute("GET", "/status/live", state.live, None),
)
_MEDIA: Final = (
    HmaRoute("GET", "/h/hash", matching.hash_url, Action.SCAN),
    HmaRoute("POST", "/h/hash", matching.hash_upload, Action.SCAN),
    HmaRoute("GET", "/m/lookup", matching.look_up, Action.MATCH),
    HmaRoute("POST", "/m/lookup", matching.look_up_upload, Action.SCAN),
    HmaRoute("GET", "/m/raw_lookup", matching.look_up_raw, Action.MATCH),
    HmaRoute("POST", "/m/compare", matching.compare, Action.MATCH),
    HmaRoute("GET", "/m/index/status", state.index_status, Action.MATCH),
)
_BANKS: Final = (
    HmaRoute("GET", "/c/banks", curation.list_banks, Action.LIST_LISTS),
    HmaRoute("POST", "/c/banks", curation.create_bank, Action.CREATE_LIST),
    HmaRoute("GET", "/c/bank/{bank}", curation.show_bank, Action.LIST_LISTS),
    HmaRoute("PUT", "/c/bank/{bank}", curation.change_bank, Action.CHANGE_LIST),
    HmaRoute("DELETE", "/c/bank/{bank}", curation.delete_bank, Action.CHANGE_LIST),
    HmaRoute("POST", "/c/bank/{bank}/content", curation.add_content, Action.EDIT_ENTRIES),
    HmaRoute("POST", "/c/bank/{bank}/signal", curation.add_signals, Action.EDIT_ENTRIES),
    HmaRoute("GET", "/c/bank/{bank}/content/{content}", curation.show_content, Action.READ_ENTRIES),
    HmaRoute(
        "PUT", "/c/bank/{bank}/content/{content}", curation.change_content, Action.EDIT_ENTRIES
    ),
    HmaRoute(
        "DELETE", "/c/bank/{bank}/content/{content}", curation.delete_content, Action.EDIT_ENTRIES
    ),
    HmaRoute("GET", "/c/signal_type", state.list_signal_types, Action.LIST_LISTS),
    HmaRoute("GET", "/c/signal_type/index", state.index_sizes, Action.LIST_LISTS),
    HmaRoute("PUT", "/c/signal_type/{type}", state.change_signal_type, Action.MANAGE_EXCHANGES),
    HmaRoute("GET", "/c/content_type", state.list_content_types, Action.LIST_LISTS),
)
_EXCHANGES: Final = tuple(
    HmaRoute(method, template, handler, Action.MANAGE_EXCHANGES)
    for method, template, handler in (
        ("GET", "/c/exchanges/apis", exchanges.list_types),
        ("GET", "/c/exchanges/api/{api}", exchanges.show_type),
        ("POST", "/c/exchanges/api/{api}", exchanges.set_credentials),
        ("GET", "/c/exchanges/api/{api}/schema", exchanges.show_schema),
        ("GET", "/c/exchanges", exchanges.list_all),
        ("POST", "/c/exchanges", exchanges.create),
        ("GET", "/c/exchange/{exchange}", exchanges.show),
        ("PUT", "/c/exchange/{exchange}", exchanges.change),
        ("DELETE", "/c/exchange/{exchange}", exchanges.delete),
        ("GET", "/c/exchange/{exchange}/credentials", exchanges.show_own_credentials),
        ("POST", "/c/exchange/{exchange}/credentials", exchanges.set_own_credentials),
        ("GET", "/c/exchange/{exchange}/status", exchanges.show_status),
    )
)
_DEVELOPMENT: Final = tuple(
    HmaRoute("POST", template, handler, Action.MANAGE_EXCHANGES)
    for template, handler in (
        ("/dev/factory_reset", development.factory_reset),
        ("/dev/run_fetch", development.run_fetch),
        ("/dev/setup_sample_example", development.set_up_sample),
    )
)


def hma_routes(*, is_exercise: bool) -> tuple[HmaRoute, ...]:
    """Return the routes of a node; its development routes exist on an exercise node only."""
    every = (*_OPEN, *_MEDIA, *_BANKS, *_EXCHANGES, *(_DEVELOPMENT if is_exercise else ()))
    addresses = sorted({each.template for each in every} | {"/site-map"})
    return (*every, HmaRoute("GET", "/site-map", state.site_map(addresses), None))

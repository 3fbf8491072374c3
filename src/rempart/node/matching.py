"""Put a matcher together for one node."""

from collections.abc import Callable

from rempart.match import LayeredIndex, Matcher, VideoRule
from rempart.model.identifiers import IdentifierSource, MatchId
from rempart.node.identity import UnrelatedIdentifiers
from rempart.node.index_upkeep import ready_index
from rempart.node.live_index import LiveIndex
from rempart.node.node import OpenNode
from rempart.node.settings import Settings

Place = tuple[int, int]
"""The position of a query in its request, from 0, and how many queries that has, whether they hit or not."""


def matcher_for(node: OpenNode, index: LayeredIndex) -> Matcher:
    """Return a matcher over an index, with the thresholds of the lists in force."""
    thresholds = [each.threshold_bits for each in node.store.lists()]
    return Matcher(
        index,
        node.store,
        largest_threshold_bits=max(thresholds, default=0),
        new_match_id=_new_match_id(node.identifiers),
        present_index=lambda: ready_index(node.folder, node.store),
        has_cpp512_alone=index.has_cpp512_alone,
        video_rules=_video_rules(node.settings),
    )


def live_matcher(
    live: LiveIndex, node: OpenNode, place: Callable[[int], Place] = lambda _: (0, 1)
) -> Matcher:
    """Return a matcher over what a live index of a node holds now; make one for each request, it costs next to nothing.

    Identifiers of its matches tell nobody who may see some of them how many others there are.

    Args:
        live: the index.
        node: the node.
        place: where each query of the call stands in its request.

    Raises:
        IndexNotReadyError: there is no index yet.
    """
    identifiers = UnrelatedIdentifiers(node.clock)
    snapshot = live.current()
    return Matcher(
        snapshot.index,
        node.store,
        largest_threshold_bits=snapshot.largest_threshold_bits,
        new_match_id=lambda at: MatchId(identifiers.new(*place(at))),
        present_index=lambda: live.refresh().index,
        has_cpp512_alone=snapshot.has_cpp512_alone,
        video_rules=_video_rules(node.settings),
    )


def _video_rules(settings: Settings) -> list[VideoRule]:
    return [VideoRule.parse(text) for text in settings.video_rules]


def _new_match_id(identifiers: IdentifierSource) -> Callable[[int], MatchId]:
    return lambda _: MatchId(identifiers.new())

"""Put a matcher together for one node."""

from rempart.match import KnownIndex, Matcher
from rempart.model.identifiers import MatchId
from rempart.node.index_upkeep import ready_index
from rempart.node.node import OpenNode


def matcher_for(node: OpenNode, index: KnownIndex) -> Matcher:
    """Return a matcher over an index, with the thresholds of the lists in force."""
    thresholds = [each.threshold_bits for each in node.store.lists()]
    return Matcher(
        index,
        node.store,
        largest_threshold_bits=max(thresholds, default=0),
        new_match_id=lambda: MatchId(node.identifiers.new()),
        present_index=lambda: ready_index(node.folder, node.store),
        has_cpp512_alone=node.store.has_cpp512_alone(),
    )

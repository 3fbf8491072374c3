"""What must hold after whatever happened: ledgers, store, events, history, index and log agree."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from tests.torture.load import LIST, Actor, written
from tests.torture.running import RunningService, until

from rempart.model.handling import Standing
from rempart.node import (
    NodeFolder,
    OpenNode,
    audit_checkpoint,
    audit_keys,
    export_audit,
    open_node,
    verify_audit,
)
from rempart.node.live_index import LiveIndex

_RADIUS: Final = 31


def all_promises_are_kept(
    service: RunningService, actors: Sequence[Actor], place: Path, *, least: int = 20
) -> None:
    """Ask the service, stop it, and look at what it leaves.

    Args:
        service: that runs, and is no longer under load.
        actors: who did what.
        place: a folder for an export.
        least: writes and hits that make it worth looking.
    """
    assert [each.errors for each in actors if each.errors] == []
    assert sum(len(each.writes) for each in actors) >= least
    assert sum(len(each.hits) for each in actors) >= least
    for actor in actors:
        for write in actor.writes[-100:]:
            actor.repeat(write)
        until(actor.matches_as_it_should)
    until(lambda: _is_on_record(actors))
    assert service.stop() == 143
    with open_node(NodeFolder(service.node)) as node:
        store_is_as_the_ledgers_say(node, actors)
        index_equals_brute_force(node)
        log_is_verified(node, place)


def store_is_as_the_ledgers_say(node: OpenNode, actors: Sequence[Actor]) -> None:
    """No accepted write is lost, and none was done twice."""
    assert node.store.check(deep=True) == []
    ours = {each.principal for each in actors}
    kinds = {write.kind for actor in actors for write in actor.writes}
    events = node.store.events(limit=1_000_000)
    done = Counter(
        (str(each.principal_id), each.kind, each.details.get("entry", each.details.get("match")))
        for each in events
        if str(each.principal_id) in ours and each.kind in kinds
    )
    assert done == written(actors)
    found = node.store.find_list(LIST)
    assert found is not None
    kept = {
        str(entry.id): (entry.labels[0].value, entry.standing is Standing.WITHDRAWN)
        for entry, _ in node.store.entries(found.id, include_withdrawn=True)
    }
    assert kept == {
        entry: (known.label, known.is_withdrawn)
        for actor in actors
        for entry, known in actor.entries.items()
    }


def index_equals_brute_force(node: OpenNode) -> None:
    """The index that the service left finds what a look at every fingerprint finds."""
    live = LiveIndex(node.folder, node.store)
    live.start()
    try:
        index = live.refresh().index
    finally:
        live.close()
    dice = np.random.default_rng(20261122)
    for kind in ("pdq", "md5", "sha256"):
        parts = list(node.store.matchable(kind))
        numbers = np.concatenate([part[0] for part in parts])
        values = np.concatenate([part[1] for part in parts])
        assert len(values)
        if kind != "pdq":
            positions, found = index.equal(kind, values)
            assert positions.tolist() == list(range(len(values)))
            assert found.tolist() == numbers.tolist()
            continue
        bits = np.unpackbits(values, axis=1)
        probes = bits ^ (dice.random(bits.shape) < dice.uniform(0, 0.2, (len(bits), 1)))
        distances = (probes[:, None, :] != bits[None, :, :]).sum(axis=2)
        near = np.argwhere(distances <= _RADIUS)
        expected = {(int(p), int(numbers[n]), int(distances[p, n])) for p, n in near}
        assert expected
        got = index.near(np.packbits(probes, axis=1), radius=_RADIUS)
        assert set(zip(*(each.tolist() for each in got), strict=True)) == expected


def log_is_verified(node: OpenNode, place: Path) -> None:
    """Every event is a leaf of a log that the verifier accepts."""
    audit_checkpoint(node)
    export_audit(node, place / "log.jsonl")
    checked = verify_audit(place / "log.jsonl", audit_keys(node))
    assert checked.is_verified, checked.lines
    events = node.store.events(limit=1_000_000)
    assert node.store.log.head("audit").size == len(events)


def _is_on_record(actors: Sequence[Actor]) -> bool:
    """Tell whether every match that was answered is in the history; the keeper may still be bringing some there."""
    answered = {match for actor in actors for match in actor.hits}
    return answered <= {each.match.id for each in actors[0].client.every_match()}

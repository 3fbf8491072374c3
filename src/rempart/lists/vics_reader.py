"""Read Project VIC / VICS JSON 1.1 to 2.0, hash sets and cases."""

from collections.abc import Callable, Iterator

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.json_events import JsonEvents
from rempart.lists.label_map import LabelMap
from rempart.lists.labelling import Labelling
from rempart.lists.seen_digests import SeenDigests
from rempart.lists.source_text import SourceBytes, decoded
from rempart.lists.vics_envelope import VicsEnvelope
from rempart.lists.vics_record import read_record
from rempart.model.fingerprint import MD5
from rempart.model.lists import BadRecord, EntryDraft


def read_vics(
    source: SourceBytes,
    *,
    labels: LabelMap | None,
    seen: SeenDigests,
    on_bad: Callable[[BadRecord], None],
) -> Iterator[EntryDraft]:
    """Yield one entry for each media record; of several with one MD5 the first is kept.

    Args:
        source: the bytes of the document.
        labels: what the category numbers mean, by the operator's choice.
        seen: the MD5 that earlier documents of the same list had; those of this one are added.
        on_bad: receives each record that was refused, repeated ones included.

    Raises:
        ListRefusedError: the document as a whole cannot be read.
        RegionMismatchError: the label map is for another region than the document states.
    """
    events = JsonEvents(decoded(source))
    envelope = VicsEnvelope(
        events, check_region=_no_check if labels is None else labels.check_region
    )
    labelling = Labelling(labels)
    for number, found in enumerate(envelope.records(), start=1):
        try:
            if isinstance(found, BadRecordError):
                raise found
            draft = read_record(number, found, region=envelope.region, labelling=labelling)
            first = draft.fingerprints[0]
            if first.kind == MD5 and not seen.add(first.value):
                raise _repeated()
        except BadRecordError as bad:
            on_bad(
                BadRecord(
                    number=number, code=bad.code.value, message=f"record {number}: {bad.message}"
                )
            )
            continue
        yield draft


def _no_check(region: str | None) -> None:
    """Accept every region: without a label map no category has a meaning."""


def _repeated() -> BadRecordError:
    return BadRecordError(BadCode.DUPLICATE_MD5, "an earlier record has the same MD5")

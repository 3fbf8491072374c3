"""One row of a CSV table, understood."""

from collections.abc import Sequence

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.csv_plan import CsvPlan
from rempart.lists.labelling import Labelling
from rempart.lists.limits import MAX_FIELD_CHARS
from rempart.lists.spreadsheet import without_quote
from rempart.lists.url_values import url_value, with_url_hashes
from rempart.lists.values import (
    digest,
    fingerprint,
    kind_of,
    parse_dialect,
    parse_id,
    parse_name,
    parse_quality,
)
from rempart.model.fingerprint import DIGEST_BYTES, PDQ, URL, URL_SHA256, VPDQ, Fingerprint
from rempart.model.labels import Label

_BLANKS = " \t"
_encode = msgspec.json.Encoder().encode

Row = tuple[tuple[Fingerprint, ...], str | None, tuple[Label, ...], str | None]
"""Fingerprints, the source's identifier, labels, kept text as JSON."""


class RowParser:
    """Understands the rows of one table by its plan.

    Args:
        plan: which cell holds what.
        labelling: makes the labels.
    """

    def __init__(self, plan: CsvPlan, labelling: Labelling) -> None:
        self._plan = plan
        self._labelling = labelling
        self._has_urls = any(kind == URL for kind, _ in plan.fingerprints)

    def parse(self, cells: Sequence[str]) -> Row:
        """Return what a row says.

        Raises:
            BadRecordError: a cell is not in its written form, or the row holds no fingerprint.
        """
        plan = self._plan
        if plan.type is not None and plan.value is not None:
            found = self._long(cells, plan.type, plan.value)
        else:
            found = self._wide(cells)
        source_id = None if plan.id is None else self._source_id(cells[plan.id])
        labels = self._labels(cells)
        raw = self._kept(cells, labels) if plan.keep or labels else None
        return found, source_id, labels, raw

    def group_of(self, cells: Sequence[str]) -> tuple[str, str] | None:
        """Return what joins neighbouring rows to one entry; None where nothing does."""
        plan = self._plan
        entry = "" if plan.entry is None else self._text(cells[plan.entry])
        source_id = "" if plan.id is None else self._text(cells[plan.id])
        return (entry, source_id) if entry or source_id else None

    def _long(
        self, cells: Sequence[str], type_place: int, value_place: int
    ) -> tuple[Fingerprint, ...]:
        kind = kind_of(cells[type_place])
        text = cells[value_place].strip(_BLANKS)
        if not text:
            raise BadRecordError(BadCode.NO_FINGERPRINT, "the row holds no fingerprint")
        if kind in DIGEST_BYTES:
            return (digest(kind, text),)
        written = without_quote(text) if self._plan.is_own else text
        return with_url_hashes((self._one(cells, kind, written),))

    def _wide(self, cells: Sequence[str]) -> tuple[Fingerprint, ...]:
        found: list[Fingerprint] = []
        for kind, place in self._plan.fingerprints:
            text = cells[place].strip(_BLANKS)
            if text:
                found.append(
                    digest(kind, text) if kind in DIGEST_BYTES else self._one(cells, kind, text)
                )
        if not found:
            raise BadRecordError(BadCode.NO_FINGERPRINT, "the row holds no fingerprint")
        return with_url_hashes(tuple(found)) if self._has_urls else tuple(found)

    def _one(self, cells: Sequence[str], kind: str, text: str) -> Fingerprint:
        plan = self._plan
        if kind == URL_SHA256:
            return url_value(kind, text, self._software(cells))
        if kind != VPDQ:
            _require_short(text)
        if kind != PDQ:
            return fingerprint(kind, text)
        dialect = self._text_at(cells, plan.dialect)
        quality = self._text_at(cells, plan.quality)
        return fingerprint(
            kind,
            text,
            dialect=parse_dialect(dialect) if dialect else plan.pdq_dialect,
            quality=parse_quality(quality) if quality else None,
            software=self._software(cells),
        )

    def _software(self, cells: Sequence[str]) -> str | None:
        software = self._text_at(cells, self._plan.software)
        return parse_name(software, BadCode.BAD_SOFTWARE) if software else None

    def _source_id(self, cell: str) -> str | None:
        text = self._text(cell)
        return parse_id(text) if text else None

    def _labels(self, cells: Sequence[str]) -> tuple[Label, ...]:
        plan = self._plan
        written = self._text_at(cells, plan.labels)
        if written:
            _require_short(written)
            return self._labelling.of_written(written)
        category = self._text_at(cells, plan.category)
        if not category:
            return ()
        return self._labelling.of_category(category, self._text_at(cells, plan.region) or None)

    def _kept(self, cells: Sequence[str], labels: tuple[Label, ...]) -> str | None:
        kept = {}
        is_own = self._plan.is_own
        for name, place in self._plan.keep:
            text = cells[place].strip(_BLANKS)
            if text:
                _require_short(text)
                kept[name] = without_quote(text) if is_own else text
        if self._labelling.translates(labels):
            category = self._text_at(cells, self._plan.category)
            if category:
                kept["category"] = category
        return _encode(kept).decode() if kept else None

    def _text_at(self, cells: Sequence[str], place: int | None) -> str:
        return "" if place is None else self._text(cells[place])

    def _text(self, cell: str) -> str:
        text = cell.strip(_BLANKS)
        return without_quote(text) if self._plan.is_own else text


def _require_short(text: str) -> None:
    """Refuse a cell that only a video may fill."""
    if len(text) > MAX_FIELD_CHARS:
        raise BadRecordError(BadCode.FIELD_TOO_LONG, "a cell is too long")

"""Labels of records: few different ones occur in a list, so each is made once."""

from typing import Any, Final

import msgspec

from rempart.lists.bad_records import BadCode, BadRecordError
from rempart.lists.label_map import LabelMap, label_of
from rempart.lists.limits import MAX_LABELS
from rempart.lists.values import parse_name
from rempart.model.labels import UNMAPPED, Label

_MOST_REMEMBERED: Final = 4096
_LONGEST_REMEMBERED: Final = 1000
_FIELDS: Final = ("scheme", "scheme_version", "region", "value")


class Labelling:
    """Turns what records say about their class into labels, by the operator's map.

    Args:
        labels: the operator's map; absent: every category stays unmapped.
    """

    def __init__(self, labels: LabelMap | None) -> None:
        self._map = labels
        self._by_category: dict[tuple[str, str | None], tuple[Label, ...]] = {}
        self._by_written: dict[str, tuple[Label, ...]] = {}

    def of_category(self, raw: str, region: str | None) -> tuple[Label, ...]:
        """Return the label of a raw category; none for an empty one.

        Raises:
            BadRecordError: the category or the region is too long or not printable.
        """
        known = self._by_category.get((raw, region))
        if known is not None:
            return known
        made = self._make(raw, region)
        if len(self._by_category) >= _MOST_REMEMBERED:
            self._by_category.clear()
        self._by_category[raw, region] = made
        return made

    def translates(self, labels: tuple[Label, ...]) -> bool:
        """Tell whether a map gave a meaning, so that the raw value must be kept beside the label."""
        return self._map is not None and bool(labels) and labels[0].scheme != UNMAPPED

    def of_written(self, text: str) -> tuple[Label, ...]:
        """Return labels from the JSON text of a `labels` cell, as Rempart writes it.

        Raises:
            BadRecordError: the text has another form.
        """
        known = self._by_written.get(text)
        if known is not None:
            return known
        try:
            # Checked field by field in of_fields.
            fields: Any = msgspec.json.decode(text)
        except (msgspec.DecodeError, RecursionError) as cause:
            raise _bad_labels() from cause
        made = self.of_fields(fields)
        if len(self._by_written) >= _MOST_REMEMBERED:
            self._by_written.clear()
        if len(text) <= _LONGEST_REMEMBERED:
            self._by_written[text] = made
        return made

    def of_fields(self, fields: Any) -> tuple[Label, ...]:
        """Return labels from decoded JSON: a list of objects with scheme, version, region and value.

        Raises:
            BadRecordError: the list has another form.
        """
        if not isinstance(fields, list) or len(fields) > MAX_LABELS:
            raise _bad_labels()
        return tuple(self._one(each) for each in fields)

    def _make(self, raw: str, region: str | None) -> tuple[Label, ...]:
        if not raw:
            return ()
        parse_name(raw, BadCode.BAD_CATEGORY)
        if region is not None:
            parse_name(region, BadCode.BAD_REGION)
        return (label_of(raw, region=region, labels=self._map),)

    def _one(self, fields: Any) -> Label:
        if not isinstance(fields, dict) or set(fields) != set(_FIELDS):
            raise _bad_labels()
        scheme, version, region, value = (fields[name] for name in _FIELDS)
        for text in (scheme, value):
            if not isinstance(text, str) or not text:
                raise _bad_labels()
        for text in (scheme, version, region, value):
            if text is not None and (not isinstance(text, str) or not text):
                raise _bad_labels()
            parse_name(text or "", BadCode.BAD_LABELS)
        if scheme == UNMAPPED and version is None:
            return label_of(value, region=region, labels=self._map)
        return Label(scheme=scheme, scheme_version=version, region=region, value=value)


def written_labels(labels: tuple[Label, ...]) -> list[dict[str, str | None]]:
    """Return labels as the JSON values that `Labelling.of_fields` reads."""
    return [
        {
            "scheme": each.scheme,
            "scheme_version": each.scheme_version,
            "region": each.region,
            "value": each.value,
        }
        for each in labels
    ]


def _bad_labels() -> BadRecordError:
    return BadRecordError(BadCode.BAD_LABELS, "the labels are not in the form that Rempart writes")

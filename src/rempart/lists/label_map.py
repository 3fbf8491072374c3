"""Label map: what the operator says that the categories of a list mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

from rempart.lists.errors import LabelMapError, RegionMismatchError
from rempart.lists.toml_map import MapSettings
from rempart.model.labels import UNMAPPED, Label

_UNSTATED_REGIONS: Final = frozenset({"default", "custom"})
"""Profiles of a VICS context that name no region."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """Gives the raw categories of one list a meaning. Without one they stay `unmapped`.

    Attributes:
        scheme: name of the classification scheme that the meanings belong to.
        scheme_version: its version; absent where the operator states none.
        region: the region whose numbers these are; absent: any.
        meanings: raw value as written in the list → class within the scheme.
    """

    scheme: str
    scheme_version: str | None
    region: str | None
    meanings: Mapping[str, str]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the map that a TOML text describes.

        Raises:
            LabelMapError: a setting is missing, unknown or wrong; the message names it.
        """
        settings = MapSettings(
            text,
            known=("scheme", "scheme_version", "region", "map"),
            error=LabelMapError,
            option="--labels",
        )
        scheme = settings.text("scheme")
        if scheme is None:
            raise settings.complaint(what="scheme is missing")
        if scheme == UNMAPPED:
            raise settings.complaint(
                what=f"scheme must not be {UNMAPPED!r}, which means no meaning"
            )
        meanings = {
            settings.short_text(raw, "map"): settings.short_text(value, f"map.{raw}")
            for raw, value in settings.table("map").items()
        }
        if not meanings:
            raise settings.complaint(what="[map] is missing or empty")
        return cls(
            scheme=scheme,
            scheme_version=settings.text("scheme_version"),
            region=settings.text("region"),
            meanings=MappingProxyType(meanings),
        )

    def is_for(self, stated: str | None) -> bool:
        """Tell whether the map may be used for values of a region: false where both name another one."""
        if self.region is None or stated is None or stated.casefold() in _UNSTATED_REGIONS:
            return True
        return stated.casefold() == self.region.casefold()

    def check_region(self, stated: str | None) -> None:
        """Raise when a whole list states a region that this map is not for.

        Raises:
            RegionMismatchError: both name a region, and not the same: the numbers mean other things.
        """
        if not self.is_for(stated):
            msg = f"The list states the region {stated}, the label map is for {self.region}."
            raise RegionMismatchError(
                msg, hint="Choose the label map of that region; category numbers differ by region."
            )


def label_of(raw: str, *, region: str | None, labels: LabelMap | None) -> Label:
    """Return the label of a raw category: mapped by the operator's map, else `unmapped`.

    A number without a mapping, or of another region than the map's, is unknown and must be reviewed; it is
    never harmless.
    """
    if labels is not None and labels.is_for(region):
        meaning = labels.meanings.get(raw)
        if meaning is not None:
            return Label(
                scheme=labels.scheme,
                scheme_version=labels.scheme_version,
                region=region if labels.region is None else labels.region,
                value=meaning,
            )
    return Label(scheme=UNMAPPED, scheme_version=None, region=region, value=raw)

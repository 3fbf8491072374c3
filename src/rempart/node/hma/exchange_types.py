"""Kinds of exchange that can be configured here, and which fields each one has."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from rempart.node.hma.errors import BadRequestError

SAMPLE: Final = "sample"
FB_THREATEXCHANGE: Final = "fb_threatexchange"
_LONGEST_CREDENTIAL: Final = 8192
_LARGEST_NUMBER: Final = 2**63 - 1


@dataclass(frozen=True, slots=True)
class FieldForm:
    """One field of a configuration or of credentials.

    Attributes:
        type: `number` or `string`, the words that clients build their forms from.
        help: what it means, shown by clients.
    """

    name: str
    type: str
    help: str
    required: bool = True

    def accepts(self, value: object) -> bool:
        """Tell whether a value has the field's type."""
        if self.type == "number":
            return type(value) is int and 0 <= value <= _LARGEST_NUMBER
        return isinstance(value, str) and "\0" not in value and len(value) <= _LONGEST_CREDENTIAL

    def as_json(self) -> dict[str, object]:
        """Return the description that clients read."""
        return {
            "name": self.name,
            "type": self.type,
            "required": self.required,
            "default": None,
            "help": self.help,
            "choices": None,
        }


@dataclass(frozen=True, slots=True)
class ExchangeType:
    """One kind of exchange.

    Attributes:
        fields: of its configuration.
        credentials: fields of its credentials; absent where it takes none.
    """

    name: str
    fields: tuple[FieldForm, ...] = ()
    credentials: tuple[FieldForm, ...] | None = None

    def schema(self) -> dict[str, object]:
        """Return the fields as clients read them."""
        return {
            "config_schema": {"fields": [each.as_json() for each in self.fields]},
            "credentials_schema": None
            if self.credentials is None
            else {"fields": [each.as_json() for each in self.credentials]},
        }

    def check_settings(self, given: Mapping[str, object]) -> dict[str, object]:
        """Return the settings of a new exchange.

        Raises:
            BadRequestError: a field is missing, unknown or of another type.
        """
        own = {"name", "api", "enabled"}
        stated = {name: value for name, value in given.items() if name not in own}
        _check(stated, self.fields, what="api_json")
        return stated

    def check_credentials(self, given: object) -> dict[str, object] | None:
        """Return credentials, or None for an empty object, which takes them away. No message holds a value.

        Raises:
            BadRequestError: they are not what this exchange takes.
        """
        if not isinstance(given, dict):
            msg = "`credential_json` must be an object"
            raise BadRequestError(msg)
        if not given:
            return None
        if self.credentials is None:
            msg = f"Exchange API '{self.name}' does not support credentials"
            raise BadRequestError(msg)
        _check(given, self.credentials, what="credential_json")
        return dict(given)

    def check_own_credentials(self, given: object) -> dict[str, object] | None:
        """Return credentials of one exchange, or None for null and for an empty object. No message holds a value.

        Raises:
            BadRequestError: they are not what this exchange takes, or a field that it needs is empty.
        """
        if given is None:
            return None
        credentials = self.check_credentials(given)
        for each in self.credentials or ():
            if credentials is not None and each.required and credentials[each.name] == "":
                msg = f"`credential_json` field '{each.name}' must not be empty"
                raise BadRequestError(msg)
        return credentials


def _check(given: Mapping[str, object], fields: tuple[FieldForm, ...], *, what: str) -> None:
    allowed = {each.name: each for each in fields}
    if set(given) - set(allowed):
        msg = f"`{what}` has unexpected fields; allowed fields: {sorted(allowed)}"
        raise BadRequestError(msg)
    missing = [each.name for each in fields if each.required and each.name not in given]
    if missing:
        msg = f"`{what}` is missing required fields: {missing}"
        raise BadRequestError(msg)
    for name, value in given.items():
        if not allowed[name].accepts(value):
            msg = f"`{what}` field '{name}' must be a {allowed[name].type}"
            raise BadRequestError(msg)


EXCHANGE_TYPES: Final = {
    each.name: each
    for each in (
        ExchangeType(SAMPLE),
        ExchangeType(
            FB_THREATEXCHANGE,
            fields=(
                FieldForm(
                    "privacy_group", "number", "ThreatPrivacyGroup ID for this collaboration"
                ),
            ),
            credentials=(
                FieldForm("api_token", "string", "Access token of your ThreatExchange app"),
            ),
        ),
    )
}


def exchange_type(name: object) -> ExchangeType:
    """Return the kind of exchange of a name.

    Raises:
        BadRequestError: it is not offered here.
    """
    found = EXCHANGE_TYPES.get(name) if isinstance(name, str) else None
    if found is None:
        msg = f"No such exchange type '{str(name)[:80]}'"
        raise BadRequestError(msg)
    return found

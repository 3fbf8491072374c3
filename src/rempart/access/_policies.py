"""Read the policies, and refuse what could be read in a sense that it does not have."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Final, cast

import cedarpy

from rempart.access.errors import PolicyError

_HERE: Final = files("rempart.access")
_NAMED: Final = frozenset({"Rempart::Role", "Rempart::Action"})
_HINT: Final = "Mend the policy; until then the service answers nobody."


@dataclass(frozen=True, slots=True)
class ParsedPolicies:
    """Policies that fit the schema; the hash is over all texts, the schema first."""

    policies: cedarpy.PolicySet
    schema: cedarpy.Schema
    hash: str


def shipped_policies() -> tuple[str, ...]:
    """Return the texts of the policies that come with the program, by name of file."""
    folder = _HERE / "policies"
    found = sorted(each.name for each in folder.iterdir() if each.name.endswith(".cedar"))
    return tuple((folder / name).read_text(encoding="utf-8") for name in found)


def parse(texts: Sequence[str]) -> ParsedPolicies:
    """Parse policies and check them against the schema.

    Raises:
        PolicyError: one cannot be parsed, does not fit the schema, or names a single list or caller.
    """
    schema_text = (_HERE / "schema.cedarschema").read_text(encoding="utf-8")
    schema = cedarpy.Schema.from_str(schema_text)
    for text in texts:  # each by itself: two broken halves must not make a whole
        _refuse_invalid(text, schema)
        _refuse_single_entities(text)
    digest = hashlib.sha256()
    for each in (schema_text, *texts):
        content = each.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return ParsedPolicies(cedarpy.PolicySet.from_str("\n".join(texts)), schema, digest.hexdigest())


def _refuse_invalid(text: str, schema: cedarpy.Schema) -> None:
    result = cedarpy.validate_policies(text, schema)
    if not result.validation_passed:
        message = f"A policy of access is not valid: {result.errors[0].error}."
        raise PolicyError(message, hint=_HINT)


def _refuse_single_entities(text: str) -> None:
    """Refuse a policy that names one list or one caller: it would hold for nobody, without a word.

    Questions are put with stand-ins (`this list`, `this caller`), so that an answer can be remembered for all
    lists and callers that are alike.
    """
    for kind in _entity_types(json.loads(cedarpy.policies_to_json_str(text))):
        if kind not in _NAMED:
            message = f"A policy of access names a single {kind}."
            raise PolicyError(message, hint="Policies speak of roles, actions and scopes only.")


def _entity_types(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        members = cast("dict[str, object]", part)
        if members.keys() == {"type", "id"}:
            yield str(members["type"])
        for each in members.values():
            yield from _entity_types(each)
    elif isinstance(part, list):
        for each in cast("list[object]", part):
            yield from _entity_types(each)

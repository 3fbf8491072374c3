# ruff: noqa: INP001 - a script beside the pages that it does not write, no package
"""Compile the texts about law, English and French, and prove that they are whole.

Run it after a change of a text: `make messages`. `make check` and a test fail while

* a text that the program can give is missing in a language, or a text is left over;
* a name of a conduct, an instrument, a heading … is missing or left over;
* a text speaks of what the program does not give there, or one language speaks of more than another;
* a compiled catalogue is out of date.
"""

import io
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from string import Formatter
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from message_sites import Collector, Site
from names_wanted import names_wanted
from source_files import Module
from source_values import Declared

from rempart.law.language import DOMAIN, LOCALE_FOLDER
from rempart.law.names import NAMED_BY, topic_pattern
from rempart.law.schema import TOPICS
from rempart.model.language import Language
from rempart.model.law import Answer

PROGRAM: Final = Path(__file__).parents[1] / "src" / "rempart"


_PLURAL: Final = "unit"
"""The kind whose names have a singular and a plural."""


def declared() -> Declared:
    """Return what the program's source does not tell by itself, by file and expression."""
    families = {topic.family for topic in TOPICS.values()}
    return Declared(
        texts={
            "reading.py: f'ask.{family}'": frozenset(f"ask.{each}" for each in families),
            "criminality.py: fact.answer.value": frozenset({"yes", "no", "partly"}),
            "gaps.py: answer.value": frozenset(Answer),
            "reporting.py: duty.answer.value": frozenset({"yes", "partly"}),
            "surveys.py: f'compare.row-{answer.value}'": frozenset(
                {"compare.row-yes", "compare.row-no", "compare.row-check"}
            ),
            "surveys.py: f'compare.overall-{answer.value}'": frozenset(
                {"compare.overall-yes", "compare.overall-no", "compare.overall-check"}
            ),
            "surveys.py: f'country.known-{answer.value}'": frozenset(
                {"country.known-yes", "country.known-partly", "country.known-check"}
            ),
        },
        keys={
            "reading.py: *(name for name in _SPOKEN_OF if name in case.given)": frozenset(
                {"state", "topic"}
            )
        },
    )


def problems() -> list[str]:
    """Return everything that is wrong with the texts; empty when they are whole."""
    collector = Collector([Module.read(path) for path in sorted(PROGRAM.rglob("*.py"))], declared())
    sites = collector.sites()
    names = names_wanted() | {"heading": {text for _, text in collector.headings()}}
    kinds = {*names, *NAMED_BY, *NAMED_BY.values()}
    left_over = collector.declared.left_over()
    found = [*collector.problems, *(f"`{each}` is declared for nothing." for each in left_over)]
    found += [
        f"{place}: no {kind} has a name." for place, kind in collector.kinds() if kind not in kinds
    ]
    for language in Language:
        source = read_source(language)
        wrong = [*wrong_forms(source), *wrong_texts(source, sites), *wrong_names(source, names)]
        found += [f"{language}: {each}" for each in wrong]
        if not is_compiled(language):
            found.append(f"{language}: the compiled catalogue is out of date: run `make messages`.")
    return [*found, *different_fields(*(read_source(each) for each in Language))]


def path_of(language: Language, suffix: str) -> Path:
    """Return where a language's catalogue lies: `po` for its source, `mo` for what is compiled."""
    return LOCALE_FOLDER / language.value / "LC_MESSAGES" / f"{DOMAIN}.{suffix}"


def read_source(language: Language) -> Catalog:
    """Return the texts of a language as they were written."""
    with path_of(language, "po").open("rb") as file:
        return read_po(file, locale=language.value, abort_invalid=True)


def compiled(language: Language) -> bytes:
    """Return the catalogue of a language in the form that the program reads."""
    into = io.BytesIO()
    write_mo(into, read_source(language))
    return into.getvalue()


def is_compiled(language: Language) -> bool:
    """Tell whether what is compiled is what was written."""
    path = path_of(language, "mo")
    return path.exists() and path.read_bytes() == compiled(language)


def wrong_forms(source: Catalog) -> Iterator[str]:
    """Yield what stands in a catalogue and is no text: empty, doubtful, obsolete, twice, or with odd fields."""
    for entry in _entries(source):
        if entry.fuzzy or not all(_texts(entry)):
            yield f"{_shown(entry)} has no text, or a doubtful one."
        for text in _texts(entry):
            if not all(each.isidentifier() for each in fields_of(text)) or not _is_plain(text):
                yield f"{_shown(entry)} has fields that are more than a name in braces."
    if source.obsolete:
        yield f"{len(source.obsolete)} texts are obsolete."


def wrong_texts(source: Catalog, sites: Iterable[Site]) -> Iterator[str]:
    """Yield what is wrong with the texts of messages: missing, left over, or speaking of what is not given."""
    texts = {str(each.id): str(each.string) for each in _entries(source) if each.context is None}
    used: set[str] = set()
    for site in sites:
        for code in sorted(site.codes):
            used.add(code)
            if code not in texts:
                yield f"{code} has no text ({site.place})."
                continue
            given = {*site.fields, *_implied(code, site)}
            for name in sorted(fields_of(texts[code]) - given):
                yield f"{code} speaks of {name}, which is not given ({site.place})."
    yield from (f"{code} is never used." for code in sorted(texts.keys() - used))


def wrong_names(source: Catalog, names: Mapping[str, Iterable[str]]) -> Iterator[str]:
    """Yield the names that are missing or left over, or that speak of what their code does not hold."""
    there = {_key(each) for each in _entries(source) if each.context is not None}
    wanted = {(kind, code) for kind, codes in names.items() for code in codes}
    yield from (f"the {kind} {code} has no name." for kind, code in sorted(wanted - there))
    yield from (
        f"the name of the {kind} {code} is left over." for kind, code in sorted(there - wanted)
    )
    for entry in _entries(source):
        kind, code = _key(entry)
        held = fields_of(code) if kind == "topic" else set()
        if kind and any(fields_of(text) != held for text in _texts(entry)):
            yield f"the name of the {kind} {code} has other fields than its code."
        if kind and isinstance(entry.id, tuple) != (kind == _PLURAL):
            yield f"the {kind} {code}: a unit has a singular and a plural, other names have not."


def different_fields(first: Catalog, second: Catalog) -> Iterator[str]:
    """Yield the texts that speak of different things in two languages."""
    fields = {_key(each): fields_of("".join(_texts(each))) for each in _entries(first)}
    for entry in _entries(second):
        if fields.get(_key(entry), set()) != fields_of("".join(_texts(entry))):
            yield f"{_shown(entry)} speaks of different things in different languages."


def fields_of(text: str) -> set[str]:
    """Return the fields of a template.

    Raises:
        ValueError: its braces do not fit.
    """
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _is_plain(text: str) -> bool:
    return not any(form or conversion for _, _, form, conversion in Formatter().parse(text))


def _implied(code: str, site: Site) -> set[str]:
    """Return what the topics of a family say besides, where a question about a family is given a topic."""
    subject, _, family = code.partition(".")
    if subject != "ask" or "topic" not in site.fields:
        return set()
    said = [set(topic_pattern(name)[1]) for name, each in TOPICS.items() if each.family == family]
    return set.intersection(*said) if said else set()


def _entries(source: Catalog) -> Iterator[Message]:
    return (each for each in source if each.id)


def _key(entry: Message) -> tuple[str, str]:
    code = entry.id[0] if isinstance(entry.id, tuple) else entry.id
    return entry.context or "", str(code)


def _texts(entry: Message) -> list[str]:
    several = entry.string if isinstance(entry.string, tuple) else (entry.string,)
    return [str(each) for each in several]


def _shown(entry: Message) -> str:
    return " ".join(_key(entry)).strip()


def main() -> int:
    """Compile the catalogues; with `--check`, only say what is wrong."""
    if "--check" not in sys.argv[1:]:
        for language in Language:
            if not is_compiled(language):
                path_of(language, "mo").write_bytes(compiled(language))
                sys.stderr.write(f"Wrote {path_of(language, 'mo')}.\n")
    found = problems()
    for each in found:
        sys.stderr.write(f"{each}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())

"""The names of treaty articles, and which of them speak of a conduct and a class of material."""

import re
from typing import Final

from rempart.law.library import LawLibrary
from rempart.model.law import Conduct, Material, Treaty
from rempart.model.law_facts import Fact

_LEADING: Final = re.compile(r"(\d+(?:-\d+)?)(.*)", re.ASCII | re.DOTALL)

INSTRUMENT_TITLES: Final = {
    "budapest": "Budapest",
    "cets224": "CETS 224",
    "directive-2011-93": "Directive 2011/93/EU",
    "dsa": "Regulation (EU) 2022/2065 (DSA)",
    "e-evidence": "Regulation (EU) 2023/1543",
    "interim-regulation": "Regulation (EU) 2021/1232",
    "interim-successor": "successor of Regulation (EU) 2021/1232",
    "lanzarote": "Lanzarote",
    "opsc": "OPSC",
    "un-cybercrime": "UN Convention against Cybercrime",
    "us-federal": "federal law of the United States",
}
"""How the derivation names an instrument in front of an article."""

_VISUAL_ONLY: Final = frozenset({Treaty.BUDAPEST, Treaty.LANZAROTE})

_CLASS_PARTS: Final = {
    (Treaty.BUDAPEST, Material.APPARENT_MINOR): "9(2)(b)",
    (Treaty.BUDAPEST, Material.REALISTIC_IMAGE): "9(2)(c)",
}
"""The definitions that take a class of material into the offences of a treaty."""


def article_of(fact: Fact) -> str:
    """Return the name of a provision as lawyers write it: article 9, paragraph `1(e)`, gives `9(1)(e)`."""
    article = str(fact.fields.get("article", ""))
    paragraph = str(fact.fields.get("paragraph", ""))
    if (leading := _LEADING.fullmatch(paragraph)) is not None:
        return f"{article}({leading[1]}){leading[2]}"
    return f"{article}{paragraph}"


def obligations(library: LawLibrary, instrument: str, conduct: Conduct) -> tuple[Fact, ...]:
    """Return the provisions that oblige to punish a conduct as such, not only for a further purpose."""
    return tuple(
        fact for fact in library.offences(instrument, conduct.value) if "only_if" not in fact.fields
    )


def treaty_parts(
    library: LawLibrary, treaty: Treaty, conduct: Conduct, material: Material
) -> tuple[str, ...]:
    """Return the parts of a treaty that a conduct on a class of material stands on; empty where it names none.

    Budapest art. 9(2) and Lanzarote art. 20(2) speak of visual material: text and sound stand on no part of them.
    """
    if material is Material.TEXT_AUDIO and treaty in _VISUAL_ONLY:
        return ()
    parts = tuple(article_of(fact) for fact in obligations(library, treaty.value, conduct))
    class_part = _CLASS_PARTS.get((treaty, material))
    return (*parts, class_part) if parts and class_part is not None else parts


def provisions(library: LawLibrary, instrument: str, *articles: str) -> tuple[Fact, ...]:
    """Return the provisions of an instrument under some articles, in their order, with all their paragraphs."""
    return _under(library.facts(instrument, "provision"), articles)


def deadlines(library: LawLibrary, instrument: str, *articles: str) -> tuple[Fact, ...]:
    """Return the time limits that some articles set, in their order."""
    return _under(library.facts(instrument, "deadline"), articles)


def _under(facts: tuple[Fact, ...], articles: tuple[str, ...]) -> tuple[Fact, ...]:
    return tuple(fact for name in articles for fact in facts if fact.fields.get("article") == name)

"""The texts about law are whole in both languages, and what is not would be noticed."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import pytest
from babel.messages.catalog import Catalog

from rempart.model.language import Language

DOCS: Final = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def script() -> Iterator[ModuleType]:
    """The script that proves and compiles the catalogues."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(DOCS))
        yield importlib.import_module("catalogues")


@pytest.fixture(scope="module")
def values(script: ModuleType) -> ModuleType:
    """The part of it that reads source."""
    assert script.Collector is not None
    return importlib.import_module("source_values")


def collected(
    script: ModuleType, values: ModuleType, tmp_path: Path, source: str, **declared: Any
) -> Any:  # Any: the script is no package, so that its types are not known here
    path = tmp_path / "module.py"
    path.write_text("from rempart.model.law import message, Message\n" + source)
    told = values.Declared(declared.get("texts", {}), declared.get("keys", {}))
    collector = script.Collector([script.Module.read(path)], told)
    found = {code: set(site.fields) for site in collector.sites() for code in sorted(site.codes)}
    return found, collector


def test_every_text_is_there_in_both_languages_and_compiled(script: ModuleType) -> None:
    assert script.problems() == []


def test_a_compiled_catalogue_is_the_same_every_time(script: ModuleType) -> None:
    assert script.compiled(Language.FR) == script.compiled(Language.FR)


def test_texts_use_the_words_of_the_house(script: ModuleType) -> None:
    for language in Language:
        for entry in script.read_source(language):
            text = f"{entry.string}".lower()
            assert "pornogra" not in text
            assert "mineur" not in text
            assert "\u00a0" not in text


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('message("a.b", state="FR")', {"a.b": {"state"}}),
        ('Message("a.b")', {"a.b": set()}),
        ('Message("a.b", MappingProxyType({"x": 1, **{"y": 2}}))', {"a.b": {"x", "y"}}),
        ('message("a.b" if True else "a.c", x=1)', {"a.b": {"x"}, "a.c": {"x"}}),
        ('CODE = "a.b"\nmessage(CODE)', {"a.b": set()}),
        ('CODES = {1: "a.b", 2: "a.c"}\nmessage(CODES[1])', {"a.b": set(), "a.c": set()}),
        ('for code, low in (("b", 1), ("c", 2)):\n  message(f"a.{code}")', {"a.b": set(), "a.c": set()}),
        (
            'def f(case):\n  about = named(case, "state", limit=1)\n  message("a.b", age=1, **about)',
            {"a.b": {"state", "limit", "age"}},
        ),
        (
            ('def f(case, code):\n  message(code, **about(case))\n'
            'def about(case):\n  return {**named(case, "to"), "on": 1}\n'
            'def g(case):\n  f(case, "a.b")\n  f(case, code="a.c")'),
            {"a.b": {"to", "on"}, "a.c": {"to", "on"}},
        ),
        (
            ('def f(code, **about):\n  message(code, **about)\n'
            'f("a.b", x=1)\nf("a.c", y=2)'),
            {"a.b": {"x"}, "a.c": {"y"}},
        ),
        (
            ('def f(x):\n  if x:\n    d = {"x": 1}\n    message("a.b", **d)\n'
            '  if not x:\n    d = {"y": 1}\n    message("a.c", **d)'),
            {"a.b": {"x"}, "a.c": {"y"}},
        ),
        (
            'def f(x):\n  code = "a.b"\n  if x:\n    code = "a.c"\n  message(code)',
            {"a.b": set(), "a.c": set()},
        ),
        (
            'class C:\n  def f(self, code="a.b"):\n    message(code)\n  def g(self):\n    self.f()\n    self.f("a.c")',
            {"a.b": set(), "a.c": set()},
        ),
    ],
)  # fmt: skip
def test_codes_and_what_they_speak_of_are_read_from_the_source(
    script: ModuleType,
    values: ModuleType,
    tmp_path: Path,
    source: str,
    expected: dict[str, set[str]],
) -> None:
    found, collector = collected(script, values, tmp_path, source)

    assert found == expected
    assert collector.problems == []


@pytest.mark.parametrize(
    "source",
    [
        "message(f'a.{x.y}')",
        "message(unheard_of)",
        "message('a.b', **x.y)",
        "message('a.b', **unheard_of())",
        "def f(code):\n  message(code)",
        "def f(code):\n  message(code)\ndef g():\n  f(make())",
    ],
)
def test_what_the_source_does_not_tell_is_a_problem(
    script: ModuleType, values: ModuleType, tmp_path: Path, source: str
) -> None:
    _, collector = collected(script, values, tmp_path, source)

    assert len(collector.problems) == 1


def test_what_is_declared_is_taken_and_what_is_left_over_is_told(
    script: ModuleType, values: ModuleType, tmp_path: Path
) -> None:
    texts = {"module.py: x.y": frozenset({"b"}), "other.py: x.y": frozenset({"c"})}
    keys = {"module.py: x.z": frozenset({"state"})}

    found, collector = collected(
        script, values, tmp_path, "message(f'a.{x.y}', **x.z)", texts=texts, keys=keys
    )

    assert found == {"a.b": {"state"}}
    assert collector.problems == []
    assert collector.declared.left_over() == ["other.py: x.y"]


def test_headings_and_kinds_are_read_from_the_source(
    script: ModuleType, values: ModuleType, tmp_path: Path
) -> None:
    source = (
        "def heading(texts, name):\n  return texts.name('heading', name)\n"
        "heads(texts, 'a', 'b')\nheading(texts, 'c')\ntexts.name('heading', 'd')\n"
        "texts.name('conduct', x)\nheading(texts, x.y)"
    )
    _, collector = collected(script, values, tmp_path, source)

    assert {name for _, name in collector.headings()} == {"a", "b", "c", "d"}
    assert {kind for _, kind in collector.kinds()} == {"heading", "conduct"}
    assert collector.problems == ["module.py:8: `x.y` is not told by the source: declare it."]


def catalogue(*texts: tuple[str, str]) -> Catalog:
    made = Catalog(locale="en")
    for code, text in texts:
        made.add(code, text)
    return made


@pytest.fixture
def site(script: ModuleType) -> Any:  # Any: a type of the script
    """A place that gives the text `a.b`, which speaks of a state."""
    return script.Site("module.py:1", frozenset({"a.b"}), frozenset({"state"}))


def test_a_missing_and_a_left_over_text_are_noticed(script: ModuleType, site: Any) -> None:
    assert list(script.wrong_texts(catalogue(("a.c", "Text.")), [site])) == [
        "a.b has no text (module.py:1).",
        "a.c is never used.",
    ]


def test_a_text_that_speaks_of_what_is_not_given_is_noticed(script: ModuleType, site: Any) -> None:
    found = list(script.wrong_texts(catalogue(("a.b", "{state}, {age}")), [site]))

    assert found == ["a.b speaks of age, which is not given (module.py:1)."]


@pytest.mark.parametrize("text", ["", "{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>9}"])
def test_an_empty_text_and_odd_fields_are_noticed(script: ModuleType, text: str) -> None:
    assert list(script.wrong_forms(catalogue(("a.b", text))))


def test_texts_that_differ_in_what_they_speak_of_are_noticed(script: ModuleType) -> None:
    first, second = catalogue(("a.b", "{state}")), catalogue(("a.b", "{age}"))

    assert list(script.different_fields(first, first)) == []
    assert list(script.different_fields(first, second)) == [
        "a.b speaks of different things in different languages."
    ]


def test_missing_and_left_over_names_are_noticed(script: ModuleType) -> None:
    made = Catalog(locale="en")
    made.add("sale", "sale", context="conduct")
    made.add("rent", "rent", context="conduct")
    made.add("days", "days", context="unit")

    found = list(script.wrong_names(made, {"conduct": ["sale", "access"], "unit": ["days"]}))

    assert found == [
        "the conduct access has no name.",
        "the name of the conduct rent is left over.",
        "the unit days: a unit has a singular and a plural, other names have not.",
    ]


def test_a_compiled_catalogue_that_is_out_of_date_is_noticed(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for suffix in ("po", "mo"):
        (tmp_path / f"en.{suffix}").write_bytes(script.path_of(Language.EN, suffix).read_bytes())
    monkeypatch.setattr(
        script, "path_of", lambda language, suffix: tmp_path / f"{language}.{suffix}"
    )
    assert script.is_compiled(Language.EN)

    source = (tmp_path / "en.po").read_text(encoding="utf-8")
    (tmp_path / "en.po").write_text(source.replace("both states", "the two states"))

    assert not script.is_compiled(Language.EN)
    (tmp_path / "en.mo").unlink()
    assert not script.is_compiled(Language.EN)

"""`rempart match --url`: URLs against lists of URLs, hashes and domains."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from rempart.cli.application import run as run_command

Rempart = Callable[..., Any]

LISTED = (
    "type,value,category\n"
    "url,https://host.example/gallery/,1\n"
    f"url-sha256,{sha256(b'page.example/a?b=1').hexdigest()},2\n"
    "url,blocked.example,3\n"
    "url-sha256-prefix,0badcafe,4\n"
)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a node that holds URLs."""
    folder = tmp_path_factory.mktemp("urls")
    node, source = folder / "node", folder / "urls.csv"
    source.write_text(LISTED)
    made = ["init", "--organisation", "Exercise", "--kind", "hotline", "--jurisdiction", "FR"]
    read = ["lists", "import", "--list", "urls", "--owner", "Exercise Hotline", str(source)]
    for arguments in ([*made, "--exercise"], read):
        assert run_command(["--node", str(node), *arguments]) == 0
    return node


@pytest.mark.parametrize(
    ("url", "category", "part"),
    [
        ("http://HOST.example:80/gallery/", "1", ("exact", "exact")),
        ("https://host.example/gallery/deep/1.html?x", "1", ("exact", "prefix")),
        ("page.example/a?b=1#top", "2", ("exact", "exact")),
        ("ftp://www.blocked.example/any/thing", "3", ("suffix", "root")),
    ],
)
def test_url_meets_what_is_listed_and_says_how(
    rempart: Rempart, listed: Path, url: str, category: str, part: tuple[str, str]
) -> None:
    ran = rempart("match", "--node", listed, "--json", "--url", url)
    [record] = ran.records
    assert (ran.code, record["schema"], record["query"]) == (0, "rempart.match/1", url)
    [match] = record["matches"]
    assert (match["kind"], match["distance"], match["labels"][0]["value"]) == (
        "url-sha256",
        0,
        category,
    )
    assert (match["url"]["host"], match["url"]["path"]) == part


def test_url_that_is_not_listed_meets_nothing(rempart: Rempart, listed: Path) -> None:
    ran = rempart("match", "--node", listed, "--url", "http://host.example/other/")
    assert ran.code == 0
    assert b"no known entry" in ran.out


def test_people_are_told_which_part_of_the_url_is_listed(rempart: Rempart, listed: Path) -> None:
    ran = rempart("match", "--node", listed, "--url", "http://a.blocked.example/x\x1b")
    assert b"the whole host, on a domain above its host: http://a.blocked.example/x%1B" in ran.out


def test_stream_of_urls_goes_on_after_a_line_that_is_none(rempart: Rempart, listed: Path) -> None:
    given = b"http://host.example/gallery/1\n\nmailto:exercise@host.example\r\n\xff\xfe\nblocked.example\r\n"
    ran = rempart("match", "--node", listed, "--json", "--url", "-", given=given)
    assert ran.code == 0
    found = [(len(each["matches"]), each.get("error", {}).get("kind")) for each in ran.records]
    assert found == [(1, None), (0, "url"), (0, None), (1, None)]
    assert "Line 3" in ran.err
    assert "exercise@" not in ran.err


def test_named_text_that_is_no_url_is_refused_without_repeating_it(
    rempart: Rempart, listed: Path
) -> None:
    ran = rempart("match", "--node", listed, "--url", "mailto:exercise@host.example")
    assert ran.code == 2
    assert "exercise@" not in ran.err


def test_hash_of_an_expression_is_looked_up_as_other_values(rempart: Rempart, listed: Path) -> None:
    value = f"url-sha256:{sha256(b'blocked.example/').hexdigest()}"
    [record] = rempart("match", "--node", listed, "--json", value).records
    assert len(record["matches"]) == 1
    assert "url" not in record["matches"][0]


@pytest.mark.parametrize("arguments", [(), ("--url", "-", "-")])
def test_nothing_to_ask_or_one_input_for_two_is_wrong(
    rempart: Rempart, listed: Path, arguments: tuple[str, ...]
) -> None:
    assert rempart("match", "--node", listed, *arguments).code == 2

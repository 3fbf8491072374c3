"""`rempart scan --urls`: URLs in text, mails and members of archives meet lists of URLs."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from rempart.cli.application import run as run_command

Rempart = Callable[..., Any]

LISTED = "http://host.example/gallery/\nblocked.example\n"
MAIL = (
    b"From: a@example.org\r\nTo: b@example.org\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n"
    b'<a href=3D"http://host.example/gal=\r\nlery/?id=3D7">x</a>\r\n'
)


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a node that holds URLs."""
    folder = tmp_path_factory.mktemp("urls")
    node, source = folder / "node", folder / "urls.txt"
    source.write_text(LISTED)
    made = ["init", "--organisation", "Exercise", "--kind", "police", "--jurisdiction", "FR"]
    read = ["lists", "import", "--list", "urls", "--owner", "Exercise Hotline"]
    for arguments in ([*made, "--exercise"], [*read, "--format", "urls", str(source)]):
        assert run_command(["--node", str(node), *arguments]) == 0
    return node


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Return a folder of benign text in several forms."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "chat.txt").write_text(
        "look: http://www.blocked.example/1, http://host.example/gallery/a and "
        "http://host.example/gallery/a again. http://other.example/"
    )
    (folder / "wide.txt").write_bytes(
        "http://www.blockéd.example/x http://www.blocked.example/é".encode("utf-16")
    )
    (folder / "old.txt").write_bytes("http://www.blocked.example/ü/".encode("latin-1"))
    (folder / "mail.eml").write_bytes(MAIL)
    (folder / "none.txt").write_text("nothing to see")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("page.html", "<a href='http://blocked.example/x?a=1&amp;b=2'>x</a>")
    (folder / "pages.zip").write_bytes(packed.getvalue())
    return folder


def _by_name(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["path"].rpartition("/files/")[2]: each for each in records}


def test_urls_in_files_and_members_meet_the_list(
    rempart: Rempart, listed: Path, files: Path
) -> None:
    ran = rempart("--node", listed, "scan", "--urls", "--json", "--workers", "1", files)
    assert ran.code == 0
    found = _by_name(ran.records)
    urls = {
        name: sorted(match["url"]["url"] for match in each["matches"])
        for name, each in found.items()
    }
    assert urls == {
        "chat.txt": ["http://host.example/gallery/a", "http://www.blocked.example/1"],
        "wide.txt": ["http://www.blocked.example/%C3%A9"],
        "old.txt": ["http://www.blocked.example/%C3%BC/"],
        "mail.eml": ["http://host.example/gallery/?id=7"],
        "none.txt": [],
        "pages.zip!/page.html": ["http://blocked.example/x?a=1&b=2"],
        "pages.zip": [],
    }
    assert found["chat.txt"]["urls"] == {"distinct": 3, "complete": True}
    assert found["none.txt"]["urls"] == {"distinct": 0, "complete": True}
    assert "urls" not in found["pages.zip"]
    [gallery] = [each for each in found["chat.txt"]["matches"] if each["url"]["times"] == 2]
    assert gallery["url"] == {
        "url": "http://host.example/gallery/a",
        "host": "exact",
        "path": "prefix",
        "times": 2,
        "urls": 1,
    }
    assert all("other.example" not in json.dumps(each) for each in ran.records)


def test_without_being_asked_no_url_is_looked_for(
    rempart: Rempart, listed: Path, files: Path
) -> None:
    records = rempart("--node", listed, "scan", "--json", "--workers", "1", files).records
    assert not any(each["matches"] or "urls" in each for each in records)


def test_people_see_what_was_met_and_the_node_keeps_no_url(
    rempart: Rempart, listed: Path, files: Path
) -> None:
    ran = rempart("--node", listed, "scan", "--urls", "--workers", "1", files / "chat.txt")
    assert b"a folder above the URL: http://host.example/gallery/a" in ran.out
    assert "http" not in ran.err
    kept = [path for path in listed.rglob("*") if path.is_file()]
    assert kept
    assert not any(b"host.example/gallery/a" in path.read_bytes() for path in kept)

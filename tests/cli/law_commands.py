"""What the tests of `rempart law` share: questions that every data version can answer, and overlays."""

from pathlib import Path
from typing import Final

QUESTIONS: Final = {
    "crime": "crime --state DK --conduct possession --age 16 --on 2024-06-01",
    "dual": "dual --from FR --to JP --conduct distribution --material real-child --on 2026-06-01",
    "party": "party --state NZ --instrument budapest --on 2025-12-01",
    "channel": "channel --from FR --to JP --need preservation --conduct possession --on 2024-06-01",
    "jurisdiction": "jurisdiction --conduct distribution --role host=DE --role child=PH,VN --on 2024-06-01",
    "duties": "duties --kind platform --established US --role uploader=US --conduct distribution"
    " --on 2024-05-07",
}
"""One command line for each question with one answer."""

TABLES: Final = {
    "country": "country FR --on 2026-06-01",
    "compare": "compare FR VN JP --conduct possession --on 2024-06-01",
    "gaps": "gaps --instrument lanzarote --state FR --on 2026-06-01",
    "changes": "changes --from 2026.11.1 --to 2026.11.2 --state DK --on 2024-06-01",
}
"""One command line for each question with a table for its answer."""

HEAD: Final = 'schema = "rempart.law-data/1"\nsubject = "{state}"\n'


def overlay_fact(topic: str, value: str, *, state: str = "BR", more: str = "") -> str:
    """Return one fact of an operator's own, as a file has it."""
    return f"""
[[fact]]
id = "{state}.{topic}.9001"
topic = "{topic}"
value = {value}
basis = "Exercise Act, art. 1"
source = "https://law.example/exercise"
as_of = {{ date = 2020-01-01, precision = "day", text = "2020-01-01" }}
confidence = "high"
recorded = "overlay"
{more}
"""


def write_overlay(folder: Path, *facts: str, state: str = "BR") -> Path:
    """Write a folder with one file of facts, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    text = HEAD.format(state=state) + "".join(facts)
    (folder / f"{state}.toml").write_text(text, encoding="utf-8")
    return folder

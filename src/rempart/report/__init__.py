"""Reports: what a scan came to as one HTML page, English or French, that needs nothing beside it."""

from rempart.report.markup import clipped
from rempart.report.page import MARK, report_page
from rempart.report.texts import LANGUAGES, Language

__all__ = ["LANGUAGES", "MARK", "Language", "clipped", "report_page"]

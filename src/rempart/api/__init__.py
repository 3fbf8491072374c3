"""The HTTP interface of a node: operations declared once, behind one frame, with one shape of errors."""

from rempart.api.application import Application, create_application
from rempart.api.openapi import describe

__all__ = ["Application", "create_application", "describe"]

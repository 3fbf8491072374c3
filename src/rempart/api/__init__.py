"""The HTTP interface of a node: operations declared once, behind one frame, with one shape of errors."""

from rempart.api.application import Application, create_application

__all__ = ["Application", "create_application"]

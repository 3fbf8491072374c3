"""Where the parts of Rempart are put together: one function for each use."""

from rempart.lists import READ_FORMATS, WRITE_FORMATS
from rempart.node.catalogue import (
    Exported,
    ListSummary,
    export_list,
    show_list,
    show_lists,
    withdraw_list,
)
from rempart.node.census import Census
from rempart.node.errors import NodeMissingError
from rempart.node.examination import CheckResult, examine, upgrade_store
from rempart.node.files import open_source, write_whole
from rempart.node.folder import NODE_VARIABLE, NodeFolder, find_node_folder
from rempart.node.hashing import hash_files
from rempart.node.importing import ImportReport, ImportRequest, import_list
from rempart.node.match_values import match_values
from rempart.node.node import OpenNode, create_node, open_node
from rempart.node.scan import DEPTHS, ScanReport, scan
from rempart.node.scan_counts import ScanCounts, Tally
from rempart.node.scan_run import ScanRequest, ScanRun, begin_run, resume_run

__all__ = [
    "DEPTHS",
    "NODE_VARIABLE",
    "READ_FORMATS",
    "WRITE_FORMATS",
    "Census",
    "CheckResult",
    "Exported",
    "ImportReport",
    "ImportRequest",
    "ListSummary",
    "NodeFolder",
    "NodeMissingError",
    "OpenNode",
    "ScanCounts",
    "ScanReport",
    "ScanRequest",
    "ScanRun",
    "Tally",
    "begin_run",
    "create_node",
    "examine",
    "export_list",
    "find_node_folder",
    "hash_files",
    "import_list",
    "match_values",
    "open_node",
    "open_source",
    "resume_run",
    "scan",
    "show_list",
    "show_lists",
    "upgrade_store",
    "withdraw_list",
    "write_whole",
]

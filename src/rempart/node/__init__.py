"""Where the parts of Rempart are put together: one function for each use.

A name is imported when it is first asked for, so that a command pays for what it uses alone.
"""

from typing import TYPE_CHECKING, Final

from rempart.model.late_names import late_names

if TYPE_CHECKING:
    from rempart.law import (
        MEASURED_INSTRUMENTS,
        Deed,
        LawBook,
        LawDataRefusedError,
        LawShelf,
        Mistake,
    )
    from rempart.law.json_schema import json_schema
    from rempart.law.language import Translator
    from rempart.lists import READ_FORMATS, WRITE_FORMATS
    from rempart.lists.spreadsheet import with_quote
    from rempart.node.audit import (
        AuditEvent,
        AuditPage,
        accept_restored_log,
        audit_checkpoint,
        audit_events,
        audit_keys,
        audit_proof,
        erase_event,
        export_audit,
        recent_audit_events,
        sequence,
        sign_checkpoint_if_due,
    )
    from rempart.node.audit_verification import AuditVerification, verify_audit
    from rempart.node.backup import BackupReport, RestoreReport, back_up, restore_node
    from rempart.node.catalogue import (
        Exported,
        ListSummary,
        export_list,
        show_list,
        show_lists,
        withdraw_list,
    )
    from rempart.node.census import Census
    from rempart.node.creation import create_node, join_node
    from rempart.node.errors import LawArgumentError, NodeMissingError
    from rempart.node.examination import examine, upgrade_store
    from rempart.node.files import open_source, write_whole
    from rempart.node.findings import CheckResult
    from rempart.node.folder import NODE_VARIABLE, NodeFolder, find_node_folder
    from rempart.node.hashing import hash_files
    from rempart.node.importing import ImportReport, ImportRequest, import_list
    from rempart.node.key_requests import (
        KEY_ROLES,
        LARGEST_QUERIES_PER_DAY,
        LARGEST_REQUESTS_PER_MINUTE,
        KeyRequest,
        lists_named,
    )
    from rempart.node.keys import (
        LONGEST_OVERLAP_HOURS,
        KeyState,
        NewKey,
        ShownKey,
        create_key,
        find_key,
        list_keys,
        node_secrets,
        revoke_key,
        rotate_key,
    )
    from rempart.node.law.arguments import parse_day, parse_roles
    from rempart.node.law.audit import audit_record, mistake_records
    from rempart.node.law.check import LAW_CHECK_SCHEMA, RecordCheck, check_law_records
    from rempart.node.law.deciding import DecisionRequest, read_context_file
    from rempart.node.law.language import find_language
    from rempart.node.law.questions import (
        ask_changes,
        ask_channel,
        ask_compare,
        ask_country,
        ask_crime,
        ask_dual,
        ask_duties,
        ask_gaps,
        ask_jurisdiction,
        ask_party,
        every_conduct,
        find_law_overlay,
        law_book_of,
        open_law_shelf,
        states_with_facts,
        today,
    )
    from rempart.node.law.records import fact_history, law_record, rule_records, version_records
    from rempart.node.match_urls import UrlLookUp, look_up_urls
    from rempart.node.match_values import look_up_values
    from rempart.node.node import OpenNode, open_node
    from rempart.node.reporting import (
        ScanReporting,
        WrittenReport,
        report_file,
        report_run,
        require_report_place,
    )
    from rempart.node.results import (
        RESULT_FORMATS,
        Results,
        ResultsRequest,
        WrittenResults,
        export_results,
        results_of_file,
        results_of_run,
    )
    from rempart.node.run_records import is_run_identifier
    from rempart.node.scan import ScanReport, run_scan
    from rempart.node.scan_counts import ScanCounts, Tally
    from rempart.node.scan_queries import DEPTHS
    from rempart.node.scan_run import ScanRequest, ScanRun, begin_run, resume_run
    from rempart.node.sealing_rotation import SealingRotation, rotate_sealing

__all__ = [
    "DEPTHS",
    "KEY_ROLES",
    "LARGEST_QUERIES_PER_DAY",
    "LARGEST_REQUESTS_PER_MINUTE",
    "LAW_CHECK_SCHEMA",
    "LONGEST_OVERLAP_HOURS",
    "MEASURED_INSTRUMENTS",
    "NODE_VARIABLE",
    "READ_FORMATS",
    "RESULT_FORMATS",
    "WRITE_FORMATS",
    "AuditEvent",
    "AuditPage",
    "AuditVerification",
    "BackupReport",
    "Census",
    "CheckResult",
    "DecisionRequest",
    "Deed",
    "Exported",
    "ImportReport",
    "ImportRequest",
    "KeyRequest",
    "KeyState",
    "LawArgumentError",
    "LawBook",
    "LawDataRefusedError",
    "LawShelf",
    "ListSummary",
    "Mistake",
    "NewKey",
    "NodeFolder",
    "NodeMissingError",
    "OpenNode",
    "RecordCheck",
    "RestoreReport",
    "Results",
    "ResultsRequest",
    "ScanCounts",
    "ScanReport",
    "ScanReporting",
    "ScanRequest",
    "ScanRun",
    "SealingRotation",
    "ShownKey",
    "Tally",
    "Translator",
    "UrlLookUp",
    "WrittenReport",
    "WrittenResults",
    "accept_restored_log",
    "ask_changes",
    "ask_channel",
    "ask_compare",
    "ask_country",
    "ask_crime",
    "ask_dual",
    "ask_duties",
    "ask_gaps",
    "ask_jurisdiction",
    "ask_party",
    "audit_checkpoint",
    "audit_events",
    "audit_keys",
    "audit_proof",
    "audit_record",
    "back_up",
    "begin_run",
    "check_law_records",
    "create_key",
    "create_node",
    "erase_event",
    "every_conduct",
    "examine",
    "export_audit",
    "export_list",
    "export_results",
    "fact_history",
    "find_key",
    "find_language",
    "find_law_overlay",
    "find_node_folder",
    "hash_files",
    "import_list",
    "is_run_identifier",
    "join_node",
    "json_schema",
    "law_book_of",
    "law_record",
    "list_keys",
    "lists_named",
    "look_up_urls",
    "look_up_values",
    "mistake_records",
    "node_secrets",
    "open_law_shelf",
    "open_node",
    "open_source",
    "parse_day",
    "parse_roles",
    "read_context_file",
    "recent_audit_events",
    "report_file",
    "report_run",
    "require_report_place",
    "restore_node",
    "results_of_file",
    "results_of_run",
    "resume_run",
    "revoke_key",
    "rotate_key",
    "rotate_sealing",
    "rule_records",
    "run_scan",
    "sequence",
    "show_list",
    "show_lists",
    "sign_checkpoint_if_due",
    "states_with_facts",
    "today",
    "upgrade_store",
    "verify_audit",
    "version_records",
    "with_quote",
    "withdraw_list",
    "write_whole",
]

_PLACES: Final = {
    "rempart.law": "MEASURED_INSTRUMENTS Deed LawBook LawDataRefusedError LawShelf Mistake",
    "rempart.law.json_schema": "json_schema",
    "rempart.law.language": "Translator",
    "rempart.lists": "READ_FORMATS WRITE_FORMATS",
    "rempart.lists.spreadsheet": "with_quote",
    "rempart.node.audit": (
        "AuditEvent AuditPage accept_restored_log audit_checkpoint audit_events audit_keys "
        "audit_proof erase_event export_audit recent_audit_events sequence "
        "sign_checkpoint_if_due"
    ),
    "rempart.node.audit_verification": "AuditVerification verify_audit",
    "rempart.node.backup": "BackupReport RestoreReport back_up restore_node",
    "rempart.node.catalogue": "Exported ListSummary export_list show_list show_lists withdraw_list",
    "rempart.node.census": "Census",
    "rempart.node.creation": "create_node join_node",
    "rempart.node.errors": "LawArgumentError NodeMissingError",
    "rempart.node.examination": "examine upgrade_store",
    "rempart.node.files": "open_source write_whole",
    "rempart.node.findings": "CheckResult",
    "rempart.node.folder": "NODE_VARIABLE NodeFolder find_node_folder",
    "rempart.node.hashing": "hash_files",
    "rempart.node.importing": "ImportReport ImportRequest import_list",
    "rempart.node.key_requests": (
        "KEY_ROLES LARGEST_QUERIES_PER_DAY LARGEST_REQUESTS_PER_MINUTE KeyRequest lists_named"
    ),
    "rempart.node.keys": (
        "LONGEST_OVERLAP_HOURS KeyState NewKey ShownKey create_key find_key list_keys "
        "node_secrets revoke_key rotate_key"
    ),
    "rempart.node.law.arguments": "parse_day parse_roles",
    "rempart.node.law.audit": "audit_record mistake_records",
    "rempart.node.law.check": "LAW_CHECK_SCHEMA RecordCheck check_law_records",
    "rempart.node.law.deciding": "DecisionRequest read_context_file",
    "rempart.node.law.language": "find_language",
    "rempart.node.law.questions": (
        "ask_changes ask_channel ask_compare ask_country ask_crime ask_dual ask_duties "
        "ask_gaps ask_jurisdiction ask_party every_conduct find_law_overlay law_book_of "
        "open_law_shelf states_with_facts today"
    ),
    "rempart.node.law.records": "fact_history law_record rule_records version_records",
    "rempart.node.match_urls": "UrlLookUp look_up_urls",
    "rempart.node.match_values": "look_up_values",
    "rempart.node.node": "OpenNode open_node",
    "rempart.node.reporting": (
        "ScanReporting WrittenReport report_file report_run require_report_place"
    ),
    "rempart.node.results": (
        "RESULT_FORMATS Results ResultsRequest WrittenResults export_results results_of_file "
        "results_of_run"
    ),
    "rempart.node.run_records": "is_run_identifier",
    "rempart.node.scan": "ScanReport run_scan",
    "rempart.node.scan_counts": "ScanCounts Tally",
    "rempart.node.scan_queries": "DEPTHS",
    "rempart.node.scan_run": "ScanRequest ScanRun begin_run resume_run",
    "rempart.node.sealing_rotation": "SealingRotation rotate_sealing",
}
"""The module of each name, for the time of running; the imports above say the same to checkers."""


if not TYPE_CHECKING:  # or a checker would take any name for one of ours
    __getattr__ = late_names(__name__, _PLACES)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

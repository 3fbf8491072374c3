"""Results of a scan, written for other tools."""

from rempart.node.results.exporting import (
    RESULT_FORMATS,
    Results,
    ResultsRequest,
    WrittenResults,
    export_results,
    results_of_file,
    results_of_run,
)

__all__ = [
    "RESULT_FORMATS",
    "Results",
    "ResultsRequest",
    "WrittenResults",
    "export_results",
    "results_of_file",
    "results_of_run",
]

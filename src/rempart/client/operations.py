"""Every operation of the service, as methods of both clients."""

from rempart.client import entry_calls, list_calls, match_calls, record_calls, service_calls
from rempart.client.methods import Operation, PagedOperation, StreamedOperation


class Operations:
    """The methods of both clients; each is named as the operation in the service's OpenAPI."""

    match = Operation(match_calls.match)
    scan = Operation(match_calls.scan)

    show_lists = Operation(list_calls.show_lists)
    every_list = PagedOperation(list_calls.every_list)
    add_list = Operation(list_calls.add_list)
    show_list = Operation(list_calls.show_list)
    show_list_if_changed = Operation(list_calls.show_list_if_changed)
    count_list = Operation(list_calls.count_list)
    change_list = Operation(list_calls.change_list)
    withdraw_list = Operation(list_calls.withdraw_list)
    export_list = StreamedOperation(list_calls.export_list)

    show_entries = Operation(entry_calls.show_entries)
    every_entry = PagedOperation(entry_calls.every_entry)
    put_entries = Operation(entry_calls.put_entries)
    show_entry = Operation(entry_calls.show_entry)
    show_entry_if_changed = Operation(entry_calls.show_entry_if_changed)
    change_entry = Operation(entry_calls.change_entry)
    withdraw_entry = Operation(entry_calls.withdraw_entry)
    suspend_entry = Operation(entry_calls.suspend_entry)
    resume_entry = Operation(entry_calls.resume_entry)

    show_matches = Operation(record_calls.show_matches)
    every_match = PagedOperation(record_calls.every_match)
    show_match = Operation(record_calls.show_match)
    dispose_match = Operation(record_calls.dispose_match)

    show_keys = Operation(record_calls.show_keys)
    show_key = Operation(record_calls.show_key)
    create_key = Operation(record_calls.create_key)
    revoke_key = Operation(record_calls.revoke_key)
    rotate_key = Operation(record_calls.rotate_key)

    show_events = Operation(service_calls.show_events)
    every_event = PagedOperation(service_calls.every_event)
    show_checkpoint = Operation(service_calls.show_checkpoint)
    show_audit_keys = Operation(service_calls.show_audit_keys)
    show_proof = Operation(service_calls.show_proof)
    export_audit = StreamedOperation(service_calls.export_audit)

    is_alive = Operation(service_calls.is_alive)
    is_ready = Operation(service_calls.is_ready)
    read_metrics = Operation(service_calls.read_metrics)
    get_openapi = Operation(service_calls.get_openapi)

"""RFC 6962 Merkle logs with signed C2SP checkpoints: one code for the audit log and for feeds."""

from rempart.log.ports import LeafContents, LogStore, SaltSource, Signer

__all__ = ["LeafContents", "LogStore", "SaltSource", "Signer"]

"""The service as processes: one supervisor, its workers, and a keeper."""

from rempart.node.serving.jobs import Job
from rempart.node.serving.serving import APPLICATION, rehearse, serve
from rempart.node.serving.supervisor import Serving

__all__ = ["APPLICATION", "Job", "Serving", "rehearse", "serve"]

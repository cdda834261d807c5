"""The backbone: from a prompt to what it asks for."""

from studio.backbone.route import Reason, Route, route

__all__ = ["Reason", "Route", "route"]

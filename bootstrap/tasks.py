"""Table of contents: what the sub-packages register (tasks)."""

from bootstrap.health.tasks import config_health, config_retention

__all__ = ["config_health", "config_retention"]

"""The modes of rules that open no alerts."""

from detections.rules.models import Rule

DISABLED = frozenset({Rule.Mode.DRAFT, Rule.Mode.SHADOW, Rule.Mode.RETIRED})

"""Which modes of a rule mean that nobody is to hear of it."""

from detections.rules.models import Rule

DISABLED = frozenset({Rule.Mode.DRAFT, Rule.Mode.SHADOW, Rule.Mode.RETIRED})

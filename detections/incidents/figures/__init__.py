"""How fast incidents are detected, acknowledged and resolved, and what they were."""

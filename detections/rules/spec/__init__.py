"""What a rule says (pure): the schema of its YAML, conditions, patterns, thresholds, its description in words."""

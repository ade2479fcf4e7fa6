"""The content of a rule (pure): its schema, conditions, patterns, form fields and description in sentences."""

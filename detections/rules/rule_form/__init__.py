"""The form of a rule: its fields, what was entered as a RuleSpec, and the errors at their fields."""

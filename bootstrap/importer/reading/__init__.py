"""A stored text laid out for reading: headings and steps that can be linked to, code that can be copied (pure)."""

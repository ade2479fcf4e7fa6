"""The search language of issues, events and routes (docs/search.md): read, checked, and turned into queries."""

"""Helpers for HTTP: htmx fragments, lists, paging, problem+json errors, API schemas, uploads, admin building blocks."""

"""Helpers for HTTP: htmx fragments, paging, problem+json errors, API schemas, uploads, admin building blocks."""

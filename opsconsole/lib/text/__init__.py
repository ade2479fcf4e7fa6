"""Helpers for text (pure): markdown to safe HTML, YAML, times and numbers in words, secrets inside text, refusals."""

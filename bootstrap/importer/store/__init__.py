"""Stores a parsed runbook as rows: version, checklists, variables, policies, postures; nothing is deleted."""

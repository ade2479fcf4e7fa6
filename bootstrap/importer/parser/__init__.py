"""From markdown blocks to a runbook (pure): checklists, items and their needs, variables, policies, postures."""

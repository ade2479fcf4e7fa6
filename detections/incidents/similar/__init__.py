"""Incidents that were seen before: from runbooks, and like another one."""

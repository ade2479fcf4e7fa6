"""Escalation: ordered steps that tell more people until somebody acknowledges; who is reached through an owner."""

"""Alerts that stand for one thing: their groups, which of them leads, and who joins whom."""

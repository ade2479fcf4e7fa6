"""Helpers for writing to PostgreSQL: batches, bulk inserts, triggers that protect rows, table creation."""

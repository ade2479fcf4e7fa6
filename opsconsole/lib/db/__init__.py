"""Helpers for writing to PostgreSQL: batches, bulk inserts, triggers that keep rows as they were, table creation."""

"""Helpers for writing to PostgreSQL: batches, bulk inserts, COPY, triggers that protect rows, table creation."""

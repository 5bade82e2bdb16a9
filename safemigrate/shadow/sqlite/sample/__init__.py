"""Rows for a SQLite file's tables that have none."""

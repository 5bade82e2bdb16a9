"""Rows for tables that have none, so that what a migration does to rows shows: the same ones for the same seed."""

"""Snapshots of a SQLite file: an online copy, which is the archive."""

"""Copies of a database that are known to restore."""

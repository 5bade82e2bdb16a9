"""Copies of a file, and what a statement does in one."""

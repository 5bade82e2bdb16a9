"""Throw-away databases, and what a statement does in one."""

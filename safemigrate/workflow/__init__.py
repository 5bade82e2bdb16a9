"""The use cases: the only place where two rooms meet."""

"""A PostgreSQL database as the target."""

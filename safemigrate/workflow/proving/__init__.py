"""A whole history, migration by migration, in several databases at once."""

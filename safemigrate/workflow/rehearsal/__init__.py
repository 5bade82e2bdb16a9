"""Migrations in a shadow: what they touch, the plan that follows from it, and its proof."""

"""The gate: what a branch did to a history, tried on what its base makes, and held against schema.prisma."""

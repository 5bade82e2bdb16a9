"""From schema.prisma to a migration, and from proven plans to a changed target."""

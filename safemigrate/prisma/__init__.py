"""All that is known about Prisma: its projects, settings, command line and history table."""

"""Taking a project that lives on `prisma db push` to migrations: the baseline, and the files around it."""

"""prisma db push, but you can always get back."""

__version__ = "0.1.0"

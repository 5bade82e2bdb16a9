from tests.prisma_cli import installed_prisma, prisma

__all__ = ["installed_prisma", "prisma"]

from tests.e2e.project import baselined, project, template
from tests.prisma_cli import installed_prisma, prisma

__all__ = ["baselined", "installed_prisma", "prisma", "project", "template"]

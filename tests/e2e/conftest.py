import pytest

from safemigrate.shadow.local import LocalServer
from tests.e2e.project import baselined, project, template
from tests.prisma_cli import installed_prisma, prisma

__all__ = ["baselined", "installed_prisma", "prisma", "project", "template"]


@pytest.fixture
def shadow(server: LocalServer) -> str:
    """Shadows on the server that is there anyhow; those of a `project` are started as users start them."""
    return f"postgresql://{server.url.user}@{server.url.host}:{server.url.port}/postgres"

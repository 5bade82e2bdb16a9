from tests.ci.project import project

__all__ = ["project"]

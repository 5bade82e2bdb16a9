"""What git knows about the project; GitPython's only importer."""

from __future__ import annotations

from safemigrate.git.branch import Branch, Named, branch
from safemigrate.git.repository import changed_since
from safemigrate.git.state import GitState, describe, origin

__all__ = ["Branch", "GitState", "Named", "branch", "changed_since", "describe", "origin"]

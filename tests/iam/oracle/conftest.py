"""The other evaluator, installed once from its package-lock, in one process for all tests.

Without Node.js the tests are skipped on a laptop, and fail where CI is set.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.jars import building
from iam.oracle.evaluators import Oracle

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    """npm's `@cloud-copilot/iam-simulate`, ready to be asked."""
    node, npm = _tool("node"), _tool("npm")
    lock = HERE / "package-lock.json"
    installed = HERE / "node_modules" / ".installed-from"
    with building():
        if not (installed.exists() and installed.read_text() == lock.read_text()):
            done = subprocess.run(
                [npm, "ci", "--no-audit", "--no-fund"], cwd=HERE, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
            installed.write_text(lock.read_text())
    with Oracle([node, str(HERE / "oracle.js")]) as ready:
        yield ready


def _tool(name: str) -> str:
    path = shutil.which(name)
    if path is None:
        missing = f"no `{name}` here: install Node.js 20 or newer to compare with its evaluator"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return path

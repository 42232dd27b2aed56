"""What tests of several parts of the service use."""

import subprocess

import pytest


@pytest.fixture
def disk(tmp_path):
    """A folder that is a small file system of its own."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)], capture_output=True, check=False
    )
    if made.returncode != 0:
        pytest.skip("mounting a file system is not permitted here")
    try:
        yield tmp_path
    finally:
        subprocess.run(["umount", "-l", str(tmp_path)], check=True)

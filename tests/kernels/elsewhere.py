"""Running a program in a process of its own, where kernels are compiled for another processor or with other checks."""

import os
import subprocess
import sys
from pathlib import Path


def said_by(program: str, folder: Path, **settings: str) -> str:
    """Return what a program prints that is given a folder, under settings of the environment."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        env={**os.environ, **settings},
        capture_output=True,
        text=True,
        timeout=500,
        check=True,
    )
    return done.stdout

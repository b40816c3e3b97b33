"""Build step that adds stubs for type checkers and editors to the wheel; everything else is in setup.cfg."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithStubs(build_py):
    """Copy the package into the build folder and add the stubs. An editable install has none: it shows the source."""

    def run(self) -> None:
        """Run the command."""
        if not self.editable_mode:
            shutil.rmtree(Path(self.build_lib, "hcloud"), ignore_errors=True)  # files of an earlier build
        super().run()
        if not self.editable_mode:
            subprocess.run([sys.executable, "-m", "tools.stubs", Path(self.build_lib).resolve()], check=True)


setup(cmdclass={"build_py": BuildWithStubs})

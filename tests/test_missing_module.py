"""What to type where Python misses a package: it names the file that this repository has, or the one to write."""

from __future__ import annotations

import pytest

from app.diagnosis import Files, diagnose

LOG = """Traceback (most recent call last):
  File "/workspace/main.py", line 1, in <module>
    import yaml
ModuleNotFoundError: No module named 'yaml'
"""
MAIN = {"main.py": "import yaml\n"}
FIXES = {
    "a list of requirements": ({"requirements.txt": "flask\n"}, "Add PyYAML to requirements.txt."),
    "a project file alone": (
        {"pyproject.toml": '[project]\nname = "a"\ndependencies = []\n'},
        "Add PyYAML to the dependencies in pyproject.toml.",
    ),
    "a lock file": (
        {"pyproject.toml": '[project]\nname = "a"\ndependencies = []\n', "uv.lock": "version = 1\n"},
        "Run uv add PyYAML and commit pyproject.toml and uv.lock.",
    ),
    "nothing, for the buildpacks": (
        {},
        "Write a requirements.txt with the line PyYAML beside the program: the build installs what it names.",
    ),
    "nothing, and a Dockerfile": (
        {"Dockerfile": 'FROM python:3.12\nCOPY main.py .\nCMD ["python", "main.py"]\n'},
        "Write a requirements.txt with the line PyYAML, and in the Dockerfile COPY it and RUN pip install -r "
        "requirements.txt.",
    ),
}


@pytest.mark.parametrize("there_is", FIXES)
def test_the_fix_names_the_file_that_there_is(there_is: str) -> None:
    """A repository is known, so nobody has to choose between a file it has and one it has not."""
    files, fix = FIXES[there_is]
    assert diagnose(LOG, Files.of(MAIN | files)).findings[0].fix == fix

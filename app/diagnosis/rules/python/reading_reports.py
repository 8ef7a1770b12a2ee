"""What Python's tools report of what they were run on, where no line of it is named."""

from __future__ import annotations

from app.diagnosis.families import Family, Known

REPORTS = Family(
    (
        Known(r"Pidfile \((?P<name>[^)]+)\) already exists", "{name} is there already, and celery takes itself for running", "Start it with --pidfile= (no file: one container runs one celery), or rm -f {name} before it; keep *.pid out of the image (.dockerignore) and of volumes."),
        Known(r"^The command \"export\" does not exist", "Poetry 2 has no command export by itself", "Install the plugin beside it: RUN pip install poetry poetry-plugin-export (poetry self add poetry-plugin-export), or pin poetry below 2."),
        Known(r"(?:FAIL Required test coverage of (?P<want>[\d.]+)% not reached\. Total coverage: (?P<have>[\d.]+)%|Coverage failure: total of (?P<have2>[\d.]+) is less than fail-under=(?P<want2>[\d.]+))", "The tests cover {have}{have2} %, and {want}{want2} % are asked for", "Write tests for what is not covered (coverage report -m lists the lines), or lower fail_under."),
        Known(r"^(?P<count>\d+) files? would be reformatted", "{count} files are not formatted", "Run the formatter (black . or ruff format .) and commit what it changes."),
        Known(r"^would reformat (?P<name>\S+)|^Would reformat: (?P<name2>\S+)", "{name}{name2} is not formatted", "Run the formatter (black . or ruff format .) and commit what it changes."),
        Known(r"^ERROR: (?P<name>\S+) Imports are incorrectly sorted", "The imports of {name} are not sorted", "Run isort . and commit what it changes."),
        Known(r"Could not find profile named '(?P<name>[^']+)'|profiles\.yml file (?:is invalid|not found)", "dbt finds no profile {name}", "COPY profiles.yml into the image and name its folder (DBT_PROFILES_DIR), with the profile that dbt_project.yml names."),
        Known(r"Running a worker with superuser privileges", "celery runs as root and takes pickled messages", "Set accept_content to json, or run it as another user (USER in the Dockerfile)."),
        Known(r"email-validator is not installed", "pydantic's EmailStr needs email-validator", "Add pydantic[email] (or email-validator) to the requirements."),
        Known(r"No tests? (?:were )?(?:ran|collected)|collected 0 items", "pytest found no test", "Name the folder of the tests (testpaths), in files test_*.py, and COPY them; pytest ends with 5 where it finds none."),
        Known(r"^ERROR: file or directory not found: (?P<name>\S+)", "pytest finds no {name}", "Correct the path in the command, or COPY it (look into .dockerignore)."),
        Known(r"'(?P<name>\w+)' not found in `markers` configuration option", "pytest does not know the marker {name}", "Write it under markers in pyproject.toml or pytest.ini."),
    )
)  # fmt: skip

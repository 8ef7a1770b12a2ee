"""What Cloud Build puts in the place of `$NAME` in a build's steps before it runs them.

https://cloud.google.com/build/docs/configuring-builds/substitute-variable-values
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from google.cloud.devtools import cloudbuild_v1 as cloudbuild

from sandbox.google.errors import invalid

# Known in every build; those of a trigger are empty where none started it.
OF_TRIGGERS = (
    "TRIGGER_NAME",
    "TRIGGER_BUILD_CONFIG_PATH",
    "COMMIT_SHA",
    "REVISION_ID",
    "SHORT_SHA",
    "REPO_NAME",
    "REPO_FULL_NAME",
    "BRANCH_NAME",
    "TAG_NAME",
    "REF_NAME",
)
_TEMPLATE = re.compile(r"\$(?:(?P<dollar>\$)|\{(?P<braced>\w+)\}|(?P<bare>\w+))")


def substituted(build: cloudbuild.Build, number: int, location: str) -> None:
    """Replace in each step's args, env, dir and entrypoint; Refusal where a name means nothing (MUST_MATCH)."""
    known = {
        "PROJECT_ID": build.project_id,
        "PROJECT_NUMBER": str(number),
        "BUILD_ID": build.id,
        "LOCATION": location,
        "SERVICE_ACCOUNT": build.service_account,
        "SERVICE_ACCOUNT_EMAIL": build.service_account.rpartition("/")[2],
        **dict.fromkeys(OF_TRIGGERS, ""),
    }
    replace = _replacing(known, dict(build.substitutions))
    for step in build.steps:
        step.args = [replace(each) for each in step.args]
        step.env = [replace(each) for each in step.env]
        step.dir_, step.entrypoint = replace(step.dir_), replace(step.entrypoint)


def _replacing(known: Mapping[str, str], own: Mapping[str, str]) -> Callable[[str], str]:
    def value(found: re.Match[str]) -> str:
        if found["dollar"]:
            return "$"
        name = found["braced"] or found["bare"]
        if name in known:
            return known[name]
        if name.startswith("_") and name in own:
            return own[name]
        why = (
            "is not matched in the substitution data"
            if name.startswith("_")
            else "is not a valid built-in substitution"
        )
        raise invalid(f'invalid value for "build.substitutions": key in the template "{name}" {why}')

    return lambda text: _TEMPLATE.sub(value, text)

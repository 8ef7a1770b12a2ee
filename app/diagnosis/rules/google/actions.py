"""GitHub's own actions for Google Cloud: what google-github-actions/auth says when it gets no identity."""

from __future__ import annotations

from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.google.reading_actions import auth_place, permissions_place

RULES: tuple[Rule, ...] = (
    Rule(
        code="google-actions-id-token",
        pattern=r"(?i)github actions did not inject \$ACTIONS_ID_TOKEN_REQUEST_TOKEN|Unable to get ACTIONS_ID_TOKEN_REQUEST_URL",
        place=permissions_place,
        nowhere=True,
        rank=Rank.ROOT,
        title="The job may ask for no identity: permissions lacks id-token: write",
        message="GitHub Actions did not inject $ACTIONS_ID_TOKEN_REQUEST_TOKEN: the workflow's permissions do not allow it, or it runs for a fork.",
        fix="Write under the job (or the workflow): permissions: {{contents: read, id-token: write}}. Pull requests from forks never get one.",
        link="https://github.com/google-github-actions/auth#usage",
    ),
    Rule(
        code="google-actions-credentials",
        pattern=r"must specify exactly one of \"?workload_identity_provider\"? or \"?credentials_json\"?",
        place=auth_place,
        nowhere=True,
        rank=Rank.ROOT,
        title="google-github-actions/auth got neither a provider nor a key",
        message="The workflow must specify exactly one of workload_identity_provider or credentials_json: both are given, or the secret behind the one is empty here.",
        fix="Correct the name of the secret (Settings, Secrets and variables, Actions); forks and Dependabot get no secrets, so leave the step out for them; give only one of the two.",
        link="https://github.com/google-github-actions/auth#inputs-workload-identity-federation",
    ),
)

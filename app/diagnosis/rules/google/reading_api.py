"""What the rows of api.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.google import names, role_of
from app.diagnosis.rule import Hit


def permission(hit: Hit) -> Mapping[str, str]:
    name = hit["permission"] or hit["permission2"] or hit["permission3"]
    resource = hit["resource"] or hit["resource2"]
    on = f" on {resource}" if resource and "(or" not in resource else ""
    return {"name": name, "role": role_of(name), "on": on}


def account(hit: Hit) -> Mapping[str, str]:
    return {"account": (hit["account"] or hit["account2"] or "SERVICE_ACCOUNT").rstrip(".")}


def api_words(hit: Hit) -> Mapping[str, str]:
    text = " ".join((hit.line, *hit.after(12)))
    unlinked = re.sub(
        r"console\.\S+?/api/|google\.rpc|type\.googleapis\.com|serviceusage\.googleapis\.com/\S*", " ", text
    )
    api = re.search(r"\b([a-z]+)\.googleapis\.com", unlinked)
    of = hit["of"].strip("[]'\"").removeprefix("projects/")
    return {
        "api": f"{api[1]}.googleapis.com" if api else (hit["title"] or "API"),
        **({"project": of} if of else {}),
    }


def caller(hit: Hit) -> Mapping[str, str]:
    method = re.search(r"method=(\S+)", hit.line)
    roles = {
        "CloudBuild.": "roles/cloudbuild.builds.editor",
        "builds.submit": "roles/cloudbuild.builds.editor",
        "Services.": "roles/run.developer",
        "run.deploy": "roles/run.developer",
        "ArtifactRegistry.": "roles/artifactregistry.reader",
        "SecretManager": "roles/secretmanager.viewer",
    }
    role = next((role for word, role in roles.items() if word in hit.line), "")
    add = f"gcloud projects add-iam-policy-binding {names(hit)['project']} --member=serviceAccount:ACCOUNT --role={role}"
    told = "Run servergem preflight: it names the permissions that are missing"
    return {
        "to": f" ({method[1]})" if method else "",
        "fix": f"{told}. For this call: {add}" if role else f"{told}.",
    }


def credentials_file(hit: Hit) -> Mapping[str, str]:
    """The key file that is named and not there."""
    return {"path": next((hit[f"path{n}"] for n in ("", 2, 3, 4) if hit[f"path{n}"]), "")}

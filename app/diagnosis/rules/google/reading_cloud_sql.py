"""Cloud SQL's socket: what it means that it is missing, and that it refuses."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.rule import Hit


def socket_words(hit: Hit) -> Mapping[str, str]:
    """PROJECT:REGION:INSTANCE of the socket's path, and what has to be set for it."""
    socket, name = hit["socket"] or hit["socket2"], (hit["name"] or hit["name2"]).removesuffix("/")
    said = hit["said"] or hit["said2"]
    parts = name.split(":")
    project = parts[0] if len(parts) == 3 else "PROJECT_ID"
    region = parts[1] if len(parts) == 3 else "REGION"
    named = {"socket": socket, "name": name, "said": said, "project": project, "region": region}
    if len(parts) != 3:
        return {
            **named,
            "why": "its name has to be PROJECT:REGION:INSTANCE",
            "advice": f"Write the instance's connection name instead of {name}: gcloud sql instances describe INSTANCE --format='value(connectionName)'",
        }
    if "refused" in said.lower():
        return {
            **named,
            "why": "Cloud Run mounted the socket and cannot reach the instance behind it",
            "advice": f"Let the service's account in and turn the API on: gcloud projects add-iam-policy-binding {project} --member=serviceAccount:ACCOUNT --role=roles/cloudsql.client; gcloud services enable sqladmin.googleapis.com --project={project}; see that the instance {parts[2]} runs",
        }
    return {
        **named,
        "why": "Cloud Run mounts it only for an instance that the service names",
        "advice": f"Name it for the service in servergem.yml: cloudsql: [{name}] (by hand: gcloud run services update SERVICE --region={region} --add-cloudsql-instances={name}); its account needs roles/cloudsql.client",
    }

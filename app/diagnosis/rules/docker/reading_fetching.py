"""What the rows of fetching.py read in the failing instruction."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit

_ADDRESS = re.compile(r"https?://[^\s\"'\\|;&)]+")


def downloaded(hit: Hit) -> Mapping[str, str] | None:
    """The address that was asked, as the instruction has it; None for a package manager's own word."""
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if not hit["status4"] and not re.match(r"(?i)(?:RUN|ADD)\b", ran):
        return None
    status = next(hit[word] for word in ("status", "status2", "status3", "status4") if hit[word])
    found = _ADDRESS.findall(ran)
    address = f": {found[0]}" if len(found) == 1 else ""
    why = {"404": "nothing is at this address", "403": "the address is not open to everybody", "401": "the address asks for credentials"}.get(
        status, "the server did not give the file"
    )  # fmt: skip
    if status[0] == "5":
        advice = "Run it again: the server itself failed"
    elif status in ("401", "403"):
        advice = "Give the download its credentials through a build secret, or take an address that is open"
    else:
        advice = "Correct the address on this line: the version and the processor in it (ARG, TARGETARCH) have to be ones that exist; open it in a browser"
    return {"status": status, "address": address, "why": why, "advice": advice}


def tagged(hit: Hit) -> Mapping[str, str]:
    image, said = hit["image"] or hit["image2"], (hit["said"] or hit["said2"]).strip()
    if "lowercase" in said or (image != image.lower() and not image.endswith(":")):
        why, advice = "it has capital letters", f"Write it in small letters: {image.lower().rstrip(':')}"
    elif image.endswith(":"):
        why = "its tag is empty"
        advice = "A variable in the tag has no value: $SHORT_SHA and $COMMIT_SHA are set only in builds of a trigger. Take $BUILD_ID, or give it: gcloud builds submit --substitutions=SHORT_SHA=$(git rev-parse --short HEAD)"
    else:
        why, advice = "a part of it is missing or wrong", "Name it HOST/PROJECT/REPOSITORY/IMAGE:TAG"
    return {"image": image or "An empty word", "said": said, "why": why, "advice": advice}


def several_sources(hit: Hit) -> Mapping[str, str]:
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if ".jar" in ran:
        return {
            "advice": "Gradle writes a -plain.jar beside the one that runs: turn it off (jar { enabled = false } in build.gradle), or name the one that is meant instead of *.jar"
        }
    return {"advice": "End the destination with a / or name one file"}


def user_of_copy(hit: Hit) -> Mapping[str, str]:
    return {"who": "group" if hit["kind"] == "gid" else "user"}


def copied_over(hit: Hit) -> Mapping[str, str]:
    """The folder of the path that is made by an install, or its last part."""
    parts = [part for part in hit["path"].split("/") if part]
    made = next((part for part in parts if part in ("node_modules", ".venv", "venv", "vendor")), "")
    return {"name": made or (parts[-1] if parts else "the folder")}

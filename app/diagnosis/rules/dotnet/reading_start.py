"""What the rows of start.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.model import Place

# Which of Microsoft's images has which framework: https://learn.microsoft.com/dotnet/architecture/microservices/net-core-net-framework-containers/official-net-docker-images
IMAGES = {"Microsoft.AspNetCore.App": "aspnet", "Microsoft.NETCore.App": "runtime"}


def framework(hit: Hit) -> Mapping[str, str] | None:
    told = hit.find_after(r"Framework: '([\w.]+)', version '(\d+\.\d+)", 12)
    if told is None:
        return None
    there = hit.find_after(r"^\s+(\d+\.\d+)\.\S* at \[", 20)
    image = f"mcr.microsoft.com/dotnet/{IMAGES.get(told[1], 'aspnet')}:{told[2]}"
    has = f"it has {there[1]}" if there else "it has none"
    return {"name": told[1], "version": told[2], "image": image, "has": has}


def assembly(hit: Hit) -> Mapping[str, str] | None:
    name = (hit["path"] or hit["path2"]).rpartition("/")[2]
    if "." not in name and not hit["path2"]:
        return None  # a command of the SDK's, which is what is missing
    built = next(
        (p.rpartition("/")[2].rpartition(".")[0] for p in sorted(hit.files.paths) if p.endswith("proj")), ""
    )
    meant = f"{built}.dll" if built else "the assembly that publish made"
    if name == "dotnet-ef":
        return {
            "name": name,
            "advice": "Write RUN dotnet tool restore (or dotnet tool install --global dotnet-ef and PATH) before it; the runtime image has no SDK tools",
        }
    return {
        "name": name,
        "advice": f'Write ENTRYPOINT ["dotnet", "{meant}"] and COPY --from=build the publish folder to its WORKDIR',
    }


def json_line(hit: Hit) -> Mapping[str, str]:
    said = hit.find_after(r"LineNumber: (\d+)", 30) or re.search(r"LineNumber: (\d+)", hit.line)
    return {"line": str(int(said[1]) + 1) if said else "1"}  # System.Text.Json counts from 0


def json_place(hit: Hit) -> Place | None:
    path = repository_path(hit.files, hit["path"], hit)
    return hit.files.place(path, int(hit["line"])) if path else None

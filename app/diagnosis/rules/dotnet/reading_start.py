"""What the rows of start.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import final_image
from app.diagnosis.paths import repository_path
from app.diagnosis.places import anywhere, first
from app.diagnosis.rule import Hit
from app.model import Place

# Which of Microsoft's images has which framework: https://learn.microsoft.com/dotnet/architecture/microservices/net-core-net-framework-containers/official-net-docker-images
IMAGES = {"Microsoft.AspNetCore.App": "aspnet", "Microsoft.NETCore.App": "runtime"}


def framework(hit: Hit) -> Mapping[str, str] | None:
    told = hit.find_after(r"Framework: '([\w.]+)', version '(\d+\.\d+)", 12)
    if told is None:
        return None
    there = hit.find_after(r"^\s+(\d+\.\d+)\.\S* at \[", 20)
    image = _raised(hit, told[2]) or f"mcr.microsoft.com/dotnet/{IMAGES.get(told[1], 'aspnet')}:{told[2]}"
    has = f"it has {there[1]}" if there else "it has none"
    return {"name": told[1], "version": told[2], "image": image, "has": has}


_MICROSOFTS = re.compile(
    r"(?P<name>\S+/dotnet/(?:aspnet|runtime)):\d+\.\d+(?:\.\d+)?(?P<variant>(?:-[a-z][\w.-]*)?)$"
)


def _raised(hit: Hit, version: str) -> str:
    """The last stage's own image in another version: aspnet has both frameworks, and a variant is somebody's choice."""
    place = final_image(hit)
    words = hit.files.lines(place.path)[place.line - 1].split() if place else []
    found = next((m for word in words if (m := _MICROSOFTS.match(word))), None)
    if found is None or (found["name"].endswith("/runtime") and hit.find(r"Microsoft\.AspNetCore\.App")):
        return ""
    variant = found["variant"]
    return f"{found['name']}:{version}{variant if not re.search(r'[.0-9]', variant) else ''}"


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


def own_frame(hit: Hit) -> Place | None:
    """The first line of the stack that is in the repository."""
    for line in hit.after(40):
        told = re.search(r" in (/\S+\.(?:cs|fs)):line (\d+)", line)
        if told and (path := repository_path(hit.files, told[1], hit)):
            return hit.files.place(path, int(told[2]))
    return None


def service(hit: Hit) -> Mapping[str, str]:
    name, wanting = (hit[word].rpartition(".")[2].partition("`")[0] for word in ("service", "class"))
    if name.endswith(("Context", "DbContext")):
        advice = f"Write builder.Services.AddDbContext<{name}>(…)"
    elif name == "IHttpClientFactory" or name == "HttpClient":
        advice = "Write builder.Services.AddHttpClient()"
    elif name.startswith("I") and name[1:2].isupper():
        advice = f"Write builder.Services.AddScoped<{name}, {name[1:]}>()"
    else:
        advice = f"Write builder.Services.AddScoped<{name}>() (Configure<{name}>(…) for options)"
    return {"name": name, "wanting": wanting, "advice": advice}


def service_place(hit: Hit) -> Place | None:
    """Where what needs it is registered; else where the program was building its services."""
    return first(
        anywhere(r"\bAdd\w+<(?:[^>]*\W)?{wanting}\W", ".cs"),
        own_frame,
        anywhere(r"\.Build\(\)", ".cs"),
        anywhere(r"class {wanting}\b", ".cs"),
    )(hit)


def connection(hit: Hit) -> Mapping[str, str]:
    place = connection_place(hit)
    code = hit.files.lines(place.path)[place.line - 1] if place else ""
    asked = re.search(r"GetConnectionString\(\s*\"(\w+)\"|ConnectionStrings:(\w+)", code)
    name = hit["name"] or (asked[1] or asked[2] if asked else "") or "DefaultConnection"
    return {"name": name}


def connection_place(hit: Hit) -> Place | None:
    return first(own_frame, anywhere(r"GetConnectionString\(|ConnectionStrings:", ".cs", ".fs"))(hit)


# What brings a library that a NuGet package calls: the package with its Linux build, or Debian's.
_LIBRARIES = {
    "libSkiaSharp": ("SkiaSharp", "Add the package SkiaSharp.NativeAssets.Linux.NoDependencies in the version of SkiaSharp (dotnet add package), and apt-get install -y libfontconfig1 where text is drawn"),
    "libHarfBuzzSharp": ("HarfBuzzSharp", "Add the package HarfBuzzSharp.NativeAssets.Linux"),
    "libgdiplus": ("System.Drawing.Common", "Replace System.Drawing.Common, which runs on Windows alone since .NET 7 (ImageSharp, SkiaSharp); before it apt-get install -y libgdiplus"),
    "libwkhtmltox": ("DinkToPdf", "Publish libwkhtmltox.so beside the program, with apt-get install -y libxrender1 libfontconfig1 libxext6"),
    "e_sqlite3": ("Microsoft.Data.Sqlite", "Publish for the image's system (-r linux-x64, linux-musl-x64 on Alpine), so that SQLitePCLRaw's library comes along"),
}  # fmt: skip


def native_library(hit: Hit) -> Mapping[str, str]:
    bare = hit["name"].removesuffix(".so")
    package, advice = _LIBRARIES.get(
        bare,
        ("", f"Install the package that has {bare} in the last stage (apt-get install -y …), and publish for the image's system (-r linux-x64; linux-musl-x64 on Alpine)"),
    )  # fmt: skip
    return {"package": package, "advice": advice}


def native_package(hit: Hit) -> Place | None:
    return dependency_line(hit, "dotnet", hit["package"]) if hit["package"] else None


def assembly_version(hit: Hit) -> Mapping[str, str] | None:
    """None for the runtime's own: no package brings another version of that."""
    if hit["name"] in ("System.Runtime", "System.Private.CoreLib"):
        return None
    return {"version": ".".join(hit["version"].split(".")[:3])}

"""What the rows of build.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import at
from app.diagnosis.rule import Find, Hit
from app.model import Place

PROJECTS = (".csproj", ".fsproj", ".vbproj")


def projects(hit: Hit) -> list[str]:
    """The project files, those of tests last."""
    found = [path for path in hit.files.paths if path.endswith(PROJECTS)]
    return sorted(found, key=lambda path: ("test" in path.lower(), path.count("/"), path))


def in_project(pattern: str) -> Find:
    """The first line of a project file that matches."""

    def find(hit: Hit) -> Place | None:
        named = re.search(r"\[?/\S*?([\w.-]+\.(?:cs|fs|vb)proj)", hit.line)
        paths = projects(hit)
        if named:
            paths.sort(key=lambda path: path.rpartition("/")[2] != named[1])
        for path in paths:
            if line := hit.files.search(path, pattern):
                return hit.files.place(path, line)
        return None

    return find


# What an MSBuild or SDK error asks for; https://learn.microsoft.com/dotnet/core/tools/sdk-errors/
ADVICE = {
    "NETSDK1045": "Use the SDK image of the target framework in FROM (mcr.microsoft.com/dotnet/sdk:{framework}), or lower TargetFramework.",
    "NETSDK1004": "Run dotnet restore of this very project before, or leave --no-restore out.",
    "NETSDK1005": "Restore for the same target framework: dotnet restore without --no-restore after TargetFramework has changed; do not COPY obj/ (write **/obj and **/bin into .dockerignore).",
    "NETSDK1047": "Give restore the same runtime as publish: dotnet restore -r linux-x64, then dotnet publish -r linux-x64 --no-restore.",
    "NETSDK1064": "Keep the package folder between restore and build, or leave --no-restore out.",
    "NETSDK1022": "Take the Compile or Content items out: the SDK includes them already; write **/obj and **/bin into .dockerignore.",
    "NETSDK1147": "Install the workload first: RUN dotnet workload restore.",
    "NETSDK1152": "Two projects publish a file of one name: set CopyToPublishDirectory=Never on one of them.",
    "NETSDK1194": "Publish the project, not the solution, with --output: dotnet publish {project} -o /app/publish.",
    "MSB1003": "Name the project: dotnet publish {project}, or WORKDIR into its folder first.",
    "MSB4068": "A solution file in the slnx format needs the .NET SDK 9.0.200 or newer: FROM mcr.microsoft.com/dotnet/sdk:9.0, or name the project itself: dotnet publish {project}.",
    "MSB1009": "Write the path as it stands in the image: dotnet publish {project}; COPY it there first.",
    "MSB1011": "Name one of the projects: dotnet publish {project}.",
    "MSB3202": "COPY the referenced project too: the build context has to begin at the folder that holds both.",
    "MSB4236": "Use an SDK image that has this SDK, or pin the version that is there in global.json.",
    "MSB4057": "Correct the target after -t: in the command, or take an SDK image that has it (PublishContainer is there since .NET 7, and for web projects first).",
    "MSB4166": "Build with a larger machine (options: machineType: E2_HIGHCPU_8) or one process (dotnet publish -m:1): a child of MSBuild ended, mostly for want of memory; where that does not help, take another patch of the SDK image.",
    "MSB3073": "Correct the command that the target runs, or install what it needs before the build.",
}

# The same for NuGet; https://learn.microsoft.com/nuget/reference/errors-and-warnings
PACKAGES = {
    "NU1004": "Run dotnet restore on your machine and commit packages.lock.json.",
    "NU1008": "Take the Version from PackageReference: Directory.Packages.props decides versions.",
    "NU1010": "Add a PackageVersion for {name} to Directory.Packages.props.",
    "NU1101": "Correct the name {name}, or add its feed to nuget.config: https://www.nuget.org/packages/{name}",
    "NU1102": "Choose a version that exists: https://www.nuget.org/packages/{name}#versions-body-tab",
    "NU1103": "Choose a stable version that exists, or a prerelease by its full name: https://www.nuget.org/packages/{name}",
    "NU1107": "Reference {name} directly with the version that all the others accept.",
    "NU1202": "Choose a version of {name} for this target framework, or change TargetFramework: https://www.nuget.org/packages/{name}",
    "NU1605": "Raise the direct reference of {name} to the version that the other package asks for.",
    "NU1900": "NuGet could not read the list of vulnerabilities: run it again, or correct the feeds of nuget.config; WarningsNotAsErrors with NU1900 lets the build pass without it.",
    **dict.fromkeys(
        ("NU1901", "NU1902", "NU1903", "NU1904"),
        "Raise {name} to a version without this vulnerability (a PackageReference of your own, where another package brings it: dotnet nuget why {name}); or keep it a warning: <WarningsNotAsErrors>NU1901;NU1902;NU1903;NU1904</WarningsNotAsErrors>.",
    ),
    "NU1301": "Give the build the feed's credentials (nuget.config with %VARIABLE%, a build secret), or correct its address.",
}


def built(hit: Hit) -> Mapping[str, str] | None:
    if hit["code"] == "MSB4181":
        return None  # it knows only that something failed
    framework = re.search(r"(?:targeting|target) \.NET (?:Core )?(\d+\.\d+)", hit["said"])
    words = {
        "project": next(iter(projects(hit)), "PROJECT.csproj"),
        "framework": framework[1] if framework else "VERSION",
    }
    advice = ADVICE.get(hit["code"], "Correct what the message names: {link}")
    page = "visualstudio/msbuild/errors" if hit["code"].startswith("MSB") else "dotnet/core/tools/sdk-errors"
    link = f"https://learn.microsoft.com/{page}/{hit['code'].lower()}"
    return {"advice": advice.format(link=link, **words)}


def built_place(hit: Hit) -> Place | None:
    code = hit["code"]
    if code in (
        "MSB4057",
        "MSB4166",
        "MSB1003",
        "MSB1009",
        "MSB1011",
        "NETSDK1004",
        "NETSDK1047",
        "NETSDK1064",
        "NETSDK1194",
    ):
        return failing_instruction(hit)
    if code == "MSB3202":
        name = re.search(r"([\w.-]+\.\w+proj)\"", hit["said"])
        found = in_project(re.escape(name[1]))(hit) if name else None
        return found or failing_instruction(hit)
    place: Place | None = in_project(r"TargetFramework")(hit)
    return place or failing_instruction(hit)


# What holds for each of NuGet's codes.
_ANY_PACKAGE = "Correct the PackageReference of {name} (its version, or a package for this TargetFramework); where a warning became an error, name its code in NoWarn or WarningsNotAsErrors."


def package(hit: Hit) -> Mapping[str, str]:
    name = re.search(r"[Pp]ackages? (?:downgrade: |conflict detected for )?'?([A-Za-z][\w.-]+)", hit["said"])
    named = re.search(r"(?:conflict detected for|downgrade:|package|Package) '?([A-Z][\w.-]*\w)", hit["said"])
    found = named or name
    word = found[1] if found else ""
    return {"name": word, "advice": PACKAGES.get(hit["code"], _ANY_PACKAGE).format(name=word)}


def source(hit: Hit) -> Mapping[str, str]:
    """The address of the feed that does not answer."""
    found = re.search(r"https?://[^\s'\"]+", hit["said"])
    return {"source": found[0].rstrip(".") if found else ""}


def sdk(hit: Hit) -> Mapping[str, str]:
    told = " ".join(hit.after(12))
    want = re.search(r"(?:Requested SDK version:|version) \[?(\d[\w.-]+)\]?", f"{hit.line} {told}")
    return {"want": want[1] if want else ""}


def version_of_global_json(hit: Hit) -> Place | None:
    for path in hit.files.named("global.json"):
        if line := hit.files.search(path, r"\"version\""):
            return hit.files.place(path, line)
    return None


def in_stack(hit: Hit) -> Place | None:
    for line in hit.after(20):
        if match := re.search(r" in (\S+\.(?:cs|fs|vb)):line (\d+)", line):
            place = at("path", "line")(
                Hit(hit.section, hit.index, {"path": match[1], "line": match[2]}, hit.files, hit.transcript)
            )
            if place:
                return place
    return None


# What a task runs, and how to make it speak.
_TASKS = {
    "VSTestTask": "Read what the tests printed above; dotnet test --logger 'console;verbosity=detailed' shows each of them",
    "RestoreTask": "Run it again; when it stays, dotnet restore -v:detailed shows which package or feed it stops at",
}


def silent_task(hit: Hit) -> Mapping[str, str]:
    """What was printed just above says more than MSBuild does."""
    task = hit["task"].rpartition(".")[2]
    above = next(
        (
            line.strip()
            for line in hit.before(6)
            if line.strip() and not re.match(r"\s+(?:Determining|All projects|Restored|\S+ -> )", line)
        ),
        "",
    )
    return {
        "task": task,
        "told": f"Above it stands: {above}" if above else "",
        "title": above or f"MSBuild's task {task} failed without saying why",
        "advice": _TASKS.get(
            task, f"Run it with -v:detailed, which shows what {task} did, and correct what it printed above"
        ),
    }

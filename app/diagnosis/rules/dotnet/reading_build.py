"""What the rows of build.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_instruction, workdir
from app.diagnosis.paths import repository_path
from app.diagnosis.places import at, whole_file
from app.diagnosis.rule import Find, Hit
from app.diagnosis.rules.dotnet.reading_codes import ADVICE, PACKAGES, SIGNED
from app.diagnosis.rules.dotnet.reading_packs import pack
from app.diagnosis.rules.dotnet.reading_shared import unread
from app.model import Place

PROJECTS = (".csproj", ".fsproj", ".vbproj")


def projects(hit: Hit) -> list[str]:
    """The project files, those of tests last."""
    found = [path for path in hit.files.paths if path.endswith(PROJECTS)]
    return sorted(found, key=lambda path: ("test" in path.lower(), path.count("/"), path))


def seen_from_workdir(hit: Hit, path: str) -> str:
    """The path as the failing command has to write it, whose WORKDIR is a folder of the repository."""
    below = workdir(hit).strip("/").split("/")
    for start in range(len(below)):
        folder = "/".join(below[start:]) + "/"
        if path.startswith(folder):
            return path.removeprefix(folder)
    return path


# What is about the framework a project is for; of anything else its line says nothing.
_OF_THE_TARGET = re.compile(
    r"(?i)target(?:ing|s|ed)?\b|framework|runtime|\bAOT\b|trimm|single[- ]file|self-contained"
)


def named_in_project(hit: Hit) -> Place | None:
    """The line of the project file that has the package or the property that the message names."""
    for name in re.findall(r"\b[A-Z]\w+(?:\.\w+)+", hit["said"])[:3]:
        if place := in_project(rf'Include="{re.escape(name)}"')(hit):
            return place
    return in_project(r"TargetFramework")(hit) if hit["known"] or _OF_THE_TARGET.search(hit["said"]) else None


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


def built(hit: Hit) -> Mapping[str, str] | None:
    if hit["code"] == "MSB4181":
        return None  # it knows only that something failed
    framework = re.search(r"(?:targeting|target) \.NET (?:Core )?(\d+\.\d+)", hit["said"])
    words = {
        "project": seen_from_workdir(hit, next(iter(projects(hit)), "PROJECT.csproj")),
        "framework": framework[1] if framework else "VERSION",
    }
    advice = ADVICE.get(hit["code"]) or f"{asked(hit['said']) or 'Correct what the message names'}: {{link}}"
    if (gone := unread(hit)) is not None:
        return {"advice": gone.advice}
    if ".dcproj" in hit["said"]:
        advice = "Take docker-compose.dcproj out of what the image restores: restore the project itself, dotnet restore {project}, or a solution filter without it."
    page = "visualstudio/msbuild/errors" if hit["code"].startswith("MSB") else "dotnet/core/tools/sdk-errors"
    link = f"https://learn.microsoft.com/{page}/{hit['code'].lower()}"
    return {"advice": advice.format(link=link, **words)}


_ASKS = re.compile(
    r"(?:^|[.;] +)((?:Please )?(?:To|Either|Try|Ensure|Set|Specify|Make sure|You (?:must|may need)|Use|Install|Add|Remove|Run|Change|"
    r"Consider|Update|Upgrade|Check|Confirm|Restore|Reference)\b[^;]*?)(?:\.(?= |$)|$)"
)


def asked(said: str) -> str:
    """The sentence of a message that says what to do; empty where none does. Braces would be a template's."""
    found = _ASKS.search(said)
    return re.sub(r"[{}]", "", found[1].removeprefix("Please ")) if found else ""


_AT_THE_COMMAND = (
    "MSB1001", "MSB1003", "MSB1006", "MSB1008", "MSB1009", "MSB1011", "MSB1050", "MSB4057", "MSB4126", "MSB4166",
    "NETSDK1004", "NETSDK1047", "NETSDK1064", "NETSDK1112", "NETSDK1194",
)  # fmt: skip


def printed_place(hit: Hit) -> Place | None:
    """The project file, .props or .targets that stands before the message, when it is the repository's."""
    printed = re.match(r"\s*(/?[\w./-]+\.(?:\w+proj|props|targets))(?:\((\d+),\d+\))? ?: ", hit.line)
    path = repository_path(hit.files, printed[1], hit) if printed else ""
    if not printed or not path or (path.rpartition("/")[2] != printed[1].rpartition("/")[2]):
        return None
    return hit.files.place(path, int(printed[2])) if printed[2] else None


def built_place(hit: Hit) -> Place | None:
    code = hit["code"]
    if code in _AT_THE_COMMAND:
        return failing_instruction(hit)
    if code == "MSB3202":
        name = re.search(r"([\w.-]+\.\w+proj)\"", hit["said"])
        found = in_project(re.escape(name[1]))(hit) if name else None
        return found or failing_instruction(hit)
    if code.startswith("MSB50"):
        return whole_file(*{p.rpartition("/")[2] for p in hit.files.paths if p.endswith((".sln", ".slnx"))})(
            hit
        )
    place: Place | None = printed_place(hit) or in_project(r"TargetFramework")(hit)
    return place or failing_instruction(hit)


# What holds for each of NuGet's codes.
_ANY_PACKAGE = "Correct the PackageReference of {name} (its version, or a package for this TargetFramework); where a warning became an error, name its code in NoWarn or WarningsNotAsErrors."

_PACKAGE = (
    r"(?:conflict detected for|downgrade:) '?(?P<name>[A-Za-z][\w.-]*\w)",
    r"[Pp]ackages? '?(?P<name>[A-Z][\w.-]*\w)",
    r"resolve '(?P<name>[A-Za-z][\w.-]*\w)",
    r"[Pp]ackages? '?(?P<name>[A-Za-z][\w.-]+)",
    r"[Pp]roject '?\S*?(?P<name>[\w.-]+?)(?:\.\w+proj)? ",
)


def package(hit: Hit) -> Mapping[str, str]:
    """The package that the message is about, and what its code asks for."""
    found = next((match for each in _PACKAGE if (match := re.search(each, hit["said"]))), None)
    word = found["name"] if found else ""
    advice = (
        SIGNED
        if hit["code"].startswith("NU3")
        else PACKAGES.get(hit["code"]) or asked(hit["said"]) or _ANY_PACKAGE
    )
    if (own := pack(hit)) is not None:
        return own
    gone = unread(hit)
    return {"name": word, "advice": gone.advice if gone else advice.format(name=word or "the package")}


def sdk(hit: Hit) -> Mapping[str, str]:
    told = " ".join(hit.after(12))
    found = re.search(r"(?:Requested SDK version:|version) \[?(\d[\w.-]+)\]?", f"{hit.line} {told}")
    want = found[1] if found else ""
    newer = _sdks(told) and max(_sdks(told)) > _numbers(want)
    return {
        "want": want,
        "advice": f'Write "rollForward": "latestMajor" into global.json, or FROM mcr.microsoft.com/dotnet/sdk:{want}'
        if newer
        else f"Write FROM mcr.microsoft.com/dotnet/sdk:{want}, or a version in global.json that is installed (it is never rolled back to an older one)",
    }


def _sdks(told: str) -> list[tuple[int, ...]]:
    """The SDKs that the image has, as dotnet lists them."""
    return [_numbers(each) for each in re.findall(r"(\d+\.\d+\.\d+)\S* \[/", told)]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version)[:3])


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

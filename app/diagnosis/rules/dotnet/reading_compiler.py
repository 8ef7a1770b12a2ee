"""What C#'s, F#'s and Visual Basic's compilers and the tools that MSBuild runs say, and what solves it."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.families import Family, Known
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit

# https://learn.microsoft.com/dotnet/csharp/language-reference/compiler-messages/
COMPILED = Family(
    (
        Known(r"(?:CS0246|CS0234|BC30002|CS0400).*?'(?P<name>[\w.<>]+)'", "{line}", "Add the using line, the PackageReference or the ProjectReference that has {name}; where it is generated or of another project, see that it is in the image."),
        Known(r"CS0103: The name '(?P<name>\w+)'", "{line}", "Define {name}, or correct its name or the using line that brings it."),
        Known(r"CS(?:1061|0117|0571|1929): '(?P<type>[^']+)' does not contain a definition for '(?P<name>\w+)'", "{line}", "Correct the name {name}, or add the using line or package with the extension method; a newer version of the package may have renamed it."),
        Known(r"CS(?:8618|8600|8601|8602|8603|8604|8625|8619|8620|8629)\b", "{line}", "Make the value nullable (?), set it (required, a default), or check it for null; a warning becomes an error by TreatWarningsAsErrors or <WarningsAsErrors>nullable."),
        Known(r"CS(?:0618|0612)\b", "{line}", "Use what the message names instead of the obsolete one, or write WarningsNotAsErrors with its code."),
        Known(r"CS1591\b", "{line}", "Write the XML comment, or NoWarn with CS1591 in the project."),
        Known(r"CS8032|CS9057|analyzer assembly", "{line}", "The analyzer or generator was made for a newer compiler: take a newer SDK image, or a lower version of that package."),
        Known(r"CS(?:8652|8370|8773|8400|8026|8059|8107|8320|8936|8703|9058|9202)\b|is not available in C# (?P<have>[\d.]+)", "{line}", "Take a newer SDK in FROM and a newer TargetFramework, or leave that part of the language out (LangVersion only where the SDK knows it)."),
        Known(r"CS0101|CS0111|CS0579|CS0102", "{line}", "It is defined twice: remove one; for an attribute such as AssemblyVersion leave obj/ out of the image (**/obj and **/bin in .dockerignore), or write GenerateAssemblyInfo=false."),
        Known(r"CS(?:0029|0266|1503|0019)\b", "{line}", "Convert the value, or change the type on this line."),
        Known(r"CS(?:1002|1003|1026|1513|1514|1519|1525)\b", "{line}", "Correct the syntax of this line or of the line before it."),
        Known(r"CS(?:0535|0534|0738)\b", "{line}", "Write the members that the interface or base class asks for; a newer version of a package may have added one."),
        Known(r"CS7036|CS1501|CS1729|CS1739", "{line}", "Give the call the arguments that the method has in this version."),
        Known(r"^(?:WHITESPACE|FINALNEWLINE|ENDOFLINE|CHARSET|IMPORTS|IDE0055)\b", "{line}", "Run dotnet format and commit what it changes."),
        Known(r"^(?:CA|IDE|SA|S|RCS|VSTHRD|xUnit)\d+", "{line}", "Correct what the analyzer names, or set its severity in .editorconfig (dotnet_diagnostic.CODE.severity = warning)."),
        Known(r"^RZ\d+", "{line}", "Correct the markup at this line: each tag and each @ block has to be closed."),
    )
)  # fmt: skip

# What stands at no line of the repository.
UNPLACED = Family(
    (
        Known(r"CS5001\b", "CS5001: the program has no Main", "Write static void Main or top-level statements in one file of this project; a library has <OutputType>Library, and COPY has to bring Program.cs."),
        Known(r"CS8802|CS0017", "{line}", "Leave one entry point: one Main, or top-level statements in one file alone (tests and tools in projects of their own)."),
        Known(r"CS1705|CS0012|CS0433", "{line}", "Two references want different versions of that assembly: raise the older PackageReference."),
        Known(r"CS0006: Metadata file '(?P<name>[^']+)'", "{line}", "The referenced project was not built: correct the error above it, or COPY that project too."),
        Known(r"CS1504|CS2001|CS2005|CS1566|CS7027", "{line}", "The file that the message names is not in the image: commit it and COPY it (look into .dockerignore), in the case its name has."),
        Known(r"Platform linker \('(?P<name>clang)'|exec: \"?clang", "Native AOT finds no clang in the image", "RUN apt-get update && apt-get install -y clang zlib1g-dev before dotnet publish (Alpine: apk add clang build-base zlib-dev), or leave PublishAot out."),
        Known(r"Unable to find (?:fallback )?package", "{line}", "Correct its name or version, or add the feed that has it (nuget.config, COPY it before the restore); a folder of another machine comes with obj/: leave it out of the image (**/obj in .dockerignore) and run dotnet restore in it."),
        Known(r"npm (?:is|:) (?:not|command)|Node\.js is required", "{line}", "Install Node in the SDK stage (COPY --from=node:22 /usr/local …), or build the front end in a stage of its own."),
    )
)  # fmt: skip


def compiled(hit: Hit) -> Mapping[str, str]:
    """The advice for a compiler's code; for one without its own, the line."""
    said = f"{hit['code']}: {hit['said']}"
    path = repository_path(hit.files, hit["path"], hit) or hit["path"]
    found = COMPILED.read(hit, said) or UNPLACED.read(hit, said)
    at = f"Correct line {hit['line']} of {path}"
    return {"advice": f"{at}: {_small(found['advice'])}" if found else f"{at}."}


def unplaced(hit: Hit) -> Mapping[str, str] | None:
    """An error of the build that stands at no line of a source; None for what is none of MSBuild's."""
    of_msbuild = any(
        word in hit.line
        for word in ("proj]", "proj :", "proj(", ".targets(", "CSC :", ".props(", "FSC :", ".sln]")
    )
    if not of_msbuild or hit["code"] == "MSB4181":  # which has a row of its own
        return None
    said = f"{hit['code']}: {hit['said']}" if hit["code"] else hit["said"]
    found = UNPLACED.read(hit, said) or COMPILED.read(hit, said)
    if found:
        return {"title": found["title"], "said": said, "advice": found["advice"], "known": "yes"}
    return {
        "title": said,
        "said": said,
        "advice": "Correct what the message names, in the project file or in what it runs.",
    }


def _small(words: str) -> str:
    return words[:1].lower() + words[1:]

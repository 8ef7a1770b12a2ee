"""Java and its builders, .NET: what their compilers, module systems and programs say."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import (
    at,
    dependency_line,
    failing_instruction,
    first,
    instruction,
    matching,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.model import Place


def _java_symbol(hit: Hit) -> Mapping[str, str] | None:
    details = [line.strip().removeprefix("[ERROR]").strip() for line in hit.after(4)]
    symbol = next((d for d in details if d.startswith("symbol:")), "")
    return {
        "more": " ".join(d for d in details if d.startswith(("symbol:", "location:"))),
        "symbol": " ".join(symbol.removeprefix("symbol:").split()),
    }


def _java_frame(hit: Hit) -> Place | None:
    """The repository's class nearest to the root cause."""
    for line in hit.after(120):
        if match := re.match(
            r"\s*at (?:[\w.$/]+/)?([\w.$]+)\.[\w$<>]+\((\w+\.(?:java|kt|scala|groovy)):(\d+)\)", line
        ):
            package = "/".join(match[1].split(".")[:-1])
            for path in sorted(hit.files.paths):
                if path.endswith(f"{package}/{match[2]}") and (place := hit.files.place(path, int(match[3]))):
                    return place
    return None


def _caused(hit: Hit) -> Mapping[str, str] | None:
    return {} if _java_frame(hit) else None


def _spring(hit: Hit) -> Mapping[str, str] | None:
    lines = [line.strip() for line in hit.after(30)]
    if "Description:" not in lines:
        return None
    where = lines.index("Description:")
    said = next((line for line in lines[where + 1 :] if line), "")
    action = (
        next((line for line in lines[lines.index("Action:") + 1 :] if line), "") if "Action:" in lines else ""
    )
    return {"said": said, "action": action}


def _maven_artifact(hit: Hit) -> Mapping[str, str] | None:
    return {"name": hit["spec"].split(":")[1] if ":" in hit["spec"] else hit["spec"]}


RULES = (
    Rule(
        code="java-error",
        pattern=r"^(?:\[ERROR\] )?(?P<path>/?[\w./-]+\.(?:java|kt|scala|groovy)):(?:\[)?(?P<line>\d+)(?:[,:]\d+\]?)?:? (?:error: )?(?P<said>.+)",
        read=_java_symbol,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{said}: {symbol}",
        message="{said} {more}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="java-error",
        pattern=r"^e: (?:file://)?(?P<path>/?[\w./-]+\.kts?):(?:\(?(?P<line>\d+)[,:] ?\d+\)?):? (?P<said>.+)",
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{said}",
        message="{path}:{line}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="maven-pom",
        pattern=r"\[(?:ERROR|FATAL)\] +(?:Non-parseable POM \S+: |Malformed POM \S+: |'?(?P<field>[\w.]+)'? )(?P<said>.*?)@? *(?:line (?P<line>\d+), column \d+|$)",
        read=lambda hit: {} if hit["line"] else None,
        place=lambda hit: next(
            (p for f in hit.files.named("pom.xml") if (p := hit.files.place(f, int(hit["line"])))), None
        ),
        rank=Rank.ROOT,
        title="pom.xml: {field} {said}",
        message="pom.xml line {line}: {field} {said}",
        fix="Correct line {line} of pom.xml.",
    ),
    Rule(
        code="maven-dependency",
        pattern=r"(?:Could not find artifact|Failure to find|Could not resolve|Could not transfer artifact|was not found in \S+ during a previous attempt.*) ?(?P<spec>[\w.-]+:[\w.-]+(?::[\w.-]+)+)",
        read=_maven_artifact,
        place=lambda hit: (
            dependency_line(hit, "maven", hit["name"]) or dependency_line(hit, "gradle", hit["name"])
        ),
        rank=Rank.ROOT,
        title="{spec} cannot be found",
        message="Could not find artifact {spec} in its repository.",
        fix="Correct the version of {name}: https://central.sonatype.com/search?q={name}.",
    ),
    Rule(
        code="java-release",
        pattern=r"(?:error: |Fatal error compiling: error: )(?:release version|invalid (?:target|source) release:?|invalid flag: --release) ?(?P<want>[\d.]*)(?: not supported)?",
        place=first(
            matching(
                r"<(?:maven\.compiler\.(?:release|target|source)|java\.version|release|target)>", "pom.xml"
            ),
            matching(r"languageVersion|sourceCompatibility|jvmTarget", "build.gradle", "build.gradle.kts"),
        ),
        rank=Rank.ROOT,
        title="The JDK does not support release {want}",
        message="release version {want} not supported by the image's JDK.",
        fix="Use an image with a newer JDK, or lower the release.",
    ),
    Rule(
        code="gradle-script",
        pattern=r"(?:Build|Settings|Script) file '(?P<path>[^']+)' line: (?P<line>\d+)",
        read=lambda hit: {
            "said": " ".join(
                line.strip(" >*") for line in hit.after(8) if line.strip(" >*") and "went wrong" not in line
            )[:200]
        },
        place=at(),
        rank=Rank.ROOT,
        title="{said}",
        message="{path} line {line}: {said}",
        fix="Correct line {line} of the build file.",
    ),
    Rule(
        code="spring-start",
        pattern=r"APPLICATION FAILED TO START",
        read=_spring,
        place=lambda hit: _spring_place(hit),
        rank=Rank.ROOT,
        title="{said}",
        message="APPLICATION FAILED TO START: {said}",
        fix="{action}",
    ),
    Rule(
        code="spring-placeholder",
        pattern=r"Could not resolve placeholder '(?P<name>[\w.-]+)' in value",
        place=lambda hit: (
            variable("name")(hit)
            or next(
                (
                    hit.files.place(p, n)
                    for p in sorted(hit.files.paths)
                    if p.endswith((".java", ".kt", ".properties", ".yml", ".yaml"))
                    and (n := hit.files.search(p, re.escape("${" + hit["name"])))
                ),
                None,
            )
        ),
        rank=Rank.ROOT,
        title="{name} has no value",
        message="Could not resolve placeholder '{name}'.",
        fix="Set it in application.properties or as an environment variable of the service.",
    ),
    Rule(
        code="java-exception",
        pattern=r"^(?:Caused by: |Exception in thread \"[^\"]+\" )(?P<kind>[\w.$]+(?:Exception|Error)\w*)(?:: (?P<said>.*))?",
        read=_caused,
        place=_java_frame,
        last=True,
        title="{kind}: {said}",
        message="{kind}: {said}",
        fix="Look at the first line of yours below this exception.",
    ),
    Rule(
        code="java-jar",
        pattern=r"Error: Unable to access jarfile (?P<name>\S+)|no main manifest attribute, in (?P<name2>\S+)|Could not find or load main class (?P<name3>\S+)|UnsupportedClassVersionError: (?P<name4>\S+)",
        read=lambda hit: {
            "name": hit["name"] or hit["name2"] or hit["name3"] or hit["name4"],
            "said": hit.line.strip(),
        },
        place=lambda hit: instruction("ENTRYPOINT", "CMD")(hit),
        rank=Rank.ROOT,
        title="Java cannot start {name}",
        message="{said}",
        fix="Correct the jar's name or its main class in CMD/ENTRYPOINT, and build with the JDK that runs it.",
    ),
    Rule(
        code="dotnet-error",
        pattern=r"^(?P<path>/?[\w./-]+\.(?:cs|fs|vb|cshtml|razor))\((?P<line>\d+),\d+\): error (?P<code>[A-Z]+\d+): (?P<said>.+?)(?: \[|$)",
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="dotnet-package",
        pattern=r"error (?P<code>NU\d+): (?P<said>.*?(?:package|Package) '?(?P<name>[\w.-]+).*?)(?: \[|$)",
        place=lambda hit: dependency_line(hit, "dotnet", hit["name"]),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Correct the version of {name}: https://www.nuget.org/packages/{name}.",
    ),
    Rule(
        code="dotnet-sdk",
        pattern=r"error (?P<code>NETSDK\d+|MSB\d+): (?P<said>.+?)(?: \[|$)",
        place=lambda hit: (
            next(
                (
                    hit.files.place(p, n)
                    for p in sorted(hit.files.paths)
                    if p.endswith(("proj",)) and (n := hit.files.search(p, r"TargetFramework"))
                ),
                None,
            )
            or failing_instruction(hit)
        ),
        rank=Rank.ROOT,
        title="{code}: {said}",
        message="{code}: {said}",
        fix="Use the SDK image of the target framework, or change TargetFramework.",
    ),
    Rule(
        code="dotnet-exception",
        pattern=r"^Unhandled exception\. (?P<kind>[\w.]+): (?P<said>.+)",
        place=lambda hit: next(
            (
                hit.files.place(path, int(m[2]))
                for line in hit.after(40)
                if (m := re.search(r" in (/\S+\.(?:cs|fs)):line (\d+)", line))
                and (path := repository_path(hit.files, m[1], hit))
            ),
            None,
        ),
        title="{kind}: {said}",
        message="{kind}: {said}",
        fix="Look at the first line of yours in the stack.",
    ),
)


def _spring_place(hit: Hit) -> Place | None:
    if "DataSource" in hit["said"] or "url" in hit["said"]:
        return whole_file("application.properties", "application.yml", "application.yaml")(hit)
    return _java_frame(hit)

"""Maven: the pom that is meant, the artifact, the test, the goal."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import failing_dockerfile, failing_instruction
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.places import matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.jvm.reading_code import CODE, SCRIPTS, sources
from app.model import Place


def _poms(hit: Hit) -> tuple[str, ...]:
    return nearest_first(hit, hit.files.named("pom.xml"))


def _pom_named(hit: Hit) -> str:
    """The pom.xml that Maven means: it names it on the same line, or where it says that a project has errors."""
    match = re.search(r"(/\S*pom\.xml)", hit.line) or hit.find_before(
        r"The project .*\((\S+pom\.xml)\) has", 6
    )
    match = match or hit.find_after(r"The project .*\((\S+pom\.xml)\) has", 12)
    found = repository_path(hit.files, match[1], hit) if match else ""
    return found or next(iter(_poms(hit)), "")


def pom_place(hit: Hit) -> Place | None:
    path = _pom_named(hit)
    line = int(hit["line"] or 1)
    return hit.files.place(path, line) if path else None


def pom(hit: Hit) -> Mapping[str, str] | None:
    said = re.sub(r"\s*\(position: .*$", "", hit["said"].replace("\\n", " ")).strip().rstrip("@ ").strip()
    said = re.sub(r"(?:Non-parseable|Malformed) POM \S+: ", "", said)
    if "version' for" in said and "is missing" in said:
        name = re.search(r"for [\w.-]+:([\w.-]+)", said)
        fix = f"Write a <version> for {name[1] if name else 'it'} in pom.xml, or a parent or BOM that manages it."
    elif "parent POM" in said:
        fix = "Correct the <version> of <parent>; for a parent of your own, COPY its pom.xml into the image too (relativePath)."
    else:
        fix = f"Correct line {hit['line']} of pom.xml: {said}."
    return {"said": said, "fix": fix} if hit["line"] else None


def artifact_words(hit: Hit) -> Mapping[str, str] | None:
    line = hit.line
    if re.search(r"Unknown host|onnection (?:refused|reset|timed out)|Connect to .* failed|connect timed out|Read timed out|UnknownHost|PKIX|Temporary failure|status code(?:: | )5\d\d", line):  # fmt: skip
        return None
    if hit.find_after(
        r"^[\s>]*(?:Connect to \S+ .*failed: )?(?:Read timed out|Connect(?:ion)? (?:timed out|reset|refused)|Temporary failure|Remote host (?:closed|terminated)|No such host|Name or service not known)",
        12,
    ):
        return None  # Gradle tells the reason below, in a line of its own
    spec = hit["spec"].rstrip(".,;)")
    parts = spec.split(":")
    if len(parts) < 2:
        return None
    version = parts[-1] if len(parts) > 2 else ""
    scope = re.search(r"(?:status code(?:: | )?|Unauthorized|Forbidden).{0,6}", line)
    denied = bool(re.search(r"401|403|Unauthorized|Forbidden", line))
    blocked = "http-blocker" in line or "Blocked mirror" in line
    if blocked:
        fix = "Write https:// in the <repository> of pom.xml: Maven 3.8 and later refuse http."
    elif denied:
        fix = f"Give the build the right to read the repository that has {parts[1]} (settings.xml with a token), or correct its url."
    elif _is_own_module(hit, parts[1]):
        fix = f"{parts[1]} is a module of this repository: build it with it (mvn -pl … -am, from the root), and COPY its folder into the image."
    elif by_hand := _installed_by_hand(hit):
        fix = f"{by_hand} installs files into Maven's repository by hand: have it install {parts[1]} {version} (its groupId, artifactId and version must be those of the build file), or ask for the version that it installs."
    else:
        fix = f"Correct {parts[1]} {version} in the build file: the versions are at https://central.sonatype.com/artifact/{parts[0]}/{parts[1]}, or add the repository that has it."
    return {
        "spec": spec,
        "group": parts[0],
        "name": parts[1],
        "version": version,
        "fix": fix,
        "why": (scope[0] if scope and denied else ""),
        "said": re.sub(r"^\[ERROR\] ", "", line.strip())[:400],
    }


def _installed_by_hand(hit: Hit) -> str:
    """Where the Dockerfile puts files into the local repository; empty where it does not."""
    found = failing_dockerfile(hit)
    line = hit.files.search(found[0], r"install:install-file") if found else 0
    return f"{found[0]} line {line}" if found and line else ""


def _is_own_module(hit: Hit, artifact: str) -> bool:
    return any(
        hit.files.search(path, rf"<artifactId>\s*{re.escape(artifact)}\s*</artifactId>")
        and path.rpartition("/")[0].endswith(artifact)
        for path in hit.files.named("pom.xml")
    )


def artifact_place(hit: Hit) -> Place | None:
    if "http-blocker" in hit.line and (place := matching(r"<url>\s*http://", "pom.xml")(hit)):
        return place
    for path in _poms(hit):
        if line := hit.files.search(path, rf"<artifactId>\s*{re.escape(hit['name'])}\s*</artifactId>"):
            return hit.files.place(path, line)
    for pattern in (rf"{re.escape(hit['group'])}:{re.escape(hit['name'])}\b", rf"[\"':]{re.escape(hit['name'])}[\"':@]"):  # fmt: skip
        for path in nearest_first(hit, hit.files.named(*SCRIPTS, "build.sbt", "Dependencies.scala")):
            if line := hit.files.search(path, pattern):
                return hit.files.place(path, line)
    if place := _sbt_place(hit):
        return place
    required = hit.find_after(r"^\s+project :?(\S*)(?: > ([\w.-]+):([\w.-]+):)", 12)
    if required:
        return dependency_line(hit, "gradle", required[3])
    return whole_file("pom.xml", "build.gradle", "build.gradle.kts", "build.sbt")(hit)


def deduplicated(hit: Hit) -> Mapping[str, str]:
    """The file that two jars bring."""
    found = hit.find_after(r"entry target = ([^,\s]+)|^\[error\]\s+(\S+\.jar:\S+)", 4)
    return {"target": (found[1] or found[2]) if found else "a file of META-INF"}


def _sbt_place(hit: Hit) -> Place | None:
    name = re.sub(r"_(?:2\.\d+|3)$", "", hit["name"])
    return matching(rf'"{re.escape(name)}"', "build.sbt", "Dependencies.scala", "plugins.sbt")(hit)


def mvn_test(hit: Hit) -> Mapping[str, str] | None:
    place = test_place(hit)
    return (
        {"fix": f"Correct the code so that {hit['class']}.{hit['method']} holds, or the test."}
        if place
        else None
    )


def test_place(hit: Hit) -> Place | None:
    name = (hit["class"] or hit["class2"]).rpartition(".")[2].split("$")[0]
    for ending in CODE:
        found = [p for p in sources(hit) if p.rpartition("/")[2] == name + ending]
        if found:
            return (
                hit.files.place(found[0], int(hit["line"])) if hit["line"] else hit.files.place(found[0], 1)
            )
    return None


def goal(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"].partition(" -> [Help")[0].strip()
    if re.match(r"Compilation failure|There are test failures|Could not resolve dependencies", said):
        return None
    more = " ".join(line.removeprefix("[ERROR]").strip() for line in hit.after(4) if "[Help" not in line and "re-run Maven" not in line and "To see the full" not in line)  # fmt: skip
    plugin = hit["goal"].split(":")
    return {
        "said": said,
        "more": more[:300],
        "name": plugin[1] if len(plugin) > 1 else hit["goal"],
        "project": hit["project"],
    }


def goal_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "maven", hit["name"]) or failing_instruction(hit)


def enforced(hit: Hit) -> Mapping[str, str]:
    """What the enforcer found and wants, and the image that has it."""
    want = hit["want"] or hit["want2"]
    least = re.match(r"[\[(]?(?:1\.)?(\d+)", want)
    maven = hit["what"] == "Maven"
    return {
        "have": hit["have"] or hit["have2"],
        "want": want,
        "what": "Maven" if maven else "JDK",
        "image": f": maven:3-eclipse-temurin-{least[1]}" if least and not maven else "",
    }


def own_pom(hit: Hit) -> Place | None:
    return matching(r"<plugins>|<build>", "pom.xml")(hit) or whole_file("pom.xml")(hit)

"""Java, Kotlin, Scala and Groovy: what their compilers, Maven, Gradle, sbt, Spring Boot and the JVM itself say."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.envelope import Kind
from app.diagnosis.places import (
    anywhere,
    base_image,
    dependency_line,
    failing_dockerfile,
    failing_instruction,
    first,
    in_instruction,
    instruction,
    matching,
    nearest_first,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Find, Hit, Rank, Rule, once_per_log
from app.model import Blame, Place

BUILD = frozenset({Kind.STEP, Kind.INSTRUCTION})
CODE = (".java", ".kt", ".scala", ".groovy")
SCRIPTS = ("build.gradle", "build.gradle.kts", "libs.versions.toml", "settings.gradle", "settings.gradle.kts")
SETTINGS = ("application.properties", "application.yml", "application.yaml", "bootstrap.yml")


# Paths, classes and frames


def _own(hit: Hit, path: str, line: str) -> Place | None:
    found = repository_path(hit.files, path, hit)
    return hit.files.place(found, int(line)) if found and line.isdecimal() and len(line) < 8 else None


def _at(hit: Hit) -> Place | None:
    return _own(hit, hit["path"], hit["line"])


@once_per_log
def _sources(hit: Hit) -> tuple[str, ...]:
    return nearest_first(hit, tuple(sorted(p for p in hit.files.paths if p.endswith(CODE))))


def _source_of(hit: Hit, package: str, name: str) -> str:
    """The source file of a class: its folder is the package, or for Kotlin the end of it."""
    folder = package.replace(".", "/")
    named = [p for p in _sources(hit) if p.rpartition("/")[2] == name]
    exact = [p for p in named if p.endswith(f"{folder}/{name}" if folder else name)]
    if exact:
        return exact[0]
    loose = [p for p in named if p.endswith((".kt", ".scala", ".groovy"))]
    return loose[0] if len(loose) == 1 and folder else ""


def _class_line(hit: Hit, qualified: str) -> Place | None:
    """Where a class of the repository is declared."""
    bare = qualified.split("$")[0]
    package, _, name = bare.rpartition(".")
    for ending in CODE:
        if path := _source_of(hit, package, name + ending):
            line = hit.files.search(path, rf"\b(?:class|interface|object|enum|record)\s+{re.escape(name)}\b")
            return hit.files.place(path, line or 1)
    return None


_FRAME = re.compile(
    r"\s*at (?:[\w.@-]+/+)?(?P<class>[\w.$]+?)\.[\w$<>]+\((?P<file>\w+\.(?:java|kt|scala|groovy)):(?P<line>\d{1,7})\)"
)


def _frame(hit: Hit, lines: tuple[str, ...]) -> Place | None:
    for line in lines:
        if match := _FRAME.match(line):
            package = match["class"].split("$")[0].rpartition(".")[0]
            path = _source_of(hit, package, match["file"])
            if path and (place := hit.files.place(path, int(match["line"]))):
                return place
    return None


_CAUSED = re.compile(r"\s*Caused by: (?P<kind>[\w.$]+)(?:: (?P<said>.*))?$")


def _chain(hit: Hit) -> list[tuple[str, str, list[str]]]:
    """The exception and its causes: (class, message, frames), the root last."""
    links: list[tuple[str, str, list[str]]] = [(hit["kind"], hit["said"], [])]
    quiet = 0
    for line in hit.after(600):
        if match := _CAUSED.match(line):
            links.append((match["kind"], match["said"] or "", []))
            quiet = 0
        elif re.match(r"\s+(?:at |\.\.\. \d+|Suppressed: )", line):
            links[-1][2].append(line)
            quiet = 0
        else:
            quiet += 1
            if quiet > 12:
                break
    return links


def _exception(hit: Hit) -> Mapping[str, str] | None:
    if re.match(r"\s*(?:Caused by|Suppressed)", hit.line) and hit.find_before(
        r"^(?:Exception in thread|[\w.]+(?:Exception|Error)\b)", 200
    ):
        return None
    links = _chain(hit)
    if not any(frames for _, _, frames in links):
        return None
    place = next((found for link in reversed(links) if (found := _frame(hit, tuple(link[2])))), None)
    kind, said, _ = links[-1]
    short = kind.rpartition(".")[2]
    if place is None and len(links) == 1 and hit.section.kind is not Kind.CONTAINER:
        return None
    return {
        "kind": short,
        "said": said,
        "head": f"{short}: {said}" if said else short,
        "outer": f"{links[0][0].rpartition('.')[2]}: {links[0][1][:160]}" if len(links) > 1 else "",
        "path": place.path if place else "",
        "line": str(place.line) if place else "",
        "fix": _exception_fix(kind, said, place),
    }


def _exception_fix(kind: str, said: str, place: Place | None) -> str:
    where = f"{place.path} line {place.line}" if place else "the code that asks for it"
    variable_name = re.search(r"\b([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", said)
    if variable_name:
        return f"Set {variable_name[1]} on the service, or give it a default in {where}."
    if "ConnectException" in kind or "Connection refused" in said or ("refused" in said and "onnect" in said):
        return "Give the service the address of a server it can reach: localhost in a container is the container itself."
    if "UnknownHost" in kind:
        return f"Correct the host name {said}, or give the service a network that knows it."
    if "NoSuchFile" in kind or "FileNotFound" in kind:
        return f"COPY {said.partition(' (')[0]} into the image that runs, or read it from the class path."
    if "NullPointer" in kind:
        return f"Check for null in {where}: {said or 'the value is not there'}."
    if "ClassNotFound" in kind or "NoClassDefFound" in kind:
        return f"Add the dependency that has {said} with scope runtime, so that it is in the jar."
    return f"Correct {where}: {said or kind}."


def _exception_place(hit: Hit) -> Place | None:
    return hit.files.place(hit["path"], int(hit["line"])) if hit["path"] and hit["line"] else None


# The compilers


def _compile(hit: Hit) -> Mapping[str, str] | None:
    said = hit["said"].strip()
    if re.match(r"warning:|\[?(?:unchecked|deprecation)\]?|Note:|w: ", said):
        return None
    details: list[str] = []
    for line in hit.after(6):
        bare = re.sub(r"^\[(?:ERROR|error)\]\s*", "", line).strip()
        if re.match(r"(?:symbol|location|required|found|reason): ", bare + " "):
            details.append(" ".join(bare.split()))
    symbol = next((d.removeprefix("symbol: ") for d in details if d.startswith("symbol:")), "")
    head = f"{said}: {symbol}" if symbol else said
    words = {"said": said, "more": " ".join(details), "head": head, "symbol": symbol}
    return {**words, "fix": _compile_fix(hit, said, symbol)}


def _compile_fix(hit: Hit, said: str, symbol: str) -> str:
    where = f"line {hit['line']} of {hit['path'].rpartition('/')[2]}"
    if match := re.search(r"package ([\w.]+) does not exist", said):
        if any(match[1].replace(".", "/") in p for p in _sources(hit)):
            return f"Correct the package {match[1]} on {where}, or build the module that has it first."
        return f"Add the dependency that has {match[1]} to pom.xml or build.gradle, or correct the import on {where}."
    name = re.search(r"(?:class|method|variable|interface) (\w+)", symbol) or re.search(
        r"(?:nresolved reference|not found: \w+|Not found: value)[: ]+[`']?(\w+)", said
    )
    if name:
        near = difflib.get_close_matches(name[1], sorted(_names(hit) - {name[1]}), 1, 0.7)
        if near:
            return f"Write {near[0]} instead of {name[1]} on {where}."
        return f"Import or define {name[1]}, or correct its name on {where}."
    if "';' expected" in said or "expected" in said:
        return f"Correct the syntax on {where}: {said}."
    if match := re.search(r"unreported exception (\w+)", said):
        return f"Catch {match[1]} on {where}, or declare it with throws."
    return f"Correct {where}: {said}."


_COMMON = frozenset({"println", "print", "printf", "String", "Integer", "List", "Map", "Set", "Optional", "ArrayList", "HashMap"})  # fmt: skip


@once_per_log
def _names(hit: Hit) -> frozenset[str]:
    """What the repository's own sources declare."""
    found = set(_COMMON)
    declared = re.compile(
        r"(?:class|interface|enum|record|object|fun|def|val|var|[\w>\]]+)\s+(\w+)\s*(?:[({=;:]|extends|implements)"
    )
    for path in _sources(hit)[:500]:
        for line in hit.files.lines(path):
            found.update(declared.findall(line[:300]))
    return frozenset(found)


# Maven


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


def _pom_place(hit: Hit) -> Place | None:
    path = _pom_named(hit)
    line = int(hit["line"] or 1)
    return hit.files.place(path, line) if path else None


def _pom(hit: Hit) -> Mapping[str, str] | None:
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


def _artifact(hit: Hit) -> Mapping[str, str] | None:
    line = hit.line
    if re.search(r"Unknown host|onnection (?:refused|reset|timed out)|Connect to .* failed|connect timed out|Read timed out|UnknownHost|PKIX|Temporary failure|status code(?:: | )5\d\d", line):  # fmt: skip
        return None
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


def _is_own_module(hit: Hit, artifact: str) -> bool:
    return any(
        hit.files.search(path, rf"<artifactId>\s*{re.escape(artifact)}\s*</artifactId>")
        and path.rpartition("/")[0].endswith(artifact)
        for path in hit.files.named("pom.xml")
    )


def _version_line(hit: Hit, path: str, line: int) -> int:
    """The <version> below an <artifactId>, when it follows at once."""
    lines = hit.files.lines(path)
    for number in range(line, min(line + 3, len(lines))):
        if "</dependency>" in lines[number] or "</plugin>" in lines[number]:
            break
        if "<version>" in lines[number]:
            return number + 1
    return line


def _artifact_place(hit: Hit) -> Place | None:
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


def _sbt_place(hit: Hit) -> Place | None:
    name = re.sub(r"_(?:2\.\d+|3)$", "", hit["name"])
    return matching(rf'"{re.escape(name)}"', "build.sbt", "Dependencies.scala", "plugins.sbt")(hit)


def _mvn_test(hit: Hit) -> Mapping[str, str] | None:
    place = _test_place(hit)
    return (
        {"fix": f"Correct the code so that {hit['class']}.{hit['method']} holds, or the test."}
        if place
        else None
    )


def _test_place(hit: Hit) -> Place | None:
    name = (hit["class"] or hit["class2"]).rpartition(".")[2].split("$")[0]
    for ending in CODE:
        found = [p for p in _sources(hit) if p.rpartition("/")[2] == name + ending]
        if found:
            return (
                hit.files.place(found[0], int(hit["line"])) if hit["line"] else hit.files.place(found[0], 1)
            )
    return None


def _goal(hit: Hit) -> Mapping[str, str] | None:
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


def _goal_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "maven", hit["name"]) or failing_instruction(hit)


def _own_pom(hit: Hit) -> Place | None:
    return matching(r"<plugins>|<build>", "pom.xml")(hit) or whole_file("pom.xml")(hit)


# Java's versions


_release_lines: Find = first(
    matching(
        r"<(?:maven\.compiler\.(?:release|target|source)|java\.version|release|target|source|jdk\.version|kotlin\.compiler\.jvmTarget)>",
        "pom.xml",
    ),
    matching(
        r"languageVersion|JavaLanguageVersion|sourceCompatibility|targetCompatibility|jvmTarget|jvmToolchain|options\.release|release\s*=|release\.set",
        "build.gradle",
        "build.gradle.kts",
    ),
    matching(r"jvmTarget|javacOptions|-release|-target", "build.sbt"),
)


def _release(hit: Hit) -> Mapping[str, str]:
    want = next((hit[f"want{n}"] for n in ("", 2, 3, 4) if hit[f"want{n}"]), "")
    said = re.sub(r"^\[ERROR\] (?:Failed to execute goal \S+ .*?on project \S+: )?", "", hit.line.strip()).partition(" -> [Help")[0]  # fmt: skip
    if "no longer supported" in said:
        fix = "Write a newer release in the build file: <maven.compiler.release>17</maven.compiler.release> in pom.xml, or an older JDK in FROM."
        return {"want": want, "said": said, "fix": fix, "head": said}
    fix = f"Build with a JDK {want} image (FROM maven:3-eclipse-temurin-{want}), or lower the release in the build file."
    return {"want": want, "said": said, "fix": fix, "head": f"The JDK of the image does not support release {want}"}  # fmt: skip


_MAJOR = {str(major): str(major - 44) for major in range(49, 80)}


def _class_version(hit: Hit) -> Mapping[str, str]:
    made = hit["made"] or hit["made2"] or hit["made3"]
    runs = hit["runs"] or hit["runs2"]
    made, runs = made.partition(".")[0], runs.partition(".")[0]
    java = _MAJOR.get(made, "")
    have = _MAJOR.get(runs, "an older one")
    return {
        "java": java,
        "have": have,
        "said": hit.line.strip(),
        "name": hit["name"].replace("/", "."),
        "fix": f"Use Java {java} in the image that runs (FROM eclipse-temurin:{java}-jre), or compile for Java {have}.",
    }


def _final_image(hit: Hit) -> Place | None:
    found = failing_dockerfile(hit)
    if found is None or not found[1].stages:
        return None
    return hit.files.place(found[0], found[1].stages[-1].line)


def _class_version_place(hit: Hit) -> Place | None:
    image = _final_image(hit) if hit.section.kind is Kind.CONTAINER else base_image(hit)
    return image or _release_lines(hit)


_wrapper: Find = first(matching(r"^distributionUrl", "gradle-wrapper.properties"), base_image)


# Gradle


def _went_wrong(hit: Hit) -> str:
    """What stands under `* What went wrong:`, the innermost reason last."""
    told: list[str] = []
    inside = hit.line.startswith("* What went wrong")
    for line in hit.after(40):
        if line.startswith("* What went wrong"):
            inside = True
        elif line.startswith(("* Try", "* Get more", "* Exception is", "BUILD FAILED")):
            break
        elif inside and line.strip() and not line.startswith("* Where"):
            told.append(line.strip().removeprefix("> ").removeprefix("> "))
    return " ".join(told[:14])


def _script(hit: Hit) -> Mapping[str, str] | None:
    said = _went_wrong(hit)
    detail = re.search(r"(Could not find method \w+\(\)|Could not (?:get|set) unknown property '[^']+'|Plugin \[id: [^\]]+\] was not found[\w ]*|Unresolved reference:? '?\w+|[Uu]nexpected token[^.]*|expecting [^@]*|Could not find \S+:\S+:[\w.-]+|Plugin with id '[^']+' not found|No signature of method: [\w.]+)", said)  # fmt: skip
    head = detail[1].strip() if detail else re.sub(r"^A problem occurred \w+ [\w ]*'[^']*'\.\s*", "", said)
    exact = re.search(r"build file '[^']+': (\d+): ", said)
    return {
        "said": said or "the build file does not work",
        "head": head or "The Gradle build file does not work",
        "line": exact[1] if exact else hit["line"],
        "fix": _script_fix(said, hit["path"].rpartition("/")[2], exact[1] if exact else hit["line"]),
    }


_METHODS = ("implementation", "api", "compileOnly", "runtimeOnly", "testImplementation", "testRuntimeOnly", "annotationProcessor",
            "kapt", "developmentOnly", "plugins", "dependencies", "repositories", "mavenCentral", "useJUnitPlatform", "sourceSets")  # fmt: skip


def _script_fix(said: str, name: str, line: str) -> str:
    where = f"line {line} of {name}"
    if match := re.search(r"Could not find method (\w+)\(\)|Unresolved reference:? '?(\w+)", said):
        wrong = match[1] or match[2]
        if wrong in ("compile", "testCompile", "runtime"):
            return f"Write {'testImplementation' if wrong == 'testCompile' else 'implementation'} instead of {wrong} on {where}: Gradle 7 removed it."
        near = difflib.get_close_matches(wrong, _METHODS, 1)
        return f"Write {near[0]} instead of {wrong} on {where}." if near else f"Correct {wrong} on {where}."
    if match := re.search(r"unknown property '([^']+)'", said):
        return f"Define {match[1]} (gradle.properties, ext) or correct its name on {where}."
    if match := re.search(r"Plugin \[id: '([^']+)'(?:, version: '([^']+)')?\] was not found|Plugin with id '([^']+)'", said):  # fmt: skip
        return f"Correct the id or version of the plugin {match[1] or match[3]} {match[2] or ''} on {where} (https://plugins.gradle.org)."
    return f"Correct {where}."


def _gradle(hit: Hit) -> Mapping[str, str] | None:
    said = _went_wrong(hit)
    if not said or re.search(r"Compilation (?:failed|error)|There were failing tests|failed; see the compiler error|compile errors\. See", said):  # fmt: skip
        return None
    task = re.search(r"Execution failed for task '([^']+)'", said)
    return {
        "said": said,
        "head": re.sub(r"^Execution failed for task '[^']+'\. ", "", said),
        "task": task[1] if task else "",
    }


def _task(hit: Hit) -> Mapping[str, str]:
    near = re.search(r"(?:Some candidates are|candidates are): ?(.*)", hit.line)
    names = re.findall(r"'([^']+)'", near[1]) if near else []
    plugin = {"bootJar": "org.springframework.boot", "shadowJar": "com.github.johnrengelman.shadow", "installDist": "application", "run": "application"}  # fmt: skip
    if names:
        fix = f"Write {' or '.join(names[:3])} instead of {hit['name']}."
    elif hit["name"] in plugin:
        fix = f"Apply the plugin {plugin[hit['name']]} in build.gradle, or run a task that is there (gradle tasks)."
    else:
        fix = f"Run a task that is there instead of {hit['name']} (gradle tasks lists them)."
    return {"fix": fix, "near": near[0] if near else ""}


def _gradle_test(hit: Hit) -> Mapping[str, str] | None:
    for number, line in enumerate(hit.after(25)):
        if re.match(r"\S.* > .* FAILED$|\d+ tests? completed", line):
            return None
        match = re.search(
            r"at (?:[\w.$@/]*\()?(?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d{1,7})\)?", line
        )
        if match:
            paths = [p for p in _sources(hit) if p.rpartition("/")[2] == match["file"]]
            if paths and hit.files.place(paths[0], int(match["line"])):
                said = " ".join(
                    each.strip() for each in hit.after(25)[: number + 1] if not _FRAME.match(each)
                )
                return {"path": paths[0], "line": match["line"], "said": said, "fix": f"Correct the code so that {hit['method']} holds, or the test."}  # fmt: skip
    return None


# Spring Boot


def _spring(hit: Hit) -> Mapping[str, str] | None:
    lines = [line.strip() for line in hit.after(60)]
    if "Description:" not in lines:
        return None
    start = lines.index("Description:") + 1
    end = lines.index("Action:") if "Action:" in lines else len(lines)
    description = [line for line in lines[start:end] if line]
    action = next((line for line in lines[end + 1 :] if line), "")
    said = " ".join(description[:10])
    head = description[0].removesuffix(":") if description else ""
    return {"head": head, "said": said, "fix": _spring_fix(said, action)}


def _spring_fix(said: str, action: str) -> str:
    if "Failed to configure a DataSource" in said:
        return "Set spring.datasource.url in application.properties (SPRING_DATASOURCE_URL on the service), or take the JPA/JDBC starter out of the build file."
    if match := re.search(r"required a bean of type '([^']+)' that could not be found", said):
        return f"Annotate an implementation of {match[1]} with @Component, @Service or @Repository in a scanned package, or define it in a @Configuration."
    if match := re.search(r"Port (\d+) was already in use", said):
        return f"Set server.port=${{PORT:8080}} and start only one server: port {match[1]} is taken."
    if "form a cycle" in said:
        return "Break the cycle: take one of these beans out of the other's constructor, or use @Lazy there."
    if match := re.search(r"Property: (\S+).*?Reason: (.*)", said):
        return f"Correct the value of {match[1]}: {match[2][:160]}"
    return action or "Do what the description asks for."


def _spring_place(hit: Hit) -> Place | None:
    said = hit["said"]
    if match := re.search(r"Origin: class path resource \[([^\]]+)\](?: from \S+)? - (\d+):\d+", said):
        for path in nearest_first(hit, hit.files.named(match[1].rpartition("/")[2])):
            if place := hit.files.place(path, int(match[2])):
                return place
    if match := re.search(r"Origin: System Environment Property \"(\w+)\"|Property: ([\w.-]+)", said):
        name = match[1] or match[2]
        if place := _setting(hit, name):
            return place
    if "DataSource" in said or "datasource" in said:
        return (
            matching(r"datasource|^\s*spring\b", *SETTINGS)(hit)
            or whole_file(*SETTINGS)(hit)
            or matching(r"starter-(?:data-jpa|jdbc|data-jdbc)", "pom.xml", *SCRIPTS)(hit)
        )
    if "changelog" in said:
        return matching(r"liquibase|change-?log", *SETTINGS)(hit) or matching(r"liquibase", "pom.xml", *SCRIPTS)(hit)  # fmt: skip
    if "already in use" in said:
        return matching(r"server\.port|^\s*port:", *SETTINGS)(hit) or anywhere(r"new ServerSocket|setPort\(", *CODE)(hit)  # fmt: skip
    if match := re.search(r"Parameter (\d+) of constructor in ([\w.$]+)|(?:Field|Parameter \d+ of method) (\w+) in ([\w.$]+)", said):  # fmt: skip
        return _injected(hit, match[2] or match[4], match[3] or "", said)
    for name in re.findall(r"\[(?:/?[\w./-]*?classes!?/)?((?:\w+/)+\w+)\.class\]|\b((?:[a-z]\w*\.){1,8}[A-Z]\w+)", said):  # fmt: skip
        if place := _class_line(
            hit, (name[0] or name[1]).replace("/", ".").removeprefix("BOOT-INF.classes.")
        ):
            return place
    return _cycle(hit) or _frame(hit, hit.after(200)) or _setting(hit, "spring")


def _injected(hit: Hit, owner: str, member: str, said: str) -> Place | None:
    """The constructor, method or field that asks for the bean."""
    place = _class_line(hit, owner)
    if place is None:
        return None
    wanted = re.search(r"bean of type '(?:[\w.]*\.)?(\w+)'", said)
    name = owner.rpartition(".")[2]
    patterns = [rf"\b{re.escape(name)}\s*\("]
    if member:
        patterns = [rf"\b{re.escape(member)}\b\s*[;=(:]"]
    if wanted:
        patterns.append(rf"\b{re.escape(wanted[1])}\s+\w+\s*[;,)]|:\s*{re.escape(wanted[1])}\b")
    for pattern in patterns:
        line = hit.files.search(place.path, pattern)
        if line:
            return hit.files.place(place.path, line)
    return place


def _cycle(hit: Hit) -> Place | None:
    for line in hit.after(40):
        match = re.match(
            r"\s*[|┌]\s+(\w+)(?: defined in (?:file|URL) \[(?:[^\]]*?)((?:\w+/)+\w+)\.class\])?", line
        )
        if match:
            name = match[1][:1].upper() + match[1][1:]
            for ending in CODE:
                found = [p for p in _sources(hit) if p.endswith(f"/{name}{ending}")]
                if found:
                    line_number = hit.files.search(found[0], rf"\bclass\s+{re.escape(name)}\b")
                    return hit.files.place(found[0], line_number or 1)
    return None


def _setting(hit: Hit, name: str) -> Place | None:
    """Where a property is set or asked for: in application.properties, as YAML's last part, or in @Value."""
    last = name.rpartition(".")[2]
    plain = re.escape(name)
    return (
        matching(rf"^\s*{plain}\s*[=:]", *SETTINGS)(hit)
        or anywhere(rf"\$\{{{plain}[:}}]", ".properties", ".yml", ".yaml", *CODE)(hit)
        or anywhere(rf"[\"']{plain}[\"']", *CODE)(hit)
        or (
            matching(rf"^\s+{re.escape(last)}\s*:", "application.yml", "application.yaml")(hit)
            if "." in name
            else None
        )
    )


def _placeholder(hit: Hit) -> Mapping[str, str]:
    name = hit["name"].partition(":")[0]
    variable_name = re.sub(r"[.-]", "_", name).upper()
    return {
        "name": name,
        "fix": f"Set {variable_name} on the service, or write {name}=… in application.properties (or a default: ${{{name}:…}}).",
    }


def _yaml_place(hit: Hit) -> Place | None:
    """The application.yml whose parser failed: named near by, or the only one."""
    named = hit.find_before(r"(?:location|resource)\W+(?:classpath:)?/?(?:class path resource \[)?([\w./-]+\.ya?ml)", 80)  # fmt: skip
    names = (
        (named[1].rpartition("/")[2],) if named else ("application.yml", "application.yaml", "bootstrap.yml")
    )
    for path in nearest_first(hit, hit.files.named(*names)):
        if place := hit.files.place(path, int(hit["line"])):
            return place
    return None


def _flyway(hit: Hit) -> Mapping[str, str]:
    words = {key: (m[1].strip() if (m := hit.find_after(pattern, 14)) else "") for key, pattern in (
        ("message", r"^\s*Message\s+: (.*)"), ("location", r"^\s*Location\s+: (\S+)"), ("at", r"^\s*Line\s+: (\d+)"),
    )}  # fmt: skip
    name = hit["name"] or (words["location"].rpartition("/")[2])
    return {**words, "name": name}


def _flyway_place(hit: Hit) -> Place | None:
    for path in nearest_first(hit, hit.files.named(hit["name"])):
        return hit.files.place(path, int(hit["at"] or 1))
    return None


# Starting a jar


def _jar(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"] or hit["name3"] or hit["name4"]
    said = hit.line.strip().removeprefix("Error: ")
    if "gradle-wrapper" in name or "GradleWrapperMain" in name:
        fix = "Commit gradle/wrapper/gradle-wrapper.jar (.gitignore may leave *.jar out: !gradle-wrapper.jar) and COPY gradle/ before ./gradlew."
    elif "MavenWrapperMain" in name or "maven-wrapper" in name:
        fix = "Commit .mvn/wrapper and COPY .mvn before ./mvnw, or use the mvn of a maven image."
    elif "no main manifest" in said:
        fix = "Make the jar executable: spring-boot-maven-plugin (repackage) or mainClass in the jar plugin; with Gradle copy the bootJar, not the -plain.jar."
    elif "main class" in said:
        fix = f"Correct the main class {name} in CMD/ENTRYPOINT or in the manifest: package and name have to be those of the code."
    else:
        fix = f"Correct the jar's path in CMD/ENTRYPOINT: COPY has to bring it to {name} (target/*.jar or build/libs/*.jar)."
    return {"name": name, "said": said, "fix": fix}


def _jar_place(hit: Hit) -> Place | None:
    name = hit["name"]
    if re.search(r"[Ww]rapper", name):
        return failing_instruction(hit) or whole_file("gradlew", "mvnw")(hit)
    bare = name.rpartition(".")[2]
    if "main class" in hit.line:
        declared = matching(rf"(?:mainClass|main-class|Main-Class|mainClassName|mainClass\.set|start-class).*{re.escape(bare)}", "pom.xml", *SCRIPTS, "build.sbt", "MANIFEST.MF")(hit)  # fmt: skip
        if declared:
            return declared
    if hit.section.instruction:
        return failing_instruction(hit)
    return instruction("ENTRYPOINT", "CMD")(hit) or matching(r"java ", "Procfile")(hit)


def _memory_place(hit: Hit) -> Place | None:
    return matching(r"Xmx|jvmargs", "gradle.properties", "Dockerfile", "jvm.config")(hit) or (
        None if hit.section.kind is Kind.CONTAINER else failing_instruction(hit)
    )


RULES: tuple[Rule, ...] = (
    Rule(
        code="java-error",
        pattern=(
            r"^(?:\[(?:ERROR|error|ant:checkstyle)\] (?:\[ERROR\] )?)?(?::\w+)?(?P<path>(?:file://)?/?[\w./ -]*[\w-]+\.(?:java|kt|kts|scala|groovy|sbt)):"
            r"(?: ?[\[(](?P<line>\d+)[,:] ?\d+[\])]:?|(?P<line2>\d+)(?::\d+)?:?) (?:error: )?(?P<said>\S.+)"
        ),
        read=lambda hit: _compile_at(hit),
        place=_at,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="{path}:{line}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="java-error",
        pattern=r"^e: (?P<path>(?:file://)?/?[\w./-]+\.kts?):(?: ?\((?P<line>\d+), ?\d+\):?|(?P<line2>\d+):\d+:?) (?P<said>.+)",
        read=lambda hit: _compile_at(hit),
        place=_at,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="{path}:{line}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="java-error",
        pattern=r"^\[error\] -- (?:\[E\d+\] )?(?P<said>[\w ]+(?:Error|Warning)): (?P<path>/?[\w./-]+\.scala):(?P<line>\d+):\d+ -*$",
        read=lambda hit: {
            "head": f"{hit['said']}: {_scala_more(hit)}",
            "more": _scala_more(hit),
            "fix": f"Correct line {hit['line']} of {hit['path'].rpartition('/')[2]}: {_scala_more(hit)}.",
        },
        place=_at,
        many=True,
        rank=Rank.ROOT,
        title="{head}",
        message="{path}:{line}: {said}: {more}",
        fix="{fix}",
    ),
    Rule(
        code="java-format",
        pattern=r"The following files had format violations|(?P<path>\S+\.(?:java|kt)): is not formatted|Found \d+ non-complying files",
        read=lambda hit: {"path": _formatted(hit)} if _formatted(hit) else None,
        place=lambda hit: _own(hit, hit["path"], "1"),
        rank=Rank.ROOT,
        title="{path} is not formatted as spotless wants",
        message="The following files had format violations: {path}.",
        fix="Run mvn spotless:apply (gradlew spotlessApply) and commit.",
    ),
    Rule(
        code="maven-pom",
        pattern=(
            r"\[(?:ERROR|FATAL)\]\s+(?P<said>(?:Non-parseable POM|Malformed POM|Non-resolvable (?:parent|import) POM|'[\w.\[\]]+' (?:for|contains|is|with value|must|refers)|"
            r"Child module|Unresolveable build extension|The parents form a cycle|Non-readable POM).*?)(?:@ (?:\S*pom\.xml, )?line (?P<line>\d+), column \d+.*)$"
        ),
        read=_pom,
        place=_pom_place,
        rank=Rank.ROOT,
        title="pom.xml line {line}: {said}",
        message="pom.xml line {line}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="maven-module",
        pattern=r"Child module \S*?(?P<name>[\w.-]+?)(?:/pom\.xml)? of \S+ does not exist",
        place=first(matching(r"<module>\s*[\w./-]*{name}\s*</module>", "pom.xml"), whole_file("pom.xml")),
        rank=Rank.ROOT,
        title="The module {name} of pom.xml is not there",
        message="Child module {name} of pom.xml does not exist.",
        fix="COPY the folder {name} into the image before mvn, or take <module>{name}</module> out of pom.xml.",
    ),
    Rule(
        code="maven-dependency",
        pattern=(
            r"(?:Could not find artifact|Failure to find|Could not transfer artifact|[Tt]he following artifacts could not be resolved:|dependencies could not be resolved:.*|"
            r"artifact descriptor for|Could not find|Could not resolve|Error downloading|not found:?|Cannot resolve external dependency|"
            r"Could not download \S+) ?'?(?P<spec>[a-zA-Z][\w.-]*:[\w.-]+(?::[\w.+-]+)+)"
        ),
        read=_artifact,
        place=_artifact_place,
        rank=Rank.ROOT,
        title="{spec} cannot be found {why}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="jvm-network",
        pattern=r"(?:repo1?\.maven\.(?:apache\.)?org|plugins\.gradle\.org|services\.gradle\.org|repo\.maven\.apache\.org).*(?:Unknown host|timed out|onnection (?:refused|reset)|Temporary failure|status code:? 5\d\d)|(?:UnknownHostException|SocketTimeoutException|ConnectException).*(?:maven|gradle)\.(?:apache\.)?org|(?:Unknown host|No such host is known \(|Name or service not known).{0,40}(?:maven|gradle)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="The Maven or Gradle repository could not be reached",
        message="A download from the artifact repository failed (network: unknown host or time-out); it is not in your change.",
        fix="Run it again.",
    ),
    Rule(
        code="maven-plugin",
        pattern=r"No plugin found for prefix '(?P<name>[\w.-]+)'",
        place=_own_pom,
        rank=Rank.ROOT,
        title="pom.xml has no plugin with the prefix {name}",
        message="No plugin found for prefix '{name}' in the current project.",
        fix="Add the plugin to <build><plugins> of pom.xml (spring-boot: org.springframework.boot:spring-boot-maven-plugin), or correct the goal.",
    ),
    Rule(
        code="maven-plugin",
        pattern=r"Plugin (?P<group>[\w.-]+):(?P<name>[\w.-]+):(?P<version>[\w.-]+) or one of its dependencies could not be resolved|Could not find goal '(?P<goal>[^']+)' in plugin [\w.-]+:(?P<name2>[\w.-]+):",
        read=lambda hit: (
            {"name": hit["name"] or hit["name2"], "said": re.sub(r"^\[ERROR\] ", "", hit.line.strip())[:300]}
            if hit.line.startswith("[ERROR]") and not re.search(r"Unknown host|timed out|refused", hit.line)
            else None
        ),
        place=first(matching(r"<artifactId>\s*{name}\s*</artifactId>", "pom.xml"), whole_file("pom.xml")),
        title="The plugin {name} {version} cannot be had",
        message="{said}",
        fix="Correct {name} in <plugins> of pom.xml (group, version, goal).",
    ),
    Rule(
        code="maven-command",
        pattern=r"\[ERROR\] (?P<said>Unknown lifecycle phase \"(?P<name>[^\"]+)\"|The goal you specified requires a project to execute but there is no POM in this directory|Could not find the selected project in the reactor: (?P<name2>\S+)|No goals have been specified for this build|POM file (?P<name3>\S+) specified with the -f/--file|The requested profiles? \[?(?P<name4>[\w, -]+)\]? could not be activated)",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"] or hit["name4"]},
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="{said}",
        message="{said} {name}",
        fix="Correct the mvn command of this line: COPY pom.xml before it, and name a phase or module that is there (mvn package).",
    ),
    Rule(
        code="maven-enforcer",
        pattern=r"(?P<said>Detected (?P<what>JDK|Maven|JAVA) [Vv]ersion:? (?P<have>\S+) (?:\(JAVA_HOME=\S+\) )?is not in the allowed range (?P<want>\S+?)\.?$|Detected JDK (?:version )?(?P<have2>\S+) .*is not in the allowed range (?P<want2>\S+?)\.?$)",
        read=lambda hit: {"have": hit["have"] or hit["have2"], "want": hit["want"] or hit["want2"]},
        place=first(matching(r"[rR]equire(?:Java|Maven)Version", "pom.xml"), base_image),
        rank=Rank.ROOT,
        title="The enforcer wants another version than {have}: {want}",
        message="{said}",
        fix="Use an image with the version that pom.xml requires ({want}), or change the enforcer's rule.",
    ),
    Rule(
        code="java-test",
        pattern=(
            r"^(?:\[ERROR\]\s+(?P<class>[A-Z]\w*(?:\$\w+)*|(?:[a-z]\w*\.)+[A-Z]\w*)|\s+(?P<class2>(?:[a-z]\w*\.)*[A-Z]\w*Tests?))"
            r"\.(?P<method>[\w ()\[\]$-]+?):(?P<line>\d+)(?:->\S+)*:? (?P<said>.+)"
        ),
        read=_mvn_test,
        place=_test_place,
        many=True,
        rank=Rank.ROOT,
        title="{class}.{method}: {said}",
        message="{class}.{method}:{line} {said}",
        fix="{fix}",
    ),
    Rule(
        code="java-test",
        pattern=r"^(?P<class>[\w.$]+)(?: > [^>]+)*? > (?P<method>.+?)(?:\(\))? FAILED$",
        read=_gradle_test,
        place=lambda hit: hit.files.place(hit["path"], int(hit["line"])),
        many=True,
        rank=Rank.ROOT,
        title="{method}: {said}",
        message="{class} > {method} FAILED: {said}",
        fix="{fix}",
    ),
    Rule(
        code="java-test",
        pattern=r"^\[info\]\s+(?P<said>.+) \((?P<class>\w+)\.scala:(?P<line>\d+)\)$",
        read=lambda hit: (
            {"method": m[1], "fix": f"Correct the code so that “{m[1]}” holds, or the test."}
            if (m := hit.find_before(r"^\[info\]\s+- (.+) \*\*\* FAILED", 3))
            else None
        ),
        place=_test_place,
        many=True,
        rank=Rank.ROOT,
        title="{method}: {said}",
        message="{class}.scala:{line}: {method}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="java-release",
        pattern=(
            r"(?:error: |Fatal error compiling: )(?:error: )?(?:release version (?P<want>[\d.]+) not supported|invalid (?:target|source) release:? (?P<want2>[\d.]+)|invalid flag: --release)"
            r"|(?:Source|Target) option (?P<want3>[\d.]+) is no longer supported"
            r"|(?:Cannot find a Java installation|No matching toolchains found|No locally installed toolchains match).*?(?:languageVersion=(?P<want4>\d+))?"
            r"|No compiler is provided in this environment|Unknown JVM target version: (?P<want5>[\d.]+)"
        ),
        read=lambda hit: _release(
            replace(hit, words={**hit.words, "want4": hit["want4"] or hit["want5"] or _language_version(hit)})
        ),
        place=lambda hit: (
            base_image(hit) or _release_lines(hit)
            if "No compiler" in hit.line
            else _release_lines(hit) or base_image(hit) or whole_file("pom.xml")(hit)
        ),
        rank=Rank.ROOT,
        title="{head}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="java-class-version",
        pattern=(
            r"(?P<name>[\w./$]*) has been compiled by a more recent version of the Java Runtime \(class file version (?P<made>[\d.]+)\), this version of the Java Runtime only recognizes class file versions up to (?P<runs>[\d.]+)"
            r"|class file has wrong version (?P<made2>[\d.]+), should be (?P<runs2>[\d.]+)"
        ),
        read=_class_version,
        place=_class_version_place,
        rank=Rank.ROOT,
        title="{name} was compiled for Java {java}; the image has Java {have}",
        message="UnsupportedClassVersionError: {said}",
        fix="{fix}",
    ),
    Rule(
        code="gradle-java",
        pattern=r"Unsupported class file major version (?P<made3>\d+)|Could not determine java version from '(?P<have>[^']+)'",
        read=lambda hit: {
            "said": hit.line.strip().lstrip("> "),
            "java": _MAJOR.get(hit["made3"], "") or hit["have"],
        },
        place=_wrapper,
        rank=Rank.ROOT,
        title="This Gradle does not run on Java {java}",
        message="{said}: the Gradle of gradle-wrapper.properties is too old for Java {java}.",
        fix="Write a newer Gradle in distributionUrl (./gradlew wrapper --gradle-version 8.10), or use an older JDK in FROM.",
    ),
    Rule(
        code="gradle-version",
        pattern=r"(?P<said>Minimum supported Gradle version is (?P<want>[\d.]+)\. Current version is [\d.]+|(?:plugin )?requires (?:at least )?Gradle (?:version )?(?P<want2>[\d.x]+)[^.]*(?:\. The current version is Gradle [\d.]+)?)",
        read=lambda hit: {"want": hit["want"] or hit["want2"]},
        place=_wrapper,
        rank=Rank.ROOT,
        title="Gradle {want} or newer is needed",
        message="{said}",
        fix="Write gradle-{want} or newer in distributionUrl of gradle/wrapper/gradle-wrapper.properties (or the gradle image of FROM).",
    ),
    Rule(
        code="gradle-jvm",
        pattern=r"(?P<said>(?:Dependency requires at least JVM runtime version|compatible with Java|requires at least JVM runtime version|Gradle requires JVM) (?P<want>\d+).*)",
        read=lambda hit: (
            {"want": hit["want"]}
            if re.search(r"This build uses|consumer (?:needed|was)|needed|or later", hit.line)
            else None
        ),
        place=base_image,
        rank=Rank.ROOT,
        title="The build needs Java {want} to run Gradle",
        message="{said}",
        fix="Use a JDK {want} image in FROM (gradle:8-jdk{want}, eclipse-temurin:{want}), or an older plugin.",
    ),
    Rule(
        code="gradle-targets",
        pattern=r"(?P<said>'?compileJava'? task \(current target is [\d.]+\) and '?\w+'? task \(current target is [\d.]+\) jvm target compatibility|Inconsistent JVM-target compatibility detected for tasks 'compileJava' \([\d.]+\) and '\w+' \([\d.]+\))",
        place=first(
            matching(
                r"jvmTarget|jvmToolchain|sourceCompatibility|targetCompatibility|languageVersion",
                "build.gradle",
                "build.gradle.kts",
            ),
            whole_file("build.gradle", "build.gradle.kts"),
        ),
        rank=Rank.ROOT,
        title="Java and Kotlin are compiled for different versions",
        message="{said} should be set to the same Java version.",
        fix="Write kotlin {{ jvmToolchain(17) }} and the same version in java {{ toolchain }} of the build file.",
    ),
    Rule(
        code="gradle-script",
        pattern=r"(?:Build|Settings|Script|Initialization|[Pp]recompiled script)(?: plugin)? file '(?P<path>[^']+)' line: (?P<line>\d+)",
        read=_script,
        place=_at,
        rank=Rank.ROOT,
        title="{head}",
        message="{path} line {line}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="gradle-task",
        pattern=r"[Tt]ask '(?P<name>[^']+)' (?:not found in|is ambiguous in) (?P<where>(?:root )?project '?[^'. ]*'?)|Cannot locate tasks that match '(?P<name2>[^']+)'",
        read=lambda hit: {
            **_task(replace(hit, words={**hit.words, "name": hit["name"] or hit["name2"]})),
            "name": hit["name"] or hit["name2"],
        },
        place=lambda hit: in_instruction("name")(hit),
        rank=Rank.ROOT,
        title="Gradle has no task {name}",
        message="Task '{name}' not found in {where}. {near}",
        fix="{fix}",
    ),
    Rule(
        code="gradle-no-build",
        pattern=r"Directory '(?P<name>[^']+)' does not contain a Gradle build",
        rank=Rank.ROOT,
        title="{name} does not contain a Gradle build",
        message="Directory '{name}' does not contain a Gradle build.",
        fix="COPY settings.gradle and build.gradle to {name} before this line.",
    ),
    Rule(
        code="gradle-failed",
        pattern=r"^\* What went wrong:",
        read=_gradle,
        place=lambda hit: failing_instruction(hit) or whole_file("build.gradle", "build.gradle.kts")(hit),
        title="{head}",
        message="{task} {said}",
        fix="Correct what Gradle names here: {head}",
    ),
    Rule(
        code="spring-start",
        pattern=r"APPLICATION FAILED TO START",
        read=_spring,
        place=_spring_place,
        rank=Rank.ROOT,
        title="{head}",
        message="APPLICATION FAILED TO START: {said}",
        fix="{fix}",
    ),
    Rule(
        code="spring-placeholder",
        pattern=r"Could not resolve placeholder '(?P<name>[^']+)' in (?:value|string value)|Could not resolve placeholder \$\{(?P<name2>[\w.-]+)\}",
        read=lambda hit: _placeholder(replace(hit, words={"name": hit["name"] or hit["name2"]})),
        place=lambda hit: _setting(hit, hit["name"]) or variable()(hit),
        rank=Rank.ROOT,
        title="{name} has no value",
        message="Could not resolve placeholder '{name}' in value \"${{{name}}}\".",
        fix="{fix}",
    ),
    Rule(
        code="quarkus-config",
        pattern=r"SRCFG\d+: (?P<said>(?:The config property |Failed to load config value of type \S+ for: |Could not expand value )(?P<name>[\w.\"-]+).*)",
        place=lambda hit: _setting(hit, hit["name"].strip('"')),
        rank=Rank.ROOT,
        title="The config property {name} has no value",
        message="{said}",
        fix="Write {name}=… in application.properties, or set it as an environment variable of the service.",
    ),
    Rule(
        code="spring-yaml",
        pattern=r"^ ?in '(?:reader|string)', line (?P<line>\d+), column \d+",
        read=lambda hit: (
            {
                "said": next(
                    (each.strip() for each in hit.before(4) if each.strip() and not each.startswith(" ")), ""
                )
            }
            if hit.find_before(r"org\.yaml\.snakeyaml|ScannerException|ParserException|DuplicateKey", 60)
            else None
        ),
        place=_yaml_place,
        rank=Rank.ROOT,
        last=True,
        title="application.yml line {line}: {said}",
        message="snakeyaml: {said}, line {line} of application.yml.",
        fix="Correct the YAML on line {line} (indentation, colons, quotes, a key twice).",
    ),
    Rule(
        code="flyway-migration",
        pattern=r"(?:Migration|Script) (?:of schema .* )?(?:to version .* )?(?P<name>[VRU][\w.]*__[\w.-]+\.sql)? ?failed$|FlywaySqlScriptException|FlywayMigrateException",
        read=lambda hit: words if (words := _flyway(hit))["name"] or words["message"] else None,
        place=_flyway_place,
        rank=Rank.ROOT,
        title="The migration {name} failed: {message}",
        message="Migration {name} failed at line {at}: {message}",
        fix="Correct line {at} of {name}; if it was half applied, run flyway repair.",
    ),
    Rule(
        code="java-jar",
        pattern=r"Error: Unable to access jarfile (?P<name>\S+)|no main manifest attribute, in (?P<name2>\S+)|Could not find or load main class (?P<name3>\S+)|cannot open '?(?P<name4>\S*maven-wrapper\.properties)",
        read=_jar,
        place=_jar_place,
        rank=Rank.ROOT,
        title="Java cannot start {name}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="java-home",
        pattern=r"JAVA_HOME is not (?:set and no 'java' command could be found|defined correctly)|The JAVA_HOME environment variable is not defined correctly|JAVA_HOME is set to an invalid directory: (?P<name>\S+)",
        place=lambda hit: matching(r"JAVA_HOME", "Dockerfile")(hit) or failing_instruction(hit),
        rank=Rank.ROOT,
        title="The image has no Java where JAVA_HOME says",
        message="ERROR: JAVA_HOME is not set and no 'java' command could be found in your PATH {name}.",
        fix="Use an image with a JDK in FROM (eclipse-temurin:21-jdk, maven:3-eclipse-temurin-21), or correct ENV JAVA_HOME.",
    ),
    Rule(
        code="java-memory",
        pattern=r"java\.lang\.OutOfMemoryError: (?P<said>.+)|(?P<said2>Gradle build daemon disappeared unexpectedly).*",
        read=lambda hit: {"said": hit["said"] or hit["said2"]},
        place=_memory_place,
        title="Java is out of memory: {said}",
        message="java.lang.OutOfMemoryError: {said}",
        fix="Give the service more memory (--memory) or Java a larger heap (-XX:MaxRAMPercentage=75); for a build org.gradle.jvmargs=-Xmx2g or MAVEN_OPTS.",
    ),
    Rule(
        code="java-exception",
        pattern=r"^(?:Exception in thread \"[^\"]+\" |\s*Caused by: |.*Failed to start application: )?(?P<kind>(?:[a-z][\w]*\.)+[A-Z][\w$]*(?:Exception|Error|Failure|Throwable)\w*)(?:: (?P<said>.*))?$",
        read=_exception,
        place=_exception_place,
        title="{head}",
        message="{kind}: {said} {outer}",
        fix="{fix}",
    ),
    Rule(
        code="maven-goal",
        pattern=r"^\[ERROR\] Failed to execute goal (?P<goal>[\w.:-]+) (?:\([^)]*\) )?on project (?P<project>[\w.-]+): (?P<said>.+)",
        read=_goal,
        place=_goal_place,
        title="{name}: {said}",
        message="Failed to execute goal {goal} on project {project}: {said} {more}",
        fix="Correct what {name} names: {said}",
    ),
)


def _compile_at(hit: Hit) -> Mapping[str, str] | None:
    words = _compile(replace(hit, words={**hit.words, "line": hit["line"] or hit["line2"]}))
    return words and {**words, "line": hit["line"] or hit["line2"], "path": hit["path"].strip()}


def _scala_more(hit: Hit) -> str:
    told = [
        match[1].strip()
        for line in hit.after(12)
        if (match := re.match(r"\[error\]\s+\|\s+(\w.*|`.*)$", line))
    ]
    return " ".join(told[:3])


def _formatted(hit: Hit) -> str:
    if hit["path"]:
        return hit["path"]
    match = hit.find_after(r"^(?:\[ERROR\])?\s+([\w./-]+\.(?:java|kt|kts|gradle|xml|md))$", 4)
    return match[1] if match else ""


def _language_version(hit: Hit) -> str:
    match = hit.find_after(r"languageVersion=(\d+)", 4)
    return match[1] if match else ""

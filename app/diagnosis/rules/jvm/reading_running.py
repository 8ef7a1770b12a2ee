"""The virtual machine at work: which jar is started, and where memory is set."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from app.diagnosis.instructions import failing_instruction, instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Hit
from app.diagnosis.rules.jvm.reading_code import SCRIPTS
from app.diagnosis.rules.jvm.reading_compiler import compile_words
from app.diagnosis.transcript import Kind
from app.model import Place

# What a build makes beside the program: its documentation, its sources, its classes alone.
_BESIDE = re.compile(r"-(?:javadoc|sources|plain|tests|original)\.jar$|(?:^|/)original-[^/]+\.jar$")


def jar(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"] or hit["name3"] or hit["name4"]
    said = hit.line.strip().removeprefix("Error: ")
    if "gradle-wrapper" in name or "GradleWrapperMain" in name:
        fix = "Commit gradle/wrapper/gradle-wrapper.jar (.gitignore may leave *.jar out: !gradle-wrapper.jar) and COPY gradle/ before ./gradlew."
    elif "MavenWrapperMain" in name or "maven-wrapper" in name:
        fix = "Commit .mvn/wrapper and COPY .mvn before ./mvnw, or use the mvn of a maven image."
    elif "no main manifest" in said and _BESIDE.search(name):
        fix = f"{name.rpartition('/')[2]} lies beside the program, and the * of *.jar took it: name the program's own jar in COPY and CMD, or do not make the other one."
    elif "no main manifest" in said:
        fix = "Make the jar executable: spring-boot-maven-plugin (repackage) or mainClass in the jar plugin; with Gradle copy the bootJar, not the -plain.jar."
    elif "main class" in said:
        fix = f"Correct the main class {name} in CMD/ENTRYPOINT or in the manifest: package and name have to be those of the code."
    else:
        fix = f"Correct the jar's path in CMD/ENTRYPOINT: COPY has to bring it to {name} (target/*.jar or build/libs/*.jar)."
    return {"name": name, "said": said, "fix": fix}


def jar_place(hit: Hit) -> Place | None:
    name = hit["name"]
    if re.search(r"[Ww]rapper", name):
        return failing_instruction(hit) or whole_file("gradlew", "mvnw")(hit)
    bare = name.rpartition(".")[2]
    if _BESIDE.search(name) and (wild := matching(r"^\s*(?:COPY|ADD)\s.*\*\S*jar", "Dockerfile")(hit)):
        return wild
    if "main class" in hit.line:
        declared = matching(rf"(?:mainClass|main-class|Main-Class|mainClassName|mainClass\.set|start-class).*{re.escape(bare)}", "pom.xml", *SCRIPTS, "build.sbt", "MANIFEST.MF")(hit)  # fmt: skip
        if declared:
            return declared
    if hit.section.instruction:
        return failing_instruction(hit)
    return instruction("ENTRYPOINT", "CMD")(hit) or matching(r"java ", "Procfile")(hit)


def memory(hit: Hit) -> Mapping[str, str]:
    """Whose memory was too small: the service's, or that of a tool while the image is built."""
    thrown = "java.lang.OutOfMemoryError: " if hit["said"] else ""
    words = {"said": hit["said"] or hit["said2"], "thrown": thrown}
    if hit.section.kind is Kind.CONTAINER:
        return {
            **words,
            "advice": "Give the service more memory (memory: in servergem.yml) or Java a larger part of it (-XX:MaxRAMPercentage=75 in JAVA_TOOL_OPTIONS)",
        }
    if not thrown:
        return {
            **words,
            "advice": "Build on a larger machine (options: machineType: E2_HIGHCPU_8) with one daemon and few workers (--no-daemon --max-workers=2): what disappears like this was mostly killed for want of memory, which a larger org.gradle.jvmargs makes worse",
        }
    return {
        **words,
        "advice": "Give the tool a larger heap: org.gradle.jvmargs=-Xmx2g in gradle.properties, ENV MAVEN_OPTS=-Xmx2g for Maven; and a larger machine where that is more than it has (options: machineType: E2_HIGHCPU_8)",
    }


def memory_place(hit: Hit) -> Place | None:
    return matching(r"Xmx|jvmargs", "gradle.properties", "Dockerfile", "jvm.config")(hit) or (
        None if hit.section.kind is Kind.CONTAINER else failing_instruction(hit)
    )


def compile_at(hit: Hit) -> Mapping[str, str] | None:
    words = compile_words(replace(hit, words={**hit.words, "line": hit["line"] or hit["line2"]}))
    return words and {**words, "line": hit["line"] or hit["line2"], "path": hit["path"].strip()}


def scala_more(hit: Hit) -> str:
    told = [
        match[1].strip()
        for line in hit.after(12)
        if (match := re.match(r"\[error\]\s+\|\s+(\w.*|`.*)$", line))
    ]
    return " ".join(told[:3])


def formatted(hit: Hit) -> str:
    if hit["path"]:
        return hit["path"]
    match = hit.find_after(r"^(?:\[ERROR\])?\s+([\w./-]+\.(?:java|kt|kts|gradle|xml|md))$", 4)
    return match[1] if match else ""


def language_version(hit: Hit) -> str:
    match = hit.find_after(r"languageVersion=(\d+)", 4)
    return match[1] if match else ""


def jvm_option(hit: Hit) -> Mapping[str, str] | None:
    """An option that the virtual machine refuses before it runs anything."""
    around = (*hit.before(2), *hit.after(3))
    if not any("Java Virtual Machine" in line or "initialization of VM" in line for line in around):
        return None
    return {"said": hit["said"] or hit.line.strip()}


def option_place(hit: Hit) -> Place | None:
    """Where the option stands; for two that contradict each other, where heap sizes are given."""
    pattern = r"{name}" if hit["name"] else r"-Xm[sxn]\d|-XX:\S*(?:Heap|Metaspace|RAM)"
    return first(
        matching(pattern, "Dockerfile", "Procfile", "entrypoint.sh", "start.sh"),
        instruction("ENTRYPOINT", "CMD"),
    )(hit)


# Which artifact has the class: https://github.com/GoogleCloudPlatform/cloud-sql-jdbc-socket-factory
_CONNECTORS = {
    "mysql": ("mysql-socket-factory-connector-j-8", "spring-cloud-gcp-starter-sql-mysql"),
    "postgres": ("postgres-socket-factory", "spring-cloud-gcp-starter-sql-postgresql"),
    "mariadb": ("mariadb-socket-factory", "spring-cloud-gcp-starter-sql-mysql"),
    "sqlserver": ("cloud-sql-connector-jdbc-sqlserver", "spring-cloud-gcp-starter-sql-mysql"),
}


def connector(hit: Hit) -> Mapping[str, str]:
    artifact, starter = _CONNECTORS[hit["engine"]]
    return {"artifact": artifact, "starter": starter}


def connector_place(hit: Hit) -> Place | None:
    """Beside the database's own driver; else at the head of the dependencies."""
    driver = {"postgres": "postgresql", "sqlserver": "mssql"}.get(hit["engine"], hit["engine"])
    return first(
        matching(rf"{driver}", "pom.xml", *SCRIPTS),
        matching(r"<dependencies>|^dependencies\s*\{", "pom.xml", *SCRIPTS),
    )(hit)

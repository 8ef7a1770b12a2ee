"""Gradle: what went wrong by its own report, and the line of the script."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.rules.jvm.reading_code import FRAME, sources


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


def script(hit: Hit) -> Mapping[str, str] | None:
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
        plugin = " ".join(word for word in (match[1] or match[3], match[2]) if word)
        return f"See whether https://plugins.gradle.org has {plugin}: if not, correct its id or version on {where}; if so, the build did not reach it (a proxy, no network), or pluginManagement in the settings leaves gradlePluginPortal() out."
    if "propertyName=classifier" in said or re.search(r"org/gradle/(?:util/ConfigureUtil|api/internal/HasConvention|api/plugins/JavaPluginConvention)", said):  # fmt: skip
        plugin = "shadow (com.gradleup.shadow)" if "Shadow" in said else "the plugin"
        return f"Raise {plugin} in {name} to a version for this Gradle, which took out what the old one uses; or stay with Gradle 7 (FROM gradle:7-jdk17, distributionUrl)."
    return f"Correct {where}."


def gradle(hit: Hit) -> Mapping[str, str] | None:
    said = _went_wrong(hit)
    if not said or re.search(r"Compilation (?:failed|error)|There were failing tests|failed; see the compiler error|compile errors\. See", said):  # fmt: skip
        return None
    task = re.search(r"Execution failed for task '([^']+)'", said)
    return {
        "said": said,
        "head": re.sub(r"^Execution failed for task '[^']+'\. ", "", said),
        "task": task[1] if task else "",
    }


def task_words(hit: Hit) -> Mapping[str, str]:
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


def gradle_test(hit: Hit) -> Mapping[str, str] | None:
    for number, line in enumerate(hit.after(25)):
        if re.match(r"\S.* > .* FAILED$|\d+ tests? completed", line):
            return None
        match = re.search(
            r"at (?:[\w.$@/]*\()?(?P<file>\w+\.(?:java|kt|groovy|scala)):(?P<line>\d{1,7})\)?", line
        )
        if match:
            paths = [p for p in sources(hit) if p.rpartition("/")[2] == match["file"]]
            if paths and hit.files.place(paths[0], int(match["line"])):
                said = " ".join(each.strip() for each in hit.after(25)[: number + 1] if not FRAME.match(each))
                return {"path": paths[0], "line": match["line"], "said": said, "fix": f"Correct the code so that {hit['method']} holds, or the test."}  # fmt: skip
    return None


def targets(hit: Hit) -> Mapping[str, str]:
    """One version that both compilers know: Kotlin's own word where the image's Java is too new for it, else the lower one."""
    most = hit.find(
        r"Kotlin does not yet support (?P<have>\d+) JDK target, falling back to Kotlin JVM_(?P<most>\d+)"
    )
    if most:
        return {
            "advice": f"Write kotlin {{ jvmToolchain({most['most']}) }} in the build file and build with a JDK {most['most']} image, or take a Kotlin that knows Java {most['have']}"
        }
    told = re.findall(r"\((?:current target is )?(?:1\.)?(\d+)", hit["said"])
    lower = min(told, key=int) if told else "17"
    return {
        "advice": f"Write kotlin {{ jvmToolchain({lower}) }} and the same version in java {{ toolchain }} of the build file, and build with a JDK {lower} image"
    }

"""Java's versions: where a build or an image says which."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, final_image, stage_image
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Find, Hit
from app.diagnosis.transcript import Kind
from app.model import Place

release_lines: Find = first(
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


def release(hit: Hit) -> Mapping[str, str]:
    want = next((hit[f"want{n}"] for n in ("", 2, 3, 4) if hit[f"want{n}"]), "")
    said = re.sub(r"^\[ERROR\] (?:Failed to execute goal \S+ .*?on project \S+: )?", "", hit.line.strip()).partition(" -> [Help")[0]  # fmt: skip
    if "no longer supported" in said:
        fix = "Write a newer release in the build file: <maven.compiler.release>17</maven.compiler.release> in pom.xml, or an older JDK in FROM."
        return {"want": want, "said": said, "fix": fix, "head": said}
    fix = f"Build with a JDK {want} image ({_image_of(hit, want)}), or lower the release in the build file."
    return {"want": want, "said": said, "fix": fix, "head": f"The JDK of the image does not support release {want}"}  # fmt: skip


def _image_of(hit: Hit, want: str) -> str:
    """The image of the stage with the other Java, where its tag says which one; Maven's where Maven builds."""
    image = stage_image(hit)
    newer = (
        re.sub(r"(?<=[:-])(?:8|11|1[2-9]|2\d)(?=-|\.|$)(?:[\d._]*)", want, image, count=1)
        if ":" in image
        else ""
    )
    if want and newer and newer != image and not image.startswith("openjdk"):
        return f"FROM {newer}"
    return (
        f"FROM eclipse-temurin:{want}-jdk"
        if hit.find(r"[Gg]radle")
        else f"FROM maven:3-eclipse-temurin-{want}"
    )


MAJOR = {str(major): str(major - 44) for major in range(49, 80)}

# The first Gradle that runs on this Java: https://docs.gradle.org/current/userguide/compatibility.html
GRADLE_FOR_JAVA = {
    "11": "5.0", "12": "5.4", "13": "6.0", "14": "6.3", "15": "6.7", "16": "7.0", "17": "7.3", "18": "7.5",
    "19": "7.6", "20": "8.3", "21": "8.5", "22": "8.8", "23": "8.10", "24": "8.14", "25": "9.1",
}  # fmt: skip

_WRAPPER: Find = matching(r"^distributionUrl", "gradle-wrapper.properties")


# The image's own Gradle, not the wrapper's.
_OWN_GRADLE = re.compile(r"(?<![/\w])gradle ")


def gradle_too_old(hit: Hit) -> Mapping[str, str] | None:
    """Gradle's own compiler of scripts met the classes of a Java that it does not know."""
    if not _gradle_runs(hit):
        return None
    java = MAJOR.get(hit["made3"], "") or hit["have"]
    newest = GRADLE_FOR_JAVA.get(java.split(".")[0], "8.14")
    wrapper = hit.files.named("gradle-wrapper.properties") and not _OWN_GRADLE.search(hit.section.instruction)
    return {
        "said": hit.line.strip().lstrip("> "),
        "java": java,
        "whose": "gradle-wrapper.properties" if wrapper else "the image",
        "newer": f"Write a newer Gradle in distributionUrl (./gradlew wrapper --gradle-version {newest} or newer)"
        if wrapper
        else f"Take an image with Gradle {newest} or newer in FROM (gradle:{newest}-jdk{java.split('.')[0]})",
    }


def _gradle_runs(hit: Hit) -> bool:
    if hit.section.kind is Kind.CONTAINER or "mvn" in hit.section.instruction:
        return False
    return re.search(r"-maven-plugin|springframework|java\.lang\.", hit.line) is None


def wrapper_or_image(hit: Hit) -> Place | None:
    """Where the Gradle that ran is chosen: the image's own, or the wrapper's."""
    if _OWN_GRADLE.search(hit.section.instruction):
        return first(base_image, _WRAPPER)(hit)
    return first(_WRAPPER, base_image)(hit)


def unread_class(hit: Hit) -> Mapping[str, str] | None:
    """Classes of a newer Java than a library that reads them (ASM, of Spring or of a plugin) knows."""
    return None if _gradle_runs(hit) else {"java": MAJOR.get(hit["made"], "a newer one")}


def class_version(hit: Hit) -> Mapping[str, str]:
    made = hit["made"] or hit["made2"] or hit["made3"]
    runs = hit["runs"] or hit["runs2"]
    made, runs = made.partition(".")[0], runs.partition(".")[0]
    java = MAJOR.get(made, "")
    have = f"Java {MAJOR[runs]}" if runs in MAJOR else "an older one"
    return {
        "java": java,
        "have": have,
        "said": hit.line.strip(),
        "name": (hit["name"] or hit["name2"]).replace("/", "."),
        "fix": f"Use Java {java} in the image that runs (FROM eclipse-temurin:{java}-jre), or compile for {have if runs in MAJOR else 'its Java'}.",
    }


def class_version_place(hit: Hit) -> Place | None:
    image = final_image(hit) if hit.section.kind is Kind.CONTAINER else base_image(hit)
    return image or release_lines(hit)

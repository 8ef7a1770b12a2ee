"""Java's versions: where a build or an image says which."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import base_image, final_image
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
    fix = f"Build with a JDK {want} image (FROM maven:3-eclipse-temurin-{want}), or lower the release in the build file."
    return {"want": want, "said": said, "fix": fix, "head": f"The JDK of the image does not support release {want}"}  # fmt: skip


MAJOR = {str(major): str(major - 44) for major in range(49, 80)}


def class_version(hit: Hit) -> Mapping[str, str]:
    made = hit["made"] or hit["made2"] or hit["made3"]
    runs = hit["runs"] or hit["runs2"]
    made, runs = made.partition(".")[0], runs.partition(".")[0]
    java = MAJOR.get(made, "")
    have = MAJOR.get(runs, "an older one")
    return {
        "java": java,
        "have": have,
        "said": hit.line.strip(),
        "name": hit["name"].replace("/", "."),
        "fix": f"Use Java {java} in the image that runs (FROM eclipse-temurin:{java}-jre), or compile for Java {have}.",
    }


def class_version_place(hit: Hit) -> Place | None:
    image = final_image(hit) if hit.section.kind is Kind.CONTAINER else base_image(hit)
    return image or release_lines(hit)

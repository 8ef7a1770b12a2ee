"""Gradle: its scripts, its tasks, its Java."""

from __future__ import annotations

import re
from dataclasses import replace

from app.diagnosis.instructions import base_image, failing_instruction, in_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Find, Rank, Rule
from app.diagnosis.rules.jvm.reading_code import at
from app.diagnosis.rules.jvm.reading_gradle import gradle, script, targets, task_words
from app.diagnosis.rules.jvm.reading_versions import gradle_too_old, wrapper_or_image

_wrapper: Find = first(matching(r"^distributionUrl", "gradle-wrapper.properties"), base_image)

RULES: tuple[Rule, ...] = (
    Rule(
        code="gradle-java",
        pattern=r"Unsupported class file major version (?P<made3>\d+)|Could not determine java version from '(?P<have>[^']+)'",
        read=gradle_too_old,
        place=wrapper_or_image,
        rank=Rank.ROOT,
        title="This Gradle does not run on Java {java}",
        message="{said}: the Gradle of {whose} is too old for Java {java}.",
        fix="{newer}, or use an older JDK in FROM.",
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
        code="kotlin-metadata",
        pattern=r"compiled with an incompatible version of Kotlin\. The (?:actual metadata version|binary version of its metadata) is (?P<have>[\d.]+), (?:but the compiler version [\d.]+ can read versions up to|expected version is) (?P<want>[\d.]+\d)",
        place=first(
            matching(
                r"kotlin.*\d+\.\d+",
                "build.gradle.kts",
                "build.gradle",
                "libs.versions.toml",
                "gradle.properties",
                "pom.xml",
            ),
            whole_file("build.gradle.kts", "build.gradle", "pom.xml"),
        ),
        rank=Rank.ROOT,
        title="A library was compiled with Kotlin {have}, the project with {want}",
        message="Module was compiled with an incompatible version of Kotlin: the binary version of its metadata is {have}, this compiler reads {want}.",
        fix="Raise the Kotlin plugin of the build file to {have} or newer, or take the library's version from the time of Kotlin {want}.",
        link="https://kotlinlang.org/docs/kotlin-evolution-principles.html",
    ),
    Rule(
        code="gradle-targets",
        read=targets,
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
        fix="{advice}.",
    ),
    Rule(
        code="gradle-script",
        pattern=r"(?:Build|Settings|Script|Initialization|[Pp]recompiled script)(?: plugin)? file '(?P<path>[^']+)' line: (?P<line>\d+)",
        read=script,
        place=at,
        rank=Rank.ROOT,
        title="{head}",
        message="{path} line {line}: {said}",
        fix="{fix}",
    ),
    Rule(
        code="gradle-toolchain-unusable",
        pattern=r"(?:Provisioned t|T)oolchain (?:installation )?'(?P<path>[^']+)' could not be probed",
        place=first(
            base_image, matching(r"languageVersion|jvmToolchain", "build.gradle", "build.gradle.kts")
        ),
        rank=Rank.ROOT,
        title="The JDK that Gradle fetched does not run in this image",
        message="Provisioned toolchain {path} could not be probed: a JDK for glibc does not start on Alpine (musl).",
        fix="Take an image that is not Alpine and has the JDK of java {{ toolchain }} (FROM eclipse-temurin:17-jdk), or ask in the toolchain for the version that the image has.",
        link="https://docs.gradle.org/current/userguide/toolchains.html",
    ),
    Rule(
        code="gradle-task",
        pattern=r"[Tt]ask '(?P<name>[^']+)' (?:not found in|is ambiguous in) (?P<where>(?:root )?project '?[^'. ]*'?)|Cannot locate tasks that match '(?P<name2>[^']+)'",
        read=lambda hit: {
            **task_words(replace(hit, words={**hit.words, "name": hit["name"] or hit["name2"]})),
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
        read=gradle,
        place=lambda hit: failing_instruction(hit) or whole_file("build.gradle", "build.gradle.kts")(hit),
        title="{head}",
        message="{task} {said}",
        fix="Correct what Gradle names here: {head}",
    ),
)

"""Java's versions: a release that a compiler or a virtual machine does not have."""

from __future__ import annotations

from dataclasses import replace

from app.diagnosis.instructions import base_image
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_running import language_version
from app.diagnosis.rules.jvm.reading_versions import (
    class_version,
    class_version_place,
    release,
    release_lines,
    unread_class,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="java-release",
        pattern=(
            r"(?:error: |Fatal error compiling: )(?:error: )?(?:release version (?P<want>[\d.]+) not supported|invalid (?:target|source) release:? (?P<want2>[\d.]+)|invalid flag: --release)"
            r"|(?:Source|Target) option (?P<want3>[\d.]+) is no longer supported"
            r"|(?:Cannot find a Java installation|No matching toolchains found|No locally installed toolchains match)(?:.*languageVersion=(?P<want4>\d+))?"
            r"|No compiler is provided in this environment|Unknown JVM target version: (?P<want5>[\d.]+)"
        ),
        read=lambda hit: release(
            replace(hit, words={**hit.words, "want4": hit["want4"] or hit["want5"] or language_version(hit)})
        ),
        place=lambda hit: (
            base_image(hit) or release_lines(hit)
            if "No compiler" in hit.line
            else release_lines(hit) or base_image(hit) or whole_file("pom.xml")(hit)
        ),
        rank=Rank.ROOT,
        title="{head}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="java-lombok",
        pattern=r"(?P<said>com\.sun\.tools\.javac\.code\.TypeTag :: UNKNOWN|NoSuchFieldError: (?:Class )?com\.sun\.tools\.javac\.tree\.JCTree|class lombok\.javac\.apt\.LombokProcessor .*cannot access class|java\.lang\.IllegalAccessError: class lombok\.)",
        place=first(
            matching(r"lombok\.version|[^/]lombok.*\d+\.\d+", "pom.xml", "build.gradle", "build.gradle.kts"),
            matching(r"lombok", "pom.xml", "build.gradle", "build.gradle.kts"),
            base_image,
        ),
        rank=Rank.ROOT,
        title="This Lombok does not run on the image's JDK",
        message="{said}: Lombok reaches into the compiler, and this version of Lombok is older than the JDK of the image.",
        fix="Raise Lombok (1.18.30 for Java 21, 1.18.36 for Java 23, 1.18.40 for Java 25), or use the JDK of the project in FROM.",
        link="https://projectlombok.org/changelog",
    ),
    Rule(
        code="java-class-version",
        pattern=(
            r"(?P<name>[\w./$]*) has been compiled by a more recent version of the Java Runtime \(class file version (?P<made>[\d.]+)\), this version of the Java Runtime only recognizes class file versions up to (?P<runs>[\d.]+)"
            r"|class file has wrong version (?P<made2>[\d.]+), should be (?P<runs2>[\d.]+)"
            r"|UnsupportedClassVersionError: (?P<name2>[\w./$]+) : Unsupported major\.minor version (?P<made3>[\d.]+)"
        ),
        read=class_version,
        place=class_version_place,
        rank=Rank.ROOT,
        title="{name} was compiled for Java {java}; the image has {have}",
        message="UnsupportedClassVersionError: {said}",
        fix="{fix}",
    ),
    Rule(
        code="java-class-unread",
        pattern=r"Unsupported class file major version (?P<made>\d+)",
        read=unread_class,
        place=class_version_place,
        rank=Rank.ROOT,
        title="A library or plugin here does not read classes of Java {java}",
        message="Unsupported class file major version {made}: what reads the classes (Spring, or a plugin) is older than the Java {java} that they were compiled for.",
        fix="Raise what the line names (Spring Boot's version, the plugin's) to one for Java {java}, or compile with an older JDK: FROM and the release in the build file.",
    ),
)

"""The Java virtual machine at work: jars, memory, exceptions."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_code import exception, exception_place
from app.diagnosis.rules.jvm.reading_running import (
    connector,
    connector_place,
    jar,
    jar_place,
    jvm_option,
    memory,
    memory_place,
    option_place,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="java-jar",
        pattern=r"Error: Unable to access jarfile (?P<name>\S+)|no main manifest attribute, in (?P<name2>\S+)|Could not find or load main class (?P<name3>\S+)|cannot (?:open|read distributionUrl property in) '?(?P<name4>\S*maven-wrapper\.properties)",
        read=jar,
        place=jar_place,
        rank=Rank.ROOT,
        title="Java cannot start {name}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="java-option",
        pattern=r"^Unrecognized (?:VM )?option:? '?(?P<name>[^'\s=]+)|^(?P<said>(?:Initial|Minimum|Maximum|Invalid|Incompatible|Too small|Conflicting) [\w ]*(?:heap|metaspace|garbage collector)[\w ]*.*)",
        read=jvm_option,
        place=option_place,
        rank=Rank.ROOT,
        title="Java does not start: {said}",
        message="Could not create the Java Virtual Machine: {said}",
        fix="Correct the option where java is started, or in JAVA_OPTS or JAVA_TOOL_OPTIONS of the service (-XX:MaxRAMPercentage=75 suits a container).",
    ),
    Rule(
        code="java-module",
        pattern=r"^java\.lang\.module\.FindException: Module (?P<name>[\w.]+) not found",
        place=first(
            matching(r"{name}", "Dockerfile", "Procfile"), matching(r"requires\s.*{name}", "module-info.java")
        ),
        rank=Rank.ROOT,
        title="Java finds no module {name}",
        message="FindException: Module {name} not found on the module path.",
        fix="Put its jar on the module path (-p), or take {name} out of --add-modules; a jlink image needs it in --add-modules when it is made.",
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
        read=memory,
        place=memory_place,
        rank=Rank.ROOT,
        title="Java is out of memory: {said}",
        message="{thrown}{said}",
        fix="{advice}.",
    ),
    Rule(
        code="java-cloud-sql",
        pattern=r"(?:ClassNotFoundException: |SocketFactory class provided |Could not create socket factory ')(?P<class>com\.google\.cloud\.sql\.(?P<engine>mysql|postgres|mariadb|sqlserver)\.SocketFactory)",
        read=connector,
        place=connector_place,
        rank=Rank.ROOT,
        title="The jar has no Cloud SQL connector: {artifact} is missing",
        message="{class} is named as socketFactory in the database's URL, and no dependency brings that class.",
        fix="Add com.google.cloud.sql:{artifact} to the dependencies (scope runtime), or com.google.cloud:{starter}; without it take socketFactory and cloudSqlInstance out of the URL.",
        link="https://cloud.google.com/sql/docs/mysql/connect-connectors#java",
    ),
    Rule(
        code="java-exception",
        pattern=r"^(?:Exception in thread \"[^\"]+\" |\s*Caused by: |.*Failed to start application: )?(?P<kind>(?:[a-z][\w]*\.)+[A-Z][\w$]*(?:Exception|Error|Failure|Throwable)\w*)(?:: (?P<said>.*))?$",
        read=exception,
        place=exception_place,
        title="{head}",
        message="{kind}: {said} {outer}",
        fix="{fix}",
    ),
)

"""Maven: its model, its dependencies, its plugins."""

from __future__ import annotations

import re

from app.diagnosis.instructions import base_image, failing_instruction, in_instruction
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.jvm.reading_maven import (
    artifact_place,
    artifact_words,
    deduplicated,
    enforced,
    goal,
    goal_place,
    own_pom,
    pom,
    pom_place,
)
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="sbt-deduplicate",
        pattern=r"^\[error\] .*?(?:Deduplicate found different file contents in the following|deduplicate: different file contents found in the following):",
        read=deduplicated,
        place=first(whole_file("build.sbt"), failing_instruction),
        rank=Rank.ROOT,
        title="sbt assembly: two jars have a file of the same name",
        message="Deduplicate found different file contents: {target}.",
        fix='Say in build.sbt what wins: assembly / assemblyMergeStrategy := {{ case PathList("META-INF", _*) => MergeStrategy.discard; case _ => MergeStrategy.first }} (services and reference.conf: MergeStrategy.concat).',
        link="https://github.com/sbt/sbt-assembly#merge-strategy",
    ),
    Rule(
        code="maven-pom",
        pattern=(
            r"\[(?:ERROR|FATAL)\]\s+(?P<said>(?:Non-parseable POM|Malformed POM|Non-resolvable (?:parent|import) POM|'[\w.\[\]]+' (?:for|contains|is|with value|must|refers)|"
            r"Child module|Unresolveable build extension|The parents form a cycle|Non-readable POM).*?)(?:@ (?:\S*pom\.xml, )?line (?P<line>\d+), column \d+.*)$"
        ),
        read=pom,
        place=pom_place,
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
        read=artifact_words,
        place=artifact_place,
        rank=Rank.ROOT,
        title="{spec} cannot be found {why}",
        message="{said}",
        fix="{fix}",
    ),
    Rule(
        code="jvm-network",
        pattern=r"(?:repo1?\.maven\.(?:apache\.)?org|plugins\.gradle\.org|services\.gradle\.org|repo\.maven\.apache\.org).*(?:Unknown host|timed out|onnection (?:refused|reset)|Temporary failure|status code:? 5\d\d)|(?:UnknownHostException|SocketTimeoutException|ConnectException).*(?:maven|gradle)\.(?:apache\.)?org|(?:Unknown host|No such host is known \(|Name or service not known).{0,40}(?:maven|gradle)|^[\s>]*(?P<below>Read timed out|Connect(?:ion)? (?:timed out|reset|refused)|Remote host (?:closed|terminated))",
        read=lambda hit: (
            {} if not hit["below"] or hit.find_before(r"> Could not (?:GET|HEAD|get resource) '", 4) else None
        ),
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
        place=own_pom,
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
        pattern=r"(?P<said>Detected (?P<what>JDK|Maven|JAVA) [Vv]ersion:? (?P<have>\S+) (?:\(JAVA_HOME=\S+\) )?is not in the allowed range (?P<want>\S+?)\.?$|Detected JDK (?:\S+ is )?(?:version )?(?P<have2>[\d.]\S*) .*is not in the allowed range (?P<want2>\S+?)\.?$)",
        read=enforced,
        place=first(base_image, matching(r"[rR]equire(?:Java|Maven)Version", "pom.xml")),
        rank=Rank.ROOT,
        title="The enforcer wants another version than {have}: {want}",
        message="{said}",
        fix="Use an image in FROM with the {what} that pom.xml requires ({want}{image}), or change the enforcer's rule.",
    ),
    Rule(
        code="maven-goal",
        pattern=r"^\[ERROR\] Failed to execute goal (?P<goal>[\w.:-]+) (?:\([^)]*\) )?on project (?P<project>[\w.-]+): (?P<said>.+)",
        read=goal,
        place=goal_place,
        title="{name}: {said}",
        message="Failed to execute goal {goal} on project {project}: {said} {more}",
        fix="Correct what {name} names: {said}",
    ),
)

"""Cloud Native Buildpacks, Google's and Paketo's: detection, entry points, runtime versions, launch."""

from __future__ import annotations

import re

from app.diagnosis.dependencies import dependency, manifest
from app.diagnosis.places import anywhere, first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.google.reading_buildpacks import (
    absent_runtime,
    detected,
    failure,
    processes,
    python_entry,
    python_place,
    ruby_entry,
    ruby_place,
    said_file,
    seen,
    setting,
    several,
    version_language,
)
from app.diagnosis.transcript import Kind
from app.model import Blame

_VERSION_PLACE = first(
    matching(
        r"{version}",
        ".python-version",
        "runtime.txt",
        ".ruby-version",
        ".nvmrc",
        ".node-version",
        "project.toml",
        "global.json",
    ),
    matching(r"\"node\"\s*:|\"php\"\s*:", "package.json", "composer.json"),
    matching(r"^go \d|requires-python|^ruby ", "go.mod", "pyproject.toml", "Gemfile"),
    setting(r"GOOGLE_RUNTIME_VERSION"),
    whole_file(".python-version", "runtime.txt"),
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="buildpacks-python-entrypoint",
        pattern=r"for Python, (?P<told>(?:an entrypoint must be manually set|provide a main\.py(?: or "
        r"app\.py)? file or set an entrypoint).*)",
        read=python_entry,
        place=python_place,
        rank=Rank.ROOT,
        title="The buildpack finds no entrypoint: no main.py, app.py or Procfile",
        message="for Python, {told} (GOOGLE_ENTRYPOINT or a Procfile): nothing at the root says how to start.",
        fix="{advice}.",
        link="https://cloud.google.com/docs/buildpacks/python#application_entrypoint",
    ),
    Rule(
        code="buildpacks-ruby-entrypoint",
        pattern=r"for Ruby, an entrypoint must be manually set",
        read=ruby_entry,
        place=first(whole_file("Procfile", "config.ru"), ruby_place, whole_file("Gemfile")),
        rank=Rank.ROOT,
        title="Nothing says how to start the Ruby application: there is no Procfile",
        message="for Ruby, an entrypoint must be manually set: its buildpack starts nothing by itself.",
        fix="{advice}.",
        link="https://cloud.google.com/docs/buildpacks/ruby",
    ),
    Rule(
        code="buildpacks-python-version-comment",
        pattern=r"invalid Python version specified: .*\[?['\"]?#",
        place=matching(r"^\s*#", ".python-version"),
        rank=Rank.ROOT,
        title=".python-version has a comment, which Google's buildpacks read as the version",
        message="invalid Python version specified: the buildpack takes the whole file for one version.",
        fix="Leave one line in .python-version, the version alone, such as 3.13; or set GOOGLE_PYTHON_VERSION "
        "in project.toml.",
        link="https://cloud.google.com/docs/buildpacks/python#specifying_the_python_version",
    ),
    Rule(
        code="buildpacks-procfile-web",
        pattern=r"web process not found in Procfile(?:, found processes: (?P<found>.*))?",
        read=processes,
        place=whole_file("Procfile"),
        rank=Rank.ROOT,
        title="The Procfile has no web process",
        message="web process not found in Procfile, found processes: {found}.",
        fix="Write a line web: COMMAND in the Procfile (the command listens on 0.0.0.0 and $PORT).",
    ),
    Rule(
        code="buildpacks-procfile-syntax",
        pattern=r"(?:could not parse|failed to parse|invalid) [Pp]rocfile",
        place=whole_file("Procfile"),
        rank=Rank.ROOT,
        title="The Procfile cannot be read",
        message="The buildpack could not parse the Procfile.",
        fix="Write one process a line: web: COMMAND.",
    ),
    Rule(
        code="buildpacks-no-entrypoint",
        pattern=r"(?i)(?:unable to infer entrypoint|no entrypoint (?:was )?(?:found|specified|could be)|could "
        r"not (?:find|determine) (?:an? |the )?entrypoint|"
        r"set the \"?GOOGLE_ENTRYPOINT\"? (?:env|environment))",
        place=first(
            whole_file("Procfile"),
            manifest("node"),
            whole_file("config.ru", "Gemfile", "composer.json", "index.php"),
        ),
        title="The buildpack finds no entrypoint",
        message="The buildpack could not infer an entrypoint: neither a Procfile nor GOOGLE_ENTRYPOINT says how to start.",
        fix="Write a Procfile with web: COMMAND at the root of what is built, or set GOOGLE_ENTRYPOINT.",
    ),
    Rule(
        code="buildpacks-runtime-version",
        pattern=r"invalid (?P<language>[\w.#+]*) ?version specified: (?:(?P<version2>[^\s,:]+), no matching version.*|.*(?:matching|satisf\w+)[: "
        r"]+\[?\"?(?P<version>[^\s\]\"]+?)\"?\]?(?:[.,]? |\.?$)|"
        r"(?P<other>.+))",
        read=lambda hit: (
            None if re.search(r"\[?['\"]?#", hit.line.partition("matching")[2]) else version_language(hit)
        ),
        place=_VERSION_PLACE,
        rank=Rank.ROOT,
        title="The builder has no {language} {version}",
        message="invalid {language} version specified: failed to resolve version matching: {version}{other}. This builder's system does not have it.",
        fix="Ask for a version that the builder has (GOOGLE_RUNTIME_VERSION, .python-version, engines in "
        "package.json, go.mod), or take another builder "
        "(gcr.io/buildpacks/builder:google-22, :latest).",
        link="https://cloud.google.com/docs/buildpacks/builders",
    ),
    Rule(
        code="buildpacks-runtime-missing",
        pattern=r"Runtime version (?P<version>\S+) does not exist at (?P<url>\S+)",
        place=_VERSION_PLACE,
        rank=Rank.ROOT,
        title="The runtime version {version} does not exist",
        message="Runtime version {version} does not exist at {url}. It is set with GOOGLE_RUNTIME_VERSION or in the language's own version file.",
        fix="Ask for a version that exists ({version} does not).",
    ),
    Rule(
        code="buildpacks-version-constraint",
        pattern=r"failed to satisfy \"(?P<name>[\w-]+)\" dependency(?: version constraint)? "
        r"\"(?P<version>[^\"]+)\": no compatible versions",
        place=first(
            matching(r"\"{name}\"\s*:", "package.json"),
            _VERSION_PLACE,
            matching(r"version|BP_", "project.toml", "buildpack.yml"),
        ),
        rank=Rank.ROOT,
        title="The builder has no {name} {version}",
        message='failed to satisfy "{name}" dependency version constraint "{version}": no compatible versions '
        "on this stack.",
        fix="Ask for a version of {name} that the message lists as supported (engines, BP_NODE_VERSION …), or "
        "take a newer builder.",
    ),
    Rule(
        code="buildpacks-java-version",
        pattern=r"no valid dependencies for (?P<name>\w+), (?P<version>[^,]+), and",
        place=first(
            setting(r"BP_JVM_VERSION"),
            matching(
                r"java\.version|sourceCompatibility|<release>|languageVersion",
                "pom.xml",
                "build.gradle",
                "build.gradle.kts",
            ),
        ),
        rank=Rank.ROOT,
        title="The builder has no {name} {version}",
        message="Paketo: no valid dependencies for {name}, {version} on this stack.",
        fix="Set BP_JVM_VERSION to a version that the builder has, or take a newer builder.",
    ),
    Rule(
        code="buildpacks-go-module-path",
        pattern=r"the module path in the function's go\.mod must contain a dot in the first path element "
        r"before a slash.*found: (?P<name>\S+)",
        place=matching(r"^module\s", "go.mod"),
        rank=Rank.ROOT,
        title="The function's module path {name} has no dot",
        message="the module path in the function's go.mod must contain a dot in the first path element before "
        "a slash, found: {name}.",
        fix="Write module example.com/{name} in go.mod.",
    ),
    Rule(
        code="buildpacks-java-jar",
        pattern=r"(?:did not find|no|unable to find|expected (?:one|a)) (?:any |an? |single )?(?:executable "
        r"|runnable )?(?:jars? files?|JAR|jar file).*(?:Main-Class|found|in )",
        place=first(
            matching(r"spring-boot-maven-plugin|maven-jar-plugin|<packaging>|<build>", "pom.xml"),
            matching(r"mainClass|application|jar\s*\{", "build.gradle", "build.gradle.kts"),
            whole_file("pom.xml", "build.gradle"),
        ),
        title="The build made no jar that can be started",
        message="The buildpack did not find any jar files with a Main-Class manifest entry.",
        fix="Add spring-boot-maven-plugin (or maven-jar-plugin with mainClass) to pom.xml, or set "
        "GOOGLE_BUILDABLE to the module to start.",
    ),
    Rule(
        code="buildpacks-dotnet-projects",
        pattern=r"multiple project files found: (?P<found>.*?),? please use "
        r"GOOGLE_BUILDABLE|(?:expected|found) (?P<other>multiple) \.NET project files",
        read=several,
        place=first(setting(r"GOOGLE_BUILDABLE"), lambda hit: hit.files.place(hit["first"], 1)),
        rank=Rank.ROOT,
        title="More than one project: GOOGLE_BUILDABLE is not set",
        message="multiple project files found: {found}; please use GOOGLE_BUILDABLE to specify which project "
        "to build.",
        fix="Set GOOGLE_BUILDABLE to the folder or project to start (for example {first}).",
    ),
    Rule(
        code="buildpacks-gemfile-lock",
        pattern=r"Could not find (?P<name>Gemfile\.lock|gems\.locked) file in your app",
        place=whole_file("Gemfile", "gems.rb"),
        rank=Rank.ROOT,
        title="{name} is not committed",
        message="Could not find {name} file in your app. Please make sure your bundle is up to date before "
        "deploying.",
        fix="Run bundle install and commit {name} (take it out of .gitignore and .gcloudignore).",
    ),
    Rule(
        code="buildpacks-next-version",
        pattern=r"unsupported version of next (?P<version>\S+)",
        place=dependency("node", "next"),
        read=lambda hit: {"next": "next"},
        rank=Rank.ROOT,
        title="next {version} is too old for this builder",
        message="unsupported version of next {version}.",
        fix="Raise next in package.json, run npm install and commit package-lock.json.",
    ),
    Rule(
        code="buildpacks-no-lockfile",
        pattern=r"No lock file found, please run npm install to generate one",
        place=manifest("node"),
        rank=Rank.ROOT,
        title="package-lock.json is not committed",
        message="No lock file found, please run npm install to generate one.",
        fix="Run npm install and commit package-lock.json.",
    ),
    Rule(
        code="buildpacks-package-manager",
        pattern=r"(?P<told>multiple lock files? found.*|more than one lock ?file.*|finding "
        r"(?P<tool>Yarn|pnpm|npm) version that matched \"(?P<version>[^\"]*)\".*)",
        place=first(matching(r"\"packageManager\"|\"engines\"", "package.json"), whole_file("package.json")),
        title="package.json asks for a package manager that is not there",
        message="{told}",
        fix="Keep one lock file, and write a version that exists under engines or packageManager in package.json.",
    ),
    Rule(
        code="buildpacks-no-start-script",
        pattern=r"(?i)no (?:\"?start\"? )script (?:in|found in|defined in) package\.json|package\.json does "
        r"not (?:contain|have) a \"?start\"? script|"
        r"expects? \"scripts\.start\"",
        place=first(matching(r"\"scripts\"", "package.json"), whole_file("package.json")),
        rank=Rank.ROOT,
        title="package.json has no start script",
        message="No start script in package.json: the buildpack does not know how to start.",
        fix='Write "start": "node server.js" under scripts in package.json, or a Procfile with web: node server.js.',
    ),
    Rule(
        code="buildpacks-no-go-main",
        pattern=r"Application directory doesn't contain (?P<name>main\.go|a main package)|"
        r"(?:Unable to find|no) (?:Go )?(?:main )?package main|could not find any buildable Go package|no "
        r"buildable Go (?:package|source files) in (?P<path>\S+)",
        place=first(setting(r"GOOGLE_BUILDABLE"), anywhere(r"^func main\(", ".go"), whole_file("go.mod")),
        title="The root has no Go package main",
        message="The buildpack builds the root: Application directory doesn't contain main.go (package main).",
        fix="Set GOOGLE_BUILDABLE to the folder with func main (for example ./cmd/server).",
    ),
    Rule(
        code="buildpacks-buildable",
        pattern=r"GOOGLE_BUILDABLE[^\n]*?(?:points to|specifies|set "
        r"to)[^\n]*?(?P<name>[\w./-]+)[^\n]*?(?:does not exist|not found|nonexistent)",
        place=setting(r"GOOGLE_BUILDABLE"),
        title="GOOGLE_BUILDABLE names what is not there",
        message="GOOGLE_BUILDABLE points to {name}, which does not exist.",
        fix="Set GOOGLE_BUILDABLE to the folder that has the program.",
    ),
    Rule(
        code="buildpacks-launch-process",
        only=frozenset({Kind.STEP, Kind.CONTAINER}),
        pattern=r"failed to launch: (?P<error>determine start command: when there is no default process a "
        r"command is required|path lookup: .*|direct exec: .*|bash exec: .*)",
        place=first(
            whole_file("Procfile"),
            setting(r"GOOGLE_ENTRYPOINT|entrypoint:"),
            manifest("node"),
            whole_file("requirements.txt", "go.mod", "pom.xml"),
        ),
        rank=Rank.ROOT,
        title="The image has no process to start",
        message="The buildpack's launcher: failed to launch: {error}.",
        fix="Write a Procfile with web: COMMAND at the root, or correct the command that it names.",
    ),
    Rule(
        code="buildpacks-no-match",
        pattern=r"No buildpack groups passed detection|failed to detect: no buildpacks participating|unable "
        r"to detect (?:a|any) buildpack|"
        r"No default language could be detected",
        read=detected,
        place=seen,
        title="No buildpack suits this source",
        message="ERROR: No buildpack groups passed detection. The folder that was built has nothing that a "
        "buildpack knows.",
        fix="{advice}.",
        link="https://cloud.google.com/docs/buildpacks/overview",
    ),
    Rule(
        code="buildpacks-builder-image",
        pattern=r"(?:failed to (?:fetch builder image|get builder)|invalid builder) '(?P<name>[^'\s]+)'|"
        r"failed to fetch builder image (?P<name2>[^'\s]+[^'\s:])",
        read=lambda hit: {"name": hit["name"] or hit["name2"]},
        place=first(
            anywhere(r"{name}", "cloudbuild.yaml", "cloudbuild.yml", "project.toml", ".sh", "Makefile"),
            setting(r"builder"),
        ),
        title="The builder {name} cannot be used",
        message="pack: failed to fetch builder image '{name}'.",
        fix="Write a builder that exists: gcr.io/buildpacks/builder:latest.",
    ),
    Rule(
        code="buildpacks-stack-mixins",
        pattern=r"validating stack mixins: (?P<error>.*)|buildpack (?P<name>\S+) does not support stack "
        r"(?P<stack>\S+)",
        place=setting(r"pack|builder"),
        blame=Blame.UNKNOWN,
        title="This pack does not suit the builder",
        message="{error} buildpack {name} does not support stack {stack}: the pack in use is older than the "
        "builder.",
        fix="Take a newer pack (gcr.io/k8s-skaffold/pack), or a builder of the same age.",
    ),
    Rule(
        code="buildpacks-java-output",
        pattern=r"expected output jar (?P<path>\S+) does not exist",
        place=first(matching(r"<finalName>", "pom.xml"), whole_file("pom.xml", "build.gradle")),
        rank=Rank.ROOT,
        title="The buildpack looks for {path}, and the build makes another name",
        message="expected output jar {path} does not exist: the buildpack wants the name ARTIFACT-VERSION.jar.",
        fix="Take <finalName> out of pom.xml, so that Maven writes {path}.",
        link="https://cloud.google.com/docs/buildpacks/java",
    ),
    Rule(
        code="buildpacks-runtime-absent",
        pattern=r"fetching https://dl\.google\.com/runtimes/(?P<system>[a-z]+\d+)/(?P<runtime>[\w-]+)/\S* returned HTTP status: 404",
        read=absent_runtime,
        place=setting(r"buildpacks/builder|^\s*builder\b"),
        rank=Rank.ROOT,
        title="The builder ({system}) has not this version of {language}",
        message="Google keeps no such {runtime} for {system}, the system of this builder: HTTP status 404.",
        fix="Build with gcr.io/buildpacks/builder:google-22 or newer (builder:v1 is Ubuntu 18.04 and gets no new versions), or ask for an older version of the language.",
        link="https://cloud.google.com/docs/buildpacks/builders",
    ),
    Rule(
        code="buildpacks-failed",
        pattern=r"failed to build: (?:executing lifecycle: failed with status code: (?P<status>\d+)|exit "
        r"status (?P<exit>\d+))|"
        r"^(?:Failure: \(ID: \w+\) ?|failed to build: \(error ID: \w+\):)(?P<told>.*)$",
        read=failure,
        place=said_file,
        rank=Rank.SYMPTOM,
        title="{step}: {told}",
        message="ERROR: failed to build: {told}{ended}.",
        fix="{advice}",
    ),
)

"""Go: cgo, generators and the build itself."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import anywhere, first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.go.reading_packages import BUILD, at
from app.diagnosis.rules.go.reading_programs import is_go

RULES: tuple[Rule, ...] = (
    Rule(
        code="go-cgo-compiler",
        pattern=r"C compiler \"(?P<name>[^\"]+)\" not found|^(?:go: |# \S+: )?(?:cgo: )?exec: \"(?P<name2>gcc|g\+\+|clang|cc)\": executable file not found in \$PATH|^cgo: exec (?P<name3>\S+): exec:",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"]},
        rank=Rank.ROOT,
        only=BUILD,
        title="cgo needs {name}, which is not in the image",
        message='cgo: C compiler "{name}" not found: exec: "{name}": executable file not found in $PATH.',
        fix="Build with CGO_ENABLED=0, or install the compiler before this line (apk add build-base, apt-get install -y gcc libc6-dev).",
    ),
    Rule(
        code="go-cgo-library",
        pattern=r"^Package (?P<name>[\w.+-]+) was not found in the pkg-config search path|^pkg-config: exec: \"(?P<name2>pkg-config)\"|^(?:go build \S+: )?exec: \"(?P<name3>pkg-config)\": executable file not found",
        read=lambda hit: (
            {"name": hit["name"] or "pkg-config"}
            if hit.find(r"^# pkg-config|go build|\.go:\d+|^go: downloading") or is_go(hit)
            else None
        ),
        rank=Rank.ROOT,
        only=BUILD,
        title="cgo needs {name}, which is not in the image",
        message="Package {name} was not found in the pkg-config search path.",
        fix="Install {name}'s -dev package and pkg-config before this line (apt-get install -y pkg-config lib{name}-dev; apk add pkgconf {name}-dev).",
    ),
    Rule(
        code="go-generate",
        pattern=r"^(?P<path>[\w./-]+\.go):(?P<line>\d+): running \"(?P<name>[^\"]+)\": (?P<said>.+)",
        place=at,
        rank=Rank.ROOT,
        only=BUILD,
        title="go generate cannot run {name}",
        message='{path}:{line}: running "{name}": {said}',
        fix="Install {name} before go generate (go install …@version), or commit what it generates.",
    ),
    Rule(
        code="go-no-main",
        pattern=r"function main is undeclared in the main package|(?:package|go run: cannot run non-main package) ?(?P<name>\S*) is not a main package|go run: cannot run non-main package",
        place=first(anywhere(r"^\s*package main\b", ".go"), failing_instruction),
        rank=Rank.ROOT,
        title="There is no func main in the package that is built",
        message="function main is undeclared in the main package.",
        fix="Write func main() in package main, or build the folder that has it.",
    ),
    Rule(
        code="go-cache",
        pattern=r"(?:failed to initialize build cache at|build cache is required, but could not be located|could not create module cache|go: could not create).*(?P<said>permission denied|read-only|not defined|neither .*)",
        rank=Rank.ROOT,
        title="Go cannot write its cache: {said}",
        message="failed to initialize build cache: {said}.",
        fix="Set HOME or GOCACHE and GOMODCACHE to a folder that this USER may write, or build before USER.",
    ),
    Rule(
        code="go-killed",
        pattern=r"(?:/tool/linux_\w+/(?:compile|link)|go build [\w./-]+|^\S+): signal: killed",
        rank=Rank.ROOT,
        only=BUILD,
        title="The Go compiler was killed: the build machine is out of memory",
        message="compile: signal: killed (out of memory).",
        fix="Use a build machine with more memory (options: machineType: E2_HIGHCPU_8), or build with -p 1.",
    ),
)

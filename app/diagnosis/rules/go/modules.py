"""Go: go.mod, go.sum, packages and what the module proxy says."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.paths import repository_path
from app.diagnosis.places import first, matching, whole_file
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.go.reading_modules import (
    cycle,
    cycle_place,
    inconsistent,
    module_place,
    module_words,
    packages_place,
    sum_place,
    sum_words,
    toolchain,
    toolchain_place,
)
from app.diagnosis.rules.go.reading_packages import BUILD, buildable, folder_advice, module_advice, required
from app.diagnosis.rules.go.reading_programs import is_go, mod_fix
from app.model import Blame

RULES: tuple[Rule, ...] = (
    Rule(
        code="go-mod",
        pattern=r"^(?:go: )?(?:errors parsing \S+:\s*)?(?P<path>\S*go\.(?:mod|work)):(?P<line>\d+)(?::\d+)?: (?P<said>.+)",
        place=lambda hit: (
            hit.files.place(repository_path(hit.files, hit["path"], hit), int(hit["line"]))
            or whole_file("go.mod")(hit)
        ),
        rank=Rank.ROOT,
        read=lambda hit: {"fix": mod_fix(hit["said"], hit["line"])},
        title="go.mod line {line}: {said}",
        message="errors parsing go.mod: {path}:{line}: {said}",
        fix="{fix}",
        link="https://go.dev/doc/modules/gomod-ref#go",
    ),
    Rule(
        code="go-toolchain",
        pattern=(
            r"go: (?:\S+@\S+: )?(?:module )?(?:(?P<name>[^\s@]+@\S+?)|go\.mod|\S*go\.work|module \S+ listed in go\.work file) requires go >= (?P<want>[\w.]+)"
            r"(?: \(running go (?P<have>[\w.]+)|, but go\.work)"
            r"|note: (?:imported by a )?module (?:that )?requires [Gg]o (?P<want2>[\d.]+)"
            r"|go: download go(?P<want3>[\w.]+) for \S+: toolchain not available"
        ),
        read=toolchain,
        place=toolchain_place,
        rank=Rank.ROOT,
        title="{who} requires Go {want}; the image has {have}",
        message="{said}: {who} requires go >= {want} and the build runs go {have}.",
        fix="{fix}",
        link="https://go.dev/doc/toolchain",
    ),
    Rule(
        code="go-network",
        pattern=r"(?:proxy\.golang\.org|sum\.golang\.org|goproxy\.\w+)\S*\"?:.*(?:dial tcp|no such host|i/o timeout|connection re|TLS handshake timeout|EOF|deadline exceeded|50\d )|(?:50[023] [A-Z]\w+).*golang\.org",
        nowhere=True,
        blame=Blame.UNKNOWN,
        rank=Rank.ROOT,
        title="The Go module proxy could not be reached",
        message="proxy.golang.org did not answer (a network failure); it is not in your change.",
        fix="Run it again; with a private network, set GOPROXY or commit vendor/.",
    ),
    Rule(
        code="go-sum",
        pattern=(
            r"^(?:go: )?(?:(?P<path>[\w./@-]+\.go):(?P<line>\d+):\d+: )?(?:(?P<name>[^\s@]+)@(?P<version>\S+?)(?: requires\b.*)?: )?"
            r"(?:missing go\.sum entry(?: for (?:module providing package (?P<name2>\S+)|go\.mod file|module))?"
            r"|updates to go\.(?:mod|sum) needed|updating go\.(?:mod|sum): .*"
            r"|verifying (?P<name3>[^\s@]+)@(?P<version2>[^\s/:]+)\S*: checksum mismatch|checksum mismatch)"
        ),
        read=sum_words,
        place=sum_place,
        rank=Rank.ROOT,
        title="go.sum does not fit go.mod: {name}",
        message="{said} ({name} {version}): go.mod and go.sum have to be brought up to date.",
        fix="Run {offer} (then go mod tidy) and commit go.mod and go.sum.",
        link="https://go.dev/ref/mod#go-sum-files",
    ),
    Rule(
        code="go-vendor",
        pattern=r"^go: (?P<said>inconsistent vendoring in \S+)|^(?:go: )?(?P<said2>.*(?:is explicitly required in go\.mod, but vendor/modules\.txt|not marked as explicit in vendor/modules\.txt|cannot find (?:module|package) .*-mod=vendor).*)",
        read=lambda hit: {**(inconsistent(hit) or {}), "said": hit["said"] or hit["said2"].strip()},
        place=first(required, whole_file("modules.txt"), whole_file("go.mod")),
        rank=Rank.ROOT,
        title="vendor/ does not fit go.mod: {name} {version}",
        message="{said}: {name}@{version} {why}",
        fix="Run go mod vendor and commit vendor/ with go.mod and go.sum (or take vendor/ out of the repository).",
    ),
    Rule(
        code="go-module",
        pattern=r"^(?:go: |go get: |go install: |go mod \w+: |\t)(?:module )?(?P<name>[\w.~/-]+/[\w.~/-]+)(?:@(?P<version>[^\s:]+))?(?: \((?P<note>[^)]*)\))?: (?P<said>.+)",
        read=module_words,
        place=module_place,
        rank=Rank.ROOT,
        title="{at}: {said}",
        message="go: {at}: {said} {more}",
        fix="{fix}",
    ),
    Rule(
        code="go-cycle",
        pattern=r"import cycle not allowed",
        read=cycle,
        place=cycle_place,
        rank=Rank.ROOT,
        title="import cycle not allowed: {importer} imports {name}",
        message="import cycle not allowed: {chain}.",
        fix="Move what both packages need into a third one that imports neither, or drop the import of {name}.",
    ),
    Rule(
        code="go-two-packages",
        pattern=r"found packages (?P<one>\w+) \((?P<first>[^)]+)\) and (?P<two>\w+) \((?P<second>[^)]+)\) in (?P<folder>\S+)",
        place=packages_place,
        rank=Rank.ROOT,
        title="Two packages in one folder: {one} and {two}",
        message="found packages {one} ({first}) and {two} ({second}) in {folder}: a folder holds one package.",
        fix="Write the same package name in {first} and {second}, or move one of them to its own folder.",
    ),
    Rule(
        code="go-no-files",
        pattern=r"(?:^|: )(?P<said>(?:no (?:non-test )?Go files in|no Go source files|cannot find package \"\.\" in|stat \S+: directory not found|directory \S+ is contained in a module that is not one|directory \S+ outside (?:main module|available modules|modules listed)|pattern \S+: directory prefix \S+ does not contain|no packages to (?:test|build|vet)|named files must (?:all be in one directory|be \.go files)|lstat \S+: no such file or directory|directory not found).*)",
        read=lambda hit: {"said": hit["said"].rstrip(":"), "fix": folder_advice(hit)} if is_go(hit) else None,
        place=buildable,
        rank=Rank.ROOT,
        only=BUILD,
        title="{said}",
        message="go: {said}: the folder that go was given has no package to build.",
        fix="{fix}.",
    ),
    Rule(
        code="go-no-module",
        pattern=r"(?P<said>(?:go\.mod file not found in current directory or any parent directory|cannot find main module|working directory is not part of a module|go: no modules were found in the current workspace|version is required when current directory is not in a module|'go get' is no longer supported outside a module).*)",
        read=lambda hit: {"advice": module_advice(hit)},
        place=lambda hit: failing_instruction(hit) or whole_file("go.mod", "main.go")(hit),
        rank=Rank.ROOT,
        title="There is no go.mod where go runs",
        message="{said}",
        fix="{advice}.",
    ),
    Rule(
        code="go-work",
        pattern=r"go: cannot load module (?P<name>\S+) listed in go\.work file: (?P<said>.+)",
        place=matching(r"^\s*(?:use\s+)?(?:\./)?{name}\s*(?://.*)?$", "go.work"),
        rank=Rank.ROOT,
        title="go.work lists {name}, which is not there",
        message="go: cannot load module {name} listed in go.work file: {said}",
        fix="COPY {name} into the image too, leave go.work out (GOWORK=off), or take {name} out of go.work.",
    ),
)

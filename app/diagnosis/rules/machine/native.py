"""C and C++: compilers, linkers, make and CMake, and the libraries that they do not find."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction, in_instruction
from app.diagnosis.places import at, first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.machine.reading_native import (
    cmake,
    cmake_package,
    compiled_advice,
    library,
    linked,
    makefile,
    of_a_python_package,
    recipe,
    submodule,
    undefined,
    undefined_advice,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="native-error",
        pattern=r"^(?P<path>[\w./+-]+\.(?:c|cc|cpp|cxx|h|hpp|m|mm)):(?P<line>\d+):(?:\d+:)? (?:fatal )?error: (?P<said>.+)",
        read=lambda hit: None if of_a_python_package(hit) else {"advice": compiled_advice(hit)},
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{said}",
        message="{path}:{line}: error: {said}",
        fix="{advice}",
    ),
    Rule(
        code="native-undefined-reference",
        pattern=r"(?:(?P<path>[\w./+-]+\.\w+):(?:\(\S+\)|(?P<line>\d+))?:? )?undefined reference to [`'](?P<name>[^`']+)'",
        read=undefined_advice,
        place=lambda hit: undefined(hit),
        rank=Rank.ROOT,
        title="Nothing defines {name}",
        message="undefined reference to `{name}': the linker finds no definition.",
        fix="{advice}",
    ),
    Rule(
        code="native-library",
        pattern=r"(?:^|/)(?:ld|ld\.\w+|collect2): (?:error: )?(?:cannot find|unable to find library) -l(?P<name>[\w.+-]+)|ld: library (?:not found for -l|')(?P<name2>[\w.+-]+)",
        read=library,
        place=first(linked, failing_instruction),
        rank=Rank.ROOT,
        title="The linker does not find the library {name}",
        message="ld: cannot find -l{name}: the image has no lib{name}.",
        fix="{advice}",
    ),
    Rule(
        code="native-cmake-package",
        pattern=r"Could NOT find (?P<name>[A-Za-z]\w+) ?\(missing:|Could not find a package configuration file provided by \"(?P<name2>\w+)\"|By not providing \"Find(?P<name3>\w+)\.cmake\"|No package '(?P<name4>[\w.+-]+)' found|meson\.build:\d+:\d+: ERROR: Dependency \"(?P<name5>[\w.+-]+)\" not found",
        read=cmake_package,
        place=first(
            matching(
                r"(?i)(?:find_package|pkg_check_modules|pkg_search_module)\s*\([^)]*{name}", "CMakeLists.txt"
            ),
            matching(r"dependency\s*\(\s*['\"]{name}", "meson.build"),
            failing_instruction,
        ),
        rank=Rank.ROOT,
        title="{tool} does not find {name}",
        message="Could NOT find {name}: the image lacks its headers and libraries.",
        fix="{advice}",
    ),
    Rule(
        code="native-cmake-version",
        pattern=r"CMake (?P<want>\d+\.\d+(?:\.\d+)?) or higher is required\.\s+You are running version (?P<have>[\d.]+)|Compatibility with CMake < (?P<want2>[\d.]+) has been removed",
        read=lambda hit: {"want": hit["want"] or hit["want2"], "have": hit["have"] or "newer than 4"},
        place=first(matching(r"(?i)cmake_minimum_required", "CMakeLists.txt"), failing_instruction),
        rank=Rank.ROOT,
        title="This CMake ({have}) does not suit the project ({want})",
        message="CMake {want} is asked for; the image has {have}.",
        fix="Install the CMake that is asked for (pip install cmake~={want}, or a newer base image), or write cmake_minimum_required(VERSION {want}) in CMakeLists.txt.",
        link="https://cmake.org/cmake/help/latest/release/4.0.html",
    ),
    Rule(
        code="native-submodule",
        pattern=r"^\s+does not contain a CMakeLists\.txt file",
        read=submodule,
        place=at(),
        rank=Rank.ROOT,
        title="The submodule {name} is empty",
        message="{name} does not contain a CMakeLists.txt file: it is a git submodule, and the source was fetched without it.",
        fix="git submodule update --init --recursive before the build (in Cloud Build a first step with gcr.io/cloud-builders/git), or fetch it in CMake (FetchContent).",
        link="https://git-scm.com/docs/git-submodule",
    ),
    Rule(
        code="native-cmake",
        pattern=r"CMake Error at (?P<path>[\w./-]+):(?P<line>\d+) \((?P<what>\w+)\)",
        read=cmake,
        place=at(),
        rank=Rank.ROOT,
        title="CMake: {said}",
        message="CMake Error at {path}:{line} ({what}): {said}",
        fix="{advice}",
    ),
    Rule(
        code="native-no-input",
        pattern=r"^(?:cc1(?:plus)?|gcc|g\+\+|cc|clang): (?:fatal )?error: (?:no such file or directory: )?'?(?P<name>[\w./+-]+)'?(?:: No such file or directory)?$",
        place=first(recipe, matching(r"{name}", "Makefile", "makefile"), failing_instruction),
        title="The compiler is given {name}, which is not there",
        message="{name}: No such file or directory",
        fix="Correct the path in the command, or COPY {name} before it.",
    ),
    Rule(
        code="native-make",
        pattern=r"^g?make(?:\[\d+\])?: \*\*\* No rule to make target [`'](?P<name>[\w./-]+)'\.",
        place=first(in_instruction("name"), failing_instruction, lambda hit: makefile(hit)),
        rank=Rank.ROOT,
        title="The Makefile has no target {name}",
        message="No rule to make target '{name}'.",
        fix="Correct the name of the target where make is called, or add it to the Makefile.",
    ),
    Rule(
        code="native-make",
        pattern=r"^(?:g?make(?:\[\d+\])?: )?(?:(?P<path>[\w./-]*[Mm]akefile[\w.]*):(?P<line>\d+): )?\*\*\* (?P<said>missing separator.*|No rule to make target .*|commands commence before first target.*)",
        place=first(at(), lambda hit: makefile(hit)),
        rank=Rank.ROOT,
        title="make: {said}",
        message="{path} {line}: *** {said}",
        fix="Correct the Makefile: recipes begin with a tab, and every target that is asked for needs a rule.",
    ),
)

"""pip building packages from source: the compiler, header or module that is not there, and Pythons that do not fit."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_building import (
    asked,
    collected,
    compiler,
    development,
    isolated,
    old,
    old_place,
    pip_speaks,
    unbuilt,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="pip-distutils-gone",
        pattern=r"(?:ModuleNotFoundError: No module named 'distutils'|AttributeError: module 'pkgutil' has no attribute 'ImpImporter'|Cannot import 'setuptools\.build_meta')",
        read=collected,
        place=asked,
        rank=Rank.ROOT,
        title="{package} cannot be built on this Python",
        message="{package} needs distutils, which Python 3.12 no longer has; {name} of that version was made for an older Python.",
        fix="Ask for a newer {name}, or use a base image with Python 3.11.",
    ),
    Rule(
        code="pip-build-isolation",
        pattern=r"ModuleNotFoundError: No module named '(?P<module>[\w.]+)'",
        read=isolated,
        place=asked,
        rank=Rank.ROOT,
        title="{package} cannot be built without {module}",
        message="No module named '{module}' while {package} is built: {why}.",
        fix="{advice}.",
        link="https://pip.pypa.io/en/stable/reference/build-system/#build-isolation",
    ),
    Rule(
        code="pip-old-package",
        pattern=r"AttributeError: cython_sources|use_2to3 is invalid|longintrepr\.h: No such file|RuntimeError: Cannot install on Python version|newer than PyO3's maximum supported version|KeyError: '__version__'|"
        r"_PyLong_AsByteArray|has no member named '(?:ob_digit|tp_print|c_recursion_remaining|use_tracing|curexc_type|exc_type)'|The 'sklearn' PyPI package is deprecated, use 'scikit-learn'|"
        r"canonicalize_version\(\) got an unexpected keyword argument|OSError: CUDA_HOME environment variable is not set|error: invalid command 'bdist_wheel'|LookupError: setuptools-scm was unable to detect version",
        read=old,
        place=old_place,
        rank=Rank.ROOT,
        title="{package} cannot be built here",
        message="{package} has no wheel for this Python and image, and its source does not build: {said}.",
        fix="{advice}.",
    ),
    Rule(
        code="pip-needs-compiler",
        pattern=r"error: command '?(?P<tool>(?:x86_64-linux-gnu-|/usr/bin/)?(?:gcc|g\+\+|cc|c\+\+|clang)|cmake|rustc|cargo|swig|ninja)'? failed: No such file or directory|error: \[Errno 2\] No such file or directory: '(?P<tool4>gcc|g\+\+|cc|c\+\+|clang|cmake|cargo|rustc)'|"
        r"unable to execute '(?P<tool2>[^']+)': No such file or directory|ERROR: Unknown compiler\(s\): \[\[|(?P<tool3>CMake) must be installed to build|CMake Error: CMAKE_C(?:XX)?_COMPILER not set|No CMAKE_C(?:XX)?_COMPILER could be found",
        read=compiler,
        place=asked,
        rank=Rank.ROOT,
        title="{package} is built from source, and the image has no {tool}",
        message="There is no wheel of {package} for this image, and {tool} is not installed.",
        fix="Install it first (RUN apt-get update && apt-get install -y {packages}), or ask for a version of {name} that has a wheel.",
    ),
    Rule(
        code="pip-needs-library",
        pattern=r"(?P<tool>pg_config|mysql_config|pkg-config|krb5-config|gdal-config|geos-config|Rust compiler|Rust and Cargo)(?: executable|: command)? (?:not found|is required|was not found)|(?P<tool4>Cargo), the Rust package manager, is not installed|(?P<tool5>cargo) in your PATH\?|"
        r"(?:/bin/sh: )?(?:\d+: )?(?P<tool3>pkg-config|mysql_config|krb5-config|curl-config): not found|(?:can't find|Can not find) (?P<tool2>Rust compiler|valid pkg-config name)|Could not run (?P<library2>curl-config)|"
        r"fatal error: (?P<header>Python\.h|(?:[\w.+-]+/)*[\w.+-]+\.h): No such file|Please make sure the (?P<library>libxml2 and libxslt) development packages are installed",
        read=lambda hit: (
            None
            if hit.line.lstrip().startswith(("npm ", "gyp "))
            or hit.find_before(r"gyp (?:info|ERR!)|node-pre-gyp", 20)
            else development(hit)
            if hit["header"] in ("", "Python.h", "libpq-fe.h") or pip_speaks(hit)
            else None
        ),
        place=asked,
        rank=Rank.ROOT,
        title="{package} needs {tool} to be built",
        message="{package} is built from source and needs {tool}, which the image does not have.",
        fix="{advice}.",
    ),
    Rule(
        code="pip-needs-library",
        pattern=r"The headers or library files could not be found for (?P<library>\w+)|ERROR: Dependency \"(?P<library2>[\w.+-]+)\" not found, tried|Package '?(?P<header>[\w.+-]+?)'?,? (?:required by '[^']+', )?(?:was )?not found in the pkg-config search path|No package '(?P<tool>[\w.+-]+)' found",
        read=lambda hit: development(hit) if pip_speaks(hit) else None,
        place=asked,
        rank=Rank.ROOT,
        title="{package} needs {tool} to be built",
        message="{package} is built from source and needs {tool}, which the image does not have.",
        fix="{advice}.",
    ),
    Rule(
        code="pip-wheel-failed",
        pattern=r"(?:Failed building wheel for|Could not build wheels for|Failed to build installable wheels for some pyproject\.toml based projects \(|Failed to build ['`]|Failed to build installable wheels for) ?(?P<name>[A-Za-z][\w.-]*)",
        read=unbuilt,
        place=lambda hit: asked(hit) or failing_instruction(hit),
        title="{name} could not be built",
        message="Failed to build {name} from source: {why}.",
        fix="Read what its build printed above{advice}.",
    ),
)

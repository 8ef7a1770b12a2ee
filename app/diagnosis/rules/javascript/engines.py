"""npm, yarn, pnpm and bun: versions of Node and of the package manager."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.javascript.packages import list_place, unnumbered
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.javascript.reading_dependencies import dependency
from app.diagnosis.rules.javascript.reading_engines import (
    MANAGER,
    engine,
    engine_place,
    other_manager,
    other_manager_place,
)
from app.diagnosis.rules.javascript.reading_npm import E
from app.diagnosis.rules.javascript.reading_scripts import named_words

RULES: tuple[Rule, ...] = (
    Rule(
        code="npm-engine",
        pattern=r"^"
        + E
        + r"(?:notsup|engine) (?:Not compatible with your version of node/npm|Unsupported engine for): ?(?:(?P<spec>@?[\w./-]+@[\w.-]+)|undefined$)|"
        r"^error (?P<spec2>@?[\w./-]+@[\w.-]+): The engine \"(?:node|npm|yarn|pnpm)\" is incompatible with this module\. Expected version \"(?P<want>[^\"]+)\"\. Got \"(?P<have>[^\"]+)\"|"
        r"ERR_PNPM_UNSUPPORTED_ENGINE|This version of pnpm requires at least Node\.js|"
        r"error (?:Found incompatible module|Commands cannot run with an incompatible environment)|"
        r"^(?:ERROR: )?npm v\S+ (?:is known not to run on Node\.js|does not support Node\.js) (?P<have2>v[\d.]+)",
        read=unnumbered(engine),
        place=engine_place,
        rank=Rank.ROOT,
        title="{name} needs Node {want}, not {have}",
        message="EBADENGINE Unsupported engine: {name} {version} is not compatible with this version of Node: wanted (required) {want}, got (actual) {have}.",
        fix="Use a base image with Node {want} in FROM, or {instead}.",
    ),
    Rule(
        code="npm-platform",
        pattern=r"^"
        + E
        + r"notsup Unsupported platform for (?P<spec>@?[\w./-]+@[\w.-]+): wanted (?P<want>.*)|"
        r"^error (?P<spec2>@?[\w./-]+@[\w.-]+): The (?:platform|CPU architecture) \"(?P<have>[^\"]+)\" is incompatible with this module|"
        r"ERR_PNPM_UNSUPPORTED_PLATFORM\S*\s+Unsupported platform for (?P<spec3>@?[\w./-]+@[\w.-]+): wanted (?P<want3>\{[^}]*\})",
        read=unnumbered(named_words),
        place=first(dependency, list_place),
        rank=Rank.ROOT,
        title="{name} is not made for Linux",
        message="EBADPLATFORM Unsupported platform for {name}@{version}: wanted {want}; the build runs on linux x64.",
        fix="Move {name} to optionalDependencies, or take it out of package.json; it is for another operating system or processor.",
    ),
    Rule(
        code="npm-manager",
        pattern=r"(?P<said>This project is configured to use (?:\w+|v\S+ of pnpm)|This project's package\.json defines \"packageManager\": \"(?P<want>[^\"]+)\"|"
        r"ERR_PNPM_(?:BAD_PM_VERSION|OTHER_PM_EXPECTED)|EBADDEVENGINES|Only `?(?:pnpm|yarn|npm)`? is allowed|Use \"(?:pnpm|yarn|npm) install\" for installation in this project|"
        r"Usage Error: This project is configured)",
        place=first(
            other_manager_place,
            MANAGER,
            matching(r'"(?:preinstall|devEngines)"\s*:', "package.json"),
            failing_instruction,
        ),
        read=other_manager,
        rank=Rank.ROOT,
        title="The project asks for another package manager: {want}",
        message="{said} (packageManager: {want}).",
        fix="{fix}.",
        link="https://nodejs.org/api/corepack.html",
    ),
)

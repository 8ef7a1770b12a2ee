"""Composer: what composer.json asks, what the lock holds, which PHP the image has."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import base_image, failing_dockerfile
from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.rules.php.reading_errors import advice_said
from app.diagnosis.rules.php.reading_extensions import install
from app.model import Place

_ASKS_FOR_PHP = re.compile(
    r"- (?:(?P<name>[\w.-]+/[\w.-]+)(?: |\[)(?P<version>[^\]\s]+)\]?|Root composer\.json) requires? "
    r"php(?:-64bit)? (?P<wanted>.+?) (?:->|but) your php"
)
_MOST_PROBLEMS = 60  # lines below the first in which another may ask for more


def require(hit: Hit, name: str) -> Place | None:
    return dependency_line(hit, "php", name)


_PHP_IMAGE_NAMES = ("php", "composer", "laravel", "wordpress", "drupal", "frankenphp", "trafex", "webdevops")


def php_image(hit: Hit) -> Place | None:
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    php = [stage for stage in parsed.stages if any(name in stage.image for name in _PHP_IMAGE_NAMES)]
    exact = [stage for stage in php if re.search(r"(?:^|/)php:", stage.image)]
    wanted = (exact or php)[-1:]
    return hit.files.place(path, wanted[0].line) if wanted else base_image(hit)


def php_wanted(hit: Hit) -> Mapping[str, str]:
    """The highest PHP that any of the problems asks for, and who: an image of a lower one fails at the next."""
    lines = (hit.line, *hit.after(_MOST_PROBLEMS))
    asked = [found for line in lines if (found := _ASKS_FOR_PHP.search(line)) and _floor(found["wanted"])]
    highest = max(asked, key=lambda found: _floor(found["wanted"]), default=None)
    if highest is None or not _floor(hit["wanted"]):
        return {"who": hit["name"] or "composer.json", "also": f" and {hit['name']}" if hit["name"] else ""}
    name, version = highest["name"] or "", highest["version"] or ""
    return {
        "who": name or "composer.json",
        "version": version,
        "wanted": highest["wanted"],
        "also": f" and {name}" if name else "",
    }


def _floor(constraint: str) -> tuple[int, ...]:
    """The lowest version that a constraint of one part takes; empty for one of several."""
    found = re.fullmatch(r"(?:>=|\^|~)?\s*(\d+(?:\.\d+)*)(?:\.\*)?", constraint.strip())
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def php_refused(hit: Hit) -> Mapping[str, str]:
    """Which PHP the image has, where a package says with which it does not go."""
    have = hit.find(r"- php(?:-64bit)? is present at version (?P<have>\d[\d.]*\d)")
    return {"have": have["have"] if have else "one of these"}


def unknown_package(hit: Hit) -> Mapping[str, str] | None:
    near = hit.files.nearest(hit["name"], _PACKAGES, 0.8)
    advice = (
        f"Write {near} in composer.json"
        if near and near != hit["name"]
        else f"Correct {hit['name']} in composer.json, or add the repository that has it"
    )
    return {"advice": advice}


_PACKAGES = (
    "laravel/framework", "laravel/sanctum", "laravel/tinker", "laravel/octane", "laravel/horizon",
    "guzzlehttp/guzzle", "monolog/monolog",
    "symfony/console", "symfony/framework-bundle", "symfony/http-foundation", "symfony/yaml", "symfony/dotenv",
    "symfony/runtime",
    "slim/slim", "slim/psr7", "vlucas/phpdotenv", "phpunit/phpunit", "phpstan/phpstan", "doctrine/orm",
    "doctrine/dbal", "ramsey/uuid",
    "nesbot/carbon", "league/flysystem", "predis/predis", "twig/twig", "google/cloud-storage",
    "google/cloud-functions-framework",
    "google/cloud", "fakerphp/faker", "mockery/mockery", "squizlabs/php_codesniffer",
    "friendsofphp/php-cs-fixer", "firebase/php-jwt",
    "intervention/image", "barryvdh/laravel-dompdf", "spatie/laravel-permission", "livewire/livewire",
    "filament/filament", "pestphp/pest",
)  # fmt: skip


def extension_of(hit: Hit) -> Mapping[str, str] | None:
    name = hit["extension"].removeprefix("ext-").strip(".,")
    return {"extension": name, "install": install(name)}


def script(hit: Hit) -> Mapping[str, str] | None:
    told = [
        line.strip()
        for line in hit.before(30)
        if re.search(r"(?i)error|exception|not found|could not|fatal", line)
    ]
    return {"told": told[0] if told else ""}


def composer_json(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.after(6):
        if match := re.search(r"Parse error on line (\d+)", line):
            told = [each.strip() for each in hit.after(9) if each.strip() and "Parse error" not in each]
            number = int(match[1])
            if any("trailing comma" in each for each in told):
                number = _comma_line(hit, number)
            return {"line": str(number), "told": " ".join(told[:4])}
    return None


def _comma_line(hit: Hit, number: int) -> int:
    for path in hit.files.named("composer.json"):
        lines = hit.files.lines(path)
        for near in range(min(number + 1, len(lines)), 0, -1):
            if (
                lines[near - 1].rstrip().endswith(",")
                and near < len(lines)
                and lines[near].strip()[:1] in "}]"
            ):
                return near
    return number


def in_composer_json(hit: Hit) -> Place | None:
    for path in nearest_first(hit, hit.files.named("composer.json")):
        if place := hit.files.place(path, int(hit["line"])):
            return place
    return None


def schema(hit: Hit) -> Mapping[str, str] | None:
    told = [m[1] for line in hit.after(8) if (m := re.match(r"\s+- (.+?)\s*$", line))]
    key = re.match(r"([\w.-]+) :", told[0]) if told else None
    return {"told": "; ".join(told)[:240], "key": key[1].split(".")[-1] if key else ""}


def asked_at_build(hit: Hit) -> Mapping[str, str] | None:
    """The artisan command that was running: composer's own announcement, else the instruction's words."""
    ran = hit.find_before(r"artisan ([\w:-]+)", 40) or re.search(
        r"artisan ([\w:-]+)", hit.section.instruction
    )
    return {"command": ran[1], "said": hit["said"].strip()} if ran else None


def console(hit: Hit) -> Mapping[str, str] | None:
    """Symfony's console shows an exception as `In x.php line 5:` and, below, its message in a box."""
    told: list[str] = []
    for line in hit.after(16):
        if line.strip():
            told.append(line.strip())
        elif told:
            break
    error = re.sub(r"^\[[\w\\]+\] ?", "", " ".join(told))[:260]
    if not error or re.search(
        r"composer\.json\"? does not|could not be downloaded|curl error|allow-plugins|"
        r"^(?:Class|Interface|Trait) ['\"][\w\\]+['\"] not found$",
        error,
    ):
        return None
    place = named_file(hit)
    where = f"{place.path} line {place.line}" if place else f"{hit['file']} line {hit['line']}"
    advice = advice_said(error, where) or asked_by(hit, error, place) or (f"Correct {where}" if place else "")
    if not advice:
        advice = "That file is of a package: correct what the message names (a setting, a variable, a missing class), not the file"
    return {"error": error, "where": where, "advice": advice}


def named_file(hit: Hit) -> Place | None:
    """The only file of that name, when it has that line; libraries' own names are not looked for."""
    if hit["file"] in _LIBRARY_FILES:
        return None
    paths = [p for p in hit.files.named(hit["file"]) if "vendor/" not in p]
    return hit.files.place(paths[0], int(hit["line"])) if len(paths) == 1 else None


_LIBRARY_FILES = frozenset({
    "Connection.php", "Connector.php", "Application.php", "Container.php", "Filesystem.php", "Kernel.php",
    "Handler.php",
    "EncryptionServiceProvider.php", "ProviderRepository.php", "PackageManifest.php", "Encrypter.php", "Compiler.php",
    "JsonFile.php", "GitDownloader.php", "PluginManager.php", "RemoteFilesystem.php", "FileDownloader.php",
    "Route.php",
    "RouteCollection.php", "AbstractRouteCollection.php", "EnvVarProcessor.php", "YamlFileLoader.php", "Parser.php",
})  # fmt: skip


# A class that an application registers by its name, thrown before anything of ours ran.
REGISTERED = (
    r"^\s*(?:In \S+ line \d+: *)?(?:Error: )?"
    r"Class ['\"](?P<name>[\w\\]+(?:ServiceProvider|Bundle|Extension))['\"] not found"
)


def dev_package(hit: Hit) -> Mapping[str, str] | None:
    """The package of require-dev whose vendor the class is named after, where composer ran with --no-dev."""
    found = failing_dockerfile(hit)
    written = [each.value for each in found[1].of("RUN")] if found else []
    if not any("--no-dev" in each for each in (hit.section.instruction, *hit.before(60), *written)):
        return None
    vendor = hit["name"].partition("\\")[0].lower()
    for path in nearest_first(hit, hit.files.named("composer.json")):
        held = hit.files.json(path)
        asked = held.get("require-dev") if isinstance(held, dict) else None
        for package in asked if isinstance(asked, dict) else ():
            if str(package).partition("/")[0].replace("-", "") == vendor:
                return {"package": str(package)}
    return None


def dev_package_place(hit: Hit) -> Place | None:
    """Where the class is registered; else where its package is asked for."""
    name = re.escape(hit["name"])
    for path in sorted(path for path in hit.files.paths if path.endswith(".php") and "vendor/" not in path):
        if line := hit.files.search(path, name):
            return hit.files.place(path, line)
    return require(hit, hit["package"])

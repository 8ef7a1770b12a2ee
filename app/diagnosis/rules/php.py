"""PHP: parse and fatal errors, Composer, Laravel, Symfony, PHP-FPM, PHPUnit, PHPStan, PHP_CodeSniffer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.diagnosis.places import (
    anywhere,
    at,
    base_image,
    dependency,
    dependency_line,
    failing_dockerfile,
    failing_instruction,
    first,
    in_instruction,
    instruction,
    matching,
    nearest_first,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Hit, Rank, Rule
from app.diagnosis.unclosed import bare_code, braces, code_before, continued, misplaced, open_bracket
from app.model import Blame, Place

_SLASHES = "// #"
_BRACES = braces(_SLASHES)
_AT = re.compile(
    r"(?:^| in |#\d+ |\bat )((?:/|[A-Za-z]:|\./)?[\w./@+~-]+\.(?:php|inc|phtml|blade\.php))(?::| on line |\()(\d+)"
)


def _ours(hit: Hit, path: str) -> str:
    """The repository's path of a PHP file; nothing for what Composer installed."""
    return "" if "/vendor/" in path or path.startswith("phar:") else repository_path(hit.files, path, hit)


def _frames(hit: Hit, count: int = 40) -> Iterator[tuple[str, int]]:
    """Every (path, line) of this message and its stack that is ours, the deepest first."""
    for line in (hit.line, *hit.after(count)):
        for match in _AT.finditer(line[:900]):
            path = _ours(hit, match[1])
            if path and hit.files.has_line(path, int(match[2])):
                yield path, int(match[2])


def _deepest(hit: Hit) -> Place | None:
    return next((hit.files.place(path, line) for path, line in _frames(hit)), None)


# Syntax


def _parse(hit: Hit) -> Mapping[str, str] | None:
    path = _ours(hit, hit["path"])
    number = int(hit["line"])
    error = hit["error"].removeprefix("syntax error, ")
    change, advice = _to_change(hit, path, number, error) if path else (number, "")
    name = path or hit["path"]
    return {
        "file": name,
        "change": str(change),
        "noticed": f"PHP noticed it on line {number}." if change != number else "",
        "advice": advice or f"Correct line {change} of {name} (php -l {name} checks it)",
    }


def _to_change(hit: Hit, path: str, number: int, error: str) -> tuple[int, str]:
    lines = hit.files.lines(path)
    if match := re.search(r"Unclosed '(.)'(?: on line (\d+))?", error):
        unended, _ = misplaced(lines, _BRACES) if match[1] == "{" else (0, 0)
        opened = unended or int(match[2] or 0) or open_bracket(lines, number, match[1], _SLASHES) or number
        return opened, f"Close the {match[1]} that line {opened} of {path} opens"
    if error.startswith("Unmatched"):
        _, surplus = misplaced(lines, _BRACES)
        return surplus or number, f"Remove the {error.split()[-1]} on line {surplus or number} of {path}"
    above = code_before(lines, number, _SLASHES)
    previous = bare_code(lines[above - 1], _SLASHES).strip() if above else ""
    if "unexpected end of file" in error or "unexpected $end" in error:
        if heredoc := _open_heredoc(lines):
            return (
                heredoc,
                f"End the text that line {heredoc} of {path} opens with its own word, alone on a line",
            )
        unended, _ = misplaced(lines, _BRACES)
        if unended:
            return unended, f"Add the }} that closes line {unended} of {path}"
        if previous and not previous.endswith((";", "}", "?>", ":")):
            return above, f"End line {above} of {path} with ;"
        return number, f"Close what is still open at the end of {path}"
    token = re.search(r"unexpected (?:[a-zA-Z -]+ )?['\"](.+?)['\"](?:[ ,(]|$)", error)
    here = lines[number - 1].strip() if number <= len(lines) else ""
    begins = (
        not token
        or here.lstrip("\"'").startswith(token[1].strip("\"'"))
        or (not here.startswith(("echo", "return")) and _first_word(here, token[1]))
    )
    if above and begins and previous and not previous.endswith((";", "{", "}", ":", "?>", "<?php", ",")):
        wanted = re.search(r"expecting [\"']?([)\]}])[\"']?", error)
        missing = wanted[1] if wanted else ";"
        if not wanted and continued(previous, _SLASHES):
            return above, f"Complete line {above} of {path}: it ends in the middle of an expression"
        return above, f"End line {above} of {path} with {missing}: PHP noticed it only on line {number}"
    if (
        above
        and begins
        and previous.endswith(",")
        and (match := re.search(r"expecting [\"']?([)\]])[\"']?", error))
    ):
        return above, f"Close the list with {match[1]} on line {above} of {path}"
    return number, ""


def _first_word(line: str, token: str) -> bool:
    return re.match(r"[\w$]*", line) is not None and line.split("(")[0].strip().lower() == token.lower()


def _open_heredoc(lines: tuple[str, ...]) -> int:
    word, begun = "", 0
    for number, line in enumerate(lines, 1):
        if word:
            if re.match(rf"\s*{re.escape(word)}\b", line):
                word = ""
        elif match := re.search(r"<<<\s*['\"]?(\w+)['\"]?\s*$", line):
            word, begun = match[1], number
    return begun if word else 0


def _at_change(hit: Hit) -> Place | None:
    path = _ours(hit, hit["path"])
    return hit.files.place(path, int(hit["change"])) if path else None


# What is thrown


_EXTENSIONS = {
    "Redis": "redis", "RedisCluster": "redis", "PDO": "pdo_mysql", "Memcached": "memcached",
    "IntlDateFormatter": "intl",
    "NumberFormatter": "intl", "Normalizer": "intl", "Collator": "intl", "Locale": "intl", "MessageFormatter": "intl",
    "ZipArchive": "zip", "SoapClient": "soap", "DOMDocument": "dom", "XMLWriter": "xml", "XMLReader": "xml",
    "SimpleXMLElement": "simplexml", "Imagick": "imagick", "MongoDB\\Driver\\Manager": "mongodb", "mysqli": "mysqli",
    "AMQPConnection": "amqp", "SQLite3": "sqlite3", "Grpc\\ChannelCredentials": "grpc", "GdImage": "gd",
    "XSLTProcessor": "xsl",
    "Swoole\\Http\\Server": "swoole", "OpenSwoole\\Http\\Server": "openswoole",
}  # fmt: skip
_FUNCTIONS = (
    ("mysqli_", "mysqli"), ("mb_", "mbstring"), ("curl_", "curl"), ("imagecreate", "gd"), ("imagejpeg", "gd"),
    ("imagepng", "gd"), ("imagettf", "gd"),
    ("imagewebp", "gd"), ("imagecopy", "gd"), ("bcadd", "bcmath"), ("bcmul", "bcmath"), ("bcdiv", "bcmath"),
    ("bcsub", "bcmath"), ("bccomp", "bcmath"), ("pg_", "pgsql"),
    ("gmp_", "gmp"), ("pcntl_", "pcntl"), ("exif_", "exif"), ("simplexml_", "simplexml"), ("sodium_", "sodium"),
    ("intl_", "intl"), ("grapheme_", "intl"), ("normalizer_", "intl"), ("apcu_", "apcu"), ("opcache_", "opcache"),
    ("xml_", "xml"), ("socket_", "sockets"), ("ldap_", "ldap"), ("imap_", "imap"), ("iconv", "iconv"),
    ("ctype_", "ctype"),
    ("token_get_all", "tokenizer"), ("openssl_", "openssl"), ("json_", "json"), ("mysql_connect",
    "mysqli (mysql_* is gone since PHP 7)"),
    ("utf8_", "mbstring"), ("yaml_", "yaml"), ("ftp_", "ftp"), ("cal_", "calendar"), ("gzcompress", "zlib"),
    ("gzencode", "zlib"),
)  # fmt: skip
_BY_PECL = frozenset(
    {
        "redis",
        "memcached",
        "imagick",
        "mongodb",
        "amqp",
        "grpc",
        "apcu",
        "yaml",
        "swoole",
        "openswoole",
        "xdebug",
    }
)


def _install(extension: str) -> str:
    """How an image of php: gets an extension."""
    name = extension.lower().removeprefix("ext-")
    if name in _BY_PECL:
        return f"RUN pecl install {name} && docker-php-ext-enable {name}"
    needs = {
        "gd": "libpng-dev libjpeg-dev libfreetype6-dev", "zip": "libzip-dev", "intl": "libicu-dev",
        "pgsql": "libpq-dev",
        "pdo_pgsql": "libpq-dev", "soap": "libxml2-dev", "gmp": "libgmp-dev", "xsl": "libxslt1-dev",
        "ldap": "libldap2-dev",
        "curl": "libcurl4-openssl-dev", "mbstring": "libonig-dev", "imap": "libc-client-dev libkrb5-dev",
        "dom": "libxml2-dev",
    }.get(name, "")  # fmt: skip
    before = f"apt-get update && apt-get install -y {needs} && " if needs else ""
    return f"RUN {before}docker-php-ext-install {name}"


def _uncaught(hit: Hit) -> Mapping[str, str] | None:
    error, told = hit["error"], [hit["error"]]
    for line in hit.after(12):
        if re.match(r"Stack trace:|#\d+ |\s+thrown in ", line):
            break
        told.append(line.strip())
    whole = re.sub(r" in \S+\.php:\d+$", "", " ".join(word for word in told if word))[:260]
    place = _deepest(hit)
    where = f"{place.path} line {place.line}" if place else "the program"
    return {
        "error": re.sub(r" in \S+:\d+$", "", error),
        "whole": whole,
        "where": where,
        "advice": _advice(error, where),
    }


def _advice(error: str, where: str) -> str:
    if match := re.search(r"Call to a member function (\S+) on null", error):
        return f"In {where} the object is null before ->{match[1]}: create it first, or write ?->"
    if match := re.search(r"Call to undefined method (\S+)", error):
        return f"Define {match[1]} or correct its name in {where}"
    if match := re.search(
        r"Call to (?:private|protected) (?:method|constructor) (\S+)|Cannot access (?:private|protected) (.*)",
        error,
    ):
        return f"Make {match[1] or match[2]} public, or do not use it from {where}"
    if match := re.search(r"Call to undefined function (\S+?)\(\)", error):
        return f"Define {match[1]}(), require its file before {where}, or correct its name"
    if match := re.search(r"Undefined constant \"?([\w\\:]+)", error):
        return f"Define {match[1]} or quote it in {where}"
    if match := re.search(
        r"Too few arguments to function (.*?), (\d+) passed.* exactly (\d+) expected", error
    ):
        return f"Pass {match[3]} arguments to {match[1]} in {where}"
    if match := re.search(r"must be of (?:the )?type (.*?), (.*?) (?:given|returned)", error):
        return f"Give a {match[1]} instead of {match[2]} at {where}"
    if match := re.search(r"[Ee]nvironment variable \"?'?(\w+)", error):
        return f"Set {match[1]} for the service (env in servergem.yml)"
    if "SQLSTATE[HY000] [2002]" in error or "Connection refused" in error:
        return "Set the database's host for the service: on Cloud Run the socket /cloudsql/PROJECT:REGION:INSTANCE"
    return f"Correct {where}"


def _missing_class(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].lstrip("\\")
    words = {**(_uncaught(hit) or {}), "name": name}
    last = name.rpartition("\\")[2]
    if extension := _EXTENSIONS.get(name) or (_EXTENSIONS.get(last) if name == last else None):
        return {
            **words, "extension": extension, "why": f"it comes with PHP's extension {extension}, which the "
            f"image lacks",
            "advice": f"Install it in the Dockerfile: {_install(extension)}",
        }  # fmt: skip
    declared = {
        p.rpartition("/")[2].removesuffix(".php"): p
        for p in hit.files.paths
        if p.endswith(".php") and "/vendor/" not in p
    }
    if last in declared:
        own = re.search(r"(?m)^namespace\s+([\w\\]+)", hit.files.text(declared[last]))
        full = f"{own[1]}\\{last}" if own else last
        advice = (
            f"{declared[last]} declares {full}: write use {full}; in {words['where']}, or correct its namespace"
            if full != name
            else f"{declared[last]} declares it, but nothing loads it: check autoload psr-4 in composer.json "
            f"and run composer dump-autoload"
        )
        return {**words, "why": f"{declared[last]} has a class of that name", "advice": advice}
    near = hit.files.nearest(last, declared, 0.75)
    if near:
        return {
            **words,
            "why": f"there is {near} in {declared[near]}",
            "advice": f"Write {near} in {words['where']}",
        }
    return {
        **words, "why": "nothing declares or loads it",
        "advice": f"Require the package that has {name} (composer require), or import it with use in "
        f"{words['where']}",
    }  # fmt: skip


def _class_place(hit: Hit) -> Place | None:
    if hit["extension"]:
        return _extension_line(hit) or _deepest(hit)
    place = _deepest(hit)
    if (
        place
        and (line := hit.files.search(place.path, rf"^use\s+{re.escape(hit['name'])}\s*;"))
        and hit["why"].startswith("there is")
    ):
        return hit.files.place(place.path, line)
    return place


def _extension_line(hit: Hit) -> Place | None:
    """Where the Dockerfile installs PHP's extensions, or else its FROM."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    for each in parsed.of("RUN"):
        if re.search(
            r"docker-php-ext-install|install-php-extensions|pecl install|apk add .*php|apt-get install.*php",
            each.value,
        ):
            return hit.files.place(path, each.line, each.end)
    return hit.files.place(path, parsed.stages[-1].line) if parsed.stages else None


def _missing_function(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].lstrip("\\").rpartition("\\")[2]
    extension = next((value for key, value in _FUNCTIONS if name.startswith(key)), "")
    if not extension or any(
        re.search(rf"function\s+{re.escape(name)}\b", hit.files.text(p))
        for p in hit.files.paths
        if p.endswith(".php")
    ):
        return None
    return {"name": name, "extension": extension, "install": _install(extension.split()[0])}


def _missing_require(hit: Hit) -> Mapping[str, str] | None:
    wanted = hit["wanted"]
    if "vendor/autoload.php" in wanted:
        return None
    near = hit.files.nearest(
        re.sub(r"^/(?:var/www/html|app|workspace|code|srv|var/www)/", "", wanted), cutoff=0.7
    )
    place = _deepest(hit)
    where = f"{place.path} line {place.line}" if place else "the require"
    advice = (
        f"Write {near} in {where}"
        if near
        else f"Add {wanted} to the repository and to the image (COPY, .dockerignore), or correct {where}"
    )
    return {"advice": advice, "where": where}


def _missing_autoload(hit: Hit) -> Mapping[str, str] | None:
    return {} if "vendor/autoload.php" in hit.line else None


_LIBRARIES = {
    "zlib": "zlib1g-dev", "libpng": "libpng-dev", "oniguruma": "libonig-dev", "libxml-2.0": "libxml2-dev",
    "libzip": "libzip-dev",
    "icu-uc": "libicu-dev", "icu-i18n": "libicu-dev", "libcurl": "libcurl4-openssl-dev",
    "openssl": "libssl-dev", "libpq": "libpq-dev",
    "libpq-fe.h": "libpq-dev", "gmp.h": "libgmp-dev", "freetype2": "libfreetype6-dev", "libjpeg": "libjpeg-dev",
    "libwebp": "libwebp-dev",
    "sqlite3": "libsqlite3-dev", "libsodium": "libsodium-dev", "ldap.h": "libldap2-dev",
    "libxslt": "libxslt1-dev", "BZip2": "libbz2-dev",
    "libffi": "libffi-dev", "MagickWand": "libmagickwand-dev", "libmemcached": "libmemcached-dev",
    "krb5": "libkrb5-dev",
}  # fmt: skip


def _library(hit: Hit) -> Mapping[str, str] | None:
    """Which library the configure script of an extension looked for."""
    if not re.search(r"docker-php-ext|pecl|phpize", hit.section.instruction + " ".join(hit.before(80))):
        return None
    name = (hit["name"] or hit["name2"] or hit["name3"]).rstrip(".,")
    return {"name": name, "package": _LIBRARIES.get(name, f"the -dev package of {name}")}


def _memory(hit: Hit) -> Mapping[str, str] | None:
    mib = int(hit["bytes"]) // (1024 * 1024)
    composer = "composer" in hit.line
    return {
        "mib": str(mib),
        "advice": "Write COMPOSER_MEMORY_LIMIT=-1 before composer install in the Dockerfile, and commit "
        "composer.lock"
        if composer
        else f"Raise memory_limit above {mib}M in php.ini (ini_set('memory_limit', …)), or hold less in "
        f"memory there",
    }


# Composer


def _require(hit: Hit, name: str) -> Place | None:
    return dependency_line(hit, "php", name)


_MANIFEST = first(matching(r"^\s*\"require\"", "composer.json"), whole_file("composer.json"))
_LOCK = whole_file("composer.lock")
_PHP_IMAGE_NAMES = ("php", "composer", "laravel", "wordpress", "drupal", "frankenphp", "trafex", "webdevops")


def _php_image(hit: Hit) -> Place | None:
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    php = [stage for stage in parsed.stages if any(name in stage.image for name in _PHP_IMAGE_NAMES)]
    exact = [stage for stage in php if re.search(r"(?:^|/)php:", stage.image)]
    wanted = (exact or php)[-1:]
    return hit.files.place(path, wanted[0].line) if wanted else base_image(hit)


def _unknown_package(hit: Hit) -> Mapping[str, str] | None:
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


def _extension_of(hit: Hit) -> Mapping[str, str] | None:
    name = hit["extension"].removeprefix("ext-").strip(".,")
    return {"extension": name, "install": _install(name)}


def _script(hit: Hit) -> Mapping[str, str] | None:
    told = [
        line.strip()
        for line in hit.before(30)
        if re.search(r"(?i)error|exception|not found|could not|fatal", line)
    ]
    return {"told": told[0] if told else ""}


def _composer_json(hit: Hit) -> Mapping[str, str] | None:
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


def _in_composer_json(hit: Hit) -> Place | None:
    for path in nearest_first(hit, hit.files.named("composer.json")):
        if place := hit.files.place(path, int(hit["line"])):
            return place
    return None


def _schema(hit: Hit) -> Mapping[str, str] | None:
    told = [m[1] for line in hit.after(8) if (m := re.match(r"\s+- (.+?)\s*$", line))]
    key = re.match(r"([\w.-]+) :", told[0]) if told else None
    return {"told": "; ".join(told)[:240], "key": key[1].split(".")[-1] if key else ""}


def _console(hit: Hit) -> Mapping[str, str] | None:
    """Symfony's console shows an exception as `In x.php line 5:` and, below, its message in a box."""
    told: list[str] = []
    for line in hit.after(16):
        if line.strip():
            told.append(line.strip())
        elif told:
            break
    error = re.sub(r"^\[[\w\\]+\] ?", "", " ".join(told))[:260]
    if not error or re.search(
        r"composer\.json\"? does not|could not be downloaded|curl error|allow-plugins", error
    ):
        return None
    place = _named_file(hit)
    where = f"{place.path} line {place.line}" if place else f"{hit['file']} line {hit['line']}"
    return {"error": error, "where": where, "advice": _advice(error, where)}


def _named_file(hit: Hit) -> Place | None:
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


# Laravel and Symfony


_APP_KEY = first(
    matching(r"^APP_KEY\s*=", ".env.production", ".env"),
    matching(r"APP_KEY", "app.php", ".env.example"),
    whole_file("app.php"),
)


def _folder_line(hit: Hit) -> Place | None:
    """The Dockerfile's chown or chmod, its USER, or its COPY of everything."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    for each in parsed.of("RUN"):
        if re.search(r"chown|chmod", each.value):
            return hit.files.place(path, each.line, each.end)
    return instruction("USER")(hit) or instruction("COPY")(hit)


def _env_place(hit: Hit) -> Place | None:
    name = hit["name"]
    return (
        anywhere(r"%env\((?:\w+:)*{name}\)%", ".yaml", ".yml", ".php", ".xml")(hit) or variable("name")(hit)
        if name
        else None
    )


def _yaml_line(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"at line (\d+)", " ".join((hit.line, *hit.after(4))))
    return {"line": match[1] if match else "1"}


def _key_in(hit: Hit) -> Place | None:
    path = _ours(hit, hit["path"])
    line = hit.files.search(path, rf"^\s*{re.escape(hit['name'])}\s*:") if path else 0
    return hit.files.place(path, line or 1) if path else None


# Tests and analysis


def _phpunit(hit: Hit) -> Mapping[str, str] | None:
    told: list[str] = []
    for line in hit.after(30):
        if re.match(r"\S*?[\w./-]+\.php:\d+$", line.strip()) or re.match(r"\d+\) ", line):
            break
        if line.strip():
            told.append(line.strip())
    if not told or not re.search(
        r"Failed asserting|Error|Exception|expect|Expect|does not|not ", " ".join(told)
    ):
        return None
    return {"error": " ".join(told)[:260]}


def _phpunit_place(hit: Hit) -> Place | None:
    for line in hit.after(45):
        if re.match(r"\d+\) ", line):
            break
        if (match := re.match(r"(\S+?\.php):(\d+)$", line.strip())) and (path := _ours(hit, match[1])):
            return hit.files.place(path, int(match[2]))
    return None


def _phpstan(hit: Hit) -> Mapping[str, str] | None:
    head = hit.find_before(r"^\s+Line\s{2,}(\S.*?\.php)(?: \(in context.*)?\s*$", 60)
    return {"path": head[1]} if head else None


def _phpcs(hit: Hit) -> Mapping[str, str] | None:
    head = hit.find_before(r"^FILE: (\S+)", 200)
    return {"path": head[1]} if head else None


def _pest(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(4) if line.strip()]
    return {"error": " ".join(told[:2])[:220]} if hit.find_after(r"at \S+\.php:\d+", 30) else None


_PREFIX = r"(?:^|\s|\")(?:PHP )?"

RULES: tuple[Rule, ...] = (
    Rule(
        code="php-parse",
        pattern=_PREFIX
        + r"(?:Parse|Fatal) error:\s+(?P<error>(?:syntax error, |Unclosed |Unmatched |Invalid numeric literal|"
        r"Invalid body indentation|Unterminated comment).*?|syntax error) in (?P<path>\S+?) on line (?P<line>\d+)",
        read=_parse,
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="PHP Parse error in {file}: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="php-parse-thrown",
        pattern=r"Uncaught ParseError: (?P<error>.+?) in (?P<path>\S+?\.\w+):(?P<line>\d+)",
        read=_parse,
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="PHP ParseError in {file}: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="php-autoload-missing",
        pattern=r"Failed opening required '(?P<wanted>[^']*vendor/autoload\.php)'|"
        r"require(?:_once)?\((?P<wanted2>\S*vendor/autoload\.php)\): [Ff]ailed to open stream",
        place=first(_deepest, matching(r"vendor/autoload\.php", "index.php", "artisan", "bootstrap.php")),
        rank=Rank.ROOT,
        title="vendor/autoload.php is not in the image",
        message="PHP Fatal error: Failed opening required 'vendor/autoload.php' ({wanted}{wanted2}): "
        "Composer's packages were not "
        "installed in the image.",
        fix="Write COPY --from=composer:2 /usr/bin/composer /usr/bin/composer and RUN composer install --no-dev "
        "--optimize-autoloader in the Dockerfile, after COPY.",
    ),
    Rule(
        code="php-require",
        pattern=r"Failed opening required '(?P<wanted>[^']+)'",
        read=_missing_require,
        place=_deepest,
        title="{where}: {wanted} is not there",
        message="PHP Fatal error: Failed opening required '{wanted}': No such file or directory.",
        fix="{advice}.",
    ),
    Rule(
        code="php-class-not-found",
        pattern=r"(?:Class|Interface|Trait|Enum|Attribute class) ['\"](?P<name>[\w\\]+)['\"] not found",
        read=_missing_class,
        place=_class_place,
        title="Class {name} not found",
        message='PHP Fatal error: Class "{name}" not found: {why}.',
        fix="{advice}.",
    ),
    Rule(
        code="php-extension-function",
        pattern=r"Call to undefined function (?P<name>[\w\\]+)\(\)",
        read=_missing_function,
        place=first(_extension_line, _deepest),
        title="{name}() needs PHP's extension {extension}",
        message="PHP Fatal error: Uncaught Error: Call to undefined function {name}(): the image has no "
        "extension {extension}.",
        fix="Install it in the Dockerfile: {install}.",
    ),
    Rule(
        code="php-no-driver",
        pattern=r"(?:PDOException|QueryException|DriverException|ConnectionException).*could not find "
        r"driver|^\s*could not find driver",
        place=first(_extension_line, _deepest, failing_instruction),
        rank=Rank.ROOT,
        title="PHP has no driver for this database",
        message="PDOException: could not find driver: the image lacks PHP's extension pdo_mysql, pdo_pgsql or "
        "pdo_sqlite.",
        fix="Install it in the Dockerfile: RUN docker-php-ext-install pdo_mysql (or, with libpq-dev, pdo_pgsql).",
    ),
    Rule(
        code="php-memory",
        pattern=r"Allowed memory size of (?P<bytes>\d+) bytes exhausted \(tried to allocate (?P<more>\d+) "
        r"bytes\)(?: in (?P<path>\S+) on "
        r"line (?P<line>\d+))?",
        read=_memory,
        place=first(_deepest, failing_instruction, matching(r"memory_limit", "php.ini", "custom.ini")),
        rank=Rank.ROOT,
        title="PHP's memory_limit of {mib} MiB is exhausted",
        message="PHP Fatal error: Allowed memory size of {bytes} bytes exhausted (tried to allocate {more} "
        "bytes) in {path}.",
        fix="{advice}.",
    ),
    Rule(
        code="php-extension-unknown",
        pattern=r"error: /usr/src/php/ext/(?P<name>\w+) does not exist",
        read=lambda hit: {"install": _install(hit["name"])},
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="{name} is no extension of PHP's own source",
        message="docker-php-ext-install: /usr/src/php/ext/{name} does not exist.",
        fix="Write {install}.",
    ),
    Rule(
        code="php-pecl-version",
        pattern=r"pecl/(?P<name>\w+) requires PHP \((?P<wanted>[^)]*)\), installed version is (?P<have>[\d.]+\d)",
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="pecl's {name} needs PHP {wanted}, the image has {have}",
        message="pecl/{name} requires PHP ({wanted}), installed version is {have}.",
        fix="Write pecl install {name}-VERSION with an older version, or take a base image with PHP {wanted}.",
    ),
    Rule(
        code="php-extension-library",
        pattern=r"Package '(?P<name>[\w.+-]+)', required by 'virtual:world', not found|No package "
        r"'(?P<name2>[\w.+-]+)' found|"
        r"configure: error: (?P<error>(?:Cannot find|Please reinstall|Unable to locate|Unable to find|Could "
        r"not find) (?P<name3>\S+).*)",
        read=_library,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{name} is missing: {package} is not in the image",
        message="configure: error: the PHP extension needs the package {name}, which was not found.",
        fix="Write RUN apt-get update && apt-get install -y {package} before docker-php-ext-install in the "
        "Dockerfile "
        "(on Alpine apk add the -dev package).",
    ),
    # Laravel and Symfony
    Rule(
        code="laravel-app-key",
        pattern=r"No application encryption key has been specified|MissingAppKeyException|Unsupported cipher "
        r"or incorrect key length",
        place=_APP_KEY,
        rank=Rank.ROOT,
        title="APP_KEY is not set",
        message="Laravel: No application encryption key has been specified (APP_KEY is missing or malformed).",
        fix="Run php artisan key:generate --show and give the service APP_KEY with that value, from Secret Manager.",
    ),
    Rule(
        code="laravel-cache-folder",
        pattern=r"The (?P<path>\S*bootstrap/cache) directory must be present and writable|Please provide a "
        r"valid cache path",
        place=first(_folder_line, failing_instruction),
        rank=Rank.ROOT,
        title="Laravel has no writable cache folder",
        message="Laravel: The bootstrap/cache directory must be present and writable ({path}); Please provide "
        "a valid cache path "
        "(storage/framework/views).",
        fix="Write in the Dockerfile, before composer install: RUN mkdir -p bootstrap/cache storage/framework/cache "
        "storage/framework/sessions storage/framework/views && chown -R www-data:www-data bootstrap/cache storage.",
    ),
    Rule(
        code="laravel-log-permission",
        pattern=r"The stream or file \"(?P<path>[^\"]+)\" could not be opened",
        place=_folder_line,
        rank=Rank.ROOT,
        title="{path} may not be written",
        message='The stream or file "{path}" could not be opened in append mode: Permission denied.',
        fix="Write RUN chown -R www-data:www-data storage bootstrap/cache in the Dockerfile after COPY, and "
        "log to LOG_CHANNEL=stderr.",
    ),
    Rule(
        code="laravel-target-class",
        pattern=r"Target class \[(?P<name>[\w\\.]+)\] does not exist",
        read=lambda hit: {"last": hit["name"].rpartition("\\")[2]},
        place=first(
            _deepest,
            anywhere(r"\b{last}\b", "web.php", "api.php", "Provider.php", "Kernel.php"),
            anywhere(r"\b{last}\b", ".php"),
        ),
        rank=Rank.ROOT,
        title="Target class {name} does not exist",
        message="Laravel's container: Target class [{name}] does not exist.",
        fix="Import the class with use where it is named, or correct its name and namespace ({name}).",
    ),
    Rule(
        code="laravel-route-serialization",
        pattern=r"Unable to prepare route \[(?P<uri>[^\]]*)\] for serialization\. (?P<error>.*)",
        read=lambda hit: {
            "name": (re.search(r"name \[([^\]]+)\]", " ".join((hit.line, *hit.after(2)))) or ["", ""])[1]
        },
        place=first(
            anywhere(r"name\([\"']{name}", ".php"),
            anywhere(r"{uri}", "web.php", "api.php"),
            whole_file("web.php"),
        ),
        rank=Rank.ROOT,
        title="route:cache: route {uri} cannot be serialized",
        message="Unable to prepare route [{uri}] for serialization. {error}",
        fix="Give the routes different names (or a controller instead of a closure) in routes/.",
    ),
    Rule(
        code="laravel-vite-manifest",
        pattern=r"Vite manifest not found at: (?P<path>\S+)|Unable to locate file in Vite manifest: "
        r"(?P<file>\S+)|The Mix manifest does not exist",
        place=first(_deepest, anywhere(r"@vite|mix\(", ".blade.php"), instruction("COPY")),
        rank=Rank.ROOT,
        title="The front end was not built into the image",
        message="Vite manifest not found at {path}{file}: public/build is not in the image.",
        fix="Run npm ci && npm run build in a stage of the Dockerfile and COPY public/build from it.",
    ),
    Rule(
        code="laravel-view",
        pattern=r"View \[(?P<name>[^\]]+)\] not found",
        place=first(_deepest, anywhere(r"view\([\"']{name}", ".php")),
        rank=Rank.ROOT,
        title="View {name} not found",
        message="InvalidArgumentException: View [{name}] not found.",
        fix="Add resources/views/… for {name}, or correct the name where it is asked for.",
    ),
    Rule(
        code="laravel-unknown-command",
        pattern=r"(?:There are no commands defined in the|Command) \"(?P<name>[\w:-]+)\"(?: namespace| is not "
        r"defined)",
        place=first(failing_instruction, matching(r"{name}", "composer.json")),
        rank=Rank.ROOT,
        title="There is no command {name}",
        message='Command "{name}" is not defined.',
        fix="Correct the command's name, or install the package that brings it (with --no-dev a development "
        "package is missing).",
    ),
    Rule(
        code="php-no-artisan",
        pattern=r"Could not open input file: (?P<name>\S+)",
        place=first(failing_instruction, instruction("CMD", "ENTRYPOINT")),
        rank=Rank.ROOT,
        title="{name} is not in the image at this point",
        message="Could not open input file: {name}: PHP runs it before COPY brought it into the image.",
        fix="Write COPY . . before this step, or composer install --no-scripts first and composer "
        "dump-autoload after COPY . .",
    ),
    Rule(
        code="symfony-variable",
        pattern=r"Environment variable not found: \"(?P<name>\w+)\"",
        place=_env_place,
        rank=Rank.ROOT,
        title="The environment variable {name} is not set",
        message='Symfony EnvNotFoundException: Environment variable not found: "{name}".',
        fix="Set {name} for the service (env in servergem.yml), or give it a default: env({name}): '' under "
        "parameters.",
    ),
    Rule(
        code="symfony-yaml",
        pattern=r"The file \"(?P<path>[^\"]+\.ya?ml)\" does not contain valid YAML",
        read=_yaml_line,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{path} line {line} is not YAML",
        message='The file "{path}" does not contain valid YAML at line {line}.',
        fix="Correct the indentation or quote the value on line {line} of {path}.",
    ),
    Rule(
        code="symfony-extension",
        pattern=r"There is no extension able to load the configuration for \"(?P<name>[^\"]+)\" \(in "
        r"\"(?P<path>[^\"]+)\"",
        place=_key_in,
        rank=Rank.ROOT,
        title="No bundle knows the configuration {name}",
        message='There is no extension able to load the configuration for "{name}" (in {path}).',
        fix="Enable its bundle in config/bundles.php for this environment (not only dev), or remove {path}.",
    ),
    Rule(
        code="symfony-service",
        pattern=r"(?:Cannot autowire service \"(?P<name>[^\"]+)\": (?P<error>.*)|You have requested a "
        r"non-existent (?P<kind>service|parameter) "
        r"\"(?P<name2>[^\"]+)\".*)",
        read=lambda hit: {
            "name": hit["name"] or hit["name2"],
            "error": hit["error"] or hit.line.strip(),
            "last": (hit["name"] or hit["name2"]).rpartition("\\")[2],
        },
        place=first(anywhere(r"class\s+{last}\b", ".php"), anywhere(r"{name}", ".yaml", ".php")),
        rank=Rank.ROOT,
        title="{name}: {error}",
        message="Symfony: {error} ({name}).",
        fix="Type the argument with a class that is a service, or bind it under services in config/services.yaml.",
    ),
    Rule(
        code="symfony-env-file",
        pattern=r"Unable to read the \"(?P<path>[^\"]+)\" environment file",
        place=first(
            matching(r"\.env", ".dockerignore"),
            matching(r"bootEnv|loadEnv|Dotenv", "index.php", "console", "bootstrap.php"),
        ),
        title="{path} is not in the image",
        message='Symfony PathException: Unable to read the "{path}" environment file.',
        fix="Take .env out of .dockerignore, or run composer dump-env prod in the Dockerfile.",
    ),
    # Composer
    Rule(
        code="composer-unknown-package",
        pattern=r"^\s*- (?:Root composer\.json requires|The requested package) (?P<name>[\w.-]+/[\w.-]+)(?: "
        r"(?P<constraint>[^,]*))?,? (?:it )?"
        r"could not be found in any version",
        read=_unknown_package,
        place=dependency("php", "name"),
        rank=Rank.ROOT,
        title="There is no package {name}",
        message="Composer: {name} could not be found in any version, there may be a typo in the package name.",
        fix="{advice}, then run composer update {name} and commit composer.lock.",
    ),
    Rule(
        code="composer-no-version",
        pattern=r"^\s*- (?:Root composer\.json requires|The requested package) (?P<name>[\w.-]+/[\w.-]+) "
        r"(?P<constraint>\S.*?),? (?:found|exists as) "
        r"(?P<found>.*?),? but (?:it does|these were not loaded|it is not|these (?:are|do)|the package "
        r"is)(?P<why>.*)",
        place=dependency("php", "name"),
        rank=Rank.ROOT,
        title="{name} has no version {constraint}",
        message="Composer: Root composer.json requires {name} {constraint}, found {found} but it does not "
        "match the constraint.",
        fix="Ask for a version that exists ({found}) for {name} in composer.json, then run composer update "
        "{name} and commit composer.lock.",
    ),
    Rule(
        code="composer-extension",
        pattern=r"requires? (?:PHP extension )?(?P<extension>ext-[\w-]+) \S+.*(?:missing from your system|is "
        r"missing)|"
        r"the requested PHP extension (?P<old>\w+) is missing from your system",
        read=lambda hit: (
            _extension_of(hit)
            if hit["extension"]
            else {"extension": hit["old"], "install": _install(hit["old"])}
        ),
        place=first(
            _extension_line, failing_instruction, lambda hit: _require(hit, f"ext-{hit['extension']}")
        ),
        rank=Rank.ROOT,
        title="PHP's extension {extension} is missing",
        message="Composer: ext-{extension} is required, but it is missing from your system; install or enable "
        "PHP's {extension} extension.",
        fix="Install it in the Dockerfile before composer install: {install}.",
    ),
    Rule(
        code="composer-php-version",
        pattern=r"^\s*- (?:(?P<name>[\w.-]+/[\w.-]+) (?P<version>\S+)|Root composer\.json) requires "
        r"php(?:-64bit)? (?P<wanted>.+?) (?:->|but) your php "
        r"version \((?P<have>[\d.]+\d)",
        place=first(_php_image, lambda hit: _require(hit, "php"), dependency("php", "name"), _MANIFEST),
        rank=Rank.ROOT,
        title="{name} needs PHP {wanted}, the image has {have}",
        message="Composer: {name} {version} requires php {wanted} but your php version ({have}) does not "
        "satisfy that requirement.",
        fix="Take a base image with PHP {wanted} in the Dockerfile (FROM php:…), or change php and {name} in "
        "composer.json and run composer update.",
    ),
    Rule(
        code="composer-conflict",
        pattern=r"^\s*- (?P<name>[\w.-]+/[\w.-]+) (?P<version>\S+) (?P<word>requires|conflicts with) "
        r"(?P<other>[\w.-]+/[\w.-]+) (?P<constraint>\S.*?)"
        r"(?: -> (?P<why>.*))?\.?$",
        place=first(dependency("php", "other"), dependency("php", "name"), _MANIFEST),
        read=lambda hit: {} if hit.find(r"could not be resolved to an installable set|Problem \d+") else None,
        title="{name} {word} {other} {constraint}",
        message="Composer: Your requirements could not be resolved to an installable set of packages: {name} "
        "{version} {word} {other} "
        "{constraint} {why}.",
        fix="Change the version of {other} or {name} in composer.json until they agree, then run composer "
        "update -W and commit composer.lock.",
    ),
    Rule(
        code="composer-lock",
        pattern=r"^\s*- Required package \"(?P<name>[^\"]+)\" is (?:not present in the lock file|in the lock "
        r"file as \"(?P<locked>[^\"]+)\" but that "
        r"does not satisfy your constraint \"(?P<wanted>[^\"]+)\")",
        place=first(dependency("php", "name"), _LOCK),
        rank=Rank.ROOT,
        title="composer.lock does not have {name} {wanted}",
        message="The lock file is not up to date with the latest changes in composer.json: Required package "
        '"{name}" is not present '
        "in the lock file {locked}.",
        fix="Run composer update {name} and commit composer.lock.",
    ),
    Rule(
        code="composer-unresolved",
        pattern=r"Your (?:requirements could not be resolved to an installable set|lock file does not contain "
        r"a compatible set) of packages",
        rank=Rank.SYMPTOM,
        place=_MANIFEST,
        read=lambda hit: {"told": " ".join(line.strip() for line in hit.after(6) if line.strip())},
        title="Composer could not resolve the requirements",
        message="Your requirements could not be resolved to an installable set of packages. {told}",
        fix="Change the versions that Problem 1 names in composer.json, run composer update and commit "
        "composer.lock.",
    ),
    Rule(
        code="composer-json-syntax",
        pattern=r"\"(?P<path>\S*composer\.json)\" does not contain valid JSON",
        read=_composer_json,
        place=first(_in_composer_json, whole_file("composer.json")),
        rank=Rank.ROOT,
        title="composer.json line {line} is not JSON",
        message='"{path}" does not contain valid JSON. Parse error on line {line}: {told}',
        fix="Correct line {line} of composer.json (no comma after the last entry).",
    ),
    Rule(
        code="composer-json-schema",
        pattern=r"\"(?P<path>\S*composer\.json)\" does not match the expected JSON schema",
        read=_schema,
        place=first(matching(r"\"{key}\"\s*:", "composer.json"), whole_file("composer.json")),
        rank=Rank.ROOT,
        title="composer.json does not follow its schema: {told}",
        message='"{path}" does not match the expected JSON schema: {told}',
        fix="Correct {key} in composer.json; composer validate checks it.",
    ),
    Rule(
        code="composer-no-json",
        pattern=r"Composer could not find a composer\.json file in (?P<path>\S+)",
        place=failing_instruction,
        rank=Rank.ROOT,
        title="There is no composer.json in {path}",
        message="Composer could not find a composer.json file in {path}: it was not copied before composer install.",
        fix="Write COPY composer.json composer.lock ./ before RUN composer install in the Dockerfile.",
    ),
    Rule(
        code="composer-plugin",
        pattern=r"(?P<name>[\w.-]+/[\w.-]+) contains a Composer plugin which is (?:blocked by your "
        r"allow-plugins config|currently not in your)",
        place=first(
            matching(r"\"allow-plugins\"", "composer.json"),
            matching(r"\"config\"", "composer.json"),
            dependency("php", "name"),
            whole_file("composer.json"),
        ),
        rank=Rank.ROOT,
        title="Composer's plugin {name} is not allowed",
        message="{name} contains a Composer plugin which is blocked by your allow-plugins config.",
        fix="Run composer config allow-plugins.{name} true and commit composer.json.",
    ),
    Rule(
        code="composer-platform-check",
        pattern=r"Your Composer dependencies require (?:a PHP version|the following PHP extensions to be "
        r"installed:) ?\"?(?P<wanted>[^\"]+?)\"?(?:\. You are "
        r"running (?P<have>[\d.]+\d)|\.?$)",
        place=first(_php_image, base_image),
        rank=Rank.ROOT,
        title="The image's PHP {have} does not suit: {wanted}",
        message="Your Composer dependencies require a PHP version or extensions: {wanted}. You are running {have}.",
        fix="Take a base image (FROM php:…) with PHP {wanted}, or install the extension there with "
        "docker-php-ext-install.",
    ),
    Rule(
        code="composer-api",
        pattern=r"requires composer-(?P<kind>plugin|runtime)-api (?P<wanted>\S+)",
        place=first(matching(r"composer[:@]\d|composer:", "Dockerfile"), failing_instruction),
        rank=Rank.ROOT,
        title="A package needs another Composer ({kind}-api {wanted})",
        message="Composer: a package requires composer-{kind}-api {wanted}, and this Composer has another one.",
        fix="Take Composer 2: COPY --from=composer:2 /usr/bin/composer /usr/bin/composer.",
    ),
    Rule(
        code="composer-no-unzip",
        pattern=r"The zip extension and unzip/7z commands are both missing|git was not found in your PATH|The "
        r".zip. extension.* are missing",
        place=failing_instruction,
        title="The image has neither unzip nor git for Composer",
        message="Composer: The zip extension and unzip/7z commands are both missing, and git was not found in "
        "your PATH.",
        fix="Write RUN apt-get update && apt-get install -y unzip git in the Dockerfile before composer install.",
    ),
    Rule(
        code="composer-authentication",
        pattern=r"(?:Could not authenticate against (?P<host>\S+)|The '(?P<url>https?://[^']+)' URL "
        r"(?:required authentication|could not be accessed.*40[134])|"
        r"Invalid credentials \(HTTP 40[13]\) for '(?P<url2>[^']+)'|GitHub API limit .* is exhausted)",
        read=lambda hit: {"host": hit["host"] or hit["url"] or hit["url2"] or "github.com"},
        place=first(matching(r"\"repositories\"", "composer.json"), failing_instruction),
        title="Composer has no credentials for {host}",
        message="Composer could not authenticate against {host}: the URL required authentication.",
        fix="Give the build COMPOSER_AUTH (a token for {host}) as a build secret: RUN "
        "--mount=type=secret,id=composer_auth …",
    ),
    Rule(
        code="composer-network",
        pattern=r"curl error \d+ while downloading (?P<url>\S+?):|could not be downloaded(?:,| "
        r"|:).*(?:getaddrinfo|timed out|SSL|HTTP/\S+ 5\d\d)|"
        r"php_network_getaddresses: getaddrinfo (?:failed|for repo)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="Packagist could not be reached",
        message="Composer could not download {url}: a network or registry trouble.",
        fix="It is not your change: run the build again.",
    ),
    Rule(
        code="composer-script-class",
        pattern=r"Class (?P<name>[\w\\]+) is not autoloadable, can not call (?P<event>[\w-]+) script",
        read=lambda hit: {"last": hit["name"].rpartition("\\")[2]},
        place=matching(r"{last}", "composer.json"),
        title="composer.json's {event} calls {name}, which is not there",
        message="Class {name} is not autoloadable, can not call {event} script.",
        fix="Correct the class under scripts in composer.json, or run composer install --no-scripts before COPY . .",
    ),
    Rule(
        code="composer-script",
        pattern=r"Script (?P<name>.+?) handling the (?P<event>[\w-]+) event returned with error code (?P<exit>\d+)",
        read=_script,
        place=first(failing_instruction, matching(r"{event}", "composer.json")),
        rank=Rank.SYMPTOM,
        title="Composer's script {name} failed",
        message="Script {name} handling the {event} event returned with error code {exit}. {told}",
        fix="Correct what {name} says above, or run composer install --no-scripts before the code is copied.",
    ),
    # The servers
    Rule(
        code="php-fpm-config",
        pattern=r"ERROR: \[(?P<path>/\S+\.conf):(?P<line>\d+)\] (?P<error>.*)",
        place=first(at(), instruction("COPY")),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="PHP-FPM: {error} in {path} line {line}; FPM initialization failed.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="php-fpm-user",
        pattern=r"ERROR: \[pool (?P<pool>\w+)\] (?P<error>cannot get [ug]id for (?:user|group) "
        r"'(?P<name>[^']+)'.*|.*not been specified.*)",
        place=first(
            matching(r"^\s*(?:user|group|listen\.owner)\s*=", "www.conf", "php-fpm.conf", "zz-docker.conf"),
            instruction("COPY"),
        ),
        title="PHP-FPM: {error}",
        message="PHP-FPM pool {pool}: {error}.",
        fix="Write user = www-data (a user of the image) in the pool's configuration.",
    ),
    # Tests and analysis
    Rule(
        code="phpunit-failure",
        pattern=r"^(?P<number>\d+)\) (?P<name>[A-Z][\w\\]*::\w+.*)$",
        read=_phpunit,
        place=_phpunit_place,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="PHPUnit: {name}: {error}",
        fix="Correct the code until {name} passes, or the assertion where it is wrong.",
    ),
    Rule(
        code="phpunit-pest",
        pattern=r"^\s*(?:FAILED|⨯|✕)\s+(?P<name>Tests\\\S+ > .*)$",
        read=_pest,
        place=_deepest,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="Pest: {name}: {error}",
        fix="Correct the code until {name} passes, or the expectation where it is wrong.",
    ),
    Rule(
        code="phpstan-error",
        pattern=r"^\s{2,}:?(?P<line>\d+)\s{2,}(?P<error>\S.*)$",
        read=_phpstan,
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="PHPStan: {error}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="phpstan-psalm",
        pattern=r"^ERROR: (?P<kind>[A-Z]\w+) - (?P<path>\S+\.php):(?P<line>\d+):\d+ - (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Psalm: {kind}: {error}",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="phpcs-error",
        pattern=r"^\s+(?P<line>\d+) \| ERROR\s+\| (?:\[[ x]\] )?(?P<error>.*)$",
        read=_phpcs,
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="PHP_CodeSniffer: {error}",
        fix="Change line {line} of {path}, or run phpcbf.",
    ),
    # Anything else
    Rule(
        code="php-uncaught",
        pattern=_PREFIX
        + r"(?:Fatal|Recoverable fatal) error:\s+Uncaught (?:exception ')?(?P<klass>[A-Z\\][\w\\]*)(?:' with "
        r"message '|: )(?P<error>.*)$",
        read=_uncaught,
        place=_deepest,
        title="{where}: {error}",
        message="PHP Fatal error: Uncaught {klass}: {whole} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="php-fatal",
        pattern=_PREFIX
        + r"(?:Fatal|Compile) error:\s+(?P<error>[^U\s].*?|U[^n].*?|Un[^c].*?) in (?P<path>\S+) on line "
        r"(?P<line>\d+)",
        read=lambda hit: {"file": _ours(hit, hit["path"]) or hit["path"]},
        place=_deepest,
        title="{file} line {line}: {error}",
        message="PHP Fatal error: {error} in {file} on line {line}.",
        fix="Correct line {line} of {file}.",
    ),
    Rule(
        code="php-exception",
        pattern=r"^\s*In (?P<file>[\w.-]+\.php) line (?P<line>\d+):$",
        read=_console,
        place=_named_file,
        title="{error}",
        message="{error} (thrown in {where}).",
        fix="{advice}.",
    ),
)

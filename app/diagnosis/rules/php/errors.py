"""PHP: syntax, extensions and what is thrown for want of something."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction, in_instruction
from app.diagnosis.places import at, first, matching
from app.diagnosis.rule import Rank, Rule, unless
from app.diagnosis.rules.php.reading_composer import REGISTERED, dev_package
from app.diagnosis.rules.php.reading_errors import (
    class_place,
    library,
    memory,
    missing_class,
    missing_function,
)
from app.diagnosis.rules.php.reading_extensions import driver, extension_line, unknown
from app.diagnosis.rules.php.reading_required import missing_require
from app.diagnosis.rules.php.reading_syntax import TRACE, parse
from app.diagnosis.rules.php.reading_tests import PREFIX

RULES: tuple[Rule, ...] = (
    Rule(
        code="php-parse",
        pattern=PREFIX
        + r"(?:Parse|Fatal) error:\s+(?P<error>(?:syntax error, |Unclosed |Unmatched |Invalid numeric literal|"
        r"Invalid body indentation|Unterminated comment).*?|syntax error) in (?P<path>\S+?) on line (?P<line>\d+)",
        read=parse,
        place=at("path", "change"),
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="PHP Parse error in {file}: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="php-parse-thrown",
        pattern=r"Uncaught ParseError: (?P<error>.+?) in (?P<path>\S+?\.\w+):(?P<line>\d+)",
        read=parse,
        place=at("path", "change"),
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="PHP ParseError in {file}: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="php-autoload-missing",
        pattern=r"Failed opening required '(?P<wanted>[^']*vendor/autoload(?:_runtime)?\.php)'|"
        r"require(?:_once)?\((?P<wanted2>\S*vendor/autoload(?:_runtime)?\.php)\): [Ff]ailed to open stream",
        place=first(
            TRACE.deepest, matching(r"vendor/autoload\.php", "index.php", "artisan", "bootstrap.php")
        ),
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
        read=missing_require,
        place=TRACE.deepest,
        title="{where}: {wanted} is not there",
        message="PHP Fatal error: Failed opening required '{wanted}': No such file or directory.",
        fix="{advice}.",
    ),
    Rule(
        code="php-class-not-found",
        pattern=r"(?:Class|Interface|Trait|Enum|Attribute class) ['\"](?P<name>[\w\\]+)['\"] not found",
        read=unless(missing_class, dev_package, REGISTERED),
        place=class_place,
        title="Class {name} not found",
        message='PHP Fatal error: Class "{name}" not found: {why}.',
        fix="{advice}.",
    ),
    Rule(
        code="php-extension-function",
        pattern=r"Call to undefined function (?P<name>[\w\\]+)\(\)",
        read=missing_function,
        place=first(extension_line, TRACE.deepest),
        title="{name}() needs PHP's extension {extension}",
        message="PHP Fatal error: Uncaught Error: Call to undefined function {name}(): the image has no "
        "extension {extension}.",
        fix="Install it in the Dockerfile: {install}.",
    ),
    Rule(
        code="php-no-driver",
        pattern=r"\bcould not find driver\b",
        read=driver,
        place=first(extension_line, TRACE.deepest, failing_instruction),
        rank=Rank.ROOT,
        title="PHP has no driver for this database",
        message="PDOException: could not find driver: the image lacks PHP's extension {driver}.",
        fix="Install it in the Dockerfile: {advice}.",
    ),
    Rule(
        code="php-memory",
        pattern=r"Allowed memory size of (?P<bytes>\d+) bytes exhausted \(tried to allocate (?P<more>\d+) "
        r"bytes\)(?: in (?P<path>\S+) on "
        r"line (?P<line>\d+))?",
        read=memory,
        place=first(TRACE.deepest, failing_instruction, matching(r"memory_limit", "php.ini", "custom.ini")),
        rank=Rank.ROOT,
        title="PHP's memory_limit of {mib} MiB is exhausted",
        message="PHP Fatal error: Allowed memory size of {bytes} bytes exhausted (tried to allocate {more} "
        "bytes) in {path}.",
        fix="{advice}.",
    ),
    Rule(
        code="php-extension-unknown",
        pattern=r"error: /usr/src/php/ext/(?P<name>\w+) does not exist|^\s*Possible values for ext-name:",
        read=unknown,
        place=in_instruction("name"),
        rank=Rank.ROOT,
        title="{name} is no extension of this PHP's own source",
        message="docker-php-ext-install: /usr/src/php/ext/{name} does not exist: {why}.",
        fix="{advice}.",
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
        read=library,
        place=failing_instruction,
        rank=Rank.ROOT,
        title="{name} is missing: {package} is not in the image",
        message="configure: error: the PHP extension needs the package {name}, which was not found.",
        fix="Write RUN apt-get update && apt-get install -y {package} before docker-php-ext-install in the "
        "Dockerfile "
        "(on Alpine apk add the -dev package).",
    ),
)

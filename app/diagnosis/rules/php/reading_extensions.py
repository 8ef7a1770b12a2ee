"""PHP's extensions: how an image gets one, which line of the Dockerfile installs them, which one a database needs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.rule import Hit
from app.model import Place

_BY_PECL = frozenset({
    "redis", "memcached", "imagick", "mongodb", "amqp", "grpc", "apcu", "yaml", "swoole", "openswoole", "xdebug",
})  # fmt: skip

# What PHP 8.4 gave to PECL: https://wiki.php.net/rfc/unbundle_imap_pspell_oci8
_UNBUNDLED = frozenset({"imap", "pspell", "oci8", "pdo_oci"})

# What an extension of PHP's own source is compiled against, in Debian's words.
_NEEDS = {
    "gd": "libpng-dev libjpeg-dev libfreetype6-dev", "zip": "libzip-dev", "intl": "libicu-dev", "pgsql": "libpq-dev",
    "pdo_pgsql": "libpq-dev", "soap": "libxml2-dev", "gmp": "libgmp-dev", "xsl": "libxslt1-dev", "ldap": "libldap2-dev",
    "curl": "libcurl4-openssl-dev", "mbstring": "libonig-dev", "imap": "libc-client-dev libkrb5-dev", "dom": "libxml2-dev",
}  # fmt: skip


def install(extension: str) -> str:
    """How an image of php: gets an extension."""
    name = extension.lower().removeprefix("ext-")
    if name in _BY_PECL:
        return f"RUN pecl install {name} && docker-php-ext-enable {name}"
    needs = _NEEDS.get(name, "")
    before = f"apt-get update && apt-get install -y {needs} && " if needs else ""
    return f"RUN {before}docker-php-ext-install {name}"


def unknown(hit: Hit) -> Mapping[str, str] | None:
    """The extension that PHP's own source has not (any more): the log names it, or the command and the list below."""
    name = hit["name"] or _not_listed(hit)
    if not name:
        return None
    if name.lower() in _UNBUNDLED:
        why = f"PHP 8.4 gave {name} to PECL"
        advice = (
            f"Write COPY --from=mlocati/php-extension-installer /usr/bin/install-php-extensions /usr/local/bin/ and RUN install-php-extensions {name} "
            f"(pecl install {name} where its library is there), or take a php:8.3 image"
        )
    else:
        why, advice = "it is of PECL, or built into PHP already (php -m)", f"Write {install(name)}"
    return {"name": name, "why": why, "advice": advice}


def _not_listed(hit: Hit) -> str:
    """What the failing command names, and the list of what can be installed has not."""
    listed = next((line.split() for line in hit.after(8) if len(line.split()) > 20), [])
    asked = re.findall(
        r"docker-php-ext-(?:install|configure)\s+((?:-j\S*\s+|\"?\$\S+\s+)*[^&|;]+)", hit.section.instruction
    )
    words = (word for command in asked for word in command.split())
    return next(
        (word for word in words if listed and re.fullmatch(r"[a-z]\w+", word) and word not in listed), ""
    )


# What a connection's own words say of the driver.
_DRIVERS = {
    "pgsql": "pdo_pgsql", "postgres": "pdo_pgsql", "postgresql": "pdo_pgsql", "mysql": "pdo_mysql", "mariadb": "pdo_mysql", "sqlite": "pdo_sqlite",
    "sqlsrv": "pdo_sqlsrv",
}  # fmt: skip
_CONNECTION = r"\bConnection: (\w+)|['\"](pgsql|mysql|sqlite|sqlsrv):|\b(?:Abstract)?(PostgreSQL|MySQL|SQLite)Driver\.php"


def driver(hit: Hit) -> Mapping[str, str]:
    """Which driver is missing, where the connection is named."""
    found = (
        re.search(_CONNECTION, hit.line) or hit.find_after(_CONNECTION, 30) or hit.find_before(_CONNECTION, 6)
    )
    word = next((each for each in found.groups() if each), "").lower() if found else ""
    name = _DRIVERS.get(word, "")
    if not name:
        return {
            "driver": "pdo_mysql, pdo_pgsql or pdo_sqlite", "advice": f"{install('pdo_mysql')} (for PostgreSQL: {install('pdo_pgsql')})",
        }  # fmt: skip
    return {"driver": name, "advice": install(name)}


def extension_line(hit: Hit) -> Place | None:
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

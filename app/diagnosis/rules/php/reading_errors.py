"""PHP's errors: whose class, function or file is missing, and which extension brings it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_thrown import asked_by
from app.diagnosis.rules.php.reading_extensions import extension_line, install
from app.diagnosis.rules.php.reading_registered import registered
from app.diagnosis.rules.php.reading_syntax import TRACE
from app.model import Place

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


def uncaught(hit: Hit) -> Mapping[str, str] | None:
    error, told = hit["error"], [hit["error"]]
    for line in hit.after(12):
        if re.match(r"Stack trace:|#\d+ |\s+thrown in ", line):
            break
        told.append(line.strip())
    whole = re.sub(r" in \S+\.php:\d+$", "", " ".join(word for word in told if word))[:260]
    where = TRACE.where(hit)
    return {
        "error": re.sub(r" in \S+:\d+$", "", error),
        "whole": whole,
        "where": where,
        "advice": advice_said(error, where) or asked_by(hit, whole, TRACE.deepest(hit)) or f"Correct {where}",
    }


def advice_said(error: str, where: str) -> str:
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
    if match := re.search(r"[Ee]nvironment variable (?:not found: )?\"?'?([A-Z]\w+)", error):
        return f"Set {match[1]} for the service (env in servergem.yml)"
    if "SQLSTATE[HY000] [2002]" in error or "Connection refused" in error:
        return "Set the database's host for the service: on Cloud Run the socket /cloudsql/PROJECT:REGION:INSTANCE"
    return ""


def missing_class(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].lstrip("\\")
    words = {**(uncaught(hit) or {}), "name": name}
    last = name.rpartition("\\")[2]
    if extension := _EXTENSIONS.get(name) or (_EXTENSIONS.get(last) if name == last else None):
        return {
            **words, "extension": extension, "why": f"it comes with PHP's extension {extension}, which the "
            f"image lacks",
            "advice": f"Install it in the Dockerfile: {install(extension)}",
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
    if last.endswith("ServiceProvider"):
        return {**words, **registered(name)}
    return {
        **words, "why": "nothing declares or loads it",
        "advice": f"Require the package that has {name} (composer require), or import it with use in "
        f"{words['where']}",
    }  # fmt: skip


def class_place(hit: Hit) -> Place | None:
    if hit["extension"]:
        return extension_line(hit) or TRACE.deepest(hit)
    place = TRACE.deepest(hit)
    if (
        place
        and (line := hit.files.search(place.path, rf"^use\s+{re.escape(hit['name'])}\s*;"))
        and hit["why"].startswith("there is")
    ):
        return hit.files.place(place.path, line)
    return place


def missing_function(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"].lstrip("\\").rpartition("\\")[2]
    extension = next((value for key, value in _FUNCTIONS if name.startswith(key)), "")
    if not extension or any(
        re.search(rf"function\s+{re.escape(name)}\b", hit.files.text(p))
        for p in hit.files.paths
        if p.endswith(".php")
    ):
        return None
    return {"name": name, "extension": extension, "install": install(extension.split()[0])}


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


def library(hit: Hit) -> Mapping[str, str] | None:
    """Which library the configure script of an extension looked for."""
    if not re.search(r"docker-php-ext|pecl|phpize", hit.section.instruction + " ".join(hit.before(80))):
        return None
    name = (hit["name"] or hit["name2"] or hit["name3"]).rstrip(".,")
    return {"name": name, "package": _LIBRARIES.get(name, f"the -dev package of {name}")}


def memory(hit: Hit) -> Mapping[str, str] | None:
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

"""Bundler: what Gemfile and lock say of a gem, a platform, a Ruby."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import failing_dockerfile
from app.diagnosis.paths import nearest_first, repository_path
from app.diagnosis.places import matching
from app.diagnosis.rule import Find, Hit
from app.diagnosis.rules.ruby.reading_required import group_of
from app.diagnosis.unclosed import odd_quote
from app.model import Place


def _whole(hit: Hit, count: int = 5) -> str:
    """Bundler wraps its sentences at 80 columns: the sentence on one line again."""
    words = [hit.line]
    for line in hit.after(count):
        if not line.strip():
            break
        words.append(line.strip())
    return " ".join(words)


def gem_not_found(hit: Hit) -> Mapping[str, str] | None:
    match = re.match(r"(\S+?)(?: \((.*)\))?$", hit["gem"].strip())
    if match is None:
        return None
    name, wanted = match[1], match[2] or ""
    there = [m[1] for line in hit.after(12) if (m := re.match(r"\s+\* (\S+)", line))]
    near = hit.files.nearest(name, WELL_KNOWN, 0.8)
    if there:
        advice = (
            f"Ask for a version that exists ({', '.join(there[-3:])}) in the Gemfile, then run bundle install"
        )
        title = f"{name} {wanted} does not exist".replace("= ", "")
    elif near and near != name:
        advice = f'Write gem "{near}" in the Gemfile, then run bundle install and commit Gemfile.lock'
        title = f"There is no gem {name}"
    else:
        advice = (
            f"Correct the gem's name or its version in the Gemfile ({name} {wanted}), then run bundle "
            f"install and commit Gemfile.lock"
        )
        title = f"Bundler could not find gem {name} {wanted}".rstrip()
    return {"name": name, "title": title, "told": _whole(hit, 3), "advice": advice}


WELL_KNOWN = (
    "rails", "sinatra", "puma", "unicorn", "thin", "rack", "rack-cors", "sidekiq", "redis", "pg", "mysql2",
    "sqlite3", "nokogiri", "devise", "rspec", "rspec-rails", "minitest", "rubocop", "bootsnap", "sprockets-rails",
    "importmap-rails", "turbo-rails", "stimulus-rails", "jbuilder", "bcrypt", "faker", "capybara",
    "selenium-webdriver", "dotenv", "dotenv-rails", "httparty", "faraday", "rest-client", "google-cloud-storage",
    "google-cloud-pubsub", "functions_framework", "grape", "grape-entity", "graphql", "kaminari", "pundit",
    "cancancan", "activerecord", "activesupport", "activejob", "sequel", "mongoid", "aws-sdk-s3", "jwt", "oj",
    "rake", "byebug", "pry", "webmock", "vcr", "simplecov", "factory_bot", "factory_bot_rails", "shoulda-matchers",
    "sassc", "sass-rails", "uglifier", "webpacker", "tzinfo-data", "mini_magick", "image_processing",
    "concurrent-ruby", "json", "bundler", "jekyll", "kramdown", "webrick", "slim", "haml", "erubi", "roda",
    "hanami",
)  # fmt: skip


def locked_out(hit: Hit) -> Mapping[str, str] | None:
    added = [m[1] for line in hit.after(16) if (m := re.match(r"\*\s+([\w-]+)", line))]
    names = list(dict.fromkeys(added))
    return {
        "name": names[0] if names else "",
        "told": ", ".join(names) or "the Gemfile",
        "whole": _whole(hit, 3),
    }


def checksum(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_after(r"^\s+([\w-]+) \(", 3)
    return {"name": hit["name"] or (match[1] if match else "")}


def in_lock(pattern: str) -> Find:
    return matching(pattern, "Gemfile.lock", "gems.locked")


def under_bundled_with(hit: Hit) -> Place | None:
    for path in nearest_first(hit, hit.files.named("Gemfile.lock")):
        if (line := hit.files.search(path, r"^BUNDLED WITH")) and (
            place := hit.files.place(path, line + 1) or hit.files.place(path, line)
        ):
            return place
    return None


def ruby_image(hit: Hit) -> Place | None:
    """The FROM that brings Ruby; without one, the line that asks for a version."""
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for stage in reversed(parsed.stages):
            if "ruby" in stage.image:
                return hit.files.place(path, stage.line)
    return None


def conflict(hit: Hit) -> Mapping[str, str] | None:
    name, told = "", []
    for line in hit.after(40):
        if re.match(r"\s+\S", line) or line.startswith(("Because", "And ", "So,", "Thus")):
            told.append(line.strip())
    whole = " ".join(told)[:260]
    asked = re.findall(r"Gemfile depends on ([\w-]+)", whole) + re.findall(
        r"\b([\w-]+) \([^)]*\)(?: was resolved|$)", whole
    )
    for each in [*asked, hit["gem"]]:
        if each and dependency_line(hit, "ruby", each):
            name = each
            break
    return {"name": name or hit["gem"], "told": whole, "gem": hit["gem"] or name}


_NATIVE = (
    (r"can't find header files for ruby", "ruby-dev"),
    (r"libpq-fe\.h|pg_config|PostgreSQL client library", "libpq-dev"),
    (r"mysql client is missing|mysql\.h|mysql_config|libmysqlclient|mariadb", "default-libmysqlclient-dev"),
    (r"sqlite3\.h|sqlite3_libversion|SQLite3", "libsqlite3-dev"),
    (r"yaml\.h|libyaml", "libyaml-dev"),
    (r"libxml2 is missing|xmlversion\.h|libxml/", "libxml2-dev libxslt1-dev"),
    (r"libxslt is missing", "libxslt1-dev"),
    (r"zlib is missing|zlib\.h", "zlib1g-dev"),
    (r"libffi|ffi\.h", "libffi-dev"),
    (r"MagickWand|ImageMagick|Magick-config|MagickCore", "libmagickwand-dev"),
    (r"libcurl|curl/curl\.h|curl-config", "libcurl4-openssl-dev"),
    (r"openssl/ssl\.h|OpenSSL library|openssl/opensslv", "libssl-dev"),
    (r"idn\.h|libidn", "libidn11-dev"),
    (r"ldap\.h", "libldap2-dev"),
    (r"sasl\.h", "libsasl2-dev"),
    (r"libgit2|cmake.*(?:not found|required)|CMake is required", "cmake pkg-config"),
    (r"vips/vips", "libvips-dev"),
    (r"icu|unicode/", "libicu-dev"),
    (r"gmp\.h", "libgmp-dev"),
    (r"readline/", "libreadline-dev"),
    (r"libclang", "libclang-dev"),
    (r"rustc|cargo", "rustc cargo"),
    (r"compiler failed to generate an executable|development tools first|make: not found|gcc: not found|"
     r"make failed|make\b.*No such file|g\+\+: not found|No such file or directory - make", "build-essential"),
)  # fmt: skip


def native(hit: Hit) -> Mapping[str, str] | None:
    """Which library's headers a gem's native part did not find."""
    lines = [hit.line, *hit.after(70), *hit.before(45)]
    built = [
        line for line in lines if not re.search(r"^Gem files will remain|^Results logged|mkmf\.log", line)
    ]
    gem, reason, wanted = hit["gem"], "", ""
    for line in lines:
        if (
            match := re.search(r"An error occurred while installing ([\w-]+) \(([\w.]+)\)", line)
            or re.search(r"(?:ERROR:\s+Error installing ([\w-]+):)()", line)
            or re.search(r"/gems/([\w-]+?)-(\d[\w.]*?)(?:-[\w-]+)?(?:/| for inspection)", line)
        ):
            gem = gem or match[1]
            break
    for pattern, package in _NATIVE:
        found = next(
            (
                each
                for each in built
                if re.search(pattern, each) and not re.search(r"\.\.\. yes$|^current directory|--with", each)
            ),
            "",
        )
        if found:
            reason, wanted = found.strip(), package
            break
    told = reason or next(
        (each.strip() for each in built if re.search(r"(?i)\berror\b:|missing|not found", each)), ""
    )
    if wanted:
        what, packages = (
            ("compilers", wanted) if wanted == "build-essential" else ("it", f"build-essential {wanted}")
        )
        advice = f"Install {what} before bundle install in the Dockerfile: RUN apt-get update && apt-get install -y {packages}"
    else:
        advice = (
            f"Install what {gem}'s extconf.rb asks for before bundle install, or take a version of {gem} "
            f"that suits this Ruby"
        )
    return {"gem": gem or "a gem", "told": told[:200], "package": wanted or "a library", "advice": advice}


def only_without_native(hit: Hit) -> Mapping[str, str] | None:
    """Bundler's last line repeats what a native extension's own error said before."""
    return (
        None if hit.find_before(r"Failed to build gem native extension", 120) else {"told": _before_told(hit)}
    )


def _before_told(hit: Hit) -> str:
    return next(
        (line.strip() for line in hit.before(12) if re.search(r"(?i)error|denied|fail|require", line)), ""
    )


def gemfile_error(hit: Hit) -> Mapping[str, str] | None:
    path, line = hit["name"], "1"
    for each in hit.after(8):
        if match := re.match(r"\s*#\s+from (\S+):(\d+)", each):
            path, line = match[1], match[2]
            break
    error = (
        re.sub(r"\s*-?\.? ?Bundler cannot continue\.?", "", _whole(hit, 2).partition("`: ")[2])
        or hit["error"]
    )
    name = repository_path(hit.files, path, hit) or hit["name"]
    if "syntax error" in error:
        lines = hit.files.lines(name)
        line = str(odd_quote(lines, int(line)) or line)
        advice = f"Correct line {line} of {name}"
    elif match := re.search(r"Undefined local variable or method [`'](\w+)'", error):
        words = ("gem", "source", "group", "ruby", "gemspec", "platforms")
        meant = hit.files.nearest(match[1], words, 0.5) or "gem"
        advice = f"Write {meant} on line {line} of {name}"
    elif "same gem twice" in error:
        advice = f"Keep one of the two lines of {name}"
    else:
        advice = f"Correct line {line} of {name}"
    return {"path": path, "line": line, "error": error, "advice": advice}


def platform(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"local platform\s+is ([\w-]+)", _whole(hit, 2))
    return {"local": hit["local"] or (match[1] if match else "x86_64-linux")}


def last_suiting(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_before(r"Try installing it with `(gem install [^`]+)`", 4)
    older = (
        f"write {match[1]}" if match else f"install an older {hit['name']} (gem install {hit['name']} -v …)"
    )
    return {"advice": f"In the Dockerfile {older}, or take a base image with Ruby {hit['wanted']}"}


def command(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    if line := dependency_line(hit, "ruby", name):
        group = group_of(hit, line)
        if group:
            return {
                "advice": f'Move gem "{name}" out of the {group} group of the Gemfile: the image installs without it'
            }
        return {"advice": f"Run bundle install in the stage that runs {name}, with the same BUNDLE_PATH"}
    return {"advice": f'Add gem "{name}" to the Gemfile, run bundle install and commit Gemfile.lock'}


def git_gem(hit: Hit) -> Mapping[str, str] | None:
    url = hit["url"] or hit["source"] or hit["command"]
    match = re.search(r"github\.com[/:]([\w.-]+/[\w-]+)", url)
    return {"told": _whole(hit, 3), "repo": match[1] if match else ""}

"""Ruby: syntax in both parsers' words, exceptions, Bundler, RubyGems, Rails, Puma, RSpec, Minitest, RuboCop."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from app.diagnosis.envelope import Kind
from app.diagnosis.places import (
    anywhere,
    at,
    base_image,
    dependency,
    dependency_line,
    failing_dockerfile,
    failing_instruction,
    first,
    instruction,
    matching,
    nearest_first,
    repository_path,
    variable,
    whole_file,
)
from app.diagnosis.rule import Find, Hit, Rank, Rule
from app.diagnosis.unclosed import bare_code, code_before, continued, misplaced, odd_quote, open_bracket
from app.model import Blame, Place

_FILE = r"[\w./@+~-]*(?:\.(?:rb|ru|rake|gemspec|jbuilder|erb|haml|slim|thor)|Rakefile|Gemfile|\bbin/[\w-]+)"
_FRAME = re.compile(r"(?:^|\s|from |# |\()(" + _FILE + r"):(\d+)(?::in |\)?$|:)")
_ERROR = (
    r"(?:[A-Z]\w*::)*[A-Z]\w*(?:Error|Exception|Invalid|NotFound|Unavailable|Missing\w*|Interrupt|ENOENT|"
    r"EACCES)"
)
_DELIMITER = re.compile(r"expect(?:ing|ed a) [`'\"]?([)}\]])[`'\"]?")


# Syntax


def _syntax(hit: Hit) -> Mapping[str, str] | None:
    """All that the parser said of this file, and the line that has to change."""
    said = [hit["error"]]
    pointed = hit["line"]
    for line in hit.after(25):
        if match := re.match(r"\s*\|\s+(?:\^~*\s+)(\S.*)$", line):
            said.append(match[1])
        elif match := re.match(r">\s*(\d+)\s*\|", line):
            pointed = pointed if len(said) > 1 or not hit["prism"] else match[1]
        elif (match := re.match(r"\S+:\d+: (syntax error.*|.* meets end of file.*)$", line)) and len(
            said
        ) < 6:
            said.append(match[1])
    errors = [
        re.sub(r"\s*\(SyntaxError\)$", "", each) for each in said if not each.startswith("syntax error")
    ]
    told = [re.sub(r"\s*\(SyntaxError\)$", "", each) for each in said if each.startswith("syntax error, ")]
    error = "; ".join(dict.fromkeys([*told, *errors][:3])) or hit["error"]
    path = repository_path(hit.files, hit["path"], hit)
    number = int(pointed)
    change, advice = _to_change(hit, path, number, " ; ".join(said)) if path else (number, "")
    return {
        "path": hit["path"],
        "file": path or hit["path"],
        "error": error,
        "change": str(change),
        "noticed": f"Ruby noticed it on line {pointed}." if change != number else "",
        "advice": advice
        or f"Correct line {change} of {path or hit['path']}; `ruby -c {path or hit['path']}` checks it",
    }


def _to_change(hit: Hit, path: str, number: int, said: str) -> tuple[int, str]:
    """The line that has to change, and what to write there."""
    lines = hit.files.lines(path)
    suggested = _suggested(hit)
    if "meets end of file" in said or "unterminated" in said:
        unended = hit.files.search(path, r"#\{[^}]*\"[^}]*$")
        found = unended or odd_quote(lines, len(lines)) or number
        return found, f"Close the string on line {found} of {path}"
    if closed := _DELIMITER.search(said):
        opened = open_bracket(lines, number, closed[1])
        above = code_before(lines, number)
        if opened and above:
            where = f" (its opening bracket is on line {opened})" if opened != above else ""
            return above, f"Close it with {closed[1]} on line {above} of {path}{where}"
        return number, f"Add the missing {closed[1]} on line {number} of {path}"
    if "end-of-input" in said or "expecting `end'" in said or "expected an `end`" in said:
        unended, surplus = misplaced(lines, _blocks)
        if surplus or ("expecting end-of-input" in said and not unended):
            surplus = surplus or number
            return surplus, f"Remove the end on line {surplus} of {path}: nothing is open there"
        if opened := suggested or unended:
            return opened, f"Add the missing end for what line {opened} of {path} opens"
    above = code_before(lines, number)
    if above and continued(lines[above - 1]) and "unexpected" in said:
        return above, f"Complete line {above} of {path}: it ends in the middle of an expression"
    _, surplus = misplaced(lines, _blocks)
    if surplus and "end'" in said:
        return surplus, f"Remove the end on line {surplus} of {path}: nothing is open there"
    return number, ""


def _suggested(hit: Hit) -> int:
    """The line that Ruby's own syntax_suggest marks as the start of what is unmatched."""
    for line in (*hit.before(30), *hit.after(5)):
        if re.match(r"Unmatched keyword, missing `end'|Unmatched `end'", line):
            break
    else:
        return 0
    marked = [
        int(m[1])
        for line in reversed(hit.before(30))
        if (m := re.match(r">\s+(\d+)  \S|>\s+(\d+)\s", line)) and m[1]
    ]
    return marked[0] if marked else 0


_BEGINS = re.compile(r"^\s*(?:class|module|if|unless|while|until|case|for|begin)\b")
_ASSIGNS = re.compile(r"[=(,]\s*(?:if|unless|case|begin)\b|\bdo(?:\s*\|[^|]*\|)?\s*$")
_DEFINES = re.compile(r"^\s*(?:(?:private|protected|public|module_function)\s+)?def\b")
_ENDLESS = re.compile(r"\bdef\s+[\w.]+[?!]?\s*(?:\([^)]*\))?\s*=\s")


def _blocks(line: str) -> tuple[int, int]:
    code = bare_code(line)
    defines = bool(_DEFINES.match(code)) and not _ENDLESS.search(code)
    opens = int(bool(_BEGINS.match(code)) or defines or bool(_ASSIGNS.search(code)))
    return opens, len(re.findall(r"(?<![.:\w@$])end\b(?![?:!])", code))


def _at_change(hit: Hit) -> Place | None:
    path = repository_path(hit.files, hit["path"], hit)
    return hit.files.place(path, int(hit["change"])) if path else None


# Exceptions


def _frames(hit: Hit, count: int = 80) -> Iterator[tuple[str, int]]:
    """(path in the repository, line) of every frame around this line that is ours, the deepest first."""
    for line in (hit.line, *hit.after(count), *hit.before(6)):
        for match in _FRAME.finditer(line[:600]):
            if "/bundle/" in match[1] or match[1].startswith(("/usr/", "<")):
                continue
            path = repository_path(hit.files, match[1], hit)
            if path and hit.files.has_line(path, int(match[2])):
                yield path, int(match[2])


def _deepest(hit: Hit) -> Place | None:
    """The deepest frame; of a call with the wrong arguments, the call."""
    frames = list(dict.fromkeys(_frames(hit)))
    called = "wrong number of arguments" in hit.line and len(frames) > 1
    return hit.files.place(*frames[called]) if frames else None


def _gem_of_frame(hit: Hit) -> Place | None:
    """The Gemfile's line of the gem that the exception came out of."""
    for line in (hit.line, *hit.after(8)):
        for name in re.findall(r"/gems/([\w-]+?)-\d[\w.]*/", line):
            if place := dependency_line(hit, "ruby", name):
                return place
    return None


_IN_CODE = first(_deepest, _gem_of_frame)


def _source(hit: Hit) -> str:
    place = _deepest(hit)
    return hit.files.lines(place.path)[place.line - 1] if place else ""


def _exception(hit: Hit) -> Mapping[str, str] | None:
    place = _deepest(hit)
    where = f"{place.path} line {place.line}" if place else (hit["path"] or "a gem")
    error = re.sub(r"#<([\w:]+)[^>]*>", r"\1", hit["error"])
    meant = ""
    for line in hit.after(12):
        if match := re.match(r"\s*Did you mean\?\s+(\S+)", line):
            meant = match[1]
            break
    return {"where": where, "error": error, "advice": _advice(hit["klass"], error, meant, where)}


def _advice(klass: str, error: str, meant: str, where: str) -> str:
    if meant:
        return f"Write {meant} in {where}"
    if match := re.search(r"undefined method [`'](\S+?)' for (nil|\S+)", error):
        if match[2].startswith("nil"):
            return f"In {where} the value is nil before .{match[1]} is called: set it, or write &.{match[1]}"
        return f"Define {match[1]}, or call a method that {match[2]} has, in {where}"
    if match := re.search(r"undefined local variable or method [`'](\S+?)'", error):
        return f"Define {match[1]} or correct the name in {where}"
    if match := re.search(r"uninitialized constant (\S+)", error):
        return f"Require or define {match[1]} before {where}, or correct the name"
    if match := re.search(r"wrong number of arguments \((.*)\)", error):
        return f"Change the call or the definition at {where}: {match[1]}"
    if match := re.search(r"No such file or directory @ \w+ - (\S+)", error):
        return f"Add {match[1]} to the image (COPY it, and look into .dockerignore) or change the path in {where}"
    if match := re.search(r"Permission denied @ \w+ - (\S+)", error):
        return (
            f"Let the container's user write {match[1]} (chown in the Dockerfile), or write below /tmp, in "
            f"{where}"
        )
    return f"Correct {where}, or set what it needs: {klass} is raised there"


def _uncaught(hit: Hit) -> Mapping[str, str] | None:
    if hit["klass"] in ("SyntaxError", "SystemExit", "Interrupt"):
        return None
    return _exception(hit)


_HEADS = re.compile(
    r"aborted!|failed to load command:|Unable to load application|Exiting|exited|Worker.*boot|"
    r"error occurred while loading|terminated with exception"
)


def _headed(hit: Hit) -> Mapping[str, str] | None:
    """`NameError: …` alone on a line is the failure only under a headline, or over a backtrace of Ruby's."""
    headed = any(_HEADS.search(line) for line in hit.before(4))
    traced = hit.find_after(r"^\s*(?:from )?" + _FILE + r":\d+:in [`']", 12)
    return _exception(hit) if (headed and (traced or _HEADS.search(hit.before(1)[0]))) or traced else None


def _variable(hit: Hit) -> Mapping[str, str] | None:
    """A missing key is a missing variable where ENV is read."""
    around = _source(hit) + hit.line
    return {} if "ENV" in around or (hit["name"].isupper() and not _source(hit)) else None


def _missing_hash_key(hit: Hit) -> Mapping[str, str] | None:
    return None if _variable(hit) is not None else _exception(hit)


# What is required


_GEMS = {
    "active_support": "activesupport", "active_record": "activerecord", "action_controller": "actionpack",
    "action_cable": "actioncable", "bundler/setup": "bundler", "rspec/core": "rspec",
    "google/apis": "google-apis-core",
    "sidekiq/web": "sidekiq", "sinatra/base": "sinatra", "sinatra/json": "sinatra-contrib", "dotenv/load": "dotenv",
    "sinatra/reloader": "sinatra-contrib", "sinatra/activerecord": "sinatra-activerecord",
    "rack/handler/puma": "puma",
    "rails/all": "rails", "net/smtp": "net-smtp", "net/imap": "net-imap", "net/pop": "net-pop", "net/ftp": "net-ftp",
    "functions_framework": "functions_framework", "oauth": "oauth", "redis/connection/hiredis": "redis",
}  # fmt: skip
_NO_LONGER_STANDARD = frozenset({
    "base64", "bigdecimal", "csv", "drb", "mutex_m", "observer", "abbrev", "getoptlong", "nkf", "syslog", "rinda",
    "resolv-replace", "ostruct", "logger", "fiddle", "irb", "reline", "rexml", "rss", "webrick", "matrix", "prime",
    "racc", "sorted_set", "tracer", "rdoc", "pstore", "benchmark", "win32ole", "net/smtp", "net/imap", "net/pop",
    "net/ftp", "readline", "tsort",
})  # fmt: skip


def _wanted(hit: Hit) -> tuple[str, str]:
    """(the repository's file that was meant, the gem that provides it); one of them is empty."""
    name = hit["name"].strip()
    base = name.removesuffix(".rb")
    own = [path for path in hit.files.paths if path.endswith(".rb")]
    by_path = ("/" in name and name[0] in "./") or "require_relative" in hit.line
    wanted = base.split("/")[-1]
    same = sorted(
        (p for p in own if p.endswith(f"/{base.lstrip('./')}.rb") or p == f"{base.lstrip('./')}.rb"), key=len
    )
    if same:
        return same[0], ""
    if by_path:
        bare = base.lstrip("./") + ".rb"
        return hit.files.nearest(bare, own, 0.75) or hit.files.nearest(
            wanted, [p.rpartition("/")[2].removesuffix(".rb") for p in own], 0.75
        ) or "?", ""
    close = hit.files.nearest(wanted, [p.rpartition("/")[2].removesuffix(".rb") for p in own], 0.85)
    if close and name not in _NO_LONGER_STANDARD:
        return close, ""
    return "", _GEMS.get(name) or next(
        (gem for key, gem in _GEMS.items() if name.startswith(key + "/")), ""
    ) or (name.replace("/", "-"))


def _missing_file(hit: Hit) -> Mapping[str, str] | None:
    meant, _ = _wanted(hit)
    if not meant:
        return None
    name = repository_like(hit["name"])
    place = _deepest(hit)
    where = f"{place.path} line {place.line}" if place else "the require line"
    if meant == "?":
        advice = (
            f"Add {name}.rb to the repository (and to the image: look into .dockerignore), or correct "
            f"the path in {where}"
        )
    else:
        advice = (
            f"The repository has {meant}: correct the path in {where}, with require_relative for a file "
            f"of your own"
        )
    return {"name": name, "where": where, "advice": advice}


def repository_like(name: str) -> str:
    """A container's path as a repository would name it."""
    return re.sub(r"^/(?:app|workspace|usr/src/app|rails|code|srv|src|myapp)/", "", name.strip())


def _missing_gem(hit: Hit) -> Mapping[str, str] | None:
    meant, gem = _wanted(hit)
    if meant or not gem or ".so" in hit["name"]:
        return None
    if line := dependency_line(hit, "ruby", gem):
        group = _group_of(hit, line)
        if group:
            return {
                "gem": gem,
                "advice": f'Move gem "{gem}" out of the {group} group in {line.path}, where the image has it',
            }
        return {
            "gem": gem,
            "advice": f"The Gemfile has {gem}: run bundle install in the Dockerfile and start with bundle exec",
        }
    standard = hit["name"].strip() in _NO_LONGER_STANDARD
    why = "; it is no longer part of Ruby itself" if standard else ""
    return {
        "gem": gem,
        "advice": f'Add gem "{gem}" to the Gemfile, run bundle install and commit Gemfile.lock{why}',
    }


def _group_of(hit: Hit, place: Place) -> str:
    lines = hit.files.lines(place.path)
    if match := re.search(r"group:?s?\s*(?:=>)?\s*\[?:(development|test)", lines[place.line - 1]):
        return match[1]
    for line in reversed(lines[: place.line - 1]):
        if re.match(r"end\b", line):
            return ""
        if match := re.match(r"group\s+:(development|test)", line):
            return match[1]
    return ""


def _gemfile_end(hit: Hit) -> Place | None:
    """The last line of the Gemfile's list, where one more gem is written."""
    for path in nearest_first(hit, hit.files.named("Gemfile", "gems.rb")):
        lines = hit.files.lines(path)
        gems = [number for number, line in enumerate(lines, 1) if re.match(r"gem\b", line)]
        if place := hit.files.place(path, gems[-1] if gems else 1):
            return place
    return None


_GEM_PLACE = first(dependency("ruby", "gem"), _gemfile_end, _deepest)


# Bundler


def _whole(hit: Hit, count: int = 5) -> str:
    """Bundler wraps its sentences at 80 columns: the sentence on one line again."""
    words = [hit.line]
    for line in hit.after(count):
        if not line.strip():
            break
        words.append(line.strip())
    return " ".join(words)


def _gem_not_found(hit: Hit) -> Mapping[str, str] | None:
    match = re.match(r"(\S+?)(?: \((.*)\))?$", hit["gem"].strip())
    if match is None:
        return None
    name, wanted = match[1], match[2] or ""
    there = [m[1] for line in hit.after(12) if (m := re.match(r"\s+\* (\S+)", line))]
    near = hit.files.nearest(name, _WELL_KNOWN, 0.8)
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


_WELL_KNOWN = (
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


def _locked_out(hit: Hit) -> Mapping[str, str] | None:
    added = [m[1] for line in hit.after(16) if (m := re.match(r"\*\s+([\w-]+)", line))]
    names = list(dict.fromkeys(added))
    return {
        "name": names[0] if names else "",
        "told": ", ".join(names) or "the Gemfile",
        "whole": _whole(hit, 3),
    }


def _checksum(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_after(r"^\s+([\w-]+) \(", 3)
    return {"name": hit["name"] or (match[1] if match else "")}


def _in_lock(pattern: str) -> Find:
    return matching(pattern, "Gemfile.lock", "gems.locked")


_LOCK = whole_file("Gemfile.lock", "gems.locked")
_GEMFILE = whole_file("Gemfile", "gems.rb")


def _under_bundled_with(hit: Hit) -> Place | None:
    for path in nearest_first(hit, hit.files.named("Gemfile.lock")):
        if (line := hit.files.search(path, r"^BUNDLED WITH")) and (
            place := hit.files.place(path, line + 1) or hit.files.place(path, line)
        ):
            return place
    return None


def _ruby_image(hit: Hit) -> Place | None:
    """The FROM that brings Ruby; without one, the line that asks for a version."""
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for stage in reversed(parsed.stages):
            if "ruby" in stage.image:
                return hit.files.place(path, stage.line)
    return None


_RUBY_LINE = first(matching(r"^\s*ruby[\s(]+", "Gemfile"), whole_file(".ruby-version", ".tool-versions"))
_RUBY_VERSION = first(_ruby_image, _RUBY_LINE, base_image)


def _conflict(hit: Hit) -> Mapping[str, str] | None:
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


def _native(hit: Hit) -> Mapping[str, str] | None:
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
        advice = (
            f"Install it before bundle install in the Dockerfile: RUN apt-get update && apt-get install -y "
            f"build-essential {wanted}"
            if wanted != "build-essential"
            else "Install compilers before bundle install in the Dockerfile: RUN apt-get update && apt-get "
            "install -y build-essential"
        )
    else:
        advice = (
            f"Install what {gem}'s extconf.rb asks for before bundle install, or take a version of {gem} "
            f"that suits this Ruby"
        )
    return {"gem": gem or "a gem", "told": told[:200], "package": wanted or "a library", "advice": advice}


def _only_without_native(hit: Hit) -> Mapping[str, str] | None:
    """Bundler's last line repeats what a native extension's own error said before."""
    return (
        None if hit.find_before(r"Failed to build gem native extension", 120) else {"told": _before_told(hit)}
    )


def _before_told(hit: Hit) -> str:
    return next(
        (line.strip() for line in hit.before(12) if re.search(r"(?i)error|denied|fail|require", line)), ""
    )


# Rails


def _yaml_file(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"at line (\d+)", " ".join((hit.line, *hit.after(2))))
    return {"line": match[1] if match else "1"}


def _defined_where(hit: Hit) -> Mapping[str, str] | None:
    path = repository_path(hit.files, hit["path"], hit)
    return {"line": "1", "file": path or hit["path"]}


def _named_exception(hit: Hit) -> Mapping[str, str] | None:
    return _exception(hit)


def _secret_build(hit: Hit) -> Mapping[str, str] | None:
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if hit.section.kind is Kind.CONTAINER or not ran:
        advice = "Give the service SECRET_KEY_BASE (from Secret Manager) or RAILS_MASTER_KEY"
    else:
        advice = (
            "Write RUN SECRET_KEY_BASE_DUMMY=1 bin/rails assets:precompile (before Rails 7.1: "
            "SECRET_KEY_BASE=dummy)"
        )
    return {"advice": advice}


_PRODUCTION = matching(r"require_master_key|secret_key_base", "production.rb", "secrets.yml")
_BUILD_PLACE = first(failing_instruction, _PRODUCTION)


def _database_line(hit: Hit) -> Place | None:
    """Where config/database.yml says production's host; what stands before `production:` is of other environments."""
    for path in nearest_first(hit, hit.files.named("database.yml")):
        begins = hit.files.search(path, r"^production:") or 1
        for number, line in enumerate(hit.files.lines(path)[begins - 1 :], begins):
            if re.match(r"\s+(?:url|host|socket):", line):
                return hit.files.place(path, number)
        return hit.files.place(path, begins)
    return None


def _of_environment(hit: Hit) -> Place | None:
    return first(matching(r"^{name}:", "database.yml"), whole_file("database.yml"))(hit)


# Tests


def _spec(hit: Hit) -> Mapping[str, str] | None:
    said: list[str] = []
    for line in hit.after(40):
        if re.match(r"\s{2,}\d+\) ", line) or line.startswith("Finished in"):
            break
        if re.match(r"\s+# \S+:\d+", line):
            break
        if line.strip():
            said.append(line.strip())
    if not any(line.startswith("Failure/Error:") for line in said):
        return None
    return {"error": " ".join(said)[:280]}


def _spec_place(hit: Hit) -> Place | None:
    for line in hit.after(60):
        if re.match(r"\s{2,}\d+\) ", line):
            break
        if (match := re.match(r"\s+# (\S+?):(\d+)", line)) and (
            path := repository_path(hit.files, match[1], hit)
        ):
            return hit.files.place(path, int(match[2]))
    return None


def _minitest_error(hit: Hit) -> Mapping[str, str] | None:
    if not any(re.match(r"\s*(?:\d+\) )?(?:Error|Failure):", line) for line in hit.before(2)):
        return None
    said = [line.strip() for line in hit.after(3) if line.strip()]
    return {"error": " ".join(said)[:240]}


def _no_container(hit: Hit) -> Mapping[str, str] | None:
    return None if hit.section.kind is Kind.CONTAINER else {}


def _task(hit: Hit) -> Mapping[str, str] | None:
    tasks: list[str] = []
    for path in hit.files.paths:
        if path.endswith((".rake", "Rakefile")):
            tasks += re.findall(r"(?m)^\s*task\s*\(?[:'\"]?([\w:]+)", hit.files.text(path))
    near = hit.files.nearest(
        hit["name"], [*tasks, "assets:precompile", "db:migrate", "db:prepare", "spec", "test"], 0.7
    )
    return {
        "advice": f"Write {near}"
        if near
        else f"Define the task {hit['name']} in the Rakefile, or call one that `rake -T` shows"
    }


def _shared_library(hit: Hit) -> Mapping[str, str] | None:
    packages = {
        "libpq": "libpq5", "libmysqlclient": "default-libmysqlclient-dev", "libmariadb": "libmariadb3",
        "libsqlite3": "libsqlite3-0", "libxml2": "libxml2", "libvips": "libvips42", "libyaml": "libyaml-0-2",
        "libjemalloc": "libjemalloc2", "libMagick": "imagemagick", "libcurl": "libcurl4", "libffi": "libffi8",
        "libgeos": "libgeos-c1v5", "libssl": "libssl3", "libcrypto": "libssl3", "libidn": "libidn12",
    }  # fmt: skip
    package = next(
        (value for key, value in packages.items() if hit["library"].startswith(key)), hit["library"]
    )
    return {"package": package}


def _final_stage(hit: Hit) -> Place | None:
    """The last apt-get or apk line of the final stage, or its FROM."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    last = len(parsed.stages) - 1
    for each in parsed.of("RUN"):
        if each.stage == last and re.search(r"apt-get install|apk add", each.value):
            return hit.files.place(path, each.line, each.end)
    return hit.files.place(path, parsed.stages[-1].line) if parsed.stages else None


def _rails_line(hit: Hit) -> Place | None:
    return dependency_line(hit, "ruby", "rails")


def _asset_line(hit: Hit) -> Place | None:
    return anywhere(r"{name}", ".css", ".scss", ".js", ".erb", ".rb", ".haml")(hit)


def _sass(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"on line (\d+)(?::\d+)? of (\S+)", " ".join((hit.line, *hit.after(3))))
    return (
        {"path": match[2], "line": match[1], "error": hit["error"].partition(" on line ")[0]}
        if match
        else None
    )


def _gemfile_error(hit: Hit) -> Mapping[str, str] | None:
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


def _platform(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"local platform\s+is ([\w-]+)", _whole(hit, 2))
    return {"local": hit["local"] or (match[1] if match else "x86_64-linux")}


def _last_suiting(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_before(r"Try installing it with `(gem install [^`]+)`", 4)
    older = (
        f"write {match[1]}" if match else f"install an older {hit['name']} (gem install {hit['name']} -v …)"
    )
    return {"advice": f"In the Dockerfile {older}, or take a base image with Ruby {hit['wanted']}"}


def _command(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"]
    if line := dependency_line(hit, "ruby", name):
        group = _group_of(hit, line)
        if group:
            return {
                "advice": f'Move gem "{name}" out of the {group} group of the Gemfile: the image installs without it'
            }
        return {"advice": f"Run bundle install in the stage that runs {name}, with the same BUNDLE_PATH"}
    return {"advice": f'Add gem "{name}" to the Gemfile, run bundle install and commit Gemfile.lock'}


def _git_gem(hit: Hit) -> Mapping[str, str] | None:
    url = hit["url"] or hit["source"] or hit["command"]
    match = re.search(r"github\.com[/:]([\w.-]+/[\w-]+)", url)
    return {"told": _whole(hit, 3), "repo": match[1] if match else ""}


def _load_error(hit: Hit) -> Mapping[str, str] | None:
    said = []
    for line in hit.after(20):
        if re.match(r"\s*# ", line) or line.startswith("An error occurred"):
            break
        if line.strip() and not re.match(r"\s+rspec \./|Failure/Error", line):
            said.append(line.strip())
    error = " ".join(said)[:240]
    if match := re.search(r"cannot load such file -- (\S+)", error):
        near = hit.files.nearest(
            match[1], [p.rpartition("/")[2].removesuffix(".rb") for p in hit.files.paths], 0.7
        )
        return {
            "line": "1",
            "error": error,
            "advice": f"Require {near or match[1]} by its right name in {hit['path']}",
        }
    return {"line": "1", "error": error, "advice": f"Correct what {hit['path']} loads"}


RULES: tuple[Rule, ...] = (
    # Syntax
    Rule(
        code="ruby-syntax",
        pattern=r"(?:^|[\s`'(])(?P<path>" + _FILE + r"):(?P<line>\d+): (?P<error>syntax error, unexpected .*|"
        r".*unterminated .* meets end of file.*|class/module name must be CONSTANT.*|dynamic constant assignment.*|"
        r"formal argument cannot be .*|can't find string .* anywhere before EOF.*|numeric literal without digits.*|"
        r"void value expression.*|else without rescue is useless.*|embedded document meets end of file.*|"
        r"Invalid (?:break|next|redo|retry|yield|return).*|duplicated argument name.*|invalid multibyte char.*|"
        r"class definition in method body.*|module definition in method body.*|unexpected .*\(SyntaxError\))$",
        read=_syntax,
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="{file} does not parse: {error}. {noticed}",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-syntax-prism",
        pattern=r"(?:^|[\s`'(])(?P<path>"
        + _FILE
        + r"):(?P<line>\d+): (?P<error>(?P<prism>syntax errors? found).*)$",
        read=_syntax,
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="{file} does not parse: {error}. {noticed}",
        fix="{advice}.",
    ),
    # What is required
    Rule(
        code="ruby-missing-file",
        pattern=r"cannot load such file -- (?P<name>[^\s()]+)",
        read=_missing_file,
        place=first(_deepest, anywhere(r"require(?:_relative)?\s*\(?[\"']{name}", ".rb", ".ru")),
        title="{where}: cannot load such file {name}",
        message="Ruby could not require {name}: cannot load such file (LoadError).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-missing-gem",
        pattern=r"cannot load such file -- (?P<name>[^\s()]+)",
        read=_missing_gem,
        place=_GEM_PLACE,
        title="The gem {gem} is not in the bundle",
        message="cannot load such file -- {name} (LoadError): the gem {gem} is not there when the program runs.",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-shared-library",
        pattern=r"(?P<library>lib[\w.+-]+\.so[.\d]*): cannot open shared object file: No such file or directory - "
        r"(?P<path>\S+)",
        read=_shared_library,
        place=first(_final_stage, base_image),
        rank=Rank.ROOT,
        title="{library} is not in the image",
        message="A gem was built with {library}, but the final image does not have it: cannot open shared "
        "object file "
        "({path}).",
        fix="Install {package} in the final stage of the Dockerfile: RUN apt-get update && apt-get install -y "
        "{package}.",
    ),
    Rule(
        code="ruby-gem-not-in-bundle",
        pattern=r"(?P<name>[\w-]+) is not part of the bundle\. Add it to (?:your |the )?Gemfile",
        place=first(dependency("ruby", "name"), _gemfile_end),
        rank=Rank.ROOT,
        title="{name} is not part of the bundle",
        message="Something asked for the gem {name}, and the Gemfile does not have it: {name} is not part of "
        "the bundle.",
        fix='Add gem "{name}" to the Gemfile, run bundle install and commit Gemfile.lock.',
    ),
    Rule(
        code="ruby-gem-not-loaded",
        pattern=r"Specified '(?P<adapter>\w+)' for database adapter, but the gem is not loaded\. Add `gem "
        r"'(?P<gem>[\w-]+)'",
        place=first(dependency("ruby", "gem"), _gemfile_end),
        rank=Rank.ROOT,
        title="The database adapter {adapter} needs the gem {gem}",
        message="config/database.yml says adapter {adapter}, but the gem is not loaded: {gem} is not in the "
        "Gemfile.",
        fix='Add gem "{gem}" to the Gemfile, run bundle install and commit Gemfile.lock.',
    ),
    # Variables and Rails' own words
    Rule(
        code="ruby-variable-missing",
        pattern=r"key not found: \"(?P<name>[A-Za-z_]\w*)\"",
        read=_variable,
        place=first(_deepest, variable("name")),
        title="The environment variable {name} is not set",
        message='ENV.fetch("{name}") raised KeyError: key not found: "{name}". The variable is not set where '
        "this runs.",
        fix="Set {name} for the service (env in servergem.yml, or gcloud run deploy --set-env-vars {name}=…), "
        "or write "
        'ENV.fetch("{name}", a default).',
    ),
    Rule(
        code="rails-secret-key-base",
        pattern=r"Missing [`']?secret_key_base[`']? for '(?P<env>\w+)' environment",
        read=_secret_build,
        place=_BUILD_PLACE,
        rank=Rank.ROOT,
        title="secret_key_base is missing for {env}",
        message="Rails stopped: Missing `secret_key_base` for '{env}' environment (SECRET_KEY_BASE is not set "
        "here).",
        fix="{advice}.",
    ),
    Rule(
        code="rails-master-key",
        pattern=r"Missing encryption key to decrypt file with|Missing `RAILS_MASTER_KEY`",
        place=first(
            matching(r"require_master_key", "production.rb", "application.rb"),
            failing_instruction,
            _PRODUCTION,
        ),
        rank=Rank.ROOT,
        title="RAILS_MASTER_KEY is missing",
        message="Rails has no key for its credentials: Missing encryption key to decrypt file with. "
        "config/master.key is "
        "not in the image (rightly), and RAILS_MASTER_KEY is not set.",
        fix="Give the service RAILS_MASTER_KEY from Secret Manager; in the image's build write "
        "SECRET_KEY_BASE_DUMMY=1 "
        "before bin/rails assets:precompile and leave config.require_master_key off there.",
    ),
    Rule(
        code="rails-wrong-master-key",
        pattern=r"ActiveSupport::(?:MessageEncryptor::InvalidMessage|EncryptedFile::InvalidKeyLengthError)",
        place=first(whole_file("credentials.yml.enc", "production.yml.enc"), failing_instruction),
        title="RAILS_MASTER_KEY does not fit the credentials",
        message="Rails could not decrypt its credentials: {klass} "
        "ActiveSupport::MessageEncryptor::InvalidMessage. The key is "
        "of another file.",
        fix="Set RAILS_MASTER_KEY to what stands in config/master.key of the person who last edited the "
        "credentials, or "
        "write them anew with bin/rails credentials:edit.",
    ),
    Rule(
        code="rails-database-config",
        pattern=r"Could not load database configuration\. No such file - (?P<files>.*)|"
        r"Cannot load (?:database configuration|`Rails\.application\.database_configuration`)",
        place=first(
            whole_file("database.yml"),
            matching(r"database\.yml", ".dockerignore", ".gitignore"),
            failing_instruction,
        ),
        title="config/database.yml is not in the image",
        message="Rails: Could not load database configuration. No such file config/database.yml {files}.",
        fix='Commit config/database.yml with url: <%= ENV["DATABASE_URL"] %> (take it out of .gitignore and '
        ".dockerignore).",
    ),
    Rule(
        code="rails-database-not-configured",
        pattern=r"(?:The )?[`'](?P<name>\w+)['`] database is not configured",
        place=_of_environment,
        title="config/database.yml has no {name}",
        message="ActiveRecord::AdapterNotSpecified: the `{name}` database is not configured.",
        fix="Add a section {name}: to config/database.yml, or set RAILS_ENV to one that is there.",
    ),
    Rule(
        code="rails-database-unreachable",
        pattern=r"(?:PG::ConnectionBad|ActiveRecord::(?:ConnectionNotEstablished|DatabaseConnectionError)|"
        r"Mysql2::Error::ConnectionError|Trilogy::\w+|ActiveRecord::NoDatabaseError)\)?:? ?(?P<error>.*)$",
        read=lambda hit: {"error": hit["error"] or " ".join(hit.after(1))},
        place=_database_line,
        title="The database could not be reached: {error}",
        message="Rails could not connect to its database: {error}.",
        fix="Point DATABASE_URL (config/database.yml) at the real database: on Cloud Run the socket "
        "/cloudsql/PROJECT:REGION:INSTANCE, with the instance attached to the service. A build has no "
        "database: move "
        "migrations out of the Dockerfile.",
    ),
    Rule(
        code="rails-pending-migrations",
        pattern=r"ActiveRecord::PendingMigrationError|^Migrations are pending",
        place=first(whole_file("schema.rb"), failing_instruction),
        title="Migrations are pending",
        message="ActiveRecord::PendingMigrationError: Migrations are pending; the database is older than the code.",
        fix="Run bin/rails db:migrate against this database before the new revision takes traffic.",
    ),
    Rule(
        code="rails-zeitwerk",
        pattern=r"expected file (?P<path>\S+\.rb) to define constant (?P<name>[\w:]+), but (?:didn't|did "
        r"not|it didn't)",
        read=_defined_where,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{file} does not define {name}",
        message="Zeitwerk::NameError: expected file {file} to define constant {name}, but didn't.",
        fix="Name the class or module in {file} {name}, or rename the file after what it defines (an acronym: "
        "add an "
        "inflection in config/initializers/inflections.rb).",
    ),
    Rule(
        code="rails-logger-concurrent-ruby",
        pattern=r"uninitialized constant ActiveSupport::LoggerThreadSafeLevel::Logger",
        place=first(dependency("ruby", "concurrent"), _rails_line, _gemfile_end),
        rank=Rank.ROOT,
        title="concurrent-ruby 1.3.5 no longer loads logger for this Rails",
        message="uninitialized constant ActiveSupport::LoggerThreadSafeLevel::Logger (NameError): Rails "
        "before 7.1 relied on "
        "concurrent-ruby to require logger, which 1.3.5 stopped doing.",
        fix='Add gem "concurrent-ruby", "1.3.4" to the Gemfile and run bundle update concurrent-ruby (or write '
        'require "logger" at the top of config/boot.rb).',
    ),
    Rule(
        code="rails-yaml",
        pattern=r"YAML syntax error occurred while parsing (?P<path>\S+?\.ya?ml)\.?(?: |$)",
        read=_yaml_file,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{path} line {line} is not YAML",
        message="YAML syntax error occurred while parsing {path} at line {line}.",
        fix="Correct the indentation (spaces, no tabs) or quote the value on line {line} of {path}.",
    ),
    Rule(
        code="ruby-yaml",
        pattern=r"\((?P<path>[\w./-]+\.ya?ml)\): (?P<error>.*) at line (?P<line>\d+) column \d+",
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{path} line {line} is not YAML: {error}",
        message="Psych::SyntaxError in {path} line {line}: {error}.",
        fix="Correct the indentation or quote the value on line {line} of {path}.",
    ),
    Rule(
        code="rails-no-javascript-runtime",
        pattern=r"Could not find a JavaScript runtime",
        place=first(failing_instruction, dependency("ruby", "uglifier")),
        rank=Rank.ROOT,
        blame=Blame.YOU,
        title="The image has no JavaScript runtime",
        message="ExecJS::RuntimeUnavailable: Could not find a JavaScript runtime; the assets need Node.js to "
        "be compiled.",
        fix="Install nodejs in the Dockerfile before assets:precompile: RUN apt-get update && apt-get install "
        "-y nodejs.",
    ),
    Rule(
        code="rails-yarn-missing",
        pattern=r"Yarn executable was not detected|rails aborted!.*yarn|sh: (?:\d+: )?yarn: not found",
        place=failing_instruction,
        title="yarn is not in the image",
        message="assets:precompile runs yarn, and the image has none: Yarn executable was not detected.",
        fix="Install Node.js and yarn in the Dockerfile before assets:precompile (RUN npm install --global yarn).",
    ),
    Rule(
        code="rails-uglifier-es6",
        pattern=r"Uglifier::Error: (?P<error>.*)",
        place=first(matching(r"js_compressor", "production.rb"), dependency("ruby", "uglifier")),
        title="Uglifier cannot compress this JavaScript",
        message="Uglifier::Error: {error}",
        fix="In config/environments/production.rb write config.assets.js_compressor = Uglifier.new(harmony: "
        "true), or "
        "take terser instead of uglifier.",
    ),
    Rule(
        code="rails-asset-missing",
        pattern=r"(?:Sprockets::FileNotFound: couldn't find file '(?P<name>[^']+)'|The asset "
        r"\"(?P<asset>[^\"]+)\" is not "
        r"present in the asset pipeline|The asset '(?P<asset2>[^']+)' was not found in the load path)",
        read=lambda hit: {"name": hit["name"] or hit["asset"] or hit["asset2"]},
        place=first(_deepest, _asset_line, whole_file("manifest.js")),
        title="The asset {name} was not found",
        message="The asset pipeline couldn't find file '{name}': it is not present in the load path.",
        fix="Add {name} below app/assets (or to app/assets/config/manifest.js), or correct the name where it "
        "is asked for.",
    ),
    Rule(
        code="rails-sass",
        pattern=r"Sass(?:C)?::SyntaxError: (?:Error: )?(?P<error>.*)",
        read=_sass,
        place=at("path", "line"),
        title="{path} line {line}: {error}",
        message="SassC::SyntaxError: {error} on line {line} of {path}.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="rails-server-pid",
        pattern=r"A server is already running(?: \(pid: \d+, file: (?P<file>[^)]+)\)|\. Check (?P<path>\S+))",
        place=first(matching(r"^/?tmp|log", ".dockerignore"), instruction("CMD", "ENTRYPOINT")),
        title="The image holds a server.pid of another run",
        message="Rails: A server is already running. tmp/pids/server.pid {path}{file} was copied into the image.",
        fix="Add tmp/ to .dockerignore, and start with rm -f tmp/pids/server.pid before bin/rails server.",
    ),
    Rule(
        code="ruby-address-in-use",
        pattern=r"Address already in use - bind\(2\) for \"?(?P<host>[^\"]*)\"? port (?P<port>\d+) "
        r"\(Errno::EADDRINUSE\)",
        place=first(
            anywhere(r"\bport\b.*{port}|bind.*{port}", ".rb", ".ru"), instruction("CMD", "ENTRYPOINT")
        ),
        title="Port {port} is bound twice",
        message="Address already in use - bind(2) for {host} port {port} (Errno::EADDRINUSE): two servers of "
        "this container "
        "want the same port.",
        fix="Start only one server, or give one of the two places that bind port {port} (config/puma.rb and "
        "the command) up.",
    ),
    # Bundler
    Rule(
        code="bundler-gemfile",
        pattern=r"There was an error (?:parsing|while loading) `(?P<name>[\w.-]*?(?:Gemfile|\.gemspec))`: "
        r"(?P<error>.*)",
        read=_gemfile_error,
        place=at("path", "line"),
        rank=Rank.ROOT,
        title="{name} line {line}: {error}",
        message="Bundler could not read the {name}: {error}",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-gem-not-found",
        pattern=r"^(?:\S+: )?Could not find gem '(?P<gem>[^']+)'",
        read=_gem_not_found,
        place=dependency("ruby", "name"),
        rank=Rank.ROOT,
        title="{title}",
        message="{told}",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-no-compatible-version",
        pattern=r"(?:Bundler could not find compatible versions for gem \"(?P<gem>[^\"]+)\"|^Could not find "
        r"compatible versions)",
        read=_conflict,
        place=first(dependency("ruby", "name"), _GEMFILE),
        title="No version of {name} suits all of the Gemfile",
        message="Bundler could not find compatible versions for gem {gem}: {told}",
        fix="Loosen or change the version of {name} in the Gemfile so that both sides agree, then run bundle "
        "update {name} "
        "and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-locked-version-gone",
        pattern=r"Your bundle is locked to (?P<name>[\w-]+) \((?P<version>[\w.-]+)\)",
        place=first(_in_lock(r"^    {name} \({version}"), dependency("ruby", "name")),
        rank=Rank.ROOT,
        title="{name} {version} of Gemfile.lock no longer exists",
        message="Your bundle is locked to {name} ({version}), but that version could not be found in any of "
        "the sources "
        "listed in your Gemfile: its author removed it.",
        fix="Run bundle update {name} and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-not-installed",
        pattern=r"Could not find (?P<name>[\w-]+?)-(?P<version>\d[\w.]*?)(?:-(?P<platform>[a-z]\w*-[\w-]+))?"
        r"(?:, \S+)*(?: in (?:any of the sources|locally installed gems|cached gems|rubygems repository)|$)",
        place=first(_in_lock(r"^    {name} \({version}"), dependency("ruby", "name"), _LOCK),
        title="{name} {version} is not installed",
        message="Could not find {name}-{version} in any of the sources (locally installed gems): Gemfile.lock "
        "asks for it, and "
        "the image does not have it.",
        fix="Run bundle install in the stage that runs (or copy /usr/local/bundle from the stage that "
        "installed), with the same "
        "BUNDLE_PATH and BUNDLE_WITHOUT; for another platform run bundle lock --add-platform x86_64-linux.",
    ),
    Rule(
        code="bundler-frozen",
        pattern=r"in deployment mode after changing|lockfile can't be updated because (?:frozen|deployment)|"
        r"The dependencies in your gemfile changed|The gemspecs for path gems changed|"
        r"the lockfile needs to be updated but it can't|in frozen mode after changing|"
        r"lockfile does not satisfy dependencies of",
        read=_locked_out,
        place=first(dependency("ruby", "name"), _GEMFILE, _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock does not have {told}",
        message="The Gemfile changed and Gemfile.lock did not ({told}): {whole}",
        fix="Run bundle install on your machine and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-checksums",
        pattern=r"Bundler found mismatched checksums|(?:lockfile|lock file) is missing a checksums? entry for "
        r"\"?(?P<name>[\w-]+)",
        read=_checksum,
        place=first(_in_lock(r"^  {name} \("), _in_lock(r"^    {name} \("), _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock has no fitting checksum for {name}",
        message="Bundler found mismatched checksums, or the lockfile is missing a checksums entry, for {name}.",
        fix="Run bundle lock --add-checksums on your machine and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-no-lock",
        pattern=r"The (?:deployment|frozen) setting requires a (?:Gemfile\.lock|lockfile)",
        place=first(_GEMFILE, failing_instruction),
        rank=Rank.ROOT,
        title="Gemfile.lock is not in the image",
        message="The deployment setting requires a Gemfile.lock: it is not committed, or COPY does not take it.",
        fix="Run bundle install, commit Gemfile.lock, and write COPY Gemfile Gemfile.lock ./ before bundle install.",
    ),
    Rule(
        code="bundler-platform",
        pattern=r"Your bundle only supports platforms (?P<platforms>\[.*?\]) but your local platform\s*(?:is "
        r")?(?P<local>[\w-]*)",
        read=_platform,
        place=first(_in_lock(r"^PLATFORMS"), _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock lacks the platform {local}",
        message="Your bundle only supports platforms {platforms} but your local platform is {local}.",
        fix="Run bundle lock --add-platform {local} and commit Gemfile.lock.",
    ),
    Rule(
        code="bundler-ruby-version",
        pattern=r"Your Ruby version is (?P<have>[\w.]+), but your Gemfile specified (?P<wanted>.+)$",
        place=_RUBY_VERSION,
        rank=Rank.ROOT,
        title="The image has Ruby {have}, the Gemfile asks for {wanted}",
        message="Your Ruby version is {have}, but your Gemfile specified {wanted}.",
        fix="Write FROM ruby:{wanted} in the Dockerfile (and the same in .ruby-version), or change the ruby "
        "line of the Gemfile.",
    ),
    Rule(
        code="bundler-gem-needs-ruby",
        pattern=r"(?P<name>[a-z][\w-]*?)-(?P<version>\d[\w.]*)(?:-[\w-]+)? requires ruby version (?P<wanted>.*?),? "
        r"which is incompatible with the current version,? ruby (?P<have>[\w.]+)",
        place=first(_ruby_image, dependency("ruby", "name"), _in_lock(r"^    {name} \("), _RUBY_VERSION),
        rank=Rank.ROOT,
        title="{name} {version} needs Ruby {wanted}, the image has {have}",
        message="{name}-{version} requires ruby version {wanted}, which is incompatible with the current "
        "version, ruby {have}.",
        fix="Take a base image with Ruby {wanted} (FROM ruby:…), or ask for an older {name} in the Gemfile "
        "and run bundle "
        "update {name}.",
    ),
    Rule(
        code="rubygems-needs-ruby",
        pattern=r"^\s*(?P<name>[a-z][\w-]*) requires Ruby version (?P<wanted>.+?)\. The current ruby version "
        r"is (?P<have>[\d.]+\d)",
        read=_last_suiting,
        place=first(failing_instruction, _RUBY_VERSION),
        rank=Rank.ROOT,
        title="{name} needs Ruby {wanted}, the image has {have}",
        message="{name} requires Ruby version {wanted}. The current ruby version is {have}.",
        fix="{advice}.",
    ),
    Rule(
        code="rubygems-unknown-gem",
        pattern=r"ERROR:\s+Could not find a valid gem '(?P<name>[^']+)' \((?P<wanted>[^)]*)\)",
        read=lambda hit: {"near": (hit.files.nearest(hit["name"], _WELL_KNOWN, 0.75) or hit["name"])},
        title="gem install found no {name} ({wanted})",
        message="Could not find a valid gem '{name}' ({wanted}) in any repository.",
        fix="Correct the name or version in the gem install command (nearest known: {near}).",
    ),
    Rule(
        code="bundler-version",
        pattern=r"Could not find 'bundler' \((?P<version>[\w.]+)\) required by your (?P<path>\S+)|"
        r"You must use Bundler (?P<major>\d+) or greater with this lockfile|"
        r"Warning: the running version of Bundler \((?P<old>[\d.]+)\) is older than the version that created "
        r"the lockfile "
        r"\((?P<made>[\d.]+)\).*(?:error|fatal)",
        read=lambda hit: {"version": hit["version"] or hit["made"] or hit["major"] + ".x"},
        place=first(_under_bundled_with, _LOCK),
        rank=Rank.ROOT,
        title="Gemfile.lock was made with Bundler {version}",
        message="Could not find 'bundler' ({version}) required by your Gemfile.lock.",
        fix="Write RUN gem install bundler:{version} before bundle install, or run bundle update --bundler "
        "and commit "
        "Gemfile.lock.",
    ),
    Rule(
        code="bundler-native-extension",
        pattern=r"Failed to build gem native extension",
        read=_native,
        place=first(dependency("ruby", "gem"), failing_instruction),
        title="{gem} could not be built: {package} is missing",
        message="Gem::Ext::BuildError: Failed to build gem native extension of {gem}: {told}",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-install-failed",
        pattern=r"An error occurred while installing (?P<name>[\w-]+) \((?P<version>[\w.]+)\), and Bundler",
        read=_only_without_native,
        place=first(dependency("ruby", "name"), _in_lock(r"^    {name} \({version}")),
        rank=Rank.SYMPTOM,
        title="{name} {version} could not be installed",
        message="An error occurred while installing {name} ({version}), and Bundler cannot continue. {told}",
        fix="Run gem install {name} -v {version} in the base image: what it prints says what the image lacks.",
    ),
    Rule(
        code="bundler-command-not-found",
        pattern=r"bundler: command not found: (?P<name>[\w-]+)",
        read=_command,
        place=first(dependency("ruby", "name"), _gemfile_end),
        title="The bundle has no {name}",
        message="bundler: command not found: {name}. No installed gem of the bundle brings it.",
        fix="{advice}.",
    ),
    Rule(
        code="bundler-no-gemfile",
        pattern=r"Could not locate Gemfile|^/\S+/Gemfile not found",
        place=first(failing_instruction, instruction("CMD", "ENTRYPOINT")),
        title="There is no Gemfile where bundle runs",
        message="Could not locate Gemfile: in the directory in which bundle runs there is none.",
        fix="Write COPY Gemfile Gemfile.lock ./ before RUN bundle install, and set WORKDIR to that directory.",
    ),
    Rule(
        code="bundler-permission",
        pattern=r"There was an error while trying to (?P<act>\w+(?: \w+)?) `(?P<path>[^`']+)`",
        place=first(instruction("USER"), failing_instruction),
        title="Bundler may not {act} {path}",
        message="There was an error while trying to {act} `{path}` (Bundler::PermissionError): the user of "
        "this step may not.",
        fix="Run bundle install before the USER line, or chown {path} to that user.",
    ),
    Rule(
        code="bundler-git",
        pattern=r"Git error: command [`'](?P<command>git [^`']*)[`'].* has failed|Revision (?P<ref>\S+) does "
        r"not exist in the "
        r"repository (?P<url>[^\s.]+\S*)|The git source (?P<source>\S+) is not yet checked out|"
        r"You need to install git to be able to use gems from git",
        read=_git_gem,
        place=first(
            matching(r"git(?:hub)?:.*{repo}|{repo}", "Gemfile"),
            matching(r"\bgit(?:hub)?(?::|\s*=>)", "Gemfile"),
        ),
        title="Bundler could not take a gem from git",
        message="{told}",
        fix="Install git in the image before bundle install, check the repository and its branch or ref in "
        "the Gemfile, and give "
        "a private one a token (bundle config set --global github.com).",
    ),
    Rule(
        code="bundler-authentication",
        pattern=r"Authentication is required for (?P<host>\S+?)\.?$|Bad username or password for "
        r"(?P<host2>\S+?)\.?$",
        read=lambda hit: {"host": hit["host"] or hit["host2"]},
        place=first(matching(r"source\s*\(?[\"']https?://(?!rubygems)", "Gemfile"), _GEMFILE),
        title="{host} wants credentials",
        message="Authentication is required for {host}: Bundler has no user name and password for this source.",
        fix="Give the build BUNDLE_… credentials of {host} as a build secret (bundle config set {host} user:token).",
    ),
    Rule(
        code="bundler-network",
        pattern=r"Could not (?:fetch specs from|reach host) (?P<host>\S+)|Net::OpenTimeout.*rubygems|"
        r"Bundler::HTTPError.*Could not|Gem::RemoteFetcher::FetchError: (?P<error>.*)",
        nowhere=True,
        blame=Blame.UNKNOWN,
        title="rubygems.org could not be reached",
        message="Bundler could not fetch gems from {host} {error}: a network or registry trouble.",
        fix="It is not your change: run the build again.",
    ),
    # Tests and style
    Rule(
        code="rspec-failure",
        pattern=r"^\s{2,}(?P<number>\d+)\) (?P<name>\S.*)$",
        read=_spec,
        place=_spec_place,
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="RSpec: {name}: {error}",
        fix="Correct the code until `bundle exec rspec` agrees, or the expectation where it is wrong.",
    ),
    Rule(
        code="rspec-load",
        pattern=r"^An error occurred while loading (?P<path>\S+?\.rb)\.",
        read=_load_error,
        place=first(_spec_place, at("path", "line")),
        many=True,
        rank=Rank.ROOT,
        title="{path} does not load: {error}",
        message="An error occurred while loading {path}: {error}",
        fix="{advice}.",
    ),
    Rule(
        code="minitest-failure",
        pattern=r"^(?P<name>[A-Z][\w:]*#test_\S+) \[(?P<path>[^\]:]+):(?P<line>\d+)\]:",
        read=lambda hit: {"error": " ".join(line.strip() for line in hit.after(3) if line.strip())[:240]},
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{name} fails",
        message="Minitest: {name} at {path}:{line}: {error}",
        fix="Correct the code until {name} passes, or the assertion on line {line} where it is wrong.",
    ),
    Rule(
        code="minitest-error",
        pattern=r"^(?P<name>[A-Z][\w:]*#test_\w+[?!]?):$",
        read=_minitest_error,
        place=_deepest,
        many=True,
        rank=Rank.ROOT,
        title="{name} stops: {error}",
        message="Minitest: {name}: {error}",
        fix="Correct what {name} calls: it raises before its assertions.",
    ),
    Rule(
        code="rubocop-offense",
        pattern=r"^(?P<path>\S+\.(?:rb|rake|ru|gemspec|jbuilder)|\S*(?:Gemfile|Rakefile)):(?P<line>\d+):\d+: "
        r"[CWEFR]: "
        r"(?:\[Correct\w+\] )?(?P<cop>[A-Z]\w+(?:/\w+)+): (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {cop}",
        message="RuboCop: {cop}: {error}",
        fix="Change line {line} of {path}, or run bundle exec rubocop -a.",
    ),
    Rule(
        code="rake-unknown-task",
        pattern=r"Don't know how to build task '(?P<name>[^']+)'",
        read=_task,
        place=first(failing_instruction, matching(r"{name}", "Rakefile"), whole_file("Rakefile")),
        title="rake has no task {name}",
        message="Don't know how to build task '{name}'.",
        fix="{advice}.",
    ),
    # Exceptions
    Rule(
        code="ruby-redis-unreachable",
        pattern=r"(?P<error>.*?) "
        r"?\((?P<klass>Redis(?:Client)?::CannotConnectError)\)|"
        r"(?P<klass2>Redis(?:Client)?::CannotConnectError): (?P<error2>.*)",
        read=lambda hit: {"error": (hit["error"] or hit["error2"]).strip()},
        place=first(anywhere(r"(?i)redis.*url|redis://|REDIS", ".rb", "redis.yml", "cable.yml"), _deepest),
        title="Redis could not be reached: {error}",
        message="Redis::CannotConnectError: {error}",
        fix="Set REDIS_URL to the real Redis (Memorystore, through a VPC connector): there is none on "
        "127.0.0.1 in the container.",
    ),
    Rule(
        code="ruby-uncaught",
        pattern=r"^(?P<path>\S+?):(?P<line>\d+):in [`'](?P<method>.*?)': (?P<error>.+) "
        r"\((?P<klass>[A-Z]\w*(?:::\w+)*)\)$",
        read=_uncaught,
        place=_IN_CODE,
        title="{where}: {error}",
        message="{klass}: {error} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-exception",
        pattern=r"^(?:! Unable to load application: )?(?P<klass>" + _ERROR + r"): (?P<error>\S.*)$",
        read=_headed,
        place=_IN_CODE,
        title="{where}: {error}",
        message="{klass}: {error} ({where}).",
        fix="{advice}.",
    ),
    Rule(
        code="ruby-failed-to-load",
        pattern=r"bundler: failed to load command: (?P<name>\S+)|! Unable to load application: (?P<error>.*)|"
        r"^(?:rake|rails|bin/rails) aborted!",
        rank=Rank.SYMPTOM,
        read=lambda hit: {"error": hit["error"] or " ".join(hit.after(2))},
        place=_IN_CODE,
        title="The Ruby program did not load: {error}",
        message="{name} stopped while it loaded the program: {error}",
        fix="Correct what the lines below this one in the log name.",
    ),
)

"""nginx, Apache, Caddy, Perl, Lua, Haskell, Swift, R, Terraform, Helm and the static site generators."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.places import (
    anywhere,
    at,
    base_image,
    failing_dockerfile,
    failing_instruction,
    first,
    instruction,
    matching,
    repository_path,
    whole_file,
)
from app.diagnosis.rule import Find, Hit, Rank, Rule
from app.diagnosis.unclosed import bare_code, braces, code_before, misplaced
from app.model import Place

# nginx


def _configured(hit: Hit, path: str) -> str:
    """The repository's file that stands at this path in the image; the official image renames templates and conf.d."""
    if found := repository_path(hit.files, path, hit):
        return found
    name = path.rpartition("/")[2]
    template = hit.files.named(f"{name}.template")
    if template:
        return template[0]
    own = [
        p
        for p in hit.files.paths
        if p.endswith((".conf", ".conf.template", ".nginx")) and "nginx" in p.lower()
    ]
    copied = _copied_to(hit, path)
    return copied or (own[0] if len(own) == 1 and name in ("default.conf", "nginx.conf") else "")


def _copied_to(hit: Hit, path: str) -> str:
    """The source of the COPY whose destination is this path."""
    if (found := failing_dockerfile(hit)) is None:
        return ""
    folder = found[0].rpartition("/")[0]
    for each in found[1].of("COPY", "ADD"):
        *sources, target = each.arguments or ("",)
        if target == path and sources:
            inside = f"{folder}/{sources[0]}".strip("/").replace("/./", "/")
            return next((p for p in (inside, sources[0].removeprefix("./")) if p in hit.files.paths), "")
    return ""


def _emerg(hit: Hit) -> Mapping[str, str] | None:
    path = _configured(hit, hit["path"])
    number = int(hit["line"])
    lines = hit.files.lines(path) if path else ()
    error, change, advice = hit["error"], number, ""
    above = code_before(lines, number) if lines else 0
    unended = above and not re.search(r"[;{}]\s*$", bare_code(lines[above - 1]))
    if unended and re.search(
        r"invalid (?:parameter|number of arguments|value)|is not terminated by|unexpected|unknown directive",
        error,
    ):
        change, advice = above, f"End line {above} of {path} with ;"
    elif (
        lines
        and re.search(r"is not terminated by \";\"|invalid number of arguments|unexpected \"}\"", error)
        and number <= len(lines)
    ):
        own = _unterminated(lines, number)
        change = own or number
        advice = f"End line {change} of {path} with ;" if own else ""
    if "unexpected end of file" in error:
        opened, _ = misplaced(lines, braces("#"))
        change = opened or number
        advice = f"Close the {{ of line {change} of {path} with }}"
    elif match := re.search(r"host not found in upstream \"([^\"]+)\"", error):
        advice = (
            f"There is no host {match[1]} on Cloud Run (docker compose's names do not exist there): write the "
            f"service's https URL, "
            f"or read it from a variable, on line {number} of {path or hit['path']}"
        )
    elif match := re.search(r"unknown directive \"([^\"]+)\"", error):
        near = hit.files.nearest(match[1], _DIRECTIVES, 0.7)
        advice = advice or (f"Write {near} on line {number} of {path}" if near else "")
    elif re.search(
        r"host not found in \"\$|invalid port in|unknown \"(?:port|PORT)\" variable|\$\{?PORT", error
    ):
        advice = (
            "nginx reads no environment: copy the file to /etc/nginx/templates/default.conf.template "
            "(its entry point fills ${PORT} in), or run envsubst"
        )
    elif "open()" in error or "No such file" in error:
        advice = (
            f"COPY that file into the image, or correct the path on line {number} of {path or hit['path']}"
        )
    name = path or hit["path"]
    return {
        "file": name,
        "change": str(change),
        "advice": advice or f"Correct line {change} of {name} (nginx -t checks it)",
    }


def _unterminated(lines: tuple[str, ...], number: int) -> int:
    for above in range(number, max(0, number - 4), -1):
        code = bare_code(lines[above - 1]).strip()
        if code and not code.endswith((";", "{", "}")):
            return above
    return 0


_DIRECTIVES = (
    "gzip", "listen", "server_name", "location", "proxy_pass", "proxy_set_header", "root", "index", "try_files",
    "return", "rewrite",
    "add_header", "include", "upstream", "server", "ssl_certificate", "ssl_certificate_key", "access_log",
    "error_log", "worker_processes",
    "worker_connections", "keepalive_timeout", "client_max_body_size", "expires", "fastcgi_pass",
    "fastcgi_param", "default_type", "sendfile",
    "proxy_http_version", "proxy_read_timeout", "types", "events", "http", "user", "pid", "error_page", "alias",
    "set", "if", "map", "gzip_types",
)  # fmt: skip


def _at_change(hit: Hit) -> Place | None:
    return hit.files.place(hit["file"], int(hit["change"])) if hit["file"] in hit.files.paths else None


_NGINX_CONF: Find = first(
    matching(r"{path}", "nginx.conf", "default.conf"),
    anywhere(r"{path}", ".conf", ".template"),
    instruction("USER"),
    instruction("CMD"),
    base_image,
)


# Apache


def _apache(hit: Hit) -> Mapping[str, str] | None:
    path = hit["path"] or hit["path2"]
    line = hit["line"] or hit["line2"]
    told = hit["error"].strip() or next((each.strip() for each in hit.after(2) if each.strip()), "")
    found = _configured(hit, path)
    advice = f"Correct line {line} of {found or path}"
    if match := re.search(r"Invalid command '(\w+)'", told):
        module = next((name for key, name in _MODULES.items() if match[1].startswith(key)), "")
        advice = (
            f"Write RUN a2enmod {module} in the Dockerfile ({match[1]} needs it)"
            if module
            else f"Correct {match[1]} on line {line} of {found or path}"
        )
    elif "Port must be specified" in told or "${PORT}" in told:
        advice = (
            "The variable PORT was not set where Apache started: Cloud Run sets it, so write Listen "
            "${PORT} and start with apache2-foreground"
        )
    return {"file": found or path, "change": line, "told": told, "advice": advice}


_MODULES = {
    "Rewrite": "rewrite",
    "Header": "headers",
    "Expires": "expires",
    "Proxy": "proxy proxy_http",
    "SSL": "ssl",
    "FilterDeclare": "filter",
    "RemoteIP": "remoteip",
}

# Perl, Lua


def _perl(hit: Hit) -> Mapping[str, str] | None:
    path = repository_path(hit.files, hit["path"], hit)
    number = int(hit["line"])
    change = number
    if path and hit["error"].startswith("syntax error"):
        above = code_before(hit.files.lines(path), number)
        near = re.search(r"near \"(\S+)", hit["error"])
        here = hit.files.lines(path)[number - 1].strip() if number <= len(hit.files.lines(path)) else ""
        if (
            above
            and near
            and here.startswith(near[1].strip('"')[:12])
            and not re.search(r"[;{}]\s*$", bare_code(hit.files.lines(path)[above - 1]))
        ):
            change = above
    elif path and "Missing right curly" in hit["error"]:
        change = misplaced(hit.files.lines(path), braces("#"))[0] or number
    name = path or hit["path"]
    return {
        "file": name,
        "change": str(change),
        "advice": f"End line {change} of {name} with ;"
        if change != number
        else f"Correct line {change} of {name}",
    }


def _lua(hit: Hit) -> Mapping[str, str] | None:
    match = re.search(r"\(to close '(\w+)' at line (\d+)\)", hit["error"])
    change = match[2] if match else hit["line"]
    return {"file": repository_path(hit.files, hit["path"], hit) or hit["path"], "change": change}


# Terraform, Helm


def _terraform(hit: Hit) -> Mapping[str, str] | None:
    for line in hit.after(8):
        if match := re.search(r"\bon (\S+\.tf(?:vars|\.json)?) line (\d+)", line):
            told = [re.sub(r"^[│|]\s*", "", each).strip() for each in hit.after(14)]
            return {
                "path": match[1],
                "line": match[2],
                "told": " ".join(each for each in told if each and not re.match(r"on \S+ line|\d+:", each))[
                    :240
                ],
            }
        if re.match(r"[│|]?\s*Error:", line):
            return None
    return None


def _terraform_other(hit: Hit) -> Mapping[str, str] | None:
    if _terraform(hit) is not None or not any(p.endswith(".tf") for p in hit.files.paths):
        return None
    return {"told": " ".join(re.sub(r"^[│|]\s*", "", each).strip() for each in hit.after(8))[:240]}


# Sites


def _mkdocs(hit: Hit) -> Mapping[str, str] | None:
    return {"key": hit["key"], "error": hit["error"]}


def _strict(hit: Hit) -> Mapping[str, str] | None:
    match = hit.find_before(r"WARNING +-? *(.*)", 60)
    told = match[1].strip() if match else ""
    path = re.search(r"[\"']?([\w./-]+\.md)", told)
    return {"told": told, "path": path[1] if path else "", "line": "1"}


def _in_docs(hit: Hit) -> Place | None:
    if not hit["path"]:
        return None
    for candidate in (hit["path"], f"docs/{hit['path']}"):
        target = re.search(r"(?:link|reference) '?\"?([^'\" ]+)", hit["told"])
        if candidate in hit.files.paths:
            return hit.files.place(
                candidate, (hit.files.search(candidate, re.escape(target[1])) if target else 0) or 1
            )
    return None


def _sphinx(hit: Hit) -> Mapping[str, str] | None:
    return (
        {"line": hit["line"] or "1"}
        if hit.find(r"Running Sphinx|sphinx-build|building \[|warnings treated as errors|Sphinx error")
        else None
    )


def _ghc(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(8) if line.strip() and not re.match(r"\s*\d*\s*\|", line)]
    head = hit["error"].strip()
    return {
        "error": (head if head and not head.startswith("[") else " ".join([*told[:3], head]).strip())[:220]
    }


RULES: tuple[Rule, ...] = (
    Rule(
        code="nginx-configuration",
        pattern=r"\[emerg\] (?:\d+#\d+: )?(?P<error>.*) in (?P<path>/\S+):(?P<line>\d+)$",
        read=_emerg,
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="nginx: [emerg] {error} in {path}:{line}.",
        fix="{advice}.",
    ),
    Rule(
        code="nginx-file",
        pattern=r"\[emerg\] (?:\d+#\d+: )?(?P<error>(?:open\(\)|mkdir\(\)|cannot load certificate(?: key)?) "
        r"\"(?P<path>[^\"]+)\".*?failed.*|"
        r"(?:cannot load certificate(?: key)?) \"(?P<path2>[^\"]+)\".*)",
        read=lambda hit: {
            "path": hit["path"] or hit["path2"],
            "error": re.sub(r" \(SSL: .*", "", hit["error"]),
        },
        place=_NGINX_CONF,
        title="nginx: {error}",
        message="nginx: [emerg] {error}.",
        fix="Give the container {path}: COPY it, or let nginx's user write it (nginxinc/nginx-unprivileged, "
        "chown), or write a path below /tmp; "
        "certificates are Cloud Run's own work: listen without ssl.",
    ),
    Rule(
        code="apache-configuration",
        pattern=r"AH00526: Syntax error on line (?P<line>\d+) of (?P<path>/[^\s:]+):|"
        r"(?:apache2|httpd): Syntax error on line (?P<line2>\d+) of (?P<path2>/[^\s:]+): (?P<error>.*)$",
        read=_apache,
        place=first(_at_change, failing_instruction, instruction("COPY")),
        rank=Rank.ROOT,
        title="{file} line {change}: {told}",
        message="Apache: AH00526: Syntax error on line {change} of {file}: {told}",
        fix="{advice}.",
    ),
    Rule(
        code="apache-mpm",
        pattern=r"AH00534: (?:apache2|httpd): Configuration error: (?P<error>More than one MPM loaded|No MPM "
        r"loaded)",
        place=first(matching(r"a2enmod|a2dismod|mpm_", "Dockerfile"), instruction("RUN")),
        rank=Rank.ROOT,
        title="Apache: {error}",
        message="AH00534: Configuration error: {error}.",
        fix="Write RUN a2dismod mpm_event mpm_worker && a2enmod mpm_prefork in the Dockerfile: exactly one MPM.",
    ),
    Rule(
        code="caddy-configuration",
        pattern=r"(?:adapting config using caddyfile|parsing caddyfile)[^:]*: (?:parsing caddyfile tokens for "
        r"'[^']*': )?(?P<path>[\w./-]*[Cc]addyfile[\w.-]*):(?P<line>\d+)(?::| -) ?"
        r"(?P<error>.*)$",
        place=first(at(), whole_file("Caddyfile")),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Caddy: {error} ({path}:{line}).",
        fix="Correct line {line} of {path} (caddy validate checks it).",
    ),
    # Perl, Lua
    Rule(
        code="perl-module",
        pattern=r"Can't locate (?P<file>[\w/]+\.p[lm]) in @INC.*? at (?P<path>\S+) line (?P<line>\d+)",
        read=lambda hit: {"name": hit["file"].removesuffix(".pm").replace("/", "::")},
        place=first(
            matching(r"{name}", "cpanfile", "Makefile.PL"), at(), whole_file("cpanfile"), failing_instruction
        ),
        rank=Rank.ROOT,
        title="Perl has no module {name}",
        message="Can't locate {file} in @INC (you may need to install the {name} module) at {path} line {line}.",
        fix="Add requires '{name}'; to cpanfile and run cpanm --installdeps . in the Dockerfile; a module of "
        "your own needs use lib 'lib'.",
    ),
    Rule(
        code="perl-syntax",
        pattern=r"^(?P<error>syntax error|Missing right curly.*|Global symbol \"[^\"]+\" requires explicit "
        r"package name.*|Bareword \"[^\"]+\" not allowed.*|"
        r"Can't find string terminator .*|Can't locate object method .*|Undefined subroutine .*|Can't call "
        r"method .*)"
        r" at (?P<path>[\w./-]+\.(?:p[lm]|psgi|t|cgi)) line (?P<line>\d+)(?P<near>.*)$",
        read=lambda hit: _perl(
            Hit(
                hit.section,
                hit.index,
                {**hit.words, "error": hit["error"] + hit["near"]},
                hit.files,
                hit.transcript,
            )
        ),
        place=_at_change,
        rank=Rank.ROOT,
        title="{file} line {change}: {error}",
        message="Perl: {error} at {path} line {line}{near}",
        fix="{advice} (perl -c {file} checks it).",
    ),
    Rule(
        code="perl-died",
        pattern=r"^(?P<error>.+) at (?P<path>[\w./-]+\.(?:p[lm]|psgi|t)) line (?P<line>\d+)\.$",
        read=lambda hit: (
            None if re.search(r"(?i)^BEGIN failed|warn|deprecated|uninitialized", hit.line) else {}
        ),
        place=at(),
        title="{path} line {line}: {error}",
        message="Perl died: {error} at {path} line {line}.",
        fix="Correct line {line} of {path}, or give it what it needs.",
    ),
    Rule(
        code="lua-error",
        pattern=r"(?:^lua[\w.]*: |\[lua\] |error: |^luac?: )(?P<path>[\w./-]+\.lua):(?P<line>\d+): (?P<error>.*)$",
        read=_lua,
        place=_at_change,
        title="{file} line {change}: {error}",
        message="Lua: {error} ({path}:{line}).",
        fix="Correct line {change} of {file}.",
    ),
    # Compiled languages that nobody else has
    Rule(
        code="haskell-error",
        pattern=r"^(?P<path>[\w./-]+\.l?hs):(?P<line>\d+):(?P<column>\d+)(?:-\d+)?: error:(?P<error>.*)$",
        read=_ghc,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="GHC: error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="haskell-dependency",
        pattern=r"Could not find module [‘'`](?P<module>[\w.]+)['’]|(?:unknown package: "
        r"(?P<name>[\w-]+))|needs:? (?P<name2>[\w-]+) must match .*",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["module"]},
        place=first(
            anywhere(r"\b{name}\b", ".cabal", "package.yaml"),
            anywhere(r"build-depends|dependencies:", ".cabal", "package.yaml"),
        ),
        title="Haskell: {name} is not there",
        message="Could not find module or package {name}.",
        fix="Add the package of {name} to build-depends (package.yaml: dependencies), within the resolver of "
        "stack.yaml.",
    ),
    Rule(
        code="swift-error",
        pattern=r"^(?P<path>\S+\.swift):(?P<line>\d+):(?P<column>\d+): error: (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Swift: error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="zig-error",
        pattern=r"^(?P<path>\S+\.(?:zig|nim|cr|v|odin|ml|mli|gleam)):(?P<line>\d+):(?P<column>\d+): "
        r"(?:error|Error): (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="nim-error",
        pattern=r"^(?P<path>\S+\.nims?)\((?P<line>\d+), (?P<column>\d+)\) Error: (?P<error>.*)$",
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Nim: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="crystal-error",
        pattern=r"^(?:Error: )?[Ii]n (?P<path>\S+\.cr):(?P<line>\d+)(?::\d+)?$",
        read=lambda hit: {
            "error": next((m[1] for each in hit.after(10) if (m := re.match(r"Error: (.*)", each))), "")
        },
        place=at(),
        title="{path} line {line}: {error}",
        message="Crystal: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="ocaml-error",
        pattern=r"^File \"(?P<path>[^\"]+\.mli?)\", lines? (?P<line>\d+)(?:-\d+)?(?:, characters "
        r"(?P<column>[\d-]+))?:",
        read=lambda hit: next(
            ({"error": m[1]} for each in hit.after(12) if (m := re.match(r"Error:? ?(.*)", each))), None
        ),
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="OCaml: Error: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="r-package",
        pattern=r"there is no package called [‘'`](?P<name>[\w.]+)['’]|dependenc(?:y|ies) "
        r"[‘'](?P<name2>[\w.]+)['’].* (?:is|are) not available for package|"
        r"package [‘'](?P<name3>[\w.]+)['’] is not available",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=first(
            matching(r"install.*{name}|\"{name}\"", "install.R", "packages.R", "Dockerfile", "renv.lock"),
            anywhere(r"(?:library|require)\(\"?{name}", ".R", ".r"),
            failing_instruction,
        ),
        title="R has no package {name}",
        message="there is no package called ‘{name}’.",
        fix="Write RUN R -e \"install.packages('{name}')\" in the Dockerfile (with the system libraries that "
        "it needs), or add it to renv.lock.",
    ),
    # Infrastructure
    Rule(
        code="terraform-error",
        pattern=r"^(?:[│|]\s*)?Error: (?P<error>.+)$",
        read=_terraform,
        place=at(),
        many=True,
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Terraform: Error: {error} ({path} line {line}): {told}",
        fix="Correct line {line} of {path} (terraform validate checks it).",
    ),
    Rule(
        code="terraform-failed",
        pattern=r"^[│|]\s*Error: (?P<error>.+)$",
        read=_terraform_other,
        place=first(anywhere(r"^(?:terraform|provider|backend)\b", ".tf"), failing_instruction),
        title="Terraform: {error}",
        message="Terraform: Error: {error}: {told}",
        fix="Correct what the message names.",
    ),
    Rule(
        code="helm-template",
        pattern=r"(?:parse error at|template:|execution error at|YAML parse error on|error converting YAML to "
        r"JSON.*)[ (]+(?P<path>[\w./-]+\.(?:ya?ml|tpl|txt))(?::(?P<line>\d+))?(?::\d+)?\)?:? ?"
        r"(?P<error>.*)$",
        read=lambda hit: {
            "line": hit["line"] or (m[1] if (m := re.search(r"line (\d+)", hit.line)) else "1"),
            "error": hit["error"][:200],
        },
        place=first(at(), whole_file("Chart.yaml")),
        title="{path} line {line}: {error}",
        message="Helm: {error} ({path}:{line}).",
        fix="Correct line {line} of {path} (helm template checks it).",
    ),
    # Sites
    Rule(
        code="hugo-error",
        pattern=r"^(?:ERROR|Error):? .*?\"(?P<path>/?[^\"]+\.[\w]+):(?P<line>\d+):(?P<column>\d+)\": (?P<error>.*)$",
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Hugo: {error} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="hugo-theme",
        pattern=r"module \"(?P<name>[^\"]+)\" not found; either add it as a Hugo Module or store it "
        r"in|(?:Unable to find|find) theme Directory:? (?P<name2>\S+)|"
        r"theme \"?(?P<name3>[\w-]+)\"? not found",
        read=lambda hit: {"name": hit["name"] or hit["name2"] or hit["name3"]},
        place=first(
            matching(
                r"(?i)^\s*theme\b", "hugo.toml", "config.toml", "hugo.yaml", "config.yaml", "config.yml"
            ),
            whole_file(".gitmodules"),
        ),
        rank=Rank.ROOT,
        title="Hugo's theme {name} is not there",
        message='module "{name}" not found; either add it as a Hugo Module or store it in themes/: module '
        "does not exist.",
        fix="The theme is a git submodule that was not fetched: run git submodule update --init in the build, "
        "or commit themes/{name}.",
    ),
    Rule(
        code="jekyll-liquid",
        pattern=r"(?:Liquid Exception|Error|Conversion error): (?P<error>.*?) in "
        r"(?P<path>\S+\.(?:html|md|xml|markdown|scss|sass))$|"
        r"Liquid syntax error \(line (?P<line>\d+)\): (?P<error2>.*?) in (?P<path2>\S+)",
        read=lambda hit: {
            "error": hit["error"] or hit["error2"],
            "path": hit["path"] or hit["path2"],
            "line": hit["line"] or (m[1] if (m := re.search(r"line (\d+)", hit.line)) else "1"),
        },
        place=at(),
        rank=Rank.ROOT,
        title="{path} line {line}: {error}",
        message="Jekyll: Liquid Exception: {error} in {path}.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="jekyll-config",
        pattern=r"\((?P<path>[\w./-]*_config\.yml)\): (?P<error>.*) at line (?P<line>\d+)|The "
        r"(?P<name>[\w-]+) theme could not be found",
        place=first(at(), matching(r"^theme:", "_config.yml")),
        title="_config.yml: {error}{name}",
        message="Jekyll: {error} {name} theme could not be found ({path} line {line}).",
        fix="Correct _config.yml, or add the theme's gem {name} to the Gemfile and run bundle install.",
    ),
    Rule(
        code="mkdocs-config",
        pattern=r"Config value:? '(?P<key>[\w.]+)'[.:]? (?:Error: )?(?P<error>.*)$",
        read=_mkdocs,
        place=first(matching(r"^{key}\s*:", "mkdocs.yml", "mkdocs.yaml"), whole_file("mkdocs.yml")),
        title="mkdocs.yml: {key}: {error}",
        message="MkDocs: Config value '{key}': {error}",
        fix="Correct {key} in mkdocs.yml; a plugin or theme has to be installed with pip first.",
    ),
    Rule(
        code="mkdocs-strict",
        pattern=r"Aborted with (?P<count>\d+) [Ww]arnings? in [Ss]trict mode",
        read=_strict,
        place=_in_docs,
        title="mkdocs --strict: {told}",
        message="Aborted with {count} warnings in strict mode: {told}",
        fix="Correct the link in {path}, or build without --strict.",
    ),
    Rule(
        code="sphinx-warning",
        pattern=r"^(?P<path>/?[\w./-]+\.(?:rst|md|py|txt))(?::docstring of [\w.]+)?:(?P<line>\d+)?: "
        r"?(?:WARNING|ERROR|CRITICAL|SEVERE): (?P<error>.*)$",
        read=_sphinx,
        place=at(),
        many=True,
        title="{path} line {line}: {error}",
        message="Sphinx: {error} ({path}:{line}); warnings are treated as errors.",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="sphinx-extension",
        pattern=r"Could not import extension (?P<name>[\w.]+) \(exception: (?P<error>.*)\)|no theme named "
        r"'(?P<theme>[\w-]+)' found",
        read=lambda hit: {"name": hit["name"] or hit["theme"]},
        place=first(matching(r"{name}", "conf.py"), whole_file("conf.py")),
        title="Sphinx has no {name}",
        message="Extension error: Could not import extension {name} {error}; no theme named '{name}' found.",
        fix="Add the package of {name} to the documentation's requirements.txt.",
    ),
)

"""What the rows of errors.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import repository_path
from app.diagnosis.places import at
from app.diagnosis.rule import Hit
from app.diagnosis.traces import Trace
from app.model import Place


def solving(hit: Hit) -> Mapping[str, str] | None:
    """The whole sentence that pub ends with, and the package of pubspec.yaml in it.

    Poetry, Bundler and Hex end their sentences in the same way.
    """
    if not hit.files.named("pubspec.yaml") or hit.find(r"\(Mix\)|Gemfile|poetry|pyproject"):
        return None
    said = [hit.line.strip()]
    if "version solving failed" not in hit.line:
        for line in hit.after(12):
            said.append(line.strip())
            if "version solving failed" in line:
                break
        else:
            return None
    told = " ".join(each for each in said if each)
    if (
        "requires SDK version" in told
        or "requires the Flutter SDK" in told
        or "doesn't support null safety" in told
    ):
        return None
    if "could not find package" in told or "doesn't exist" in told or "forbidden" in told:
        return None
    names = re.findall(r"\b([a-z]\w*) (?:[\^><]|any\b|\d|from )", told)
    name = next((each for each in names if dependency_line(hit, "dart", each)), names[0] if names else "")
    wanted = re.search(rf"\b{re.escape(name)} (\^?[\d<>][^\s,]*|any)", told) if name else None
    return {"name": name, "wanted": wanted[1] if wanted else "", "told": told[:280]}


def unknown_package(hit: Hit) -> Mapping[str, str] | None:
    name = hit["name"] or hit["name2"]
    near = hit.files.nearest(name, _PACKAGES, 0.8)
    return {
        "name": name,
        "advice": f"Write {near} in pubspec.yaml"
        if near and near != name
        else f"Correct the name {name} in pubspec.yaml",
    }


_PACKAGES = (
    "http", "shelf", "shelf_router", "shelf_static", "path", "args", "collection", "intl", "json_annotation",
    "json_serializable",
    "build_runner", "test", "lints", "flutter_lints", "provider", "riverpod", "flutter_riverpod", "bloc",
    "flutter_bloc", "dio", "get_it",
    "freezed", "freezed_annotation", "functions_framework", "functions_framework_builder", "googleapis",
    "googleapis_auth", "gcp",
    "postgres", "redis", "mongo_dart", "dart_frog", "uuid", "crypto", "logging", "yaml", "equatable",
    "mocktail", "mockito",
    "shared_preferences", "url_launcher", "cloud_firestore", "firebase_core", "go_router", "meta", "async",
    "web_socket_channel",
)  # fmt: skip


def sdk(hit: Hit) -> Mapping[str, str] | None:
    have = hit.find_before(r"The current (?:Dart|Flutter) SDK version is ([\w.+-]+?)\.?$", 6)
    needy = re.search(r"Because (?:every version of )?(\w+)(?: [^ ]+)? requires", hit.line)
    return {"have": have[1] if have else "another", "needy": needy[1] if needy else ""}


def compile_words(hit: Hit) -> Mapping[str, str] | None:
    return None if "Not found: 'package:" in hit.line or "Couldn't resolve the package" in hit.line else {}


def _own_package(hit: Hit, name: str) -> bool:
    return any(
        hit.files.search(path, rf"^name:\s*{re.escape(name)}\s*$") for path in hit.files.named("pubspec.yaml")
    )


def _source_of_frame(hit: Hit, frame: re.Match[str]) -> str:
    """A `package:` is ours when a pubspec.yaml has its name; its files are below lib/."""
    path = frame["path"]
    if "package:" in frame.string and not path.startswith("/"):
        path = f"lib/{path.partition('/')[2]}" if _own_package(hit, path.partition("/")[0]) else ""
    return repository_path(hit.files, path, hit) if path else ""


# `#0  main (file:///app/bin/server.dart:3:5)`, and a test's `bin/server.dart 3:5  main`.
TRACE = Trace(
    frame=re.compile(
        r"^(?P<numbered>#\d+\s+.*\()?\s*(?:file://|package:)?(?P<path>[^()\s]+?\.dart)"
        r"(?(numbered):| )(?P<line>\d+)(?(numbered)|:\d+\s)"
    ),
    foreign=re.compile(r"^dart:"),
    source=_source_of_frame,
)


def importing(hit: Hit) -> Place | None:
    return at("source", "line")(hit) if hit["source"] else None


def unhandled(hit: Hit) -> Mapping[str, str] | None:
    said = [line.strip() for line in hit.after(6) if line.strip() and not line.startswith("#")]
    where = TRACE.where(hit)
    return {"error": " ".join(said)[:240], "where": where}


def tested(hit: Hit) -> Mapping[str, str] | None:
    told = [line.strip() for line in hit.after(12) if line.strip() and not re.match(r"\d\d:\d\d ", line)]
    return {"error": " ".join(told[:4])[:240], "name": re.sub(r"^\S+\.dart: ", "", hit["name"])}

"""protoc and buf: plugins that are not in the image, files that are imported and not there."""

from __future__ import annotations

from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import anywhere, at, first
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.other.reading_protobuf import (
    generated_place,
    imported,
    plugin,
    plugin_place,
    runtime,
)

_LINK = "https://grpc.io/docs/languages/"

RULES: tuple[Rule, ...] = (
    Rule(
        code="protobuf-plugin",
        pattern=r"(?P<path>[\w./@:-]*?(?P<name>protoc-gen-[\w-]+?|grpc_\w+_plugin)(?:-[\d.]+-linux-\w+\.exe)?): program not found or is not executable|could not find protoc plugin for name (?P<name2>[\w-]+)|plugin (?P<name3>protoc-gen-[\w-]+): exec: \"[^\"]+\": executable file not found",
        read=plugin,
        place=plugin_place,
        rank=Rank.ROOT,
        title="protoc cannot run {name}{why}",
        message="{name}: program not found or is not executable{why}.",
        fix="{advice}.",
        link=_LINK,
    ),
    Rule(
        code="protobuf-import",
        pattern=r"^(?P<path>[\w./-]+\.proto):(?P<line>\d+):\d+:\s*(?:Import \"(?P<name>[^\"]+)\" was not found or had errors|import \"(?P<name2>[^\"]+)\": file does not exist)",
        read=imported,
        place=at(),
        rank=Rank.ROOT,
        title="{name} is imported and not there",
        message="{path}:{line}: Import {name} was not found where protoc looks.",
        fix="{advice}.",
        link="https://protobuf.dev/programming-guides/proto3/#importing",
    ),
    Rule(
        code="protobuf-syntax",
        pattern=r"^(?P<path>[\w./-]+\.proto):(?P<line>\d+):\d+:\s*(?P<said>.+)",
        read=lambda hit: None if "warning" in hit["said"].lower() or "Import" in hit["said"] else {},
        place=at(),
        many=True,
        title="{path} line {line}: {said}",
        message="protoc: {said} ({path}:{line}).",
        fix="Correct line {line} of {path}.",
    ),
    Rule(
        code="protobuf-runtime",
        pattern=r"The grpc package installed is at version (?P<have>[\d.]+), but the generated code in (?P<path>\S+) depends on (?P<name>grpcio)>=(?P<want>[\d.]+\d)|cannot import name 'runtime_version' from 'google\.(?P<name2>protobuf)'|google\.protobuf\.runtime_version\.VersionError: .*(?P<name3>gencode)",
        read=runtime,
        place=first(generated_place, anywhere(r"^\s*[\"']?{name}\b", ".txt", ".toml"), failing_instruction),
        nowhere=True,
        rank=Rank.ROOT,
        title="{name} is older than the generated code",
        message="The generated code needs {name} {want}; installed is {have}.",
        fix="Raise {name} in the requirements ({name}>={want}), or generate the code again with the grpcio-tools of the version that is installed.",
        link="https://protobuf.dev/support/cross-version-runtime-guarantee/",
    ),
)

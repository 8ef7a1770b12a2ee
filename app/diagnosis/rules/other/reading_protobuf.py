"""protoc: who brings a plugin, where an import would lie, and which dependency the generated code needs."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction, find_instruction
from app.diagnosis.rule import Hit
from app.model import Place

# Who brings a plugin: each one's own page of installation.
_BROUGHT = {
    "protoc-gen-go": "RUN go install google.golang.org/protobuf/cmd/protoc-gen-go@latest",
    "protoc-gen-go-grpc": "RUN go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@latest",
    "protoc-gen-grpc-gateway": "RUN go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-grpc-gateway@latest",
    "protoc-gen-openapiv2": "RUN go install github.com/grpc-ecosystem/grpc-gateway/v2/protoc-gen-openapiv2@latest",
    "protoc-gen-connect-go": "RUN go install connectrpc.com/connect/cmd/protoc-gen-connect-go@latest",
    "protoc-gen-validate": "RUN go install github.com/envoyproxy/protoc-gen-validate@latest",
    "protoc-gen-ts": "npm install -D ts-protoc-gen",
    "protoc-gen-ts_proto": "npm install -D ts-proto",
    "protoc-gen-es": "npm install -D @bufbuild/protoc-gen-es",
    "protoc-gen-grpc-web": "npm install -D protoc-gen-grpc-web",
    "protoc-gen-dart": "RUN dart pub global activate protoc_plugin",
    "protoc-gen-elixir": "RUN mix escript.install hex protobuf",
    "protoc-gen-prost": "RUN cargo install protoc-gen-prost",
    "protoc-gen-tonic": "RUN cargo install protoc-gen-tonic",
}
# google/api/*.proto and the like: https://github.com/googleapis/googleapis
_WELL_KNOWN = {
    "google/api/": "copy it from googleapis/googleapis on GitHub, or take buf with the dependency buf.build/googleapis/googleapis",
    "google/protobuf/": "install protobuf's own files: apt-get install -y libprotobuf-dev (apk add protobuf-dev)",
    "buf/validate/": "take buf with the dependency buf.build/bufbuild/protovalidate",
    "validate/": "copy validate.proto from bufbuild/protoc-gen-validate on GitHub",
}


def plugin(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"] or hit["name3"]
    if hit["path"].endswith(".exe") and _alpine(hit):
        return {
            "name": name,
            "why": ": it is linked for glibc, and the image is Alpine (musl)",
            "advice": "Build in a Debian image (without -alpine in FROM), or RUN apk add --no-cache gcompat before it",
        }
    brought = _BROUGHT.get(name, f"Install {name} into a folder of PATH")
    where = " before protoc runs (its folder, /go/bin, has to be in PATH)" if "go install" in brought else ""
    return {"name": name, "why": ": it is not in PATH", "advice": f"{brought}{where}"}


def plugin_place(hit: Hit) -> Place | None:
    return base_image(hit) if "musl" in hit["why"] else failing_instruction(hit)


def _alpine(hit: Hit) -> bool:
    """Whether the stage that failed stands on Alpine."""
    found = failing_dockerfile(hit)
    if found is None or not found[1].stages:
        return False
    failing = find_instruction(
        found[1], hit.section.instruction or hit.transcript.failed_instruction, hit.section.stage
    )
    stages = found[1].stages
    stage = stages[failing.stage] if failing and 0 <= failing.stage < len(stages) else stages[0]
    return "alpine" in stage.image


def imported(hit: Hit) -> Mapping[str, str]:
    name = hit["name"] or hit["name2"]
    own = next((path for path in sorted(hit.files.paths) if path.endswith(f"/{name}")), "")
    path = hit["path"]
    if path not in hit.files.paths:
        path = next((p for p in sorted(hit.files.paths) if p.endswith(f"/{path}")), path)
    known = next((advice for start, advice in _WELL_KNOWN.items() if name.startswith(start)), "")
    if own:
        advice = f"Name its folder: protoc -I {own.removesuffix(f'/{name}')}"
    else:
        advice = (
            known[:1].upper() + known[1:]
        ) or f"Add {name} to the repository, or name its folder with -I"
    return {"name": name, "path": path, "advice": advice}


def runtime(hit: Hit) -> Mapping[str, str]:
    """The package whose version is too low, and what the generated code asks for."""
    if hit["name"]:
        return {}
    versions = hit.find(r"gencode (?P<want>[\d.]+\d) runtime (?P<have>[\d.]+\d)")
    want, have = (versions["want"], versions["have"]) if versions else ("5.26", "an older one")
    return {"name": "protobuf", "want": want, "have": have}


def generated_place(hit: Hit) -> Place | None:
    return dependency_line(hit, "python", hit["name"])

"""More of what Python packages, and the servers behind them, say in the last line of a traceback."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.families import Family, Known
from app.diagnosis.lost_client import lost_client
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_refusals import REFUSALS
from app.diagnosis.rules.python.reading_errors import frames, own_frame, where
from app.diagnosis.rules.python.reading_misuse import BELOW, MISUSES


def _says(said: str, fix: str) -> Known:
    """The message itself is the title."""
    return Known(said, "{line}", fix)


SAYINGS = Family(
    (
        _says(r"SQLCoreOperations.*TypingOnly but has additional attributes", "Raise sqlalchemy to 2.0.31 or later (1.4.54 in the old line): older ones do not run on Python 3.13; or use an image with Python 3.12."),
        _says(r"numpy\.dtype size changed|numpy\.ufunc size changed|numpy\.core\.multiarray failed to import|_ARRAY_API not found", "Pin numpy<2, or raise the package that was compiled for NumPy 1 (pandas 2.2.2, scikit-learn 1.5, opencv-python 4.10 and later know NumPy 2)."),
        _says(r"Descriptors cannot (?:not )?be created directly", "Raise the package with the old _pb2.py files, make your own anew with protoc 3.19 or later, or pin protobuf<4."),
        _says(r"Keras 3 only supports V3|keras\.src.*not compatible|Unrecognized keyword arguments(?: passed to \w+)?: .*(?:batch_shape|batch_input_shape)", "Save the model as .keras with the Keras that loads it, or pin tensorflow<2.16 (Keras 2); tf-keras with TF_USE_LEGACY_KERAS=1 loads old ones."),
        _says(r"couldn't connect to 'https://huggingface\.co'|Can't load (?:tokenizer|the configuration|the model|feature extractor)[^.]* for '(?P<name>[^']+)'|is not a local folder and is not a valid model identifier", "Download the model when the image is built (RUN huggingface-cli download NAME, HF_HOME in the image), correct its name, or set HF_TOKEN where it is private."),
        _says(r"A module that was compiled using NumPy 1\.x", "Pin numpy<2, or raise the package that was compiled for NumPy 1."),
        _says(r"no display name and no \$DISPLAY|could not connect to display|Cannot load backend '(?:TkAgg|Qt5Agg)'", "There is no screen in a container: matplotlib.use('Agg') or ENV MPLBACKEND=Agg, opencv-python-headless instead of opencv-python, no tkinter."),
        _says(r"codec can't decode byte 0xff in position 0", "The file is UTF-16 (written by a Windows tool): save it as UTF-8."),
        _says(r"codec can't decode byte", "The file is not UTF-8: save it as UTF-8, or open it with its own encoding=."),
        _says(r"'ascii' codec can't encode", "Write ENV PYTHONUTF8=1 (or LANG=C.UTF-8) in the Dockerfile."),
        _says(r"SQLite 3\.[\d.]+ or (?:later|higher)|NotSupportedError: deterministic=True", "Use a newer image (FROM python:3.12-slim): Django asks for a newer SQLite than this one has."),
        _says(r"(?P<name>PostgreSQL|MySQL|MariaDB) (?:[\d.]+) or later is required", "Raise the database to the version that the message names (Cloud SQL: a new major version), or pin the Django that still takes the old one."),
        _says(r"Requested revision \S+ overlaps with other requested", "The table alembic_version has two rows where one follows from the other: delete the older, or alembic stamp --purge REVISION."),
        _says(r"Unable to generate pydantic-core schema for <class '(?P<name>[^']+)'", 'Write model_config = ConfigDict(arbitrary_types_allowed=True) in the model, or a field type that pydantic knows instead of {name}.'),
        _says(r"could not find table '(?P<name>[^']+)' with which to generate a foreign key", "Import the module with the model of {name} before create_all or the first query, or correct the name in ForeignKey (schema.table.column)."),
        _says(r"`(?P<name>\w+)` has been removed|has been removed in V2|@root_validator|`regex` is removed|PydanticUserError", "pydantic 2 no longer has it: follow its migration guide, or pin pydantic<2."),
        _says(r"certificate verify failed|CERTIFICATE_VERIFY_FAILED", "The image has no CA certificates, old ones, or the server a certificate of its own: install ca-certificates (apt-get install -y ca-certificates, pip install -U certifi), or give the client the server's CA file."),
        _says(r"\[Errno -[235]\] |nodename nor servname|Temporary failure in name resolution|NameResolutionError|Failed to resolve '(?P<name>[^']+)'", "A host's name is not known from here: correct it in the variable that has it (names of docker compose do not exist on Cloud Run), and at build time ask nothing of the network."),
        _says(r"(?:Max retries exceeded|ConnectTimeout|ConnectError|All connection attempts failed|Connection refused)", "What is called does not answer from here: set its real address for the service (localhost is this container alone), and call it when it is needed instead of while the module loads."),
        _says(r"cannot (?:schedule|start) new (?:futures|thread)|can't start new thread", "Give the service more memory or fewer workers and threads: no new thread could be started."),
        _says(r"NotFittedError|InconsistentVersionWarning|Can't get attribute '(?P<name>\w+)' on <module", "The pickle was written by other code or another version: install the versions that wrote it (scikit-learn, numpy), or write it anew."),
        _says(r"Address already in use|\[Errno 98\]", "Two servers take the same port: start one, on the port in PORT."),
    )
)  # fmt: skip

# A table of Django's own, and an address that does not answer, are other rows'.
_ELSEWHERE = re.compile(
    r"^django\.db\.utils\.\w+: .*(?:does not exist|no such)|refused|could not translate host"
)


def said_in_ours(hit: Hit) -> Mapping[str, str] | None:
    """Of a traceback through the repository's own code."""
    return _advised(hit) if own_frame(hit) is not None else None


def said_elsewhere(hit: Hit) -> Mapping[str, str] | None:
    """Of one in which no line is the repository's, or of which only the last line was printed."""
    if own_frame(hit) is not None or lost_client(hit.line, (path for path, _ in frames(hit))):
        return None
    if _ELSEWHERE.search(hit.line):
        return None
    told = "\n".join((hit.line.strip(), *hit.after(BELOW)))
    for each in MISUSES:
        if not each.of and (found := each.said.search(hit.line) or each.said.search(told)):
            named = found.groupdict()
            return {
                "advice": each.fix.replace("{name}", named.get("name") or named.get("name2") or "it") + "."
            }
    return _advised(hit)


def _advised(hit: Hit) -> Mapping[str, str] | None:
    if found := SAYINGS.read(hit):
        return where(hit) | {"advice": found["advice"]}
    if _ELSEWHERE.search(hit.line):
        return None
    refused = REFUSALS.read(hit)
    return where(hit) | {"said": refused["title"], "advice": refused["advice"]} if refused else None


# What Python raises where one package calls another in a way that the other does not have.
_UNFIT = frozenset({"AttributeError", "TypeError", "ImportError"})


def raised(hit: Hit) -> Mapping[str, str] | None:
    """The end of a traceback in which no line is the repository's: whose line it is."""
    found = frames(hit)
    if any(line.startswith("During handling of the above exception") for line in hit.after(3)):
        return None  # it was being handled: what ended the program is told below
    if own_frame(hit) is not None or not found or lost_client(hit.line, (path for path, _ in found)):
        return None
    package = re.search(r"(?:site|dist)-packages/(\w+)", found[0][0])
    whose = f"a line of {package[1]}" if package else "a line that is not of this repository"
    if package and hit["kind"].rpartition(".")[2] in _UNFIT:
        return {
            "package": package[1],
            "advice": f"{package[1]} and a package that it uses do not go together as they are installed: raise {package[1]}, or pin the other to a version of its time; a lock file (uv lock, pip freeze) keeps both.",
        }
    return {
        "advice": f"The traceback ends in {whose}: a setting, a version or a file that it is given is not what it expects; correct that, or raise or pin the package."
    }

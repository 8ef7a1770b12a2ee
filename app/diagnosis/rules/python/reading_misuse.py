"""What well-known Python packages say of a call that they cannot follow, and what solves it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_errors import frames, own_frame, where
from app.diagnosis.rules.python.reading_gone import caller

# A message goes on below its first line (pytorch, transformers, Flask): that many lines are looked at.
BELOW = 6


@dataclass(frozen=True)
class Misuse:
    """`said` is looked for in the last line of a traceback and what follows; `fix` may use its groups."""

    said: re.Pattern[str]
    fix: str
    of: str = ""  # only where the repository's own code calls this package, not another package between them


def _says(pattern: str, fix: str, of: str = "") -> Misuse:
    return Misuse(re.compile(pattern), fix, of)


# Each from the package's own documentation of the message.
MISUSES = (
    _says(r"Found no NVIDIA driver|Torch not compiled with CUDA enabled|No CUDA GPUs are available|No GPU found", 'There is no GPU here: choose the device ("cuda" if torch.cuda.is_available() else "cpu"), or give the service one: gcloud run services update SERVICE --gpu 1 --gpu-type nvidia-l4'),
    _says(r"deserialize object on a CUDA device", 'Write torch.load(…, map_location="cpu"): the file was saved on a GPU and there is none here'),
    _says(r"Weights only load failed", "Write torch.load(…, weights_only=False) where the file is your own (torch 2.6 changed the default), or pin torch<2.6"),
    _says(r"access a gated repo|Access to model \S+ is restricted|Repository Not Found for url: https://huggingface", "Accept the model's terms on its page, and give the service a token as the secret HF_TOKEN; better, download the model when the image is built"),
    _says(r"Invalid args for response field", "FastAPI takes this annotation for a pydantic model: write response_model=None in the decorator, or Depends(…) for a parameter such as a session"),
    _says(r"When localhost is not accessible, a shareable link", 'Write launch(server_name="0.0.0.0", server_port=int(os.environ.get("PORT", 8080)))'),
    _says(r"Cannot find empty port in range", 'Let gradio take the port of Cloud Run: launch(server_name="0.0.0.0", server_port=int(os.environ["PORT"])), once only'),
    _says(r"Either 'SQLALCHEMY_DATABASE_URI' or 'SQLALCHEMY_BINDS' must be set", 'Write app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"] above it, and set DATABASE_URL for the service'),
    _says(r"__init__\(\) missing 1 required positional argument: 'on_delete'", "Write on_delete=models.CASCADE (or PROTECT, SET_NULL) in this field: Django 2 and later ask for it"),
    _says(r"Working outside of application context", "Put it under with app.app_context():"),
    _says(r"Working outside of request context", "Move it into a view, or under with app.test_request_context(): outside a request there is none"),
    _says(r"View function mapping is overwriting an existing endpoint function: (?P<name>\w+)", "Give one of the two views named {name} another name or endpoint=; a decorator of yours needs functools.wraps"),
    _says(r"setup method '(?P<name>\w+)' can no longer be called", "Call {name} before the application serves its first request: while the module is loaded"),
    _says(r"unexpected keyword argument 'sslmode'|`sslmode` parameter must be one of", "asyncpg calls it ssl: write ?ssl=require instead of ?sslmode=require in the database's URL"),
    _says(r"unexpected keyword argument 'channel_binding'", "Take channel_binding out of the database's URL: asyncpg does not know it"),
    _says(r"StreamlitSecretNotFoundError|No secrets (?:files? )?found\. Valid paths", "Read it from the environment (os.environ), and set it for the service; or mount a secret as /app/.streamlit/secrets.toml"),
    _says(r"NoSuchDriverException|Unable to obtain driver for (?P<name>\w+)|cannot find Chrome binary", "Install the browser and its driver: RUN apt-get update && apt-get install -y chromium chromium-driver; start it with --headless=new, --no-sandbox and --disable-dev-shm-usage"),
    _says(r"(?:setting|set|provide|define|pass) (?:the )?[`'\"]?(?P<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[`'\"]?(?: as an)? (?:environment variable|env)", "Set {name} for the service (gcloud run services update SERVICE --update-secrets {name}=SECRET:latest with the name of the secret), and create the client when it is first needed"),
    _says(r"DefaultCredentialsError: File (?P<name>\S+) was not found", "GOOGLE_APPLICATION_CREDENTIALS names {name}, which is not in the image: leave the variable out, and Cloud Run's service account is used"),
    _says(r"redis\S*ConnectionError: Error (?:-?\d+) connecting to (?P<name>[\w.-]+:\d+)", "Nothing answers at {name} from here: give the service the address of a real Redis (Memorystore and a VPC connector) in a variable such as REDIS_URL"),
    _says(r"connection to server at \"(?P<name>[^\"]+)\".*(?:Connection refused|timed? ?out|No route)|could not translate host name \"(?P<name2>[^\"]+)\"", "No PostgreSQL answers at {name} from here: give the service the address of a real database in a variable (Cloud SQL: /cloudsql/PROJECT:REGION:INSTANCE and --add-cloudsql-instances, or a private address and a VPC connector)"),
    _says(r"password authentication failed for user \"(?P<name>[^\"]+)\"|Access denied for user '(?P<name2>[^']+)'", "The database does not take the password of {name}: correct it in the variable or secret of the service (a line break at its end counts too)"),
    _says(r"database \"(?P<name>[^\"]+)\" does not exist", "Create the database {name} on that server, or correct the name in the URL"),
    _says(r"ServerSelectionTimeoutError: (?P<name>[\w.-]+:\d+)", "No MongoDB answers at {name} from here: give the service the address of a real one (mongodb+srv://…) as a secret, and let it in there (Atlas: IP access list, or a VPC with Cloud NAT)"),
    _says(r"Can't connect to MySQL server on '(?P<name>[^']+)'", "No MySQL answers at {name} from here: give the service the address of a real database in a variable (Cloud SQL: unix_socket=/cloudsql/PROJECT:REGION:INSTANCE)"),
    _says(r"Connect call failed \('(?P<name>[\d.:a-f]+)', (?P<port>\d+)", "Nothing answers at {name} from here: localhost is this container alone; give the service the address of the real server in a variable"),
    _says(r"PermissionError: \[Errno 13\] Permission denied: '(?P<name>[^']+)'", "The container's user may not write {name}: write below /tmp, or make it in the Dockerfile (RUN mkdir -p and chown) before USER"),
    _says(r"\[Errno 30\] Read-only file system: '(?P<name>[^']+)'", "Write below /tmp instead of {name}"),
    _says(r"Attribute name '(?P<name>\w+)' is reserved when using the Declarative", 'Give the attribute another name and keep the column\'s: {name}_ = mapped_column("{name}", …)'),
    _says(r"Can't load plugin: sqlalchemy\.dialects:postgres$", "Write postgresql:// instead of postgres:// in the database's URL: SQLAlchemy 1.4 and later do not take the short name"),
    _says(r"Table '(?P<name>\w+)' is already defined for this MetaData", "The module of the model {name} is imported under two names: import it in one way everywhere"),
    _says(r"could not assemble any primary key columns", "Give the model a primary key: mapped_column(primary_key=True)"),
    _says(r"failed to locate a name \('(?P<name>\w+)'\)", "Import the module of {name} before the mappers are used"),
    _says(r"module 'numpy' has no attribute '(?P<name>float|int|bool|object|complex|str|long|unicode)'", "Write {name} (Python's own) instead of np.{name}: NumPy 1.24 no longer has it; or pin numpy<1.24", "numpy"),
    _says(r"A non-annotated attribute was detected: `(?P<name>\w+)", "Annotate {name} with its type (pydantic 2 asks for one on every field), or with ClassVar; or pin pydantic<2", "pydantic"),
    _says(r"Directory '(?P<name>[^']+)' does not exist", "COPY {name} into the image (look into .dockerignore), commit it with a file in it, or name it from Path(__file__).parent"),
    _says(r"Missing key inputs argument!", "Set GEMINI_API_KEY (or GOOGLE_API_KEY) as a secret of the service, or use Vertex AI with the service's own account: GOOGLE_GENAI_USE_VERTEXAI=true, GOOGLE_CLOUD_PROJECT and GOOGLE_CLOUD_LOCATION"),
    _says(r"unsupported version of sqlite3", "Use a newer image (FROM python:3.12-slim, Debian 12), or add pysqlite3-binary and put it in place of sqlite3 before the import"),
    _says(r"Fernet key must be 32 url-safe base64", "The key in the environment is none: make one with Fernet.generate_key() and set it without quotes or line break"),
    _says(r"Could not deserialize key data|Unable to load PEM file|No key could be detected|Invalid private key", "The key lost its line breaks in the environment: mount the secret as a file, or write .replace('\\\\n', '\\n') where it is read"),
    _says(r"Service account info was not in the expected format", "The JSON in the environment is not a whole service account key; on Cloud Run leave it out and use the service's own account"),
    _says(r"NoCredentialsError|Unable to locate credentials", "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for the service as secrets"),
    _says(r"NoRegionError|You must specify a region", "Set AWS_DEFAULT_REGION for the service"),
    _says(r"signal only works in main thread", "Take the signal handler, or debug and reload, out: this runs in a thread of the server"),
    _says(r"asyncio\.run\(\) cannot be called from a running event loop", "await the coroutine here instead of asyncio.run: a loop runs already"),
    _says(r"no running event loop|There is no current event loop", "Create it inside an async function (startup or lifespan), not while the module is loaded"),
    _says(r"Duplicated timeseries in CollectorRegistry", "The metric is made twice: make it at the top of one module, and import that in one way"),
    _says(r"The default Firebase app already exists", "Call firebase_admin.initialize_app() once: if not firebase_admin._apps"),
    _says(r"Prefix and path cannot be both empty", 'Give the router a prefix, or the route a path such as "/"'),
    _says(r"Status code 204 must not have a response body", "Take the response model or annotation off the 204 route (response_class=Response), or raise fastapi"),
    _says(r"non-default argument '(?P<name>\w+)' follows default argument", "Move {name} before the fields that have a default, or give it one"),
    _says(r"mutable default .* for field (?P<name>\w+) is not allowed", "Write {name} with field(default_factory=…)"),
    _says(r"Secret key .*(?:not set|unavailable)|session is unavailable because no secret key was set", "Set app.secret_key from a secret of the service"),
)  # fmt: skip


def misuse(hit: Hit) -> Mapping[str, str] | None:
    """What the package means, and what to write; only of a traceback that comes from the repository's code."""
    if own_frame(hit) is None:
        return None
    told = "\n".join((hit.line.strip(), *hit.after(BELOW)))
    between = caller(hit)
    for each in MISUSES:
        if each.of and between not in ("", each.of):
            continue
        if found := each.said.search(hit.line) or each.said.search(told):
            advice = each.fix.replace("{name}", _name(found))
            return where(hit) | {"advice": advice}
    return None


def _name(found: re.Match[str]) -> str:
    named = found.groupdict()
    return named.get("name") or named.get("name2") or "it"


def extra(hit: Hit) -> Mapping[str, str] | None:
    """The package that the message asks to be installed, as it is written there."""
    # celery and kombu set the module to None where it cannot be imported.
    name = hit["package"] or hit["package2"] or hit["package3"] or hit["package4"].lower()
    return {"package": name} if own_frame(hit) or hit.find_before(r"Traceback", 200) else None


def in_library(hit: Hit) -> bool:
    """Whether a library, and no line of ours, was at work when it stopped."""
    deepest = next(iter(frames(hit)), ("", ""))[0]
    return bool(deepest) and not repository_path(hit.files, deepest, hit)

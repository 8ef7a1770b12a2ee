"""What the rows of gone.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import repository_path
from app.diagnosis.rule import Hit
from app.diagnosis.rules.python.reading_errors import frames, own_frame
from app.model import Place


@dataclass(frozen=True)
class Gone:
    """A change that breaks: `package` is whose version decides, `fix` what to write instead."""

    package: str
    fix: str
    what: str = ""


_OF_PACKAGE = re.compile(r"(?:site|dist)-packages/([A-Za-z]\w*)")


def caller(hit: Hit) -> str:
    """The installed package whose file the traceback ends in; empty when it ends in the repository."""
    for path, _ in frames(hit):
        if match := _OF_PACKAGE.search(path):
            return "" if repository_path(hit.files, path, hit) else match[1]
        if repository_path(hit.files, path, hit):
            return ""
    return ""


def asked_or_frame(hit: Hit) -> Place | None:
    """Own code that uses it; else the requirement whose version decides."""
    if not hit["caller"] and (place := own_frame(hit)):
        return place
    names = (hit["caller"], hit["package"])
    return next((place for name in names if (place := dependency_line(hit, "python", name))), own_frame(hit))


# Names that newer versions no longer have: (module, name), from each project's own notes of release.
NAMES = {
    ("flask", "escape"): Gone("flask", "Write from markupsafe import escape: Flask 2.4 no longer has it"),
    ("flask", "Markup"): Gone("flask", "Write from markupsafe import Markup: Flask 2.4 no longer has it"),
    ("flask.json", "JSONEncoder"): Gone("flask", "Subclass flask.json.provider.DefaultJSONProvider: Flask 2.3 has no JSONEncoder"),
    ("jinja2", "Markup"): Gone("jinja2", "Write from markupsafe import Markup (Jinja2 3.1 no longer has it); if flask 1.x asks for it, raise flask to 2.2 or later"),
    ("jinja2", "escape"): Gone("flask", "Raise flask to 2.2 or later; its old versions ask Jinja2 3.1 for what it no longer has"),
    ("itsdangerous", "json"): Gone("flask", "Raise flask to 2.2 or later; flask 1.x asks itsdangerous 2.1 for what it no longer has"),
    ("markupsafe", "soft_unicode"): Gone("jinja2", "Raise jinja2 to 3.1 or later; its old versions ask markupsafe 2.1 for what it no longer has"),
    ("werkzeug.urls", "url_quote"): Gone("flask", "Raise flask to 2.3 or later, or pin werkzeug<3 beside it: Werkzeug 3 no longer has url_quote"),
    ("werkzeug.urls", "url_decode"): Gone("flask-login", "Raise flask-login to 0.6.3 or later, or pin werkzeug<3: Werkzeug 3 no longer has url_decode"),
    ("werkzeug.urls", "url_encode"): Gone("flask-wtf", "Use urllib.parse.urlencode, raise the package that asks for it, or pin werkzeug<3"),
    ("werkzeug", "secure_filename"): Gone("werkzeug", "Write from werkzeug.utils import secure_filename"),
    ("werkzeug", "FileStorage"): Gone("werkzeug", "Write from werkzeug.datastructures import FileStorage"),
    ("collections", "Mapping"): Gone("", "Import it from collections.abc; in an installed package, raise that package's version (Python 3.10 took it away)"),
    ("django.utils.translation", "ugettext_lazy"): Gone("django", "Write gettext_lazy: Django 4.0 no longer has ugettext_lazy; in an installed app, raise its version"),
    ("django.utils.translation", "ugettext"): Gone("django", "Write gettext: Django 4.0 no longer has ugettext; in an installed app, raise its version"),
    ("django.utils.encoding", "force_text"): Gone("django", "Write force_str: Django 4.0 no longer has force_text; in an installed app, raise its version"),
    ("django.utils.encoding", "smart_text"): Gone("django", "Write smart_str: Django 4.0 no longer has smart_text; in an installed app, raise its version"),
    ("django.conf.urls", "url"): Gone("django", "Write from django.urls import re_path: Django 4.0 no longer has url; in an installed app, raise its version"),
    ("django.utils.timezone", "utc"): Gone("django", "Write datetime.timezone.utc: Django 5.0 no longer has it"),
    ("sqlalchemy.ext.declarative", "declarative_base"): Gone("sqlalchemy", "Write from sqlalchemy.orm import declarative_base"),
    ("openai.error", "OpenAIError"): Gone("openai", "Write from openai import OpenAIError: openai 1.0 has no module openai.error"),
    ("openai", "ChatCompletion"): Gone("openai", "Write client = OpenAI() and client.chat.completions.create(…), or pin openai<1"),
    ("pydantic", "BaseSettings"): Gone("pydantic", "Add pydantic-settings to the requirements and write from pydantic_settings import BaseSettings"),
    ("huggingface_hub", "cached_download"): Gone("huggingface-hub", "Raise the package that asks for it (sentence-transformers, diffusers), or pin huggingface-hub<0.26"),
    ("transformers", "AdamW"): Gone("transformers", "Write from torch.optim import AdamW"),
    ("scipy.integrate", "simps"): Gone("scipy", "Write simpson: SciPy 1.14 no longer has simps"),
    ("starlette.status", "HTTP_422_UNPROCESSABLE_ENTITY"): Gone("starlette", "Write HTTP_422_UNPROCESSABLE_CONTENT"),
    ("pkg_resources", "packaging"): Gone("setuptools", "Raise the package that asks for it, or pin setuptools<70 before it is built"),
    ("moviepy.editor", "VideoFileClip"): Gone("moviepy", "Write from moviepy import VideoFileClip: moviepy 2.0 has no moviepy.editor"),
    ("typing_extensions", "TypeIs"): Gone("typing-extensions", "Raise typing-extensions to 4.10 or later"),
    ("typing_extensions", "Sentinel"): Gone("typing-extensions", "Raise typing-extensions to 4.14 or later"),
    ("typing_extensions", "deprecated"): Gone("typing-extensions", "Raise typing-extensions to 4.5 or later"),
}  # fmt: skip


NAMES |= {("collections", name): NAMES["collections", "Mapping"] for name in
          ("MutableMapping", "Sequence", "Iterable", "Callable", "Hashable", "MutableSet", "Set", "MutableSequence")}  # fmt: skip

# Names of the standard library, and the first Python that has them.
SINCE = {
    ("enum", "StrEnum"): "3.11", ("typing", "Self"): "3.11", ("typing", "Never"): "3.11", ("typing", "NotRequired"): "3.11",
    ("typing", "Required"): "3.11", ("typing", "assert_never"): "3.11", ("typing", "LiteralString"): "3.11", ("typing", "Unpack"): "3.11",
    ("typing", "TypeAlias"): "3.10", ("typing", "ParamSpec"): "3.10", ("typing", "TypeGuard"): "3.10", ("typing", "Concatenate"): "3.10",
    ("typing", "Annotated"): "3.9", ("typing", "override"): "3.12", ("typing", "TypeIs"): "3.13", ("datetime", "UTC"): "3.11",
    ("itertools", "pairwise"): "3.10", ("itertools", "batched"): "3.12", ("warnings", "deprecated"): "3.13", ("asyncio", "TaskGroup"): "3.11",
    ("asyncio", "timeout"): "3.11", ("functools", "cache"): "3.9", ("types", "NoneType"): "3.10", ("types", "UnionType"): "3.10",
}  # fmt: skip

# Modules: those that Python took away (https://docs.python.org/3/whatsnew, PEP 594 and 632), and those that came.
MODULES = {
    **{name: Gone("", "Python 3.13 no longer has it: raise the version of what imports it, or use an image with Python 3.12", "3.13") for name in
       ("cgi", "cgitb", "crypt", "imghdr", "mailcap", "nntplib", "pipes", "sndhdr", "spwd", "sunau", "telnetlib", "uu", "xdrlib", "lib2to3", "nis", "aifc", "chunk", "msilib", "ossaudiodev")},
    "audioop": Gone("", "Add audioop-lts to the requirements (Python 3.13 no longer has audioop), or use an image with Python 3.12", "3.13"),
    "pyaudioop": Gone("pydub", "Add audioop-lts to the requirements (Python 3.13 no longer has audioop, which pydub needs), or use an image with Python 3.12", "3.13"),
    "imp": Gone("", "Python 3.12 no longer has imp: use importlib, or raise the version of what imports it", "3.12"),
    "asyncore": Gone("", "Python 3.12 no longer has asyncore: raise the version of what imports it, or add pyasyncore", "3.12"),
    "asynchat": Gone("", "Python 3.12 no longer has asynchat: raise the version of what imports it, or add pyasynchat", "3.12"),
    "smtpd": Gone("", "Python 3.12 no longer has smtpd: use aiosmtpd", "3.12"),
    "distutils": Gone("", "Python 3.12 no longer has distutils: raise the version of what imports it, or add setuptools to the requirements, which brings it", "3.12"),
    "distutils.version": Gone("", "Python 3.12 no longer has distutils: raise the version of what imports it, or add setuptools to the requirements, which brings it", "3.12"),
    "pkg_resources": Gone("setuptools", "Raise the version of what imports it (gunicorn to 23, for one); else add setuptools<81 to the requirements: Python 3.12 images bring no setuptools, and setuptools 82 has no pkg_resources"),
    "tomllib": Gone("", "Use an image with Python 3.11 or later, or add tomli and import that below 3.11"),
    "zoneinfo": Gone("", "Use an image with Python 3.9 or later, or add backports.zoneinfo"),
    "openai.error": Gone("openai", "Write from openai import OpenAIError, RateLimitError …: openai 1.0 has no module openai.error; or pin openai<1"),
    "moviepy.editor": Gone("moviepy", "Write from moviepy import …: moviepy 2.0 has no moviepy.editor; or pin moviepy<2"),
    "langchain.chat_models": Gone("langchain", "Import it from langchain_openai or langchain_community, and add that package"),
    "langchain.embeddings": Gone("langchain", "Import it from langchain_openai or langchain_community, and add that package"),
    "langchain.vectorstores": Gone("langchain", "Import it from langchain_community, and add that package"),
    "langchain.text_splitter": Gone("langchain", "Import it from langchain_text_splitters, and add langchain-text-splitters"),
    "langchain.prompts": Gone("langchain", "Import it from langchain_core.prompts; langchain 1.0 moved the old modules to langchain-classic"),
    "langchain.chains": Gone("langchain", "Import it from langchain_classic.chains and add langchain-classic: langchain 1.0 moved the old modules there"),
    "langchain.memory": Gone("langchain", "Import it from langchain_classic.memory and add langchain-classic: langchain 1.0 moved the old modules there"),
    "langchain.schema": Gone("langchain", "Import it from langchain_core (messages, documents); langchain 1.0 moved the old modules to langchain-classic"),
    "sklearn.externals": Gone("scikit-learn", "Add joblib to the requirements and import joblib"),
    "keras.preprocessing.text": Gone("keras", "Import it from tensorflow.keras.preprocessing, or pin keras<3"),
    "flask.ext": Gone("flask", "Import flask_NAME instead of flask.ext.NAME"),
    "werkzeug.contrib": Gone("werkzeug", "Werkzeug 1.0 moved it: use cachelib, or werkzeug.middleware"),
    "django.utils.six": Gone("django", "Add six and import six: Django 3.0 no longer has it; in an installed app, raise its version"),
    "django.core.urlresolvers": Gone("django", "Write from django.urls import reverse: Django 2.0 moved it; in an installed app, raise its version"),
}  # fmt: skip


def gone_module(name: str) -> Gone | None:
    """What took this module away, if anything did: the longest of its dotted beginnings decides."""
    parts = name.split(".")
    return next(
        (MODULES[key] for n in range(len(parts), 0, -1) if (key := ".".join(parts[:n])) in MODULES), None
    )


def module(hit: Hit) -> Mapping[str, str] | None:
    if hit.find_before(
        r"Getting requirements to build|Preparing metadata|get_requires_for_build|prepare_metadata", 60
    ):
        return None  # what a package needs to be built: rules of pip
    name = hit["module"]
    gone = gone_module(name)
    if gone is None or hit.files.named(name.partition(".")[0] + ".py"):
        return None
    who = caller(hit)
    return {
        "caller": who.replace("_", "-"),
        "package": gone.package,
        "advice": gone.fix,
        "by": f" ({who} imports it)" if who else "",
    }


def name_words(hit: Hit) -> Mapping[str, str] | None:
    key = (hit["module"], hit["name"])
    if since := SINCE.get(key):
        return {
            "caller": "", "package": "",
            "advice": f"Use an image with Python {since} or later (FROM python:{since}-slim); older ones do not have {hit['module']}.{hit['name']}",
        }  # fmt: skip
    gone = NAMES.get(key)
    if gone is None:
        return None
    who = caller(hit).replace("_", "-")
    advice = (
        f"Raise {who}, which asks for it, or replace it where nobody maintains it. {gone.fix}"
        if who and not gone.package
        else gone.fix
    )
    return {"caller": who, "package": gone.package, "advice": advice}


# What else a newer version says of old code, in the words of the last line of its traceback.
_SAID: tuple[tuple[str, Gone], ...] = (
    (r"`BaseSettings` has been moved to the `pydantic-settings` package", NAMES["pydantic", "BaseSettings"]),
    (r"`regex` is removed\. use `pattern` instead", Gone("pydantic", "Write pattern= instead of regex= (pydantic 2), or pin pydantic<2")),
    (r"If you use `@root_validator` with pre=False", Gone("pydantic", "Write @model_validator (pydantic 2) or @root_validator(skip_on_failure=True), or pin pydantic<2")),
    (r"You must set the config attribute `from_attributes=True`", Gone("pydantic", "Write model_config = ConfigDict(from_attributes=True) instead of orm_mode, and model_validate instead of from_orm")),
    (r"`const` is removed, use `Literal` instead", Gone("pydantic", "Write Literal[…] as the type instead of const=True (pydantic 2)")),
    (r"`min_items` is removed|`max_items` is removed", Gone("pydantic", "Write min_length and max_length (pydantic 2)")),
    (r"You tried to access openai\.\w+, but this is no longer supported", NAMES["openai", "ChatCompletion"]),
    (r"__init__\(\) got an unexpected keyword argument 'proxies'", Gone("openai", "Raise openai to 1.55.3 or later (anthropic to 0.40, groq to 0.13), or pin httpx<0.28 beside it: httpx 0.28 no longer takes proxies")),
    (r"AsyncClient\.__init__\(\) got an unexpected keyword argument 'app'|Client\.__init__\(\) got an unexpected keyword argument 'app'", Gone("httpx", "Raise starlette (or fastapi), or pin httpx<0.28 beside it; in your own tests write transport=ASGITransport(app=app)")),
    (r"'Flask' object has no attribute 'before_first_request'", Gone("flask", "Call it when the application is made: Flask 2.3 has no before_first_request; or pin flask<2.3")),
    (r"'(?:FastAPI|Starlette|APIRouter|Router)' object has no attribute '(?:add_event_handler|on_event)'|'(?:FastAPI|Starlette)' object has no attribute '(?:middleware|exception_handler)'", Gone("starlette", "Write a lifespan function and give it to the application: FastAPI(lifespan=…) (Starlette 1.0 has no add_event_handler, on_event and decorators for middleware); or pin starlette<1")),
    (r"'Engine' object has no attribute 'execute'", Gone("sqlalchemy", "Write with engine.connect() as connection: connection.execute(text(…)) (SQLAlchemy 2), or pin sqlalchemy<2")),
    (r"Not an executable object: ", Gone("sqlalchemy", "Write connection.execute(text(\"…\")): SQLAlchemy 2 takes no bare strings; or pin sqlalchemy<2")),
    (r"Textual SQL expression .* should be explicitly declared as text", Gone("sqlalchemy", "Write text(\"…\") around the SQL: SQLAlchemy 2 takes no bare strings; or pin sqlalchemy<2")),
    (r"module 'numpy' has no attribute '(?:bool|int|float|object|complex|str|typeDict|bool8|float_|Inf|product|cumproduct|string_|unicode_|NaN)'|`np\.\w+` was removed in the NumPy 2", Gone("numpy", "Raise the package that asks for it, or pin numpy below the version that took it away (numpy<1.24, numpy<2)")),
    (r"'DataFrame' object has no attribute 'append'", Gone("pandas", "Write pd.concat([…]): pandas 2 has no append; or pin pandas<2")),
    (r"'FreeTypeFont' object has no attribute 'getsize'|'ImageDraw' object has no attribute 'textsize'|module 'PIL\.Image' has no attribute 'ANTIALIAS'", Gone("pillow", "Write getbbox, textbbox, Image.LANCZOS: Pillow 10 took the old names away; in an installed package raise it, or pin pillow<10")),
    (r"module 'collections' has no attribute '(?:Mapping|MutableMapping|Callable|Sequence|Iterable|Hashable)'", NAMES["collections", "Mapping"]),
    (r"module 'inspect' has no attribute 'getargspec'|cannot import name 'getargspec'", Gone("", "Raise the version of what asks for it: Python 3.11 no longer has inspect.getargspec")),
    (r"module 'asyncio' has no attribute '(?:coroutine|async)'", Gone("", "Raise the version of what asks for it: Python 3.11 no longer has asyncio.coroutine")),
    (r"module 'ssl' has no attribute 'wrap_socket'", Gone("", "Raise the version of what asks for it: Python 3.12 no longer has ssl.wrap_socket")),
    (r"module 'pkgutil' has no attribute 'ImpImporter'", Gone("setuptools", "Raise setuptools and pip: old ones do not run on Python 3.12")),
    (r"ForwardRef\._evaluate\(\) missing 1 required keyword-only argument: 'recursive_guard'", Gone("pydantic", "Raise pydantic to 1.10.18 or 2.x (and spacy, langchain with it): older ones do not run on Python 3.12.4")),
    (r"module 'bcrypt' has no attribute '__about__'|password cannot be longer than 72 bytes", Gone("passlib", "Pin bcrypt<4.1 beside passlib, which no longer keeps pace with it, or call bcrypt itself")),
    (r"'type' object is not subscriptable", Gone("", "Use an image with Python 3.9 or later, or write List, Dict from typing")),
    (r"unsupported operand type\(s\) for \|: '(?:type|NoneType|_GenericAlias|ABCMeta|ModelMetaclass)' and '\w+'", Gone("", "Use an image with Python 3.10 or later (FROM python:3.12-slim), or write Optional[…] and Union[…]")),
    (r"dataclass\(\) got an unexpected keyword argument '(?:slots|kw_only|match_args)'", Gone("", "Use an image with Python 3.10 or later (FROM python:3.12-slim)")),
    (r"Descriptors cannot (?:not )?be created directly", Gone("protobuf", "Pin protobuf<=3.20.3, or raise the package whose _pb2 files were made by an older protoc")),
    (r"Detected (?:mismatched|incompatible) Protobuf Gencode/Runtime version", Gone("protobuf", "Raise protobuf to the version of the generated files, or generate them anew with the protoc that fits")),
)  # fmt: skip


def said_words(hit: Hit) -> Mapping[str, str] | None:
    gone = next((each for pattern, each in _SAID if re.search(pattern, hit.line)), None)
    if gone is None or not frames(hit):
        return None
    said = re.sub(
        r"\.? (?:See|For further information,? visit) https?:.*",
        "",
        re.sub(r"^(?:[\w.]+): ", "", hit.line.strip()),
    )
    return {
        "caller": caller(hit).replace("_", "-"),
        "package": gone.package,
        "advice": gone.fix,
        "said": said[:200],
    }


def numpy(hit: Hit) -> Mapping[str, str] | None:
    """A wheel that was made for NumPy 1 and finds NumPy 2: which one, where the traceback says it."""
    if not hit.section.failed and not hit.find_after(
        r"^(?:ImportError|AttributeError|ValueError|RuntimeError)|Container called exit|failed to start", 200
    ):
        return None
    packages = [match[1] for line in (*hit.before(80), *hit.after(80)) if (match := _OF_PACKAGE.search(line))]
    return {"name": next((each for each in reversed(packages) if each != "numpy"), "an installed package")}

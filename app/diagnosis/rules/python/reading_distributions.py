"""Python modules whose distribution has another name than they, and how a project asks for one."""

from __future__ import annotations

import re

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.paths import nearest_first
from app.diagnosis.rule import Hit
from app.diagnosis.unversioned import unversioned

# What a module is called and what pip installs it as.
DISTRIBUTIONS = {
    "yaml": "PyYAML", "cv2": "opencv-python-headless", "PIL": "Pillow", "sklearn": "scikit-learn", "bs4": "beautifulsoup4",
    "dotenv": "python-dotenv", "jwt": "PyJWT", "psycopg2": "psycopg2-binary", "MySQLdb": "mysqlclient", "dateutil": "python-dateutil",
    "google.cloud.storage": "google-cloud-storage", "google.cloud.firestore": "google-cloud-firestore", "rest_framework": "djangorestframework",
    "corsheaders": "django-cors-headers", "environ": "django-environ", "decouple": "python-decouple", "flask_cors": "Flask-Cors",
    "flask_sqlalchemy": "Flask-SQLAlchemy", "jose": "python-jose", "multipart": "python-multipart", "attr": "attrs", "magic": "python-magic",
    "Crypto": "pycryptodome", "serial": "pyserial", "docx": "python-docx", "fitz": "PyMuPDF", "pkg_resources": "setuptools",
    "distutils": "setuptools", "whitenoise": "whitenoise", "storages": "django-storages", "allauth": "django-allauth",
    "camel": "camel-ai", "agents": "openai-agents", "autogen": "pyautogen", "speech_recognition": "SpeechRecognition", "tavily": "tavily-python",
    "OpenSSL": "pyOpenSSL", "slugify": "python-slugify", "Levenshtein": "python-Levenshtein", "pptx": "python-pptx", "telegram": "python-telegram-bot",
    "discord": "discord.py", "skimage": "scikit-image", "sqlalchemy": "SQLAlchemy", "flask": "Flask", "django": "Django", "git": "GitPython",
    "github": "PyGithub", "ldap": "python-ldap", "markdown": "Markdown", "mysql": "mysql-connector-python", "mysql.connector": "mysql-connector-python",
    "nacl": "PyNaCl", "pymysql": "PyMySQL", "zmq": "pyzmq", "usb": "pyusb", "wx": "wxPython", "gi": "PyGObject", "cairo": "pycairo", "faiss": "faiss-cpu",
    "pinecone": "pinecone", "chromadb": "chromadb", "langchain_community": "langchain-community", "langchain_openai": "langchain-openai",
    "google.generativeai": "google-generativeai", "google.genai": "google-genai", "google.cloud.bigquery": "google-cloud-bigquery",
    "google.cloud.secretmanager": "google-cloud-secret-manager", "google.cloud.pubsub_v1": "google-cloud-pubsub", "google.cloud.pubsub": "google-cloud-pubsub",
    "google.cloud.logging": "google-cloud-logging", "google.cloud.aiplatform": "google-cloud-aiplatform", "google.cloud.tasks_v2": "google-cloud-tasks",
    "google.cloud.sql": "cloud-sql-python-connector", "google.auth": "google-auth", "google.oauth2": "google-auth", "google.protobuf": "protobuf",
    "google.cloud.run_v2": "google-cloud-run", "googleapiclient": "google-api-python-client", "vertexai": "google-cloud-aiplatform", "firebase_admin": "firebase-admin",
    "ruamel": "ruamel.yaml", "ruamel.yaml": "ruamel.yaml", "psycopg": "psycopg[binary]", "jwt.exceptions": "PyJWT", "sendgrid": "sendgrid", "socketio": "python-socketio",
    "engineio": "python-engineio", "flask_login": "Flask-Login", "flask_migrate": "Flask-Migrate", "flask_wtf": "Flask-WTF", "django_filters": "django-filter",
    "debug_toolbar": "django-debug-toolbar", "crispy_forms": "django-crispy-forms", "rest_framework_simplejwt": "djangorestframework-simplejwt",
    "drf_yasg": "drf-yasg", "dj_database_url": "dj-database-url", "import_export": "django-import-export", "channels": "channels", "grpc": "grpcio",
    "snappy": "python-snappy", "lz4": "lz4", "pythonjsonlogger": "python-json-logger", "prometheus_client": "prometheus-client", "opentelemetry": "opentelemetry-api",
    "tensorflow.keras": "tensorflow", "win32api": "pywin32", "haystack": "haystack-ai", "llama_index": "llama-index", "dns": "dnspython", "tomli": "tomli", "odf": "odfpy",
}  # fmt: skip


def distribution(name: str) -> str:
    """What pip installs a module as."""
    top = name.split(".")[0]
    return DISTRIBUTIONS.get(name) or DISTRIBUTIONS.get(top, top.replace("_", "-"))


def brought(hit: Hit, module: str, package: str) -> str:
    """How the image gets a module: a file that git was told to leave out, or else a package."""
    path = module.replace(".", "/")
    folders = sorted({p.rpartition("/")[0] for p in hit.files.paths if p.endswith(".py")}, key=len)[:20]
    for folder in dict.fromkeys(("", *folders)):
        inside = f"{folder}/{path}".lstrip("/")
        if ignored := unversioned(hit, f"{inside}.py") or unversioned(hit, f"{inside}/__init__.py"):
            return f"{ignored.advice}."
    of = importer(hit, package)
    asked = install(hit, package)
    return (
        f"{asked} The installed {of} imports it and did not bring it: another version of {of} may."
        if of
        else asked
    )


def importer(hit: Hit, package: str) -> str:
    """The installed package that the deepest frame is of; empty where the import is the application's own."""
    deepest = hit.find_before(r'^\s*File "([^"]+)", line \d+', 6)
    if deepest is None or re.search(r"/(?:dialects|backends|drivers|contrib|integrations)/", deepest[1]):
        return ""  # what a package takes only where it is asked for
    found = re.search(r"/(?:site|dist)-packages/(\w+)/", deepest[1])
    return distribution(found[1]) if found and distribution(found[1]) != package else ""


def install(hit: Hit, package: str) -> str:
    """How this project adds a dependency; where it is asked for already, why the image may lack it."""
    if place := dependency_line(hit, "python", package):
        return (
            f"{package} is asked for ({place.path} line {place.line}), but this image does not have it: install that file in the final stage, "
            "with the group or extra it stands in, and start with the Python it was installed for."
        )
    if hit.files.named("uv.lock"):
        return f"Run uv add {package} and commit pyproject.toml and uv.lock."
    if hit.files.named("poetry.lock"):
        return f"Run poetry add {package} and commit pyproject.toml and poetry.lock."
    if hit.files.named("Pipfile"):
        return f"Run pipenv install {package} and commit Pipfile and Pipfile.lock."
    if requirements := nearest_first(hit, hit.files.named("requirements.txt")):
        return f"Add {package} to {requirements[0]}."
    if projects := nearest_first(hit, hit.files.named("pyproject.toml")):
        return f"Add {package} to the dependencies in {projects[0]}."
    if hit.files.named("Dockerfile"):
        return f"Write a requirements.txt with the line {package}, and in the Dockerfile COPY it and RUN pip install -r requirements.txt."
    if hit.files.paths:
        return f"Write a requirements.txt with the line {package} beside the program: the build installs what it names."
    return f"Add {package} to requirements.txt (or the dependencies of pyproject.toml)."

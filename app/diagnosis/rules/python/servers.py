"""Servers of Python applications: what gunicorn, uvicorn, FastAPI, Flask, Streamlit and the like say when they cannot start."""

from __future__ import annotations

from app.diagnosis.dependencies import dependency_line, manifest
from app.diagnosis.instructions import failing_instruction
from app.diagnosis.places import first, matching
from app.diagnosis.rule import Rank, Rule
from app.diagnosis.rules.python.reading_errors import own_frame
from app.diagnosis.rules.python.reading_servers import (
    command_line,
    option,
    path_for_module,
    unfilled,
    unfilled_place,
    unloaded_worker,
    worker,
    worker_silent,
)

RULES: tuple[Rule, ...] = (
    Rule(
        code="python-port-literal",
        pattern=r"'(?P<said>[^']*\$\{?\w+[^']*)' is not a valid (?:port number|integer)|invalid literal for int\(\) with base 10: '(?P<said2>\$\{?\w+\}?)'|"
        r"CommandError: \"(?P<said3>[^\"]*\$\{?\w+[^\"]*)\" is not a valid port number|socket\.gaierror: \[Errno -[23]\] Name or service not known|"
        r"Invalid value for '--port' \(env var: 'PORT'\): Input should be a valid integer",
        read=unfilled,
        place=unfilled_place,
        rank=Rank.ROOT,
        title="{variable} reached the server as letters: no shell filled it in",
        message="The command is in exec form (a JSON list), which starts no shell, so that {variable} is not replaced by the port.",
        fix="Use the shell form, in which a shell fills {variable} in: {told}.",
        link="https://docs.docker.com/reference/dockerfile/#shell-and-exec-form",
    ),
    Rule(
        code="python-worker-class",
        pattern=r"\[INFO\] Using worker: (?P<name>\w+\.\S+)",
        read=unloaded_worker,
        place=first(matching(r"{name}", "Procfile", "Dockerfile", "gunicorn.conf.py"), command_line),
        rank=Rank.ROOT,
        title="gunicorn cannot load the worker class {name}",
        message="gunicorn was told to use the worker class {name}, and its module has no such class or is not installed.",
        fix="Correct -k (worker_class): sync, gthread, or uvicorn_worker.UvicornWorker with the package uvicorn-worker installed.",
    ),
    Rule(
        code="python-tls-file",
        pattern=r"^FileNotFoundError: \[Errno 2\] No such file or directory$",
        read=lambda hit: {} if hit.find_before(r"load_cert_chain\(", 4) else None,
        place=first(
            matching(r"--?ssl-?|--keyfile|--certfile|--key\b|--cert\b", "Procfile", "Dockerfile"), own_frame
        ),
        rank=Rank.ROOT,
        title="The certificate or key that the server is told to load is not in the image",
        message="load_cert_chain: No such file or directory: a file of the server's TLS options is not there.",
        fix="Take the TLS options out: Cloud Run ends TLS before the container and speaks plain HTTP to $PORT.",
        link="https://cloud.google.com/run/docs/container-contract",
    ),
    Rule(
        code="python-server-target",
        pattern=r"Error loading ASGI app\. Import string \"(?P<said>[^\"]*)\" must be in format",
        read=path_for_module,
        place=command_line,
        rank=Rank.ROOT,
        title="uvicorn was told to serve {said}, which is not module:variable",
        message='Import string "{said}" must be in format "<module>:<attribute>".',
        fix="Write uvicorn {wanted} where the server is started: the module with dots and without .py, then the variable that holds the application.",
        link="https://www.uvicorn.org/settings/#application",
    ),
    Rule(
        code="python-server-target",
        pattern=r"Error loading ASGI app\. Could not import module \"(?P<said>[^\"]+)\"",
        read=path_for_module,
        place=command_line,
        rank=Rank.ROOT,
        title="uvicorn finds no module {said}",
        message='Error loading ASGI app. Could not import module "{said}" from the directory in which the server starts.',
        fix="Name the module as Python imports it from the WORKDIR, with dots ({wanted}), or add --app-dir with the folder that holds it.",
        link="https://www.uvicorn.org/settings/#application",
    ),
    Rule(
        code="python-server-target",
        pattern=r"hypercorn\.utils\.NoAppError: Cannot load application from '(?P<said>[^']+)'",
        read=path_for_module,
        place=command_line,
        rank=Rank.ROOT,
        title="hypercorn finds no application {said}",
        message="Cannot load application from '{said}'.",
        fix="Name the module and the variable that hold your application, such as main:app.",
    ),
    Rule(
        code="python-server-target",
        pattern=r"^Application object must be callable\.",
        place=command_line,
        rank=Rank.ROOT,
        title="What the server was told to serve is no application",
        message="Application object must be callable: the variable named after the colon is something else.",
        fix="Name the variable that holds the Flask, Django or other WSGI application; for a factory write 'module:create_app()'.",
    ),
    Rule(
        code="python-server-target",
        pattern=r"^\s*(?:Error: )?(?:Could not import '(?P<module>[\w.]+)'\.|Could not locate a Flask application|Failed to find Flask application or factory in module '(?P<module2>[\w.]+)')",
        read=lambda hit: {"module": hit["module"] or hit["module2"] or "wsgi.py or app.py"},
        place=first(matching(r"FLASK_APP", "Dockerfile", ".flaskenv", "servergem.yml"), command_line),
        rank=Rank.ROOT,
        title="flask finds no application in {module}",
        message="flask run looked in {module}, in the directory in which it starts, and found no application.",
        fix="Write flask --app MODULE run (or ENV FLASK_APP=MODULE) with the module that holds the application, and set WORKDIR to its folder; better: gunicorn MODULE:app.",
        link="https://flask.palletsprojects.com/en/stable/cli/#application-discovery",
    ),
    Rule(
        code="python-server-target",
        pattern=r"^\s*(?:Could not find FastAPI app in module|Path does not exist (?P<path>\S+)|Could not find a default file to run)",
        read=lambda hit: {"what": hit["path"] or "application"} if hit.find_before(r"FastAPI", 6) else None,
        place=command_line,
        rank=Rank.ROOT,
        title="fastapi run finds no {what}",
        message="fastapi run looks for a file with a FastAPI application (main.py, app.py, api.py, app/main.py) from the directory in which it starts.",
        fix="Name the file, as in fastapi run src/main.py, and the variable with --app when it is not called app.",
        link="https://fastapi.tiangolo.com/fastapi-cli/",
    ),
    Rule(
        code="python-server-target",
        pattern=r"^Error: Invalid value: File does not exist: (?P<path>\S+)",
        read=lambda hit: {"program": "streamlit"} if hit.find_before(r"^Usage: streamlit run", 6) else None,
        place=command_line,
        rank=Rank.ROOT,
        title="streamlit finds no {path}",
        message="streamlit run: File does not exist: {path}, seen from the directory in which it starts.",
        fix="Name the file by its path from the WORKDIR, and COPY it into the image.",
    ),
    Rule(
        code="python-server-target",
        pattern=r"^\S*python[\d.]*: (?:can't open file '(?P<path>[^']+)': \[Errno 2\]|Error while finding module specification for '(?P<module>[\w.]+)')",
        read=lambda hit: {"what": hit["path"] or hit["module"]},
        place=lambda hit: failing_instruction(hit) if hit.section.instruction else command_line(hit),
        rank=Rank.ROOT,
        title="python finds no {what}",
        message="The command starts {what}, and it is not there, seen from the directory in which it runs.",
        fix="Correct the path in the command, the WORKDIR, or what COPY brings into the image (and .dockerignore leaves out).",
    ),
    Rule(
        code="python-server-option",
        pattern=r"^Error: (?P<said>(?:No such option|No such command|Missing argument|Got unexpected extra argument|Invalid value for|Unable to load celery application).*)|^(?P<program>gunicorn|daphne|hypercorn|waitress-serve): error: (?P<said2>.+)|^Error: (?P<said3>No application module specified\.|'[^']+' doesn't exist)",
        read=lambda hit: (
            {"program": "gunicorn", "said": hit["said3"]}
            if hit["said3"]
            else None
            if (read := option(hit)) is None
            else {**read, "said": hit["said"] or hit["said2"]}
        ),
        place=lambda hit: failing_instruction(hit) if hit.section.instruction else command_line(hit),
        title="{program}: {said}",
        message="{program} could not read its command line: {said}",
        fix="Correct the options of {program} where it is started: {program} --help lists them.",
    ),
    Rule(
        code="python-worker-class",
        pattern=r"^Error: class uri '?(?P<worker>[\w.]+)'? invalid or not found",
        read=worker,
        place=lambda hit: (
            (manifest("python")(hit) if hit["package"] else None)
            or matching(r"-k |--worker-class|worker_class", "Dockerfile", "Procfile", "gunicorn.conf.py")(hit)
            or command_line(hit)
        ),
        rank=Rank.ROOT,
        title="gunicorn cannot load the worker class {worker}",
        message="class uri {worker} invalid or not found: the package that brings this worker is not installed, or the name is wrong.",
        fix="{fix}.",
        link="https://docs.gunicorn.org/en/stable/settings.html#worker-class",
    ),
    Rule(
        code="python-worker-timeout",
        pattern=r"\[CRITICAL\] WORKER TIMEOUT \(pid:(?P<pid>\d+)\)",
        place=command_line,
        title="gunicorn killed a worker that took longer than its timeout",
        message="WORKER TIMEOUT: a worker did not answer gunicorn within --timeout (30 seconds), while it loaded the application or in a request.",
        fix="Write --timeout 0 (Cloud Run ends requests by itself), --workers 1 --threads 8, and load large things after the start; where the log tells of memory, give it more.",
        link="https://cloud.google.com/run/docs/tips/python#optimize_gunicorn",
    ),
    Rule(
        code="python-worker-silent",
        pattern=r"Reason: Worker failed to boot|HaltServer 'Worker failed to boot",
        read=worker_silent,
        place=command_line,
        rank=Rank.SYMPTOM,
        title="gunicorn: Worker failed to boot, and its reason is not in this log",
        message="Worker failed to boot: the worker ended while it loaded the application, before anything was printed.",
        fix="Add --preload to the gunicorn command (then the traceback is printed), or import the application by hand in the image: python -c 'import MODULE'.",
        link="https://docs.gunicorn.org/en/stable/settings.html#preload-app",
    ),
    Rule(
        code="python-worker-memory",
        pattern=r"Worker \(pid:(?P<pid>\d+)\) was sent SIGKILL! Perhaps out of memory\?",
        read=lambda hit: None if hit.find_before(r"WORKER TIMEOUT", 60) else {},
        place=command_line,
        rank=Rank.ROOT,
        title="A worker of gunicorn was killed, most likely for want of memory",
        message="Worker (pid:{pid}) was sent SIGKILL: each worker loads the application once more.",
        fix="Start fewer workers (--workers 1 --threads 8), or give the service more memory (memory: 1Gi in servergem.yml).",
        link="https://cloud.google.com/run/docs/configuring/services/memory-limits",
    ),
    Rule(
        code="python-form-data",
        pattern=r"^RuntimeError: Form data requires \"(?P<package>python-multipart)\" to be installed",
        place=lambda hit: dependency_line(hit, "python", "fastapi") or manifest("python")(hit),
        rank=Rank.ROOT,
        title="FastAPI needs {package} for forms",
        message='RuntimeError: Form data requires "{package}" to be installed.',
        fix="Add {package} to requirements.txt (or the dependencies of pyproject.toml); fastapi[standard] brings it too.",
    ),
)

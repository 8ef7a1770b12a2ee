"""What one file of Python is, read as a syntax tree and never run: an application, a factory, a script that serves."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.source.text import LONGEST_PARSED

# The class that makes an application, by the interface that a server speaks to it.
MAKERS = {
    "asgi": {"FastAPI", "Starlette", "Quart", "Litestar", "BlackSheep", "Robyn"},
    "wsgi": {"Flask", "Bottle", "Falcon", "Pyramid", "APIFlask", "OpenAPI"},
    "dash": {"Dash"},
}
# A call that serves for as long as the program runs.
SERVES = {
    *("serve_forever", "run_app", "run", "launch", "serve", "start", "listen", "run_simple", "run_forever"),
    *("make_server", "run_until_complete"),
}
SERVING = {
    "http.server",
    "socketserver",
    "aiohttp",
    "tornado",
    "uvicorn",
    "waitress",
    "wsgiref",
    "sanic",
    "websockets",
}


@dataclass(frozen=True)
class PythonSource:
    """`kind`: asgi, wsgi, asgi-factory, wsgi-factory, dash, streamlit, gradio, function, script, or nothing.

    `variable` is the application's (or the function's) name and `line` where it is made. `names` are all names that
    the file binds at its top; `open` means that there may be more (a star import, a `__getattr__`). `factories` are
    its functions that make an application, each with the interface; `wired` is `app = create_app(…)`: the function,
    the name and the line. `imports` are the modules that it imports, the first part of each name.
    """

    kind: str
    variable: str
    line: int
    names: frozenset[str]
    open: bool
    factories: tuple[tuple[str, str], ...] = ()
    wired: tuple[str, str, int] | None = None
    imports: frozenset[str] = frozenset()


def python_source(text: str) -> PythonSource | None:
    """What the file is; None when this Python cannot parse it."""
    tree = parsed(text)
    if not isinstance(tree, ast.Module):
        return None
    names, more = _bound(tree)
    kind, variable, line = _kind(tree)
    imports = frozenset(name.partition(".")[0] for name in _imports(tree))
    return PythonSource(kind, variable, line, names, more, tuple(_factories(tree)), _wired(tree), imports)


def parsed(text: str) -> ast.Module | SyntaxError | None:
    """The syntax tree, or the fault; None where nothing can be said, also of what is too large."""
    if len(text) > LONGEST_PARSED:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        return error
    except (ValueError, RecursionError, MemoryError):
        return None  # not for this parser; Python itself may see it otherwise


def _kind(tree: ast.Module) -> tuple[str, str, int]:
    modules = {name.split(".")[0] for name in _imports(tree)} | set(_imports(tree))
    for statement in _top(tree.body):
        if (made := _made(statement)) is not None:
            return made
    if "streamlit" in modules:
        return "streamlit", "", 1
    if "gradio" in modules:
        return "gradio", "", 1
    for statement in _top(tree.body):
        if isinstance(statement, ast.FunctionDef) and (kind := _function(statement)):
            return kind, statement.name, statement.lineno
    if modules & SERVING and (line := _serves(tree)):
        return "script", "", line
    return "", "", 1


def _top(body: list[ast.stmt]) -> list[ast.stmt]:
    """The statements that run when the file is imported, those under `if` and `try` included."""
    found: list[ast.stmt] = []
    for statement in body:
        found.append(statement)
        if isinstance(statement, ast.If) and "__name__" not in ast.dump(statement.test):
            found += _top(statement.body) + _top(statement.orelse)
        elif isinstance(statement, ast.Try):
            found += _top(statement.body) + _top(statement.orelse) + _top(statement.finalbody)
            for handler in statement.handlers:
                found += _top(handler.body)
        elif isinstance(statement, ast.With):
            found += _top(statement.body)
    return found


def _made(statement: ast.stmt) -> tuple[str, str, int] | None:
    """`app = FastAPI(…)`: the interface, the name and the line."""
    targets: Sequence[ast.expr]
    if isinstance(statement, ast.AnnAssign):
        targets, value = [statement.target], statement.value
    elif isinstance(statement, ast.Assign):
        targets, value = statement.targets, statement.value
    else:
        return None
    name = next((target.id for target in targets if isinstance(target, ast.Name)), "")
    maker = _called(value)
    kind = next((kind for kind, makers in MAKERS.items() if maker in makers), "")
    return (kind, name, statement.lineno) if name and kind else None


def _called(value: ast.expr | None) -> str:
    """The last name of what is called; empty when nothing is."""
    if not isinstance(value, ast.Call):
        return ""
    function = value.func
    return (
        function.attr
        if isinstance(function, ast.Attribute)
        else function.id
        if isinstance(function, ast.Name)
        else ""
    )


def _function(function: ast.FunctionDef) -> str:
    """A factory that makes and returns an application, or a function of the Functions Framework."""
    marks = {ast.unparse(each).split("(")[0] for each in function.decorator_list}
    if marks & {"functions_framework.http", "functions_framework.cloud_event"}:
        return "function"
    required = len(function.args.args) - len(function.args.defaults)
    if required > 0 or not function.name.startswith(("create_", "make_", "build_", "get_app", "app_factory")):
        return ""
    return f"{interface}-factory" if (interface := _interface(function)) else ""


def _interface(function: ast.FunctionDef) -> str:
    """Of the application that a function makes; empty when it makes none."""
    made = {_called(node) for node in ast.walk(function) if isinstance(node, ast.Call)}
    return next((interface for interface in ("asgi", "wsgi") if made & MAKERS[interface]), "")


def _factories(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for statement in _top(tree.body):
        if isinstance(statement, ast.FunctionDef) and (interface := _interface(statement)):
            yield statement.name, interface


def _wired(tree: ast.Module) -> tuple[str, str, int] | None:
    for statement in _top(tree.body):
        if isinstance(statement, ast.Assign) and (maker := _called(statement.value)):
            for target in statement.targets:
                if isinstance(target, ast.Name) and target.id in ("app", "application"):
                    return maker, target.id, statement.lineno
    return None


def _serves(tree: ast.Module) -> int:
    """The line of the first call that serves; 0 when there is none."""
    lines = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Call) and _called(node) in SERVES]
    return min(lines, default=0)


def _imports(tree: ast.Module) -> list[str]:
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append(node.module)
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def _bound(tree: ast.Module) -> tuple[frozenset[str], bool]:
    """Every name that may be bound at the top, wherever it stands; a name too many never accuses anybody."""
    names: set[str] = set()
    more = False
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
            more |= node.name == "__getattr__"
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
            more |= any(alias.name == "*" for alias in node.names)
        elif isinstance(node, ast.Name) and node.id in ("globals", "exec", "setattr", "vars"):
            more = True
    return frozenset(names), more

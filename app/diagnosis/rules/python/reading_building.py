"""What the rows of building.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import base_image
from app.diagnosis.rule import Hit
from app.model import Place

_NO_NAMES = frozenset(
    [
        "see",
        "the",
        "from",
        "build",
        "dependencies",
        "requirements",
        "for",
        "installable",
        "error",
        "some",
        "egg_info",
        "bdist_wheel",
        "wheel",
    ]
)

_BUILT = re.compile(
    r"(?:Failed building wheel for|Building wheel for|Failed to build|Encountered error while (?:trying to install package|generating package metadata)\.?|╰─>|Collecting|"
    r"Preparing metadata for|× (?:python setup\.py|Building wheel for|Preparing metadata)) ?[`']?([A-Za-z][\w.-]+)"
)

_PREPARING = r"Getting requirements to build|Preparing metadata|get_requires_for_build|prepare_metadata_for|Preparing editable metadata|setup\.py egg_info|The build backend returned an error|build_wheel|build_editable"

# Which Debian packages bring what a build looks for (https://packages.debian.org/bookworm), by the word it says.
DEVELOPMENT = {
    "pg_config": "libpq-dev", "libpq-fe.h": "libpq-dev", "mysql_config": "default-libmysqlclient-dev pkg-config",
    "valid pkg-config name": "default-libmysqlclient-dev pkg-config", "mysql.h": "default-libmysqlclient-dev", "pkg-config": "pkg-config",
    "Python.h": "python3-dev", "ffi.h": "libffi-dev", "libxml2 and libxslt": "libxml2-dev libxslt1-dev", "libxml/xmlversion.h": "libxml2-dev libxslt1-dev",
    "libxml/xpath.h": "libxml2-dev libxslt1-dev", "curl-config": "libcurl4-openssl-dev libssl-dev", "curl/curl.h": "libcurl4-openssl-dev",
    "jpeg": "libjpeg-dev zlib1g-dev", "zlib": "zlib1g-dev libjpeg-dev", "jpeglib.h": "libjpeg-dev", "zlib.h": "zlib1g-dev", "sasl/sasl.h": "libsasl2-dev",
    "lber.h": "libldap2-dev libsasl2-dev", "ldap.h": "libldap2-dev libsasl2-dev", "portaudio.h": "portaudio19-dev", "sql.h": "unixodbc-dev",
    "gmp.h": "libgmp-dev", "krb5.h": "libkrb5-dev", "gssapi/gssapi.h": "libkrb5-dev", "krb5-config": "libkrb5-dev", "cairo": "libcairo2-dev pkg-config",
    "cairo.h": "libcairo2-dev", "gdal-config": "libgdal-dev", "gdal.h": "libgdal-dev", "geos_c.h": "libgeos-dev", "geos-config": "libgeos-dev",
    "librdkafka/rdkafka.h": "librdkafka-dev", "alsa/asoundlib.h": "libasound2-dev", "libmemcached/memcached.h": "libmemcached-dev", "yaml.h": "libyaml-dev",
    "snappy-c.h": "libsnappy-dev", "sndfile.h": "libsndfile1-dev", "hdf5.h": "libhdf5-dev", "magic.h": "libmagic-dev", "pcap.h": "libpcap-dev",
    "systemd/sd-daemon.h": "libsystemd-dev", "libsystemd": "libsystemd-dev pkg-config", "dbus-1": "libdbus-1-dev pkg-config", "xmlsec1": "libxmlsec1-dev pkg-config",
    "libvirt": "libvirt-dev pkg-config", "gobject-introspection-1.0": "libgirepository1.0-dev pkg-config", "girepository-2.0": "libgirepository-2.0-dev pkg-config",
    "girepository-1.0": "libgirepository1.0-dev pkg-config", "openssl": "libssl-dev pkg-config", "libavformat": "libavformat-dev libavdevice-dev pkg-config",
    "libffi": "libffi-dev pkg-config", "X11/Xlib.h": "libx11-dev", "CL/cl.h": "ocl-icd-opencl-dev", "mpi.h": "libopenmpi-dev", "fuse.h": "libfuse-dev pkg-config",
}  # fmt: skip


# What a package needs that only says that pkg-config is not there: its own installation page.
OF_PACKAGE = {
    "mysqlclient": "default-libmysqlclient-dev pkg-config", "pycairo": "libcairo2-dev pkg-config", "xmlsec": "libxmlsec1-dev pkg-config",
    "pygobject": "libgirepository-2.0-dev pkg-config", "av": "libavformat-dev libavdevice-dev pkg-config", "dbus-python": "libdbus-1-dev pkg-config",
    "h5py": "libhdf5-dev pkg-config", "psycopg2": "libpq-dev pkg-config",
}  # fmt: skip


def building(hit: Hit) -> dict[str, str]:
    """Which package was being built when it broke: `package` for a sentence, `name` to look for (empty if unknown)."""
    lines = (*hit.before(400), *hit.after(80))
    failed = re.compile(
        r"(?:Failed building wheel for|Failed to build|error-in-|hint: `|depends on `) ?[`']?([A-Za-z][\w.-]+)"
    )
    for pattern in (failed, _BUILT):
        for line in lines:
            if (match := pattern.search(line)) and match[1].lower() not in _NO_NAMES:
                name = match[1].rstrip(".")
                return {"package": name, "name": re.split(r"[=<>~!@]", name)[0]}
    return {"package": "a package", "name": ""}


def asked(hit: Hit) -> Place | None:
    return dependency_line(hit, "python", hit["name"])


def collected(hit: Hit) -> Mapping[str, str] | None:
    if not is_built(hit):
        return None
    for line in hit.before(400):
        if match := re.match(r"\s*Collecting ([A-Za-z][\w.-]*)(\S*)", line):
            return {"package": match[1] + match[2].split("[")[0], "name": match[1]}
    return building(hit)


def is_built(hit: Hit) -> bool:
    """Whether pip or uv was building an installed package here, and not running the application."""
    return hit.find_before(_PREPARING, 120) is not None


def development(hit: Hit) -> Mapping[str, str] | None:
    wanted = next(
        hit[word]
        for word in ("tool", "tool2", "header", "library", "library2", "tool3", "tool4", "tool5")
        if hit[word]
    )
    rust = "ust" in wanted or wanted.lower() == "cargo"
    apt = OF_PACKAGE.get(building(hit)["name"].lower()) if wanted == "pkg-config" else None
    apt = apt or DEVELOPMENT.get(wanted) or DEVELOPMENT.get(wanted.lower())
    if apt is None and wanted.startswith("openssl/"):
        apt = "libssl-dev"
    if rust:
        return building(hit) | {"tool": "Rust" if wanted.lower() == "cargo" else wanted, "advice": _RUST}
    if apt is None:
        return building(hit) | {
            "tool": wanted,
            "advice": f"Install the -dev package that has {wanted} before pip",
        }
    binary = {"psycopg2": "psycopg2-binary", "mysqlclient": "PyMySQL"}.get(building(hit)["name"], "")
    instead = (
        f", or ask for {binary} instead of {building(hit)['name']}"
        if binary
        else ", or ask for a version that has a wheel for this Python"
    )
    return building(hit) | {
        "tool": wanted,
        "advice": f"Write RUN apt-get update && apt-get install -y build-essential {apt} before pip{instead}",
    }


_RUST = (
    "Ask for a version that has a wheel for this Python and image (an older Python, or …-slim instead of Alpine), "
    "or install Rust before pip: RUN apt-get update && apt-get install -y build-essential cargo"
)


def compiler(hit: Hit) -> Mapping[str, str]:
    tool = hit["tool"] or hit["tool2"] or hit["tool3"] or hit["tool4"].lower() or "compiler"
    more = {"cmake": " cmake", "swig": " swig", "ninja": " ninja-build", "rustc": " cargo", "cargo": " cargo"}
    return building(hit) | {"tool": tool, "packages": f"build-essential{more.get(tool, '')}"}


# What setup.py files import of setuptools, and the first version without it: https://setuptools.pypa.io/en/stable/history.html
_GONE_FROM_SETUPTOOLS = {"setuptools.command.test": "setuptools<72"}


def _held(hit: Hit, what: str) -> str:
    """How what builds a package is held back, in the words of who installs: pip reads no [tool.uv], uv no PIP_CONSTRAINT."""
    ran = hit.section.instruction or hit.transcript.failed_instruction
    if re.search(r"\buv (?:sync|run|lock|build)\b", ran):
        return f'write build-constraint-dependencies = ["{what}"] under [tool.uv] in pyproject.toml'
    return (
        f"write ENV PIP_CONSTRAINT=/constraints.txt with a file that holds {what} "
        "(uv: build-constraint-dependencies)"
    )


def isolated(hit: Hit) -> Mapping[str, str] | None:
    """A package whose setup.py imports what its isolated build does not have."""
    if not is_built(hit) or hit["module"].startswith("distutils"):
        return None
    package = building(hit)
    module = hit["module"].partition(".")[0]
    why = "it is built in an environment of its own, which has only what it declares"
    if module == "setuptools" and module != hit["module"]:
        module, why = hit["module"], "the setuptools that builds it is too new, and no longer has that module"
        older = _GONE_FROM_SETUPTOOLS.get(module, "setuptools<VERSION, one that still has it")
        advice = f"Ask for a newer {package['name'] or 'version'}; until there is one, {_held(hit, older)}"
    elif module == "pkg_resources":
        advice = (
            f"Ask for a newer {package['name'] or 'version'}; until there is one, {_held(hit, 'setuptools<81')}, "
            "since setuptools 82 has no pkg_resources"
        )
    else:
        advice = (
            f"Install {module} in a RUN of its own first, then RUN pip install --no-build-isolation {package['name'] or 'PACKAGE'} "
            "(uv: no-build-isolation-package under [tool.uv])"
        )
    return package | {"module": module, "advice": advice, "why": why}


_OLD: tuple[tuple[str, str], ...] = (
    (r"AttributeError: cython_sources", "PyYAML before 6.0.1 does not build with Cython 3: ask for PyYAML 6.0.1 or later"),
    (r"use_2to3 is invalid", "It is written for Python 2 and converted by setuptools before 58: ask for a newer version, or for its successor"),
    (r"longintrepr\.h: No such file", "It was made for Python 3.10 and older: ask for a newer version, which has a wheel"),
    (r"Cannot install on Python version|only versions >=.* are supported", "Use a base image with a Python that it supports, or ask for a newer version of it"),
    (r"newer than PyO3's maximum supported version", "Use a base image with a Python that it supports (FROM python:3.12-slim), or ask for a newer version, which has a wheel"),
    (r"KeyError: '__version__'", "It was made for an older Python: ask for a newer version, which has a wheel"),
    (r"'_PyLong_AsByteArray'|_PyUnicode_\w+'? was not declared|has no member named '(?:ob_digit|tp_print|c_recursion_remaining|use_tracing|curexc_type|exc_type)'", "It was made for an older Python: ask for a newer version, which has a wheel"),
    (r"deprecated, use 'scikit-learn'", "Write scikit-learn instead of sklearn: that name on PyPI only refuses to be installed"),
    (r"canonicalize_version\(\) got an unexpected keyword argument", "Raise setuptools and packaging together: RUN pip install -U setuptools packaging"),
    (r"CUDA_HOME environment variable is not set|nvcc was not found", "Build it on an nvidia/cuda …-devel image, or take the wheel that its project offers for your CUDA, torch and Python"),
    (r"invalid command 'bdist_wheel'", "Install what builds it first: RUN pip install wheel setuptools"),
    (r"Tomlkit|LookupError: setuptools-scm was unable to detect version", "Build it from a release and not from a copy without .git, or set SETUPTOOLS_SCM_PRETEND_VERSION"),
)  # fmt: skip


def old(hit: Hit) -> Mapping[str, str] | None:
    advice = next((fix for pattern, fix in _OLD if re.search(pattern, hit.line)), "")
    if not advice or not (is_built(hit) or hit.find_after(r"Failed|subprocess-exited|× |╰─>", 60)):
        return None
    return building(hit) | {"said": hit.line.strip().removeprefix("error: ")[:160], "advice": advice}


def old_place(hit: Hit) -> Place | None:
    """Where the package is asked for; where only another one brings it, the image whose Python is too new for it."""
    return asked(hit) or (base_image(hit) if "newer than PyO3" in hit.line else None)


def pip_speaks(hit: Hit) -> bool:
    return (
        is_built(hit)
        or hit.find(
            r"Building wheel|pip install|subprocess-exited-with-error|Failed to build|running build_ext"
        )
        is not None
    )


def unbuilt(hit: Hit) -> Mapping[str, str]:
    """A package that could not be built: somebody's without a wheel, or the project of this repository."""
    name = re.split(r"[=@<>]", hit["name"])[0]
    if "@ file://" in hit.line:
        return {
            "name": name,
            "why": "it is the project of this repository, and its build backend stopped",
            "advice": ": it names a file that is not copied yet, or a setting of pyproject.toml; uv sync --no-install-project installs only what it depends on",
        }
    return {
        "name": name,
        "why": "it has no wheel for this Python and image",
        "advice": f"; a version of {name} with a wheel for this Python needs no building",
    }

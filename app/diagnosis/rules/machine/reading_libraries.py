"""What the rows of libraries.py read in other lines and in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from app.diagnosis.dependencies import dependency_line
from app.diagnosis.instructions import failing_dockerfile, find_instruction
from app.diagnosis.rule import Hit
from app.diagnosis.rules.machine.reading_releases import other_release
from app.dockerfile import Dockerfile, Instruction
from app.model import Place

# Debian's package for each library, as https://packages.debian.org/bookworm names them; trixie's `t64` packages
# provide the old names. Found by `apt-file search`.
DEBIAN = {
    "libssl": "libssl3", "libcrypto": "libssl3", "libGL": "libgl1", "libEGL": "libegl1", "libOpenGL": "libopengl0", "libGLU": "libglu1-mesa", "libgthread-2.0": "libglib2.0-0",
    "libglib-2.0": "libglib2.0-0", "libgobject-2.0": "libglib2.0-0", "libgio-2.0": "libglib2.0-0", "libSM": "libsm6", "libICE": "libice6",
    "libXext": "libxext6", "libXrender": "libxrender1", "libX11": "libx11-6", "libxcb": "libxcb1", "libXi": "libxi6", "libXfixes": "libxfixes3",
    "libXcursor": "libxcursor1", "libgomp": "libgomp1", "libpq": "libpq5", "libmariadb": "libmariadb3", "libmysqlclient": "libmariadb3",
    "libmagic": "libmagic1", "libxml2": "libxml2", "libxslt": "libxslt1.1", "libexslt": "libxslt1.1", "libcairo": "libcairo2",
    "libpango-1.0": "libpango-1.0-0", "libpangoft2-1.0": "libpangoft2-1.0-0", "libpangocairo-1.0": "libpangocairo-1.0-0",
    "libgdk_pixbuf-2.0": "libgdk-pixbuf-2.0-0", "libharfbuzz": "libharfbuzz0b", "libfontconfig": "libfontconfig1", "libfreetype": "libfreetype6",
    "libsndfile": "libsndfile1", "libportaudio": "libportaudio2", "libasound": "libasound2", "libzbar": "libzbar0", "libexpat": "libexpat1",
    "libatomic": "libatomic1", "libstdc++": "libstdc++6", "libgcc_s": "libgcc-s1", "libgfortran": "libgfortran5", "libopenblas": "libopenblas0",
    "libblas": "libblas3", "liblapack": "liblapack3", "libodbc": "unixodbc", "libtesseract": "tesseract-ocr", "libleptonica": "tesseract-ocr",
    "libusb-1.0": "libusb-1.0-0", "libsqlite3": "libsqlite3-0", "libjpeg": "libjpeg62-turbo", "libopenjp2": "libopenjp2-7", "libwebp": "libwebp7",
    "libavcodec": "ffmpeg", "libavformat": "ffmpeg", "libavutil": "ffmpeg", "libavdevice": "ffmpeg", "libgdal": "gdal-bin", "libgeos_c": "libgeos-c1v5",
    "libproj": "libproj25", "libspatialindex_c": "libspatialindex6", "librdkafka": "librdkafka1", "libenchant-2": "libenchant-2-2",
    "libkrb5": "libkrb5-3", "libgssapi_krb5": "libgssapi-krb5-2", "libsasl2": "libsasl2-2", "libuuid": "libuuid1", "libcurl": "libcurl4",
    "libcurl-gnutls": "libcurl3-gnutls", "libcrypt": "libcrypt1", "libz": "zlib1g", "libbz2": "libbz2-1.0", "liblzma": "liblzma5",
    "libzstd": "libzstd1", "libsnappy": "libsnappy1v5", "libyaml-0": "libyaml-0-2", "libgmp": "libgmp10", "libsodium": "libsodium23",
    "libvips": "libvips42", "libvips-cpp": "libvips42", "libMagickWand-6.Q16": "libmagickwand-6.q16-6", "libpoppler-cpp": "libpoppler-cpp0v5",
    "libreadline": "libreadline8", "libncursesw": "libncursesw6", "libtinfo": "libtinfo6", "libaio": "libaio1", "libltdl": "libltdl7",
    "libnss3": "libnss3", "libnspr4": "libnspr4", "libatk-1.0": "libatk1.0-0", "libgbm": "libgbm1", "libtk8.6": "python3-tk",
    "libtcl8.6": "python3-tk", "libicuuc": "libicu72", "libicui18n": "libicu72", "libunwind": "libunwind8", "libgsl": "libgsl27",
}  # fmt: skip

# What comes with the driver of a graphics processor or with CUDA, never from a distribution.
_OF_CUDA = re.compile(
    r"lib(?:cud|cublas|cufft|curand|cusolver|cusparse|nccl|nvrtc|nvidia|nvinfer|nvToolsExt)"
)

_OF_MUSL = re.compile(r"libc\.musl|ld-musl")

_OF_GLIBC = re.compile(r"ld-linux|libc\.so\.6|libm\.so\.6|libpthread\.so\.0|libdl\.so\.2|librt\.so\.1")

_HEADLESS = {
    "opencv-python": "opencv-python-headless",
    "opencv-contrib-python": "opencv-contrib-python-headless",
}


def lacking(hit: Hit) -> Mapping[str, str] | None:
    library = (hit["library"] or hit["library2"] or hit["library3"]).rpartition("/")[2]
    if not library or "site-packages" in hit["library"]:
        return None
    return {"library": library, "advice": _advice(hit, library), "brought": _brought(hit, library)}


def _advice(hit: Hit, library: str) -> str:
    if _OF_CUDA.match(library):
        return (
            f"{library} belongs to CUDA: build on an nvidia/cuda …-runtime image (with cudnn where it is asked for) and "
            "deploy with --gpu, or install the CPU build of the library that asks for it"
        )
    if _OF_MUSL.search(library):
        return "It was built for Alpine (musl): use an Alpine image in the final stage as well, or install it in this one"
    if _OF_GLIBC.search(library):
        return "It was built for glibc: use a Debian image (…-slim) instead of Alpine in the final stage"
    if release := _of_another_release(hit, library):
        package = _package(library) if re.match(r"lib(?:ssl|crypto)\.so\.3", library) else ""
        return (
            f"Take an image of {release} in the final stage"
            + (f", and RUN apt-get update && apt-get install -y {package} in it" if package else "")
            + f": the release of {_image(hit)} has another version of {library}, which no package of it changes. Or build on the release of the final stage"
        )
    if re.match(r"lib(?:ssl|crypto)\.so\.1\.1", library):
        return (
            "OpenSSL 1.1 is in no Debian or Ubuntu since 2022: ask for a newer version of what was built against it, "
            "or use an image of bullseye or Ubuntu 20.04"
        )
    if match := re.match(r"libpython(3\.\d+)", library):
        return f"Python {match[1]} is not in this stage: copy a virtual environment only between images of the same Python"
    return _install(hit, library)


def _package(library: str) -> str:
    name = library.partition(".so")[0]
    return DEBIAN.get(name) or DEBIAN.get(re.sub(r"-\d[\d.]*$", "", name), "")


def _brought(hit: Hit, library: str) -> str:
    """Who brings it, for the sentence about what happened."""
    elsewhere = _OF_CUDA.match(library) or _is_alpine(hit) or _of_another_release(hit, library)
    package = "" if elsewhere else _package(library)
    asked = next((each for each in _HEADLESS if dependency_line(hit, "python", each)), "")
    told = f" Debian's package {package} brings it." if package else ""
    return told + (f" {_HEADLESS[asked]} does without it." if asked and package in _OF_DISPLAY else "")


_OF_DISPLAY = frozenset({"libgl1", "libglib2.0-0", "libsm6", "libxext6", "libxrender1", "libxcb1"})


def _install(hit: Hit, library: str) -> str:
    name = library.partition(".so")[0]
    if _is_alpine(hit):
        return f"Write RUN apk add --no-cache so:{library} in the final stage of the Dockerfile"
    package = _package(library)
    if not package:
        return (
            f"Install the package that has {library} in the final stage of the Dockerfile: "
            f"https://packages.debian.org/search?searchon=contents&keywords={library} names it"
        )
    if name in ("libGL", "libgthread-2.0"):
        package = "libgl1 libglib2.0-0"
    advice = f"Write RUN apt-get update && apt-get install -y --no-install-recommends {package} in the final stage of the Dockerfile"
    if _package(library) in _OF_DISPLAY:
        asked = next((each for each in _HEADLESS if dependency_line(hit, "python", each)), "opencv-python")
        advice += f", or ask for {_HEADLESS[asked]} instead of {asked} if it is OpenCV that wants it: that one needs no display"
    return advice


def _of_another_release(hit: Hit, library: str) -> str:
    """The release of Debian that has this very library, where the image is of another."""
    return other_release(_image(hit), library)


def _image(hit: Hit) -> str:
    """The image of the stage in which it ran; empty where that is not known."""
    found = failing_dockerfile(hit)
    if found is None:
        return ""
    stages = found[1].stages
    stage = _stage(hit, found[1])
    return stages[stage].image if 0 <= stage < len(stages) else ""


def _is_alpine(hit: Hit) -> bool:
    return "alpine" in _image(hit)


def _stage(hit: Hit, parsed: Dockerfile) -> int:
    """Where it ran: the stage of the instruction that failed, or the last one for a container."""
    words = hit.section.instruction
    ran = find_instruction(parsed, words, hit.section.stage) if words else None
    return ran.stage if ran else len(parsed.stages) - 1


def installing(hit: Hit) -> Place | None:
    """Where a package of the distribution is to be added: the stage's line that installs some, else its FROM."""
    found = failing_dockerfile(hit)
    if found is None:
        return None
    path, parsed = found
    stage = _stage(hit, parsed)
    # No line installs it: the image that is begun with has it, or its release has another.
    of_the_base = bool(_OF_CUDA.match(hit["library"]) or _of_another_release(hit, hit["library"]))
    for each in () if of_the_base else parsed.of("RUN"):
        if each.stage == stage and _installs(each):
            return hit.files.place(path, each.line, each.end)
    stages = parsed.stages
    return hit.files.place(path, stages[stage].line) if 0 <= stage < len(stages) else None


def after_install(hit: Hit) -> Place | None:
    """The last stage's line that installs the Python packages, after which more is to be installed."""
    if (found := failing_dockerfile(hit)) is None:
        return None
    path, parsed = found
    last = len(parsed.stages) - 1
    for each in reversed([run for run in parsed.of("RUN") if run.stage == last]):
        if re.search(r"\b(?:pip3?|uv|poetry|pipenv)\b.*\b(?:install|sync)\b", each.value):
            return hit.files.place(path, each.line, each.end)
    return installing(hit)


def _installs(each: Instruction) -> bool:
    return bool(
        re.search(
            r"apt(?:-get)?\s[^&|;]*\binstall\b|apk\s[^&|;]*\badd\b|(?:dnf|yum)\s[^&|;]*\binstall\b",
            each.value,
        )
    )


# What Python packages look for by themselves, and the Debian package that brings it.
_CALLED = {
    "libmagic": "libmagic1", "zbar": "libzbar0", "sndfile": "libsndfile1", "portaudio": "libportaudio2", "gdal": "gdal-bin libgdal-dev",
    "tesseract": "tesseract-ocr", "page count": "poppler-utils", "wkhtmltopdf": "wkhtmltopdf", "pango": "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
    "gobject": "libglib2.0-0 libpango-1.0-0 libpangoft2-1.0-0", "cairo": "libcairo2", "ffprobe": "ffmpeg", "pdftotext": "poppler-utils", "pdftoppm": "poppler-utils",
    "soffice": "libreoffice", "chromedriver": "chromium chromium-driver", "convert": "imagemagick", "magick": "imagemagick", "gs": "ghostscript", "dot": "graphviz",
    "java": "default-jre-headless", "node": "nodejs", "psql": "postgresql-client", "pg_dump": "postgresql-client",
}  # fmt: skip


def named_by_python(hit: Hit) -> Mapping[str, str]:
    said = hit.line.strip()
    if program := hit["program"]:
        return {"what": program, "said": said, "package": _CALLED.get(program, program)}
    if name := hit["name"]:
        key = next((each for each in _CALLED if each in name.lower()), "")
        bare = name.partition(".so")[0].removesuffix("-0")
        return {"what": name, "said": said, "package": _CALLED.get(key) or DEBIAN.get(bare, bare)}
    key = next((each for each in _CALLED if each in said.lower()), "")
    what = "poppler (pdfinfo)" if key == "page count" else key
    return {"what": what, "said": said, "package": _CALLED.get(key, key)}

"""The line that is to be written so that a server listens at $PORT, as it can be typed."""

from __future__ import annotations

import pytest

from app.diagnosis import Files, diagnose
from app.diagnosis.rules.start.reading_start_line import rewritten

LINES = {
    "a list of words": (
        "Dockerfile",
        'CMD ["gunicorn", "--bind", "0.0.0.0:8000", "--workers", "2", "shop.wsgi"]',
        "CMD exec gunicorn --bind 0.0.0.0:$PORT --workers 2 shop.wsgi",
    ),
    "only this machine": (
        "api/Dockerfile.prod",
        "CMD uvicorn main:app --host 127.0.0.1 --port 8000",
        "CMD uvicorn main:app --host 0.0.0.0 --port $PORT",
    ),
    "a script": (
        "boot.sh",
        "exec gunicorn -b :8000 --access-logfile - shop:app",
        "exec gunicorn -b :$PORT --access-logfile - shop:app",
    ),
    "a shell's words": (
        "Dockerfile",
        'CMD ["sh", "-c", "serve -l 8000"]',
        "CMD serve -l $PORT",
    ),
    "words with spaces": (
        "Dockerfile",
        'ENTRYPOINT ["run", "a b", "-p8000", ":8000"]',
        "ENTRYPOINT exec run 'a b' -p8000 :$PORT",
    ),
    "code": ("main.py", "app.run(port=8000)", ""),
    "another port": ("boot.sh", "gunicorn -b :18000 shop:app", ""),
    "a version": ("boot.sh", "serve@8000.1 -l 80", ""),
    "more lines than one": ("Dockerfile", "CMD gunicorn -b :8000 \\", ""),
    "a build's": ("Dockerfile", "EXPOSE 8000", ""),
}


@pytest.mark.parametrize("kind", LINES)
def test_a_line_is_written_anew_where_a_shell_reads_it(kind: str) -> None:
    """All of its other words stay; where it is no shell's, or the port is not there once, nothing is told."""
    path, line, right = LINES[kind]
    assert rewritten(path, line, "8000") == right


def test_a_file_of_gunicorns_settings_is_told_what_to_write() -> None:
    """It is Python, so that no shell puts the port in."""
    log = (
        "[INFO] Starting gunicorn 23.0.0\n[INFO] Listening at: http://0.0.0.0:5005 (1)\n"
        'Default STARTUP TCP probe failed 1 time consecutively for container "shop-1" on port 8080. '
        "The instance was not started.\n"
    )
    files = Files.of(
        {"gunicorn-cfg.py": "workers = 1\nbind = '0.0.0.0:5005'\n", "Procfile": "web: gunicorn run:app"}
    )
    finding = diagnose(log, files).findings[0]
    assert finding.place and finding.place.path == "gunicorn-cfg.py"
    assert 'in gunicorn-cfg.py line 2 write bind = "0.0.0.0:" + os.environ["PORT"]' in finding.fix


def test_advice_is_the_whole_line() -> None:
    """What is told can be typed as it stands: the words that are there already are in it."""
    log = (
        "[INFO] Listening at: http://0.0.0.0:8000 (1)\n"
        'Default STARTUP TCP probe failed 1 time consecutively for container "shop-1" on port 8080. '
        "The instance was not started.\n"
    )
    files = Files.of({"Dockerfile": 'FROM python:3.13\nCMD ["gunicorn", "-b", ":8000", "shop:app"]\n'})
    finding = diagnose(log, files).findings[0]
    assert "write line 2 of Dockerfile as `CMD exec gunicorn -b :$PORT shop:app`" in finding.fix

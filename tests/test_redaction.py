"""Redaction: what is hidden, in which forms, and what is left as it is; tables."""

from __future__ import annotations

import base64
import html
import json
import re
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from app.redaction import HIDDEN, Stream, hide, redact, redact_lines
from app.text.legible import without_escapes
from tests.samples import FOLDERS, samples

VALUE = 'pa"ss/w+rd & <ümlaut> 8'
PLAIN = "0123-service-webhook-secret"
BODY = ["MIIEpAIBAAKCAQEA7bq" + letter * 20 + "0123456789abcdefGHIJKL+" + "xy" for letter in "AbC"]
KEY = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", *BODY, "Zm9vYmFy==", "-----END RSA PRIVATE KEY-----"])


@pytest.fixture(autouse=True)
def _held() -> object:
    """What this service holds, and nothing afterwards."""
    hide((VALUE, PLAIN, KEY))
    yield
    hide(())


def in_base64(value: str, before: str, *, urlsafe: bool) -> str:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    return encode(f"{before}{value}, and more".encode()).decode()


ENCODED: dict[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "json": json.dumps,
    "json, not ascii": lambda value: json.dumps(value, ensure_ascii=False),
    "json in json": lambda value: json.dumps(json.dumps(value)),
    "html": html.escape,
    "url": quote,
    "url, all of it": lambda value: quote(value, safe=""),
    "url, lower": lambda value: re.sub("%..", lambda sign: sign[0].lower(), quote(value, safe="")),
    "form": quote_plus,
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
    "wrapped": lambda value: f"{value[:9]}\n{value[9:]}",
    "wrapped twice": lambda value: f"{value[:5]}\r\n   {value[5:11]}\n{value[11:]}",
    "continued": lambda value: f"{value[:9]}\\\n{value[9:]}",
    "url, as JavaScript": lambda value: quote(value, safe="!'()*-._~"),
    "url, as little of it as may be": lambda value: quote(value, safe=";,/?:@&=+$#!'()*-._~"),
    "url, every letter": lambda value: "".join(f"%{each:02X}" for each in value.encode()),
    "url in a url": lambda value: quote(quote(value, safe=""), safe=""),
    "json, as PHP": lambda value: json.dumps(value).replace("/", "\\/"),
    "json, as Go": lambda value: json.dumps(value).translate(
        {ord(sign): f"\\u{ord(sign):04x}" for sign in "&<>"}
    ),
    "json, every letter": lambda value: "".join(f"\\u{ord(each):04X}" for each in value),
    "json, as PHP, in json": lambda value: json.dumps(json.dumps(value).replace("/", "\\/")),
    "html, as Go": lambda value: html.escape(value).replace("+", "&#43;").replace("&quot;", "&#34;"),
    "html, every letter": lambda value: "".join(f"&#{ord(each)};" for each in value),
    "html, in hexadecimal": lambda value: "".join(f"&#x{ord(each):x};" for each in value),
    "json in html": lambda value: html.escape(json.dumps(value)[1:-1]),
    "as Python's bytes": lambda value: str(value.encode())[2:-1],
    "broken by what no screen shows": lambda value: f"{value[:5]}\u200b{value[5:8]}\0\u00ad{value[8:]}",
    "url, wrapped": lambda value: quote(value, safe="")[:11] + "\n" + quote(value, safe="")[11:],
    "wrapped, as a builder prints it": lambda value: f"{value[:9]}\n#8 0.312 {value[9:]}",
    "wrapped, as Cloud Build prints it": lambda value: (
        f'{value[:9]}\nStep #0 - "Build": #12 10.3 {value[9:]}'
    ),
    "wrapped, with times": lambda value: f"{value[:9]}\n2026-11-30T14:58:08.174998Z {value[9:]}",
}


@pytest.mark.parametrize("value", [VALUE, PLAIN])
@pytest.mark.parametrize("form", ENCODED)
def test_a_value_that_we_hold_is_hidden_in_every_encoding(form: str, value: str) -> None:
    """None of its parts is left, whatever way it was written."""
    shown = redact(f"the value is {ENCODED[form](value)} there")
    assert HIDDEN in shown
    assert shown.replace("\n", "").replace("\r", "").replace('\\"', "").replace("\\", "").replace('"', "").split() == [
        "the", "value", "is", HIDDEN, "there",
    ]  # fmt: skip


@pytest.mark.parametrize("urlsafe", [False, True])
@pytest.mark.parametrize("before", ["", "a", "ab", "abc", "user:"])
@pytest.mark.parametrize("value", [VALUE, PLAIN])
def test_base64_is_hidden_in_every_alignment(value: str, before: str, urlsafe: bool) -> None:
    """Whatever stands before and behind it in the bytes that were encoded; also where MIME breaks the line."""
    encoded = in_base64(value, before, urlsafe=urlsafe)
    for shown in (redact(encoded), redact(f"{encoded[:11]}\n{encoded[11:]}")):
        assert HIDDEN in shown
        left = shown.replace("\n", "").split(HIDDEN)
        assert value[3:-3] not in base64.b64decode(
            left[0] + "=" * (-len(left[0]) % 4), altchars=b"-_"
        ).decode(errors="replace")
        assert sum(map(len, left)) <= len(in_base64("", before, urlsafe=urlsafe)) + 8


SECRETS = {
    "jwt": ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P", ""),
    "jwe": (
        "eyJhbGciOiJSU0EtT0FFUCJ9.OKOawDo13gRp2ojaHV7LFpZcgV7T6D.48V1_ALb6US04U3b.5eym8TW_c8SuK0lt.XFBoMYUZod",
        "",
    ),
    "aws id": ("AKIAIOSFODNN7EXAMPLE", ""),
    "aws secret": ("aws_secret_access_key = {}", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
    "gcp api": ("AIzaSyA" + "b3" * 16, ""),
    "gcp access": ("ya29.a0AfH6SMBx-x_y", ""),
    "gcp client": ("GOCSPX-" + "aB3_" * 7, ""),
    "gcp refresh": ("1//0" + "gAbC3-" * 8, ""),
    "azure storage": (
        "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={};EndpointSuffix=core",
        "aB3+" * 21 + "ab==",
    ),
    "azure client": ("abC8Q~" + "aB3._" * 6 + "abcd", ""),
    "azure sas": ("https://x.blob.core.windows.net/c/f?sv=2022&sig={}", "aB3%2Bxyz0123456789AbCdEf%3D"),
    "github": ("ghp_" + "aB3" * 12, ""),
    "github fine": ("github_pat_" + "aB3_" * 20, ""),
    "github installation": ("ghs_" + "a" * 36, ""),
    "gitlab": ("glpat-" + "aB3_x" * 4, ""),
    "slack": ("xoxb-" + "123456789012-" + "aBcD" * 6, ""),
    "slack hook": ("https://hooks.slack.com/services/{}", "T00000000/B00000000/XXXXabcdXXXXabcdXXXXabcd"),
    "stripe": ("sk_live_" + "aB3" * 8, ""),
    "npm": ("npm_" + "aB3" * 12, ""),
    "npmrc": ("//registry.npmjs.org/:_authToken={}", "0f8fad5b-d9cb-469f-a165-70867728950e"),
    "pypi": ("pypi-AgEIcHlwaS5vcmc" + "aB3_" * 20, ""),
    "bearer": ("Authorization: Bearer {}", "abcdefghijklmnop"),
    "basic": ("authorization: Basic {}", "dXNlcjpwYXNz"),
    "basic alone": ("sent basic {} to it", "dXNlcjpwYXNzd29yZA=="),
    "address": ("postgresql://me:{}@db/shop", "hunter2"),
    "address with @": ("postgres://me:{}@db:5432/shop", "p@ss@word"),
    "address with /": ("redis://:{}@10.0.0.3:6379/0", "pa/ss#wo?rd"),
    "address of pip": ("Looking in indexes: https://deploy:{}@pypi.acme.dev/simple", "t0p-s3cret"),
    "token in address": (
        "fatal: not found: https://{}@git.acme.dev/x.git",
        "0123456789abcdef" * 2,
    ),
    "archive": (
        "GET https://codeload.github.com/acme/x/legacy.tar.gz/main?token={}",
        "AAAAABBBBBCCCCCDDDDD2345",
    ),
    "signed": (
        "https://storage.googleapis.com/b/o?X-Goog-Expires=900&X-Goog-Signature={}",
        "0a1b2c3d4e5f" * 10,
    ),
    "presigned": ("https://b.s3.amazonaws.com/o?X-Amz-Signature={}&x=y", "0a1b2c3d4e5f" * 5),
    "env": ("PASSWORD={}", "correct-horse"),
    "env, odd signs": ("DB_PASSWORD={}", "a,b;c!d$e"),
    "env, quoted": ("export DB_PASSWORD='{}'", "with some blanks"),
    "yaml": ("  STRIPE_SECRET: {}", "swordfish"),
    "yaml, quoted": ('  db_password: "{}"', "sword;fish"),
    "docker env": ("ENV API_TOKEN {}", "swordfish"),
    "docker env =": ('ENV A=b DB_PASSWORD="{}" C=d', "sword fish"),
    "docker arg": ("ARG NPM_TOKEN={}", "swordfish"),
    "build arg": ("docker build --build-arg NPM_TOKEN={} .", "swordfish"),
    "json key": ('{{"user": "me", "password": "{}", "x": 1}}', 'it\'s \\"all\\" here'),
    "json in json": ('"{{\\"client_secret\\":\\"{}\\"}}"', "swordfish"),
    "camel": ('{{"clientSecret":"{}"}}', "swordfish"),
    "python": ("    SECRET_KEY = '{}'", "django-insecure-abc"),
    "kwargs": ("connect(host='db', password='{}')", "swordfish"),
    "ini": ("password = {}", "sw0rdfish"),
    "dsn": ("Server=db;User Id=sa;Password={};Encrypt=true", "Sw0rdfish!"),
    "libpq": ("host=db user=me password={} dbname=shop", "swordfish"),
    "flag": ("$ mysql --password {} -h db", "sw0rdfish"),
    "flag =": ("$ tool --api-key={} run", "swordfish"),
    "curl": ("+ curl -sS -u deploy:{} https://x", "swordfish"),
    "key in json": (
        '{{"private_key": "{}"}}',
        "-----BEGIN PRIVATE KEY-----\\nMIIEabc0\\n-----END PRIVATE KEY-----\\n",
    ),
    "line of a key": ("#8 0.3 {}", "MIIEpAIBAAKCAQEA7bq0123456789abcdefGHIJKLMNOPQRSTUVWXYZabcdefghi"),
}


@pytest.mark.parametrize("name", SECRETS)
def test_what_looks_like_a_secret_is_hidden(name: str) -> None:
    """By the form of its issuer, by what stands before it, or by the name that it is given to; the rest stays."""
    form, heart = SECRETS[name]
    line = form.format(heart) if heart else f"it is {form}, is it not"
    shown = redact(line)
    assert (heart or form) not in shown
    assert not [
        part
        for part in (heart or form).replace("@", " ").replace("/", " ").split()
        if len(part) > 3 and part in shown
    ]
    assert HIDDEN in shown
    before = line[: line.index(heart or form)]
    assert shown.startswith(before.rstrip("\"' "))


INNOCENT = """
Step 3/9 : RUN npm ci --no-audit
The password must not be empty
password authentication failed for user "postgres"
FATAL: password authentication failed for user "app" (SQLSTATE 28P01)
Error: secret db-url was not found in project acme-prod
KeyError: 'SECRET_KEY'
pydantic_core.ValidationError: SECRET_KEY Field required
django.core.exceptions.ImproperlyConfigured: The SECRET_KEY setting must not be empty.
SECRET_KEY = os.environ["SECRET_KEY"]
SECRET_KEY = os.environ.get('SECRET_KEY')
const token = await getToken(request)
password = request.form["password"]
    password=settings.DB_PASSWORD,
  "password": process.env.DB_PASSWORD,
connect(host=host, password=password)
SyntaxError: Unexpected token '}', "{"a":}" is not valid JSON
SyntaxError: Unexpected token: punc (})
error: unexpected token: `=`
main.go:7:2: syntax error: unexpected token
invalid token: expected name
PWD=/workspace/services/api
OLDPWD=/workspace
max_tokens=100
tokenizer = AutoTokenizer.from_pretrained("gpt2")
TOKEN_URL=https://auth.acme.dev/oauth/token
PASSWORD_MIN_LENGTH=12
DB_PASSWORD=${DB_PASSWORD}
DB_PASSWORD=$DB_PASSWORD
ENV DB_PASSWORD=$DB_PASSWORD
ARG NPM_TOKEN
RUN --mount=type=secret,id=npm_token,target=/root/.npmrc npm ci
SecretsUsedInArgOrEnv: Do not use ARG or ENV instructions for sensitive data (ENV "DB_PASSWORD") (line 3)
  DB_PASSWORD: db-password:latest
secrets: {DATABASE_URL: "db-url:latest"}
docker build --secret id=npmrc,src=.npmrc2 .
gcloud run deploy --set-secrets DB_URL=db-url:1
RAILS_MASTER_KEY: ActiveSupport::MessageEncryptor::InvalidMessage
gcloud secrets versions access latest --secret=db-password
basic authentication is required
Basic configuration of the server
a bearer of good news
sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
europe-west1-docker.pkg.dev/p/servergem/api@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
commit 9257d62a4d7b1f3f8e0e6c5d4b3a291807f6e5d4
0f8fad5b-d9cb-469f-a165-70867728950e
"integrity": "sha512-v2kDEe57lecTulaDIuNTPy3Ry4gLGJ6Z1O3vE1krgXZNrsQ+LFTGHVxVjcXPs17LhbZVGedAJv8XZ1tvj5FvSg=="
    at Object.<anonymous> (/workspace/services/api/src/routes/password/reset.ts:12:5)
src/auth/token.py:14: error: Missing return statement
services/api/secrets/README.md
git@github.com:acme/shop.git
ssh://git@github.com/acme/shop.git
https://github.com/acme/shop/blob/main/app.py#L10
http://localhost:4873/@acme/shop
http://127.0.0.1:8080/healthz
npm error 404 Not Found - GET https://registry.npmjs.org/@acme%2fshop
postgres://user:<password>@host/db
For example: ecto://USER:PASS@HOST/DATABASE
postgres://user:${PASSWORD}@host/db
Use --password to give one, or --token instead
passwd: password expiry information changed.
token: expected string, got undefined
The secret: keep it simple
invalid access key: not found
code=Unavailable desc = connection error
https://console.cloud.google.com/cloud-build/builds;region=europe-west1/5b8c0d2f-1d1e-4b6e-8f2a-1c3d4e5f6a7b?project=acme
serviceAccount:build@acme.iam.gserviceaccount.com
error[E0425]: cannot find value `token` in this scope
public key: ssh-ed25519
author: Grace Hopper <grace@acme.dev>
Requirement already satisfied: python-jose[cryptography]==3.3.0
pull access denied, repository does not exist or may require authorization: server message: insufficient_scope
Could not load 'Microsoft.OpenApi, Version=2.3.0.0, Culture=neutral, PublicKeyToken=3f5743946376f042'
"""  # fmt: skip


@pytest.mark.parametrize("line", INNOCENT.strip("\n").split("\n"))
def test_what_is_no_secret_stays_as_it_is(line: str) -> None:
    """Names, digests, identifiers, paths, sentences about a password, code that reads one, placeholders."""
    assert redact(line) == line


def test_what_the_samples_of_diagnosis_say_stays() -> None:
    """Of some thousand lines that real tools wrote hardly one is touched."""
    lines = [line for case in samples(*FOLDERS) for line in case.log.split("\n")]
    lines = [without_escapes(line) for line in lines]
    touched = [(line, redact(line)) for line in lines if redact(line) != line]
    assert len(touched) <= 5, touched[:60]


@pytest.mark.parametrize("prefix", ["", "Step #0: ", "2026-11-24T10:00:00Z  "])
def test_a_key_is_hidden_line_by_line(prefix: str) -> None:
    """A stream shows no line of it, to the last short one, and goes on after its end, or where it breaks off."""
    hide(())
    stream = Stream()
    shown = [stream.line(f"{prefix}{line}") for line in (*KEY.split("\n"), "serving on 8080")]
    assert not [part for part in (*BODY, "Zm9vYmFy") if part in "\n".join(shown)]
    assert shown[-1] == f"{prefix}serving on 8080"
    broken = Stream()
    assert [broken.line(line) for line in (KEY.split("\n")[0], BODY[0], "and then it crashed")][
        2
    ] == "and then it crashed"


def test_lines_stay_as_many() -> None:
    """What was wrapped from one line to the next is hidden on both, and each line keeps its number."""
    shown = redact_lines(["one", f"a {PLAIN[:8]}", f"{PLAIN[8:]} b", "", "four"])
    assert len(shown) == 5
    assert (shown[0], shown[3], shown[4]) == ("one", "", "four")
    assert redact_lines([""]) == ("",) and redact_lines(["", "\x1b[0m"]) == ("", "")
    assert PLAIN[:8] not in shown[1] and PLAIN[8:] not in shown[2]


@pytest.mark.parametrize(
    "piece",
    ["a", "=", ":", "PASSWORD=", "password: x ", "eyJ.", "://a:", "@", "Bearer ", "\\\"", "-----BEGIN PRIVATE KEY-----",
     "%2F", "\n", "token", "é", "A-", "sk-", "curl -u a:"],
)  # fmt: skip
def test_no_text_takes_more_than_its_length(piece: str) -> None:
    """A megabyte of whatever a pattern begins with is read within seconds."""
    text = piece * (300_000 // len(piece))
    begun = time.process_time()
    redact(text)
    assert time.process_time() - begun < 5


def test_any_text_is_taken() -> None:
    """Half characters, nothing, and a NUL too."""
    assert redact("") == ""
    assert redact_lines(()) == ()
    assert PLAIN not in redact(f"\ud800\0{PLAIN}")

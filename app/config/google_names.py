"""The names of Google's own things in servergem.yml: Cloud SQL, networks, keys, buckets, labels, images."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from app.config.kinds import Text
from app.config.limits import Kind
from app.config.values import no_list, nothing
from app.model import DOMAIN, ImageName
from app.trust.ownership import LABELS

# A label's bounds; six of the 64 are ServerGem's: https://cloud.google.com/run/docs/configuring/services/labels
MOST_LABELS = 64 - len(LABELS)
# https://cloud.google.com/vpc/docs/add-remove-network-tags#restrictions
MOST_TAGS = 64
_NAME = r"[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?"
# PROJECT:REGION:INSTANCE, and a domain before a project that has one:
# https://cloud.google.com/sql/docs/mysql/connect-run
CLOUD_SQL = rf"(?:[a-z0-9.-]+:)?{_NAME}:[a-z0-9-]+:[a-z][a-z0-9-]*"
# https://cloud.google.com/run/docs/configuring/vpc-direct-vpc and .../vpc-connectors
NETWORK = rf"(?:projects/[^/\s]+/global/networks/)?{_NAME}"
SUBNET = rf"(?:projects/[^/\s]+/regions/[^/\s]+/subnetworks/)?{_NAME}"
CONNECTOR = rf"projects/[^/\s]+/locations/[^/\s]+/connectors/{_NAME}"
# https://cloud.google.com/run/docs/securing/using-cmek and .../binary-authorization
KEY = r"projects/[^/\s]+/locations/[^/\s]+/keyRings/[^/\s]+/cryptoKeys/[^/\s]+"
# https://cloud.google.com/resource-manager/docs/creating-managing-projects, and a domain before older ones.
PROJECT = r"(?:[a-z0-9.-]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]"
POLICY = r"default|projects/[^/\s]+/platforms/cloudRun/[^/\s]+"
# https://cloud.google.com/storage/docs/buckets#naming
BUCKET = r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]"
NFS = r"[^:/\s]+:/\S*"
# Of a certificate that Google makes: https://cloud.google.com/run/docs/mapping-custom-domains#limitations
LONGEST_DOMAIN = 63
# No volume is mounted there, or below: https://cloud.google.com/run/docs/configuring/services/cloud-storage-volume-mounts
TAKEN = re.compile(r"/(?:dev|proc|sys|cloudsql)(?:/.*)?")


def _is(pattern: str, said: str) -> Callable[[str], str]:
    """Whether it is written so; nothing at all is nothing."""

    def check(value: str) -> str:
        if value and not re.fullmatch(pattern, value):
            raise ValueError(f"is not {said}")
        return value

    return check


def _mount(value: str) -> str:
    if not re.fullmatch(r"/[^:\s]+", value):
        raise ValueError("is not a path such as /data, without a colon")
    if any(part in ("", ".", "..") for part in value.rstrip("/").split("/")[1:]):
        raise ValueError("is not a path such as /data, each folder by its name")
    if TAKEN.fullmatch(value.rstrip("/")):
        raise ValueError("is a path that Cloud Run keeps for itself")
    return value.rstrip("/")


def _image(value: str) -> str:
    name = ImageName.parse(value)
    if value and name is None:
        raise ValueError("is not an image such as europe-docker.pkg.dev/my-project/apps/api:v1")
    if name and not (name.shelf or name.digest):
        raise ValueError("is a tag outside Artifact Registry; write NAME@sha256:…")
    return str(name or "")


def _label(value: object) -> str:
    name = str(value)
    if not re.fullmatch(r"[a-z][a-z0-9_-]{0,62}", name):
        raise ValueError("is not a label's name: a-z, 0-9, _ and -, a letter first, 63 at most")
    if name in LABELS:
        raise ValueError("is a label that ServerGem itself sets")
    return name


def _domain(value: str) -> str:
    name = value.lower().rstrip(".")
    if name and not re.fullmatch(DOMAIN, name):
        raise ValueError("is not a domain such as shop.example.com, without https:// and path")
    if len(name) > LONGEST_DOMAIN:
        raise ValueError(f"is longer than {LONGEST_DOMAIN} characters, for which Google makes no certificate")
    return name


Words = Annotated[list[Text], BeforeValidator(no_list), Kind("list of words")]
CloudSql = Annotated[
    list[Annotated[Text, AfterValidator(_is(CLOUD_SQL, "an instance such as my-project:europe-west1:main"))]],
    BeforeValidator(no_list),
    Kind("list of instances", "PROJECT:REGION:INSTANCE"),
]
Network = Annotated[
    Text,
    AfterValidator(_is(NETWORK, "a network such as default")),
    Kind("network", "its name, or projects/P/global/networks/NAME"),
]
Subnet = Annotated[
    Text,
    AfterValidator(_is(SUBNET, "a subnet such as apps")),
    Kind("subnet", "its name, or projects/P/regions/R/subnetworks/NAME"),
]
Tags = Annotated[
    list[Annotated[Text, AfterValidator(_is(_NAME, "a network tag such as web"))]],
    Field(max_length=MOST_TAGS),
    BeforeValidator(no_list),
    Kind("list of tags", f"{MOST_TAGS} at most"),
]
Connector = Annotated[
    Text,
    AfterValidator(_is(CONNECTOR, "projects/PROJECT/locations/REGION/connectors/NAME")),
    Kind("connector", "projects/P/locations/R/connectors/NAME"),
]
EncryptionKey = Annotated[
    Text,
    AfterValidator(_is(KEY, "projects/PROJECT/locations/REGION/keyRings/RING/cryptoKeys/KEY")),
    Kind("key", "projects/P/locations/R/keyRings/RING/cryptoKeys/KEY"),
]
Policy = Annotated[
    Text,
    AfterValidator(_is(POLICY, "default, or projects/PROJECT/platforms/cloudRun/POLICY")),
    Kind("policy", "default, or projects/P/platforms/cloudRun/NAME"),
]
Bucket = Annotated[Text, AfterValidator(_is(BUCKET, "a bucket's name")), Kind("bucket", "without gs://")]
Nfs = Annotated[
    Text, AfterValidator(_is(NFS, "an export such as 10.0.0.2:/share")), Kind("NFS export", "SERVER:/PATH")
]
MountPath = Annotated[
    Text, AfterValidator(_mount), Kind("path", "not in /dev, /proc, /sys, /cloudsql; no colon")
]
VolumeName = Annotated[str, AfterValidator(_is(_NAME, "a volume's name: a-z, 0-9 and -, a letter first"))]
ContainerName = Annotated[
    str, AfterValidator(_is(_NAME, "a container's name: a-z, 0-9 and -, a letter first, 63 at most"))
]
FileName = Annotated[Text, AfterValidator(_is(r"[^\s:/]+", "the name of a file")), Kind("file name")]
ProbePath = Annotated[
    Text,
    AfterValidator(_is(r"/[^\s#]*", "a path that begins with /")),
    Kind("path of an address", "begins with /"),
]
Project = Annotated[Text, AfterValidator(_is(PROJECT, "a project's id such as my-project")), Kind("project")]
LabelName = Annotated[str, BeforeValidator(_label)]
LabelValue = Annotated[Text, AfterValidator(_is(r"[a-z0-9_-]{0,63}", "a label's value: a-z, 0-9, _ and -"))]
Labels = Annotated[
    dict[LabelName, LabelValue],
    Field(max_length=MOST_LABELS),
    BeforeValidator(nothing),
    Kind("NAME: text", f"{MOST_LABELS} at most; not {', '.join(sorted(LABELS))}"),
]
ImageText = Annotated[
    Text, AfterValidator(_image), Kind("image", "of Artifact Registry, or elsewhere by its digest")
]
Domain = Annotated[
    Text, AfterValidator(_domain), Kind("domain", f"without https://; {LONGEST_DOMAIN} characters at most")
]

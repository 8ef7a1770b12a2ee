"""The part `notify` of servergem.yml: where a notice goes, what signs it, which endings it tells of."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from app.config.kinds import Text, schema
from app.config.limits import Kind
from app.config.part import Part
from app.config.values import SECRET, no_list
from app.model import Happening

ADDRESS = r"https://[^\s@/?#]+([/?][^\s#]*)?"
ALL = tuple(each.value for each in Happening)


def _receiver(value: str) -> str:
    if value and not re.fullmatch(f"{ADDRESS}|{SECRET}", value):
        raise ValueError("is neither an address that begins with https:// nor the name of a secret")
    return value


def _key(value: str) -> str:
    if value and not re.fullmatch(SECRET, value):
        raise ValueError("is not a secret such as hook-key or hook-key:2")
    return value


def _happening(value: str) -> str:
    if value not in ALL:
        raise ValueError(f"is not one of {', '.join(ALL)}")
    return value


Receiver = Annotated[
    Text,
    AfterValidator(_receiver),
    schema(type="string", pattern=rf"^({ADDRESS}|{SECRET})?$"),
    Kind("address or secret", "https, on the public internet"),
]
ReceiverKey = Annotated[
    Text, AfterValidator(_key), schema(type="string", pattern=rf"^({SECRET})?$"), Kind("secret")
]
Happenings = Annotated[
    list[Annotated[Text, AfterValidator(_happening), schema(enum=list(ALL))]],
    BeforeValidator(no_list),
    Field(max_length=len(ALL)),
    Kind("list of endings", ", ".join(ALL)),
]


class NotifyFile(Part):
    """Who hears of the end of deployments. Either `url` or `slack`; an address is https, or a secret that holds one."""

    url: Receiver = Field(
        default="",
        description="A webhook: an https address, or a secret in the environment's project that holds one.",
        examples=["https://hooks.example.com/servergem"],
    )
    key: ReceiverKey = Field(
        default="",
        description="The secret with which a webhook is signed, in the header X-ServerGem-Signature-256.",
        examples=["hook-key"],
    )
    slack: Receiver = Field(
        default="",
        description="An incoming webhook of Slack, best as a secret: who has the address may write there.",
        examples=["slack-webhook"],
    )
    on: Happenings = Field(
        default=["failed", "recovered"],
        description="Which endings: recovered is the first good one after a bad one.",
        examples=[["failed", "recovered", "rolled back", "live"]],
    )

"""Cloud Run's first version, in which `gcloud run` speaks: each of its calls is one of the second's, asked and told.

https://cloud.google.com/run/docs/reference/rest/v1/namespaces.services
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sandbox.google import table
from sandbox.google.cloud_run import CloudRun
from sandbox.google.errors import Code, Refusal, invalid
from sandbox.google.knative_shapes import RUN, SERVING, Named
from sandbox.google.regions import REGIONS
from sandbox.google.run_v1_calls import RUN_KINDS, Heard, Listing
from sandbox.google.transcoding import SYSTEM

# A service's revisions have names that begin with it, and a number and letters where nobody chose them.
_UNCHOSEN = re.compile(r"-\d{5}-[a-z]{3}\Z")


class RunV1:
    """Answers by the methods of v2, so that there is one state, and one set of rules and permissions."""

    def __init__(self, carry_out: Callable[[table.Method, Any], Any], run: CloudRun) -> None:
        self._carry_out = carry_out
        self._run = run
        self._methods = table.methods()

    def answer(self, heard: Heard, query: Mapping[str, Sequence[str]], body: Any) -> dict[str, Any]:
        """Raises Refusal."""
        said = {name: texts[-1] for name, texts in query.items() if name not in SYSTEM}
        heard = replace(heard, owner=self._owner(heard), query=said, body=body)
        if isinstance(heard.row, Listing):
            return self._list(heard, heard.row)
        _only(heard, heard.row.query)
        if not heard.region:
            raise Refusal(
                Code.NOT_FOUND, "The region's own endpoint answers this: REGION-run.googleapis.com."
            )
        return heard.row.tell(self._ask(heard.row.method, heard.row.ask(heard)))

    def _ask(self, method: str, fields: dict[str, Any]) -> Any:
        found = self._methods[f"/google.cloud.run.v2.{method}"]
        return self._carry_out(found, found.request(**fields))

    def _owner(self, heard: Heard) -> str:
        """Whose a revision or an execution is: v2 wants it said, v1 has it in the thing's name."""
        if heard.kind == "executions":
            return heard.name.rpartition("-")[0]
        ended = [name.rpartition("/")[2] for name in self._run.services if name.startswith(heard.parent)]
        having = (each for each in ended if heard.name in self._run.revisions_of(each))
        return next(having, "") or _UNCHOSEN.sub("", heard.name)

    def _list(self, heard: Heard, row: Listing) -> dict[str, Any]:
        _only(heard, frozenset({"labelSelector", "limit", "continue"}))
        selected = tuple(_selected(heard.query.get("labelSelector", "")))
        regions = [heard.region] if heard.region else sorted(REGIONS)
        found = [each for region in regions for each in self._found(replace(heard, region=region), row)]
        chosen = [
            each for each in found if all(each.metadata.labels.get(key) == text for key, text in selected)
        ]
        start, most = _number(heard, "continue", 0), _number(heard, "limit", len(chosen))
        return {
            "apiVersion": RUN if heard.kind in RUN_KINDS else SERVING,
            "kind": row.kind,
            "metadata": {"continue": str(start + most)} if start + most < len(chosen) else {},
            "items": [each.json_form() for each in chosen[start : start + most]],
        }

    def _found(self, heard: Heard, row: Listing) -> list[Named]:
        answer = self._ask(row.method, {"parent": f"{heard.parent}{row.below}"})
        return [row.tell(each) for each in getattr(answer, row.found)]


def _number(heard: Heard, name: str, default: int) -> int:
    text = heard.query.get(name) or str(default)
    if not text.isdecimal():
        raise invalid(f"{name}: invalid value '{text}'")
    return int(text)


def _only(heard: Heard, known: frozenset[str]) -> None:
    if unknown := sorted(heard.query.keys() - known):
        raise invalid(
            f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot bind query parameter.'
        )


def _selected(selector: str) -> Iterator[tuple[str, str]]:
    """Labels and the values that they are to have; of a selector's forms the one that says `=`.

    https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
    """
    for part in filter(None, selector.split(",")):
        found = re.fullmatch(r"\s*([\w./-]+)\s*==?\s*([\w.-]*)\s*", part)
        if found is None:
            raise invalid(f"labelSelector: the sandbox does not know '{part.strip()}'.")
        yield found[1], found[2]

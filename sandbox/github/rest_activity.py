"""REST, for what happened to a repository's branches.

https://docs.github.com/rest/repos/repos#list-repository-activities
"""

from __future__ import annotations

from sandbox.github.answers import Answer, Call, Refused
from sandbox.github.records import Activity
from sandbox.github.shape_words import node_id
from sandbox.github.words import Json

KINDS = ("push", "force_push", "branch_creation", "branch_deletion", "pr_merge", "merge_queue_merge")


def activities(call: Call) -> Answer:
    """Newest first; the cursor is the id of the last one that was shown."""
    kind, ref, after = (call.query.get(name, "") for name in ("activity_type", "ref", "after"))
    if kind and kind not in KINDS:
        raise Refused(422, "Validation Failed")
    found = [
        each
        for each in sorted(call.repo.activities, key=lambda one: one.id, reverse=True)
        if kind in ("", each.kind)
        and ref in ("", each.ref, each.ref.removeprefix("refs/heads/"))
        and (not after or each.id < int(after))
    ]
    _, per_page = call.slice()
    page = found[:per_page]
    links = {}
    if len(found) > per_page:
        following = f"{call.base}{call.path}?per_page={per_page}&after={page[-1].id}"
        links["link"] = f'<{following}>; rel="next"'
    return Answer(200, [_shape(call, each) for each in page], links)


def _shape(call: Call, activity: Activity) -> Json:
    return {
        "id": activity.id,
        "node_id": node_id("PSH", str(activity.id)),
        "before": activity.before,
        "after": activity.after,
        "ref": activity.ref,
        "timestamp": activity.at,
        "activity_type": activity.kind,
        "actor": call.shapes.user(activity.login),
    }

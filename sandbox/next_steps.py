"""What to try once the demo is live: commands that work as printed, in any shell, on any machine."""

from __future__ import annotations

from sandbox.pushing import Pushed
from sandbox.world import Sandbox

STRANGER = "mallory"
# The clone needs no name, key or proxy of the person who types, and is not in the way of anything of theirs.
_CLONE = "-c user.name=Ada -c user.email=ada@example.com -c commit.gpgSign=false -c http.proxy="
_POST = "curl --noproxy '*' -sS -o /dev/null"
OWN = """Change it, commit, and push it again from its folder:
  git -c http.proxy= push {url} HEAD:{branch}
"""
TEXT = """Try next, in another terminal. Each push can be followed at {site}/{full_name}

Change it and push:
  cd "$(mktemp -d)"
  git clone -q {clone} {url} && cd {name}
  sed -i.old 's/Hello from/Good morning from/' main.py
  git commit -qam 'Greet earlier' && git push -q origin HEAD:main

Open a pull request, which gets a running copy of its own (or in a browser: {site}/{full_name}/compare):
  git switch -qc idea && echo '# An idea' >> main.py && git commit -qam 'An idea' && git push -q origin HEAD:idea
  {post} -d head=idea -d base=main -d title='An idea' {site}/{full_name}/pulls

Propose a change as a stranger, from a fork; its check waits for your button "Approve deploy", by way of
{site}/{full_name}/pulls?as=ada
  {post} -X POST '{site}/{full_name}/fork?as={stranger}'
  git switch -qc gift main && echo '# A gift' >> main.py && git commit -qam 'A gift'
  git push -q {site}/{stranger}/{name}.git HEAD:gift
  {post} -d head={stranger}:gift -d base=main -d title='A gift' '{site}/{full_name}/pulls?as={stranger}'

Break it, and read on GitHub's page what is wrong and in which line:
  git switch -q main && echo 'def' >> main.py && git commit -qam 'Break it' && git push -q origin HEAD:main

Your own repository, from its folder; a push to a new name makes the repository:
  git -c http.proxy= push {site}/acme/my-app.git HEAD:main
"""


def of_own(world: Sandbox, pushed: Pushed) -> str:
    """The command for the next push of a person's own folder."""
    return OWN.format(url=world.github.clone_url(pushed.full_name), branch=pushed.branch)


def of_sample(world: Sandbox, pushed: Pushed) -> str:
    """The commands for the sample."""
    owner_and_name = pushed.full_name
    return TEXT.format(
        site=world.github.url,
        full_name=owner_and_name,
        name=owner_and_name.partition("/")[2],
        url=world.github.clone_url(owner_and_name),
        clone=_CLONE,
        post=_POST,
        stranger=STRANGER,
    )

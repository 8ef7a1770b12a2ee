"""`python -m tests.scale > docs/scale.md`."""

from tests.scale.page import page

print(page(), end="")

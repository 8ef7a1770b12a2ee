"""What is on its way to GitHub: one writer for each deployment's check run, newest state wins.

A slow or failing GitHub never slows or fails a deployment: stages leave their report here and go on.
At most one update in `interval` seconds for each check run; the last state always, even after a restart,
unless GitHub refuses it for good. One letter that cannot be written or sent holds up no other.
"""

from app.outbox.letter import Post, Unsent
from app.outbox.writing import Outbox

__all__ = [
    "Outbox",
    "Post",
    "Unsent",
]

"""Cannot start without its database."""

import os

DATABASE_URL = os.environ["DATABASE_URL"]

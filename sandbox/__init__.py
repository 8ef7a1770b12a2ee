"""GitHub and Google Cloud on loopback, real enough that the clients we ship cannot tell; imports nothing of ours."""

import os

# The builder and the runner start processes beside gRPC's threads, which would report each fork on standard error.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")

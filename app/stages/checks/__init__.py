"""The cloud checks: each file has one question to Google that can be answered before a build is paid for."""

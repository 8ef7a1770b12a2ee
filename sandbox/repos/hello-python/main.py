"""Says hello, and which revision says it."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html>
<title>Hello</title>
<h1>Hello from {revision}</h1>
<p>Change this line, commit and push: the next revision says it.</p>
"""


class Hello(BaseHTTPRequestHandler):
    def do_GET(self):
        body = PAGE.format(revision=os.environ.get("K_REVISION", "my own machine")).encode()
        self.send_response(200)
        self.send_header("content-type", "text/html; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    port = int(os.environ.get("PORT", "8080"))
    print(f"listening on port {port}", flush=True)
    ThreadingHTTPServer(("0.0.0.0", port), Hello).serve_forever()

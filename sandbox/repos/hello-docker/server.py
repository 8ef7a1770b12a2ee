"""Says what the first stage of the Dockerfile has written."""

import os
from http.server import BaseHTTPRequestHandler, HTTPServer

with open(os.environ["GREETING_FILE"]) as file:
    GREETING = file.read()


class Greeter(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(GREETING.encode())


HTTPServer(("0.0.0.0", int(os.environ["PORT"])), Greeter).serve_forever()

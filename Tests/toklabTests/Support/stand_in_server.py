"""A stand-in for llama-server: /v1/models, /props and /completion with n_probs, over a rule.

stand_in_server.py TOKENS TOP [LIMIT] prints its port, goes on in the background, and ends when nobody has asked for
20 seconds.
"""
import http.server
import json
import math
import os
import sys

size, top = int(sys.argv[1]), int(sys.argv[2])
limit = int(sys.argv[3]) if len(sys.argv) > 3 else 512


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def send(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        if self.path == "/v1/models":
            self.send(200, {"data": [{"id": "rule", "meta": {"n_vocab": size}}]})
        elif self.path == "/props":
            self.send(200, {"default_generation_settings": {"n_ctx": limit}})
        else:
            self.send(404, {"error": {"message": "not found"}})

    def do_POST(self):
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        context = question["prompt"]
        if len(context) > limit:
            self.send(400, {"error": {"message": "the request exceeds the available context size"}})
            return
        state = 1
        for id in context:
            state = (state * 31 + id + 7) % 10007
        row = [((state * (id + 3)) % 97) / 16 for id in range(size)]
        total = math.log(sum(math.exp(x) for x in row))
        best = sorted(range(size), key=lambda id: (-row[id], id))[: min(top, question["n_probs"])]
        listed = [{"id": id, "token": "?", "logprob": row[id] - total} for id in best]
        self.send(200, {"content": "?", "completion_probabilities": [{"id": best[0], "top_logprobs": listed}]})


class Server(http.server.HTTPServer):
    timeout = 20

    def handle_timeout(self):
        os._exit(0)


server = Server(("127.0.0.1", 0), Handler)
print(server.server_port)
sys.stdout.flush()
if os.fork():
    os._exit(0)
null = os.open(os.devnull, os.O_RDWR)
for descriptor in (0, 1, 2):
    os.dup2(null, descriptor)
while True:
    server.handle_request()

"""Plays a client of the agent, in a workshop: what runs here is what the AOT cache makes fast.

Started with the agent's port and the path of its host's line; ends non-zero when an answer is not the one the protocol promises.
"""

import base64
import http.client
import json
import socket
import struct
import sys

HOST = "127.0.0.1"
PORT = int(sys.argv[1])
HOST_LINE = sys.argv[2]
ROUNDS = 40
ANSWER_SECONDS_MAX = 30
USER = {"Authorization": "Basic " + base64.b64encode(b"user:").decode()}
ROOT = {"Authorization": "Basic " + base64.b64encode(b"root:").decode()}


def call(method, path, body=None, headers=None, expect=(200, 204)):
    connection = http.client.HTTPConnection(HOST, PORT, timeout=ANSWER_SECONDS_MAX)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        content = answer.read()
    finally:
        connection.close()
    if answer.status not in expect:
        sys.exit(f"train: {method} {path} gave {answer.status}: {content[:200]!r}")
    return content


def unary(name, request, expect=(200,), user=USER):
    content = call("POST", name, json.dumps(request), {"Content-Type": "application/json", **user}, expect)
    return json.loads(content or b"{}")


def stream(name, payload, kind, user=USER):
    """One server-streaming call; gives the payloads of its messages, checks its end."""
    envelope = struct.pack(">BI", 0, len(payload)) + payload
    content = call("POST", name, envelope, {"Content-Type": "application/connect+" + kind, **user})
    messages, at = [], 0
    while at < len(content):
        flags, size = struct.unpack_from(">BI", content, at)
        messages.append((flags, content[at + 5 : at + 5 + size]))
        at += 5 + size
    if not messages or messages[-1][0] != 2 or "error" in json.loads(messages[-1][1]):
        sys.exit(f"train: {name} did not end well: {messages[-1:]!r}")
    return [message for flags, message in messages if flags == 0]


def run_json(command, user=USER):
    request = {"process": {"cmd": "/bin/bash", "args": ["-l", "-c", command]}, "stdin": False}
    events = [json.loads(m)["event"] for m in stream("/process.Process/Start", json.dumps(request).encode(), "json", user)]
    out = b"".join(base64.b64decode(e["data"]["stdout"]) for e in events if "stdout" in e.get("data", {}))
    return out, events[-1]["end"]


def field(number, value):
    """A length-delimited protobuf field shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(value)]) + value


def run_proto(command):
    config = field(1, b"/bin/bash") + b"".join(field(2, a) for a in (b"-l", b"-c", command))
    if not any(b"hello" in m for m in stream("/process.Process/Start", field(1, config), "proto")):
        sys.exit("train: no output in the binary stream")


def files():
    home = "/home/user/train"
    query = "/files?username=user&path=" + home
    boundary = "lelantos"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{home}/a.txt"\r\n'
        f"Content-Type: application/octet-stream\r\n\r\nhello\r\n--{boundary}--\r\n"
    ).encode()
    call("POST", query + "/a.txt", body, {"Content-Type": "multipart/form-data; boundary=" + boundary})
    call("POST", query + "/b.txt", b"x" * 300_000, {"Content-Type": "application/octet-stream"})
    if call("GET", query + "/a.txt") != b"hello":
        sys.exit("train: the file read back differs")
    call("GET", query + "/b.txt", headers={"Range": "bytes=0-9"}, expect=(206,))
    call("GET", query + "/none", expect=(404,))
    unary("/filesystem.Filesystem/MakeDir", {"path": home + "/d"}, (200, 409))
    if not unary("/filesystem.Filesystem/ListDir", {"path": home, "depth": 1})["entries"]:
        sys.exit("train: an empty listing")
    unary("/filesystem.Filesystem/Stat", {"path": home + "/a.txt"})
    unary("/filesystem.Filesystem/Stat", {"path": home + "/none"}, (404,))
    unary("/filesystem.Filesystem/Move", {"source": home + "/a.txt", "destination": home + "/c.txt"})
    watcher = unary("/filesystem.Filesystem/CreateWatcher", {"path": home})["watcherId"]
    unary("/filesystem.Filesystem/GetWatcherEvents", {"watcherId": watcher})
    unary("/filesystem.Filesystem/RemoveWatcher", {"watcherId": watcher})
    unary("/filesystem.Filesystem/Remove", {"path": home + "/c.txt"})


def processes():
    out, end = run_json("echo hello; exit 3")
    if out != b"hello\n" or end.get("exitCode") != 3:
        sys.exit(f"train: echo gave {out!r} and {end!r}")
    run_json("id", ROOT)
    run_json("head -c 200000 /dev/zero | tr '\\0' x")
    run_proto(b"echo hello")
    unary("/process.Process/List", {})


def introduce(identity):
    """What a sandbox's host says first."""
    with socket.socket(socket.AF_UNIX) as line:
        line.settimeout(ANSWER_SECONDS_MAX)
        line.connect(HOST_LINE)
        line.sendall(json.dumps(identity).encode() + b"\n")
        answer = line.makefile().readline()
    if not answer.startswith("204"):
        sys.exit(f"train: the host's line answered {answer!r}")


def main():
    init = {"envVars": {"TRAINED": "yes"}, "defaultUser": "user", "sandboxId": "train", "templateId": "train"}
    call("POST", "/init", json.dumps(init), {"Content-Type": "application/json"})
    for _ in range(ROUNDS):
        introduce(init)
        call("GET", "/health")
        call("GET", "/metrics")
        call("GET", "/envs")
        processes()
        files()


main()

"""One small program per public method of the Python SDK, for the blocking and the asyncio flavour alike. Each gets `t`:
the flavour's classes, a way to call them, and sandboxes that end with the program. What it does not refuse, works."""

import asyncio
import os
import tempfile
import urllib.request

PROGRAMS = {"e2b": {}, "e2b_code_interpreter": {}}
AUTHOR = {"author_name": "Ada", "author_email": "ada@example.test"}


def program(*rows, package="e2b"):
    def register(body):
        for row in rows:
            PROGRAMS[package][row] = body
        return body

    return register


def with_sandbox(*rows, package="e2b"):
    def register(body):
        async def run(t):
            await body(await t.sandbox(), t)

        for row in rows:
            PROGRAMS[package][row] = run
        return body

    return register


def same(expected, got):
    assert expected == got, f"expected {expected!r}, got {got!r}"


# Lifecycle


@program("Sandbox.beta_create")
async def _(t):
    made = t.own(await t.call(t.Sandbox.beta_create, auto_pause=True, timeout=60))
    same("hi\n", (await t.call(made.commands.run, "echo hi")).stdout)


@program("Sandbox.create")
async def _(t):
    made = await t.sandbox(metadata={"made": "here"}, envs={"WHAT": "this"}, timeout=60)
    same("this\n", (await t.call(made.commands.run, "echo $WHAT")).stdout)


@with_sandbox("Sandbox.connect")
async def _(s, t):
    again = await t.call(t.Sandbox.connect, s.sandbox_id)
    same("hi\n", (await t.call(again.commands.run, "echo hi")).stdout)


@with_sandbox("Sandbox.list", "pages.next_items")
async def _(s, t):
    pages = t.Sandbox.list()
    found = pages if isinstance(pages, list) else await t.call(pages.next_items)
    assert s.sandbox_id in [one.sandbox_id for one in found]


@with_sandbox("Sandbox.get_info")
async def _(s, t):
    same(s.sandbox_id, (await t.call(t.Sandbox.get_info, s.sandbox_id)).sandbox_id)


@with_sandbox("sandbox.get_info")
async def _(s, t):
    same(s.sandbox_id, (await t.call(s.get_info)).sandbox_id)


@with_sandbox("Sandbox.kill")
async def _(s, t):
    same(True, await t.call(t.Sandbox.kill, s.sandbox_id))
    same(False, await t.call(t.Sandbox.kill, s.sandbox_id))


@with_sandbox("sandbox.kill")
async def _(s, t):
    same(True, await t.call(s.kill))


@with_sandbox("Sandbox.set_timeout")
async def _(s, t):
    await t.call(t.Sandbox.set_timeout, s.sandbox_id, 30)


@with_sandbox("sandbox.set_timeout")
async def _(s, t):
    await t.call(s.set_timeout, 30)


async def paused_and_back(s, t, pause):
    await t.call(s.files.write, "kept", "kept")
    await t.call(*pause)
    same(False, await t.call(s.is_running))
    again = await t.call(t.Sandbox.connect, s.sandbox_id)
    same("kept", await t.call(again.files.read, "kept"))


@with_sandbox("Sandbox.pause")
async def _(s, t):
    await paused_and_back(s, t, (t.Sandbox.pause, s.sandbox_id))


@with_sandbox("sandbox.pause")
async def _(s, t):
    await paused_and_back(s, t, (s.pause,))


@with_sandbox("Sandbox.beta_pause")
async def _(s, t):
    await paused_and_back(s, t, (t.Sandbox.beta_pause, s.sandbox_id))


@with_sandbox("sandbox.beta_pause")
async def _(s, t):
    await paused_and_back(s, t, (s.beta_pause,))


@with_sandbox("sandbox.connect")
async def _(s, t):
    await t.call(s.pause)
    await t.call(s.connect)
    same(True, await t.call(s.is_running))


@with_sandbox("sandbox.is_running")
async def _(s, t):
    same(True, await t.call(s.is_running))
    await t.call(s.kill)
    same(False, await t.call(s.is_running))


@with_sandbox("Sandbox.get_metrics")
async def _(s, t):
    assert (await t.until(t.Sandbox.get_metrics, s.sandbox_id))[0].cpu_count > 0


@with_sandbox("sandbox.get_metrics")
async def _(s, t):
    assert (await t.until(s.get_metrics))[0].mem_total > 0


@with_sandbox("sandbox.get_host")
async def _(s, t):
    assert s.get_host(3000).startswith(f"3000-{s.sandbox_id}")


@with_sandbox("sandbox.download_url")
async def _(s, t):
    await t.call(s.files.write, "linked", "by link")
    link = s.download_url("linked", use_signature_expiration=60)
    same(b"by link", await asyncio.to_thread(lambda: urllib.request.urlopen(link, timeout=20).read()))


@with_sandbox("sandbox.upload_url")
async def _(s, t):
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\nby link\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    request = urllib.request.Request(s.upload_url("linked"), body, headers)
    await asyncio.to_thread(lambda: urllib.request.urlopen(request, timeout=20).read())
    same("by link", await t.call(s.files.read, "linked"))


@with_sandbox("Sandbox.update_network")
async def _(s, t):
    await t.call(t.Sandbox.update_network, s.sandbox_id, {"deny_out": ["8.8.8.8"]})


@with_sandbox("sandbox.update_network")
async def _(s, t):
    await t.call(s.update_network, {"deny_out": ["8.8.8.8"]})


@with_sandbox("Sandbox.fork")
async def _(s, t):
    t.own((await t.call(t.Sandbox.fork, s.sandbox_id))[0])


@with_sandbox("sandbox.fork")
async def _(s, t):
    t.own((await t.call(s.fork))[0])


@with_sandbox("Sandbox.create_snapshot")
async def _(s, t):
    assert (await t.call(t.Sandbox.create_snapshot, s.sandbox_id)).snapshot_id


@with_sandbox("sandbox.create_snapshot")
async def _(s, t):
    assert (await t.call(s.create_snapshot)).snapshot_id


@program("Sandbox.list_snapshots", "snapshot_pages.next_items")
async def _(t):
    assert isinstance(await t.call(t.Sandbox.list_snapshots().next_items), list)


@with_sandbox("sandbox.list_snapshots")
async def _(s, t):
    same([], await t.call(s.list_snapshots().next_items))


@program("Sandbox.delete_snapshot")
async def _(t):
    same(False, await t.call(t.Sandbox.delete_snapshot, "no-such-snapshot"))


@with_sandbox("sandbox.get_mcp_url")
async def _(s, t):
    assert s.get_mcp_url().endswith("/mcp")


@program("sandbox.get_mcp_token")
async def _(t):
    assert await t.call((await t.sandbox(mcp={"exa": {"apiKey": "x"}})).get_mcp_token)


# Commands and terminals


async def background(s, t, command, **options):
    return await t.call(s.commands.run, command, background=True, **options)


@with_sandbox("commands.run")
async def _(s, t):
    same("x\n/tmp\n", (await t.call(s.commands.run, "echo $X; pwd", envs={"X": "x"}, cwd="/tmp")).stdout)
    try:
        await t.call(s.commands.run, "exit 3")
    except t.e2b.CommandExitException as failed:
        same(3, failed.exit_code)
    else:
        raise AssertionError("exit 3 was no error")


@with_sandbox("commands.list")
async def _(s, t):
    handle = await background(s, t, "sleep 60")
    same([handle.pid], [one.pid for one in await t.call(s.commands.list)])


@with_sandbox("commands.kill")
async def _(s, t):
    handle = await background(s, t, "sleep 60")
    same(True, await t.call(s.commands.kill, handle.pid))
    same(False, await t.call(s.commands.kill, 999_999))


@with_sandbox("commands.connect")
async def _(s, t):
    first = await background(s, t, "read x; echo got $x", **t.stdin)
    second = await t.call(s.commands.connect, first.pid)
    await t.call(s.commands.send_stdin, first.pid, "it\n")
    same("got it\n", (await t.call(second.wait)).stdout)


@with_sandbox("commands.send_stdin")
async def _(s, t):
    handle = await background(s, t, "read x; echo got $x", **t.stdin)
    await t.call(s.commands.send_stdin, handle.pid, "it\n")
    same("got it\n", (await t.call(handle.wait)).stdout)


@with_sandbox("commands.close_stdin")
async def _(s, t):
    handle = await background(s, t, "cat", **t.stdin)
    await t.call(s.commands.close_stdin, handle.pid)
    same(0, (await t.call(handle.wait)).exit_code)


async def streamed(s, t, commands):
    handle = await background(s, t, "read x; echo got $x", **t.stdin)
    if t.is_async:
        stream = await t.call(commands.stream_input, handle.pid)
        await stream.send("it\n")
        await stream.close()
    else:
        await t.call(commands.stream_input, handle.pid, iter(["it\n"]))
    same("got it\n", (await t.call(handle.wait)).stdout)


@with_sandbox("commands.stream_input", "input.send", "input.close")
async def _(s, t):
    await streamed(s, t, s.commands)


@with_sandbox("handle.wait")
async def _(s, t):
    same("out\n", (await t.call((await background(s, t, "echo out")).wait)).stdout)


@with_sandbox("handle.kill")
async def _(s, t):
    same(True, await t.call((await background(s, t, "sleep 60")).kill))


@with_sandbox("handle.disconnect")
async def _(s, t):
    await t.call((await background(s, t, "sleep 60")).disconnect)
    same(1, len(await t.call(s.commands.list)))


@with_sandbox("handle.send_stdin")
async def _(s, t):
    handle = await background(s, t, "read x; echo got $x", **t.stdin)
    await t.call(handle.send_stdin, "it\n")
    same("got it\n", (await t.call(handle.wait)).stdout)


@with_sandbox("handle.close_stdin")
async def _(s, t):
    handle = await background(s, t, "cat", **t.stdin)
    await t.call(handle.close_stdin)
    same(0, (await t.call(handle.wait)).exit_code)


async def terminal(s, t, pid=None):
    """A terminal (new, or the one at `pid`) and all it says until it ends."""
    said = []
    method, first = (s.pty.create, t.e2b.PtySize(cols=80, rows=24)) if pid is None else (s.pty.connect, pid)
    if t.is_async:
        handle = await method(first, on_data=said.append, timeout=0)
        return handle, lambda: finished(handle.wait(), said)
    handle = await t.call(method, first, timeout=0)
    return handle, lambda: finished(asyncio.to_thread(handle.wait, on_pty=said.append), said)


async def finished(ended, said):
    same(0, (await ended).exit_code)
    return b"".join(bytes(piece) for piece in said).decode()


async def typed(s, t, handle, text):
    await t.call(s.pty.send_stdin, handle.pid, text.encode())


@with_sandbox("pty.create", "pty.send_stdin")
async def _(s, t):
    handle, end = await terminal(s, t)
    await typed(s, t, handle, "stty size; exit\n")
    assert "24 80" in await end()


@with_sandbox("pty.resize")
async def _(s, t):
    handle, end = await terminal(s, t)
    await t.call(s.pty.resize, handle.pid, t.e2b.PtySize(cols=100, rows=30))
    await typed(s, t, handle, "stty size; exit\n")
    assert "30 100" in await end()


@with_sandbox("pty.kill")
async def _(s, t):
    handle, _ = await terminal(s, t)
    same(True, await t.call(s.pty.kill, handle.pid))


@with_sandbox("pty.connect")
async def _(s, t):
    first, _ = await terminal(s, t)
    await t.call(first.disconnect)
    second, end = await terminal(s, t, first.pid)
    await typed(s, t, second, "echo $((6*7)); exit\n")
    assert "42" in await end()


@with_sandbox("pty.stream_input")
async def _(s, t):
    handle, end = await terminal(s, t)
    if t.is_async:
        stream = await t.call(s.pty.stream_input, handle.pid)
        await stream.send(b"echo $((6*7)); exit\n")
        await stream.close()
    else:
        await t.call(s.pty.stream_input, handle.pid, iter([b"echo $((6*7)); exit\n"]))
    assert "42" in await end()


# Files


@with_sandbox("files.write")
async def _(s, t):
    await t.call(s.files.write, "a/b.txt", "text")
    same("text", await t.call(s.files.read, "a/b.txt"))


@with_sandbox("files.write_files")
async def _(s, t):
    written = await t.call(s.files.write_files, [{"path": "one", "data": "1"}, {"path": "two", "data": b"2"}])
    same(["/home/user/one", "/home/user/two"], [file.path for file in written])


@with_sandbox("files.read")
async def _(s, t):
    await t.call(s.files.write, "x", "é")
    same("é", await t.call(s.files.read, "x"))
    same("é".encode(), bytes(await t.call(s.files.read, "x", format="bytes")))
    stream = await t.call(s.files.read, "x", format="stream")
    pieces = [piece async for piece in stream] if t.is_async else await asyncio.to_thread(list, stream)
    same("é".encode(), b"".join(pieces))


@with_sandbox("files.list")
async def _(s, t):
    await t.call(s.commands.run, "mkdir -p d/e; touch d/f")
    same(["e", "f"], sorted(entry.name for entry in await t.call(s.files.list, "d")))


@with_sandbox("files.make_dir")
async def _(s, t):
    same(True, await t.call(s.files.make_dir, "new/dir"))
    same(False, await t.call(s.files.make_dir, "new/dir"))


@with_sandbox("files.rename")
async def _(s, t):
    await t.call(s.files.write, "old", "x")
    same("/home/user/new", (await t.call(s.files.rename, "old", "new")).path)


@with_sandbox("files.remove")
async def _(s, t):
    await t.call(s.files.write, "x", "x")
    await t.call(s.files.remove, "x")
    same(False, await t.call(s.files.exists, "x"))


@with_sandbox("files.exists")
async def _(s, t):
    same(True, await t.call(s.files.exists, "/etc/passwd"))


@with_sandbox("files.get_info")
async def _(s, t):
    same("root", (await t.call(s.files.get_info, "/etc/passwd")).owner)


@with_sandbox("files.watch_dir", "watch.get_new_events", "watch.stop")
async def _(s, t):
    if not t.is_async:
        watch = await t.call(s.files.watch_dir, "/tmp")
        await t.call(s.files.write, "/tmp/seen", "x")
        assert "seen" in [event.name for event in await t.call(watch.get_new_events)]
    else:
        heard = asyncio.Event()
        watch = await s.files.watch_dir("/tmp", lambda event: event.name == "seen" and heard.set(), timeout=0)
        await s.files.write("/tmp/seen", "x")
        await heard.wait()
    await t.call(watch.stop)


# Git


async def repository(s, t):
    await t.call(s.git.init, "/tmp/repo", initial_branch="main")
    await t.call(s.files.write, "/tmp/repo/README", "first\n")
    await t.call(s.git.add, "/tmp/repo")
    await t.call(s.git.commit, "/tmp/repo", "first", **AUTHOR)
    return "/tmp/repo"


async def with_origin(s, t, push=True):
    path = await repository(s, t)
    await t.call(s.git.init, "/tmp/served.git", bare=True, initial_branch="main")
    await t.call(s.git.remote_add, path, "origin", "/tmp/served.git")
    if push:
        await t.call(s.git.push, path, remote="origin", branch="main", set_upstream=True)
    return path


@with_sandbox("git.init", "git.add", "git.commit", "git.status")
async def _(s, t):
    status = await t.call(s.git.status, await repository(s, t))
    same(("main", True), (status.current_branch, status.is_clean))


@with_sandbox("git.create_branch", "git.checkout_branch", "git.delete_branch", "git.branches")
async def _(s, t):
    path = await repository(s, t)
    await t.call(s.git.create_branch, path, "other")
    same("other", (await t.call(s.git.branches, path)).current_branch)
    await t.call(s.git.checkout_branch, path, "main")
    await t.call(s.git.delete_branch, path, "other", force=True)
    same(["main"], (await t.call(s.git.branches, path)).branches)


@with_sandbox("git.reset")
async def _(s, t):
    path = await repository(s, t)
    await t.call(s.files.write, f"{path}/README", "second\n")
    await t.call(s.git.reset, path, mode="hard")
    same("first\n", await t.call(s.files.read, f"{path}/README"))


@with_sandbox("git.restore")
async def _(s, t):
    path = await repository(s, t)
    await t.call(s.files.write, f"{path}/README", "second\n")
    await t.call(s.git.restore, path, paths=["README"])
    same("first\n", await t.call(s.files.read, f"{path}/README"))


@with_sandbox("git.set_config", "git.get_config")
async def _(s, t):
    await t.call(s.git.set_config, "core.editor", "true")
    same("true", await t.call(s.git.get_config, "core.editor"))


@with_sandbox("git.configure_user")
async def _(s, t):
    await t.call(s.git.configure_user, "Ada", "ada@example.test")
    same("Ada", await t.call(s.git.get_config, "user.name"))


@with_sandbox("git.dangerously_authenticate")
async def _(s, t):
    await t.call(s.git.dangerously_authenticate, "ada", "pw", host="code.example.test")
    assert "ada:pw@code.example.test" in await t.call(s.files.read, ".git-credentials")


@with_sandbox("git.remote_add", "git.remote_get")
async def _(s, t):
    same("/tmp/served.git", await t.call(s.git.remote_get, await with_origin(s, t, push=False), "origin"))


@with_sandbox("git.push")
async def _(s, t):
    same("origin/main", (await t.call(s.git.status, await with_origin(s, t))).upstream)


@with_sandbox("git.clone")
async def _(s, t):
    await with_origin(s, t)
    await t.call(s.git.clone, "/tmp/served.git", path="/tmp/theirs", branch="main")
    same("first\n", await t.call(s.files.read, "/tmp/theirs/README"))


@with_sandbox("git.pull")
async def _(s, t):
    same(0, (await t.call(s.git.pull, await with_origin(s, t))).exit_code)


# Templates: a builder is right when the template it made says so; nothing of it needs a server.


def builds(row, expected, make):
    async def run(t):
        made = await t.call(t.Template.to_json, make(t.Template()))
        assert expected in made, f"{expected} is not in {made}"

    PROGRAMS["e2b"][row] = run


AWS = {"access_key_id": "a", "secret_access_key": "b", "region": "eu"}
for _row, _expected, _make in (
    ("from_image", "alpine:3", lambda x: x.from_image("alpine:3")),
    ("from_template", "base", lambda x: x.from_template("base")),
    ("from_base_image", "e2bdev/base", lambda x: x.from_base_image()),
    ("from_debian_image", "debian:", lambda x: x.from_debian_image()),
    ("from_ubuntu_image", "ubuntu:", lambda x: x.from_ubuntu_image()),
    ("from_fedora_image", "fedora:", lambda x: x.from_fedora_image()),
    ("from_alpine_image", "alpine:", lambda x: x.from_alpine_image()),
    ("from_arch_image", "arch", lambda x: x.from_arch_image()),
    ("from_python_image", "python:", lambda x: x.from_python_image()),
    ("from_node_image", "node:", lambda x: x.from_node_image()),
    ("from_bun_image", "bun:", lambda x: x.from_bun_image()),
    ("from_dockerfile", "debian:12", lambda x: x.from_dockerfile("FROM debian:12\nRUN true")),
    ("from_aws_registry", "aws", lambda x: x.from_aws_registry("x.ecr/y:1", **AWS)),
    ("from_gcp_registry", "gcp", lambda x: x.from_gcp_registry("gcr/y:1", {})),
    ("skip_cache", '"force": true', lambda x: x.skip_cache().from_base_image().run_cmd("true")),
):
    builds(f"template.{_row}", _expected, _make)
for _row, _expected, _make in (
    ("copy", "COPY", lambda x: x.copy("programs.py", "/tmp/")),
    ("copy_items", "COPY", lambda x: x.copy_items([{"src": "programs.py", "dest": "/tmp/"}])),
    ("remove", "rm", lambda x: x.remove("/tmp/x")),
    ("rename", "mv", lambda x: x.rename("/tmp/x", "/tmp/y")),
    ("make_dir", "mkdir", lambda x: x.make_dir("/tmp/x")),
    ("make_symlink", "ln", lambda x: x.make_symlink("/tmp/x", "/tmp/y")),
    ("run_cmd", "echo run", lambda x: x.run_cmd("echo run")),
    ("set_workdir", "WORKDIR", lambda x: x.set_workdir("/tmp")),
    ("set_user", "USER", lambda x: x.set_user("root")),
    ("pip_install", "pip install", lambda x: x.pip_install("six")),
    ("npm_install", "npm install", lambda x: x.npm_install("ms")),
    ("bun_install", "bun install", lambda x: x.bun_install("ms")),
    ("apt_install", "apt-get", lambda x: x.apt_install("jq")),
    ("git_clone", "git clone", lambda x: x.git_clone("https://code.example.test/x.git")),
    ("set_start_cmd", "start-me", lambda x: x.set_start_cmd("start-me", "ready")),
    ("set_ready_cmd", "ready-when", lambda x: x.set_ready_cmd("ready-when")),
    ("set_envs", "ENV", lambda x: x.set_envs({"A": "b"})),
    ("skip_cache", '"force": true', lambda x: x.skip_cache().run_cmd("true")),
):
    builds(f"builder.{_row}", _expected, lambda x, make=_make: make(x.from_base_image()))
for _row, _make in (
    ("add_mcp_server", lambda x: x.from_template("mcp-gateway").add_mcp_server("exa")),
    ("beta_dev_container_prebuild", lambda x: x.from_template("devcontainer").beta_dev_container_prebuild("/x")),
    ("beta_set_dev_container_start", lambda x: x.from_template("devcontainer").beta_set_dev_container_start("/x")),
):
    builds(f"builder.{_row}", "mcp" if "mcp" in _row else "devcontainer", _make)
builds("Template.to_json", "debian:", lambda x: x.from_debian_image())


@program("Template.to_dockerfile")
async def _(t):
    made = await t.call(t.Template.to_dockerfile, t.Template().from_debian_image())
    assert made.startswith("FROM debian"), made


async def building(t):
    return await t.call(t.Template.build, t.Template().from_template("base").run_cmd("true"), "compat-template")


@program("Template.build")
async def _(t):
    assert (await building(t)).template_id


@program("Template.build_in_background")
async def _(t):
    made = t.Template().from_template("base")
    assert (await t.call(t.Template.build_in_background, made, "compat-template")).build_id


@program("Template.get_build_status")
async def _(t):
    info = await t.call(t.Template.build_in_background, t.Template().from_template("base"), "compat-template")
    assert (await t.call(t.Template.get_build_status, info)).status


@program("Template.exists")
async def _(t):
    same(True, await t.call(t.Template.exists, "base"))
    same(False, await t.call(t.Template.exists, "no-such-template"))


@program("Template.alias_exists")
async def _(t):
    same(True, await t.call(t.Template.alias_exists, "base"))


@program("Template.assign_tags", "Template.remove_tags")
async def _(t):
    await building(t)
    await t.call(t.Template.assign_tags, "compat-template", "tagged")
    await t.call(t.Template.remove_tags, "compat-template", "tagged")


@program("Template.get_tags")
async def _(t):
    assert isinstance(await t.call(t.Template.get_tags, "base"), list)


# Volumes and secrets


def unique(prefix):
    return prefix + os.path.basename(tempfile.mktemp()).replace("_", "x").lower()


def with_volume(*rows):
    def register(body):
        async def run(t):
            volume = await t.call(t.Volume.create, unique("compat-"))
            t.later(lambda: t.call(t.Volume.destroy, volume.volume_id))
            await body(volume, t)

        for row in rows:
            PROGRAMS["e2b"][row] = run
        return body

    return register


@with_volume("Volume.create", "Volume.connect")
async def _(v, t):
    same(v.name, (await t.call(t.Volume.connect, v.volume_id)).name)


@with_volume("Volume.destroy")
async def _(v, t):
    same(True, await t.call(t.Volume.destroy, v.volume_id))


@with_volume("volume.write_file", "volume.read_file")
async def _(v, t):
    await t.call(v.write_file, "/x", "x")
    same("x", await t.call(v.read_file, "/x"))


@with_volume("volume.list")
async def _(v, t):
    same([], await t.call(v.list, "/"))


@with_volume("volume.make_dir", "volume.get_info", "volume.update_metadata", "volume.exists", "volume.remove")
async def _(v, t):
    await t.call(v.make_dir, "/d")
    same("d", (await t.call(v.get_info, "/d")).name)
    await t.call(v.update_metadata, "/d", mode=0o700)
    same(True, await t.call(v.exists, "/d"))
    await t.call(v.remove, "/d")


@program("Secret.create", "Secret.update", "Secret.get_info", "Secret.exists", "Secret.list", "secret_pages.next_items")
async def _(t):
    made = await t.call(t.Secret.create, unique("COMPAT").upper(), "value")
    t.later(lambda: t.call(t.Secret.destroy, made.name))
    await t.call(t.Secret.update, made.name, "other")
    same(made.name, (await t.call(t.Secret.get_info, made.name)).name)
    same(True, await t.call(t.Secret.exists, made.name))
    assert await t.call(t.Secret.list().next_items)


@program("Secret.destroy")
async def _(t):
    made = await t.call(t.Secret.create, unique("COMPAT").upper(), "value")
    same(True, await t.call(t.Secret.destroy, made.name))


@program("Secret.fill")
async def _(t):
    assert "NAME" in t.Secret.fill("NAME")


@program("Secret.iam_token")
async def _(t):
    assert t.Secret.iam_token(audience="x", token_type="JWT-SVID")


# Code interpreter

INTERPRETER = "e2b_code_interpreter"


@with_sandbox("sandbox.run_code", package=INTERPRETER)
async def _(s, t):
    same("1", (await t.call(s.run_code, "x=1; x")).text)


@with_sandbox("sandbox.create_code_context", "sandbox.list_code_contexts", package=INTERPRETER)
async def _(s, t):
    made = await t.call(s.create_code_context)
    assert made.id in [one.id for one in await t.call(s.list_code_contexts)]


@with_sandbox("sandbox.restart_code_context", "sandbox.remove_code_context", package=INTERPRETER)
async def _(s, t):
    made = await t.call(s.create_code_context)
    await t.call(s.restart_code_context, made)
    await t.call(s.remove_code_context, made)

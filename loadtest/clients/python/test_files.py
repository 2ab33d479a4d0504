"""Everything of `files`, signed links and metrics."""

import asyncio
import datetime
import io
import json
import os
import unittest
import urllib.error
import urllib.request
import uuid

from e2b import (
    FileNotFoundException,
    FilesystemEventType,
    FileType,
    InvalidArgumentException,
    SandboxException,
)

from support import Async, EveryMethod, Sync, WithSandbox


class Files(EveryMethod, WithSandbox):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.files = self.recorded(self.sandbox.files)

    async def read(self, path, **options):
        return await self.call(self.files.read, path, **options)

    async def write(self, path, data, **options):
        return await self.call(self.files.write, path, data, **options)

    async def test_read_and_write_in_every_format(self):
        written = await self.write("notes/today.txt", "hello é")
        self.assertEqual(("/home/user/notes/today.txt", "today.txt"), (written.path, written.name))
        self.assertEqual("hello é", await self.read("notes/today.txt"))
        self.assertEqual("hello é", await self.read("/home/user/notes/today.txt"))
        self.assertEqual("user:user:644\n", await self.out("stat -c %U:%G:%a notes/today.txt"))
        bytes_ = os.urandom(300_001)
        await self.write("blob.bin", bytes_)
        self.assertEqual(bytes_, bytes(await self.read("blob.bin", format="bytes")))
        self.assertEqual(bytes_, await self.streamed("blob.bin"))
        await self.write("io.bin", io.BytesIO(bytes_))
        self.assertEqual("same\n", await self.out("cmp blob.bin io.bin && echo same"))
        await self.write("octet.bin", bytes_, use_octet_stream=True)
        await self.write("packed.bin", bytes_, gzip=True)
        self.assertEqual("same\n", await self.out("cmp blob.bin octet.bin && cmp blob.bin packed.bin && echo same"))
        self.assertEqual("hello é", await self.read("notes/today.txt", gzip=True))
        await self.write("shrinks", "a long content")
        await self.write("shrinks", "short")
        self.assertEqual("short", await self.read("shrinks"))

    async def test_an_empty_file_is_empty_in_every_format(self):
        await self.write("empty", "")
        self.assertEqual("", await self.read("empty"))
        self.assertEqual(b"", bytes(await self.read("empty", format="bytes")))
        self.assertEqual(b"", await self.streamed("empty"))

    async def test_many_at_once_keep_their_order(self):
        wanted = [{"path": f"many/{i % 3}/file-{i}.txt", "data": f"content {i}"} for i in range(12)]
        written = await self.call(self.files.write_files, wanted)
        self.assertEqual([f"/home/user/{file['path']}" for file in wanted], [file.path for file in written])
        for file in wanted:
            self.assertEqual(file["data"], await self.read(file["path"]))
        await asyncio.gather(*(self.write(f"crowd/deep/{i}", "x") for i in range(12)))
        self.assertEqual("12\n", await self.out("cat crowd/deep/* | wc -c"))

    async def test_as_another_user(self):
        self.assertEqual("/root/mine", (await self.write("mine", "r", user="root")).path)
        self.assertEqual("r", await self.read("mine", user="root"))
        self.assertEqual("root\n", await self.out("stat -c %U /root/mine", user="root"))

    async def test_what_is_not_there_is_not_found(self):
        for form in ("text", "bytes", "stream"):
            await self.refused(FileNotFoundException, self.files.read, "/no/such/file", format=form)
        await self.refused(InvalidArgumentException, self.files.read, "/tmp")
        await self.refused(FileNotFoundException, self.files.list, "/no/such/folder")
        await self.refused(FileNotFoundException, self.files.get_info, "/no/such/file")
        await self.refused(FileNotFoundException, self.files.rename, "/no/such/file", "/tmp/x")

    async def test_folders_and_entries(self):
        self.assertTrue(await self.call(self.files.make_dir, "tree/a/inner"))
        self.assertFalse(await self.call(self.files.make_dir, "tree/a/inner"))
        await self.shell("mkdir tree/b; touch tree/a/one tree/a/inner/two tree/top")
        expected = {1: "a b top", 2: "a a/inner a/one b top", 3: "a a/inner a/inner/two a/one b top"}
        for depth, names in expected.items():
            entries = await self.call(self.files.list, "tree", depth=depth)
            self.assertEqual(names.split(), [entry.path.removeprefix("/home/user/tree/") for entry in entries])
        await self.refused(InvalidArgumentException, self.files.list, "tree", depth=0)

        await self.write("info.txt", "12345")
        info = await self.call(self.files.get_info, "info.txt")
        self.assertEqual(("info.txt", "/home/user/info.txt", FileType.FILE), (info.name, info.path, info.type))
        self.assertEqual((5, 0o644, "-rw-r--r--"), (info.size, info.mode, info.permissions))
        self.assertEqual(("user", "user"), (info.owner, info.group))
        age = abs(datetime.datetime.now(datetime.timezone.utc).timestamp() - info.modified_time.timestamp())
        self.assertLess(age, 60)
        await self.shell("ln -s info.txt link")
        self.assertEqual("/home/user/info.txt", (await self.call(self.files.get_info, "link")).symlink_target)

        moved = await self.call(self.files.rename, "info.txt", "elsewhere/after.txt")
        self.assertEqual("/home/user/elsewhere/after.txt", moved.path)
        self.assertFalse(await self.call(self.files.exists, "info.txt"))
        self.assertTrue(await self.call(self.files.exists, "elsewhere/after.txt"))
        await self.call(self.files.remove, "elsewhere")
        await self.call(self.files.remove, "elsewhere")
        self.assertFalse(await self.call(self.files.exists, "elsewhere"))

    async def test_metadata_travels_with_the_file(self):
        metadata = {"author": "ada", "purpose": "a test, no more"}
        for octets in (False, True):
            path = f"meta-{octets}"
            written = await self.write(path, "x", metadata=metadata, use_octet_stream=octets)
            self.assertEqual(metadata, written.metadata)
            self.assertEqual(metadata, (await self.call(self.files.get_info, path)).metadata)
            listed = {entry.name: entry for entry in await self.call(self.files.list, ".")}
            self.assertEqual(metadata, listed[path].metadata)
            self.assertEqual(metadata, (await self.call(self.files.rename, path, path + ".moved")).metadata)
            await self.write(path + ".moved", "y")
            self.assertFalse((await self.call(self.files.get_info, path + ".moved")).metadata)
        await self.refused(InvalidArgumentException, self.files.write, "big", "x", metadata={"big": "x" * 5000})

    async def test_signed_links_open_by_a_plain_request(self):
        await self.write("linked.txt", "through a link")
        both = {"user": "user", "use_signature_expiration": 120}
        for options in ({}, {"use_signature_expiration": 120}, {"user": "user"}, both):
            link = self.sandbox.download_url("linked.txt", **options)
            self.assertEqual((200, b"through a link"), await fetch(link))
            link = self.sandbox.upload_url("uploaded.txt", **options)
            status, body = await fetch(link, *multipart("ignored.txt", b"by link"))
            self.assertEqual(200, status, body)
            expected = [{"name": "uploaded.txt", "path": "/home/user/uploaded.txt", "type": "file"}]
            self.assertEqual(expected, json.loads(body))
            self.assertEqual("by link", await self.read("uploaded.txt"))
        ended = self.sandbox.download_url("linked.txt", use_signature_expiration=-10)
        status, body = await fetch(ended, headers=self.identity())
        self.assertEqual((401, {"code": 401, "message": "signature is already expired"}), (status, json.loads(body)))
        tampered = self.sandbox.download_url("linked.txt").replace("linked.txt", "other.txt")
        status, body = await fetch(tampered, headers=self.identity())
        self.assertEqual((401, {"code": 401, "message": "invalid signature"}), (status, json.loads(body)))

    def identity(self):
        return {"E2b-Sandbox-Id": self.sandbox.sandbox_id, "E2b-Sandbox-Port": "49983"}

    async def test_metrics_show_this_sandbox_at_work(self):
        points = await self.until("a first metric", 30, lambda: self.call(self.sandbox.get_metrics))
        last = points[-1]
        for field in ("cpu_count", "cpu_used_pct", "mem_used", "mem_total", "disk_used", "disk_total"):
            self.assertGreater(getattr(last, field), 0, field)
        now = datetime.datetime.now(datetime.timezone.utc)
        hour = datetime.timedelta(hours=1)
        self.assertEqual([], await self.call(self.sandbox.get_metrics, start=now - 2 * hour, end=now - hour))


def multipart(name, content):
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return body, {"Content-Type": f"multipart/form-data; boundary={boundary}"}


async def fetch(url, body=None, headers=None):
    def ask():
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, headers or {}), timeout=30) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as refusal:
            return refusal.code, refusal.read()

    return await asyncio.to_thread(ask)


class SyncFilesTest(Sync, Files, unittest.IsolatedAsyncioTestCase):
    async def streamed(self, path):
        return await asyncio.to_thread(lambda: b"".join(self.files.read(path, format="stream")))

    async def test_watch_dir_by_asking(self):
        await self.call(self.files.make_dir, "watched/sub")
        for recursive, name in ((False, "new.txt"), (True, "sub/new.txt")):
            watcher = await self.call(self.files.watch_dir, "watched", recursive=recursive, include_entry=True)
            self.assertEqual([], await self.call(watcher.get_new_events))
            await self.write(f"watched/{name}", "x")
            events = await self.call(watcher.get_new_events)
            kinds = [FilesystemEventType.CREATE, FilesystemEventType.CHMOD, FilesystemEventType.WRITE]
            self.assertEqual([(kind, name) for kind in kinds], [(event.type, event.name) for event in events])
            self.assertEqual(f"/home/user/watched/{name}", events[-1].entry.path)
            await self.call(watcher.stop)
            await self.refused(SandboxException, watcher.get_new_events)
        watcher = await self.call(self.files.watch_dir, "watched", recursive=True)
        await self.call(self.files.make_dir, "watched/late/inner")
        await self.write("watched/late/inner/file", "x")
        seen = {(event.type, event.name) for event in await self.call(watcher.get_new_events)}
        self.assertLessEqual(
            {
                (FilesystemEventType.CREATE, "late"),
                (FilesystemEventType.CREATE, "late/inner"),
                (FilesystemEventType.WRITE, "late/inner/file"),
            },
            seen,
        )
        await self.call(watcher.stop)
        await self.refused(FileNotFoundException, self.files.watch_dir, "/no/such/folder")
        await self.refused(SandboxException, self.files.watch_dir, "/etc/passwd")


class AsyncFilesTest(Async, Files, unittest.IsolatedAsyncioTestCase):
    async def streamed(self, path):
        return b"".join([piece async for piece in await self.files.read(path, format="stream")])

    async def test_watch_dir_by_callback(self):
        await self.files.make_dir("watched")
        events, written = [], asyncio.Event()

        def heard(event):
            events.append(event)
            if (event.type, event.name) == (FilesystemEventType.WRITE, "late/inner/file"):
                written.set()

        watcher = await self.files.watch_dir("watched", heard, timeout=0, recursive=True, include_entry=True)
        await self.files.write("watched/first", "x")
        await self.files.make_dir("watched/late/inner")
        await self.files.write("watched/late/inner/file", "x")
        async with asyncio.timeout(20):
            await written.wait()
        creates = [event.name for event in events if event.type == FilesystemEventType.CREATE]
        self.assertEqual(["first", "late", "late/inner", "late/inner/file"], creates)
        writes = [event for event in events if event.type == FilesystemEventType.WRITE]
        self.assertEqual("/home/user/watched/late/inner/file", writes[-1].entry.path)
        await watcher.stop()
        await self.refused(FileNotFoundException, self.files.watch_dir, "/no/such/folder", heard)
        await self.refused(SandboxException, self.files.watch_dir, "/etc/passwd", heard)


if __name__ == "__main__":
    unittest.main()

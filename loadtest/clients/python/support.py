"""What every suite of this folder needs: one way to call both SDKs, and waits that end with a signal.

The rules are written once, as coroutines; `Sync` runs them with the blocking SDK (each call on a thread, so that two
calls may be under way as in a threaded program) and `Async` with the asyncio one.
"""

import asyncio
import inspect
import os
import time
import urllib.parse

import e2b


class Sync:
    """The blocking SDK."""

    Sandbox = e2b.Sandbox

    async def call(self, function, *arguments, **options):
        return await asyncio.to_thread(function, *arguments, **options)

    async def wait(self, handle, **callbacks):
        return await asyncio.to_thread(handle.wait, **callbacks)


class Async:
    """The asyncio SDK."""

    Sandbox = e2b.AsyncSandbox

    async def call(self, function, *arguments, **options):
        answer = function(*arguments, **options)
        return await answer if inspect.isawaitable(answer) else answer

    async def wait(self, handle):
        return await handle.wait()


class WithSandbox:
    """A sandbox of its own for every test, ended whatever happens."""

    ENVS = {}

    async def asyncSetUp(self):
        self.made = []
        self.sandbox = await self.create(envs=self.ENVS)

    async def asyncTearDown(self):
        for sandbox in self.made:
            await self.call(sandbox.kill)

    async def create(self, *arguments, **options):
        options.setdefault("timeout", 120)
        sandbox = await self.call(self.Sandbox.create, *arguments, **options)
        self.made.append(sandbox)
        return sandbox

    async def shell(self, command, **options):
        return await self.call(self.sandbox.commands.run, command, **options)

    async def out(self, command, **options):
        return (await self.shell(command, **options)).stdout

    async def refused(self, kind, function, *arguments, **options):
        """The error of `kind` that the call must end with."""
        with self.assertRaises(kind) as caught:
            await self.call(function, *arguments, **options)
        return caught.exception

    async def until(self, what, seconds, ask):
        """Asks again until `ask` gives something true: for facts that nobody announces."""
        end = time.monotonic() + seconds
        while True:
            answer = await ask()
            if answer:
                return answer
            self.assertLess(time.monotonic(), end, f"{what}: not within {seconds} s")
            await asyncio.sleep(0.1)


class EveryMethod:
    """A suite whose tests call every public method of what it records, at least once between them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.known, cls.called = set(), set()

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        uncalled = sorted(cls.known - cls.called)
        if uncalled or not cls.known:
            raise AssertionError(f"no test calls {uncalled} of {sorted(cls.known)}")

    def recorded(self, target):
        methods = inspect.getmembers(type(target), callable)
        type(self).known |= {name for name, _ in methods if not name.startswith("_")}
        return Recorded(target, type(self).called)


class Recorded:
    """An object, and the names of what was asked of it."""

    def __init__(self, target, asked):
        self._target, self._asked = target, asked

    def __getattr__(self, name):
        self._asked.add(name)
        return getattr(self._target, name)


class Collected:
    """Output that grows by callbacks from any thread, and waits for a piece of it."""

    def __init__(self):
        self.loop = asyncio.get_running_loop()
        self.text = ""
        self.grown = asyncio.Event()

    def add(self, piece):
        text = piece if isinstance(piece, str) else bytes(piece).decode(errors="replace")
        self.loop.call_soon_threadsafe(self._append, text)

    def _append(self, text):
        self.text += text
        self.grown.set()

    async def until(self, expected, seconds=20):
        try:
            async with asyncio.timeout(seconds):
                while expected not in self.text:
                    self.grown.clear()
                    await self.grown.wait()
        except TimeoutError:
            raise AssertionError(f"no {expected!r} within {seconds} s; so far {self.text[-500:]!r}") from None
        return self.text


class Relay:
    """One more way to the gateway, that a test can cut."""

    async def __aenter__(self):
        self.gateway = urllib.parse.urlsplit(os.environ["E2B_SANDBOX_URL"])
        self.open, self.asked = set(), b""
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:%d" % self.server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.cut()
        self.server.close()

    def cut(self):
        """Breaks off what is under way; what comes afterwards passes, and is what was asked."""
        for writer in self.open:
            writer.transport.abort()
        self.open.clear()
        self.asked = b""

    async def _serve(self, reader, writer):
        answers, questions = await asyncio.open_connection(self.gateway.hostname, self.gateway.port)
        self.open |= {writer, questions}
        await asyncio.gather(self._copy(reader, questions, True), self._copy(answers, writer, False))

    async def _copy(self, reader, writer, asking):
        try:
            while piece := await reader.read(65536):
                self.asked += piece if asking else b""
                writer.write(piece)
                await writer.drain()
        except OSError:
            pass  # cut
        finally:
            writer.close()

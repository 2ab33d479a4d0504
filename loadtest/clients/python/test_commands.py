"""Everything of `commands` and `pty`."""

import asyncio
import unittest

from e2b import (
    CommandExitException,
    InvalidArgumentException,
    NotFoundException,
    PtySize,
    TimeoutException,
)

from support import Async, Collected, Relay, Sync, WithSandbox

NOBODY = 999_999


class Commands(WithSandbox):
    ENVS = {"COLOUR": "green", "SHAPE": "round"}

    async def background(self, command, **options):
        return await self.call(self.sandbox.commands.run, command, background=True, **options)

    async def ended(self, handle):
        """How a command that must fail did."""
        with self.assertRaises(CommandExitException) as caught:
            await self.wait(handle)
        return caught.exception

    async def test_output_is_exactly_what_was_written(self):
        self.assertEqual("hello\n", await self.out("echo hello"))
        self.assertEqual("!@#$%^&*()_+", await self.out("printf '%s' '!@#$%^&*()_+'"))
        both = await self.shell("printf 'a\\nb\\n\\nc'; echo to-err >&2")
        self.assertEqual(("a\nb\n\nc", "to-err\n"), (both.stdout, both.stderr))
        self.assertEqual(" " * 8191 + "é", await self.out("printf '%8191s' ''; printf 'é'"))
        self.assertEqual(" " * 8191 + "\ufffd", await self.out("printf '%8191s' ''; printf '\\xe2'"))
        numbers = await self.out("seq 1 300000")
        self.assertEqual(1_988_895, len(numbers))

    async def test_callbacks_come_in_order(self):
        outs, errs = [], []
        result = await self.shell(
            "for i in $(seq 300); do echo out $i; echo err $i >&2; done", on_stdout=outs.append, on_stderr=errs.append
        )
        for name, pieces, whole in (("out", outs, result.stdout), ("err", errs, result.stderr)):
            numbered = "".join(f"{name} {i}\n" for i in range(1, 301))
            self.assertEqual(numbered, "".join(pieces))
            self.assertEqual(numbered, whole)

    async def test_a_failing_command_is_an_error_with_its_reason(self):
        run = self.sandbox.commands.run
        failed = await self.refused(CommandExitException, run, "echo partial; echo why >&2; exit 42")
        self.assertEqual((42, "partial\n", "why\n"), (failed.exit_code, failed.stdout, failed.stderr))
        self.assertEqual("exit status 42", failed.error)
        self.assertEqual(127, (await self.refused(CommandExitException, run, "no-such-program-here")).exit_code)
        killed = await self.refused(CommandExitException, run, "kill -KILL $$")
        self.assertEqual((-1, "signal: killed"), (killed.exit_code, killed.error))
        self.assertEqual(137, (await self.refused(CommandExitException, run, "exit 137")).exit_code)

    async def test_user_directory_and_environment(self):
        self.assertEqual("user\n/home/user\n", await self.out("whoami; pwd"))
        self.assertEqual("root\n/root\n", await self.out("whoami; echo $HOME", user="root"))
        self.assertEqual("root\n", await self.out("sudo whoami"))
        self.assertEqual("/tmp\n", await self.out("pwd", cwd="/tmp"))
        await self.shell("mkdir -p ~/work")
        self.assertEqual("/home/user/work\n", await self.out("pwd", cwd="~/work"))
        missing = await self.refused(InvalidArgumentException, self.sandbox.commands.run, "pwd", cwd="/no/such/place")
        self.assertIn("cwd '/no/such/place' does not exist", str(missing))
        self.assertEqual("green round\n", await self.out("echo $COLOUR $SHAPE"))
        self.assertEqual("red round x\n", await self.out("echo $COLOUR $SHAPE $E", envs={"COLOUR": "red", "E": "x"}))
        self.assertEqual("green []\n", await self.out("echo $COLOUR [$E]"))
        self.assertEqual(f"true {self.sandbox.sandbox_id}\n", await self.out("echo $E2B_SANDBOX $E2B_SANDBOX_ID"))

    async def test_timeout_ends_the_command_only(self):
        await self.refused(TimeoutException, self.sandbox.commands.run, "sleep 60", timeout=0.7)
        background = await self.background("sleep 60", timeout=0.7)
        with self.assertRaises(TimeoutException):
            await self.wait(background)
        self.assertTrue(await self.call(self.sandbox.is_running))

    async def test_background_commands_are_listed_until_killed(self):
        first = await self.background("sleep 61")
        second = await self.background("sleep 62", cwd="/tmp", envs={"WHO": "second"})
        listed = {process.pid: process for process in await self.call(self.sandbox.commands.list)}
        self.assertEqual({first.pid, second.pid}, listed.keys())
        found = listed[second.pid]
        self.assertEqual(("/bin/bash", ["-l", "-c", "sleep 62"]), (found.cmd, list(found.args)))
        self.assertEqual(("/tmp", {"WHO": "second"}), (found.cwd, dict(found.envs)))
        self.assertTrue(await self.call(self.sandbox.commands.kill, first.pid))
        self.assertTrue(await self.call(second.kill))
        self.assertEqual([], await self.call(self.sandbox.commands.list))
        await self.refused(CommandExitException, self.sandbox.commands.run, f"kill -0 {first.pid}", user="root")
        self.assertEqual("signal: killed", (await self.ended(first)).error)
        self.assertFalse(await self.call(self.sandbox.commands.kill, first.pid))
        self.assertFalse(await self.call(self.sandbox.commands.kill, NOBODY))

    async def test_connect_attaches_a_second_reader_and_the_first_may_leave(self):
        await self.shell("mkfifo /tmp/gate")
        first = await self.background("read x </tmp/gate; echo after $x; exit 5")
        second = await self.call(self.sandbox.commands.connect, first.pid)
        self.assertEqual(first.pid, second.pid)
        await self.call(first.disconnect)
        await self.shell("echo gate > /tmp/gate")
        ended = await self.ended(second)
        self.assertEqual((5, "after gate\n"), (ended.exit_code, ended.stdout))
        await self.refused(NotFoundException, self.sandbox.commands.connect, NOBODY)

    async def test_an_ended_command_still_tells_how_it_ended(self):
        handle = await self.background("exit 7")
        self.assertEqual(7, (await self.ended(handle)).exit_code)
        late = await self.call(self.sandbox.commands.connect, handle.pid)
        self.assertEqual(7, (await self.ended(late)).exit_code)

    async def test_stdin_takes_text_and_bytes_until_it_is_closed(self):
        cat = await self.background("cat", stdin=True)
        await self.call(cat.send_stdin, "first line\n")
        await self.call(self.sandbox.commands.send_stdin, cat.pid, "")
        await self.call(self.sandbox.commands.send_stdin, cat.pid, "bytes: é\n".encode())
        await self.call(self.sandbox.commands.close_stdin, cat.pid)
        result = await self.wait(cat)
        self.assertEqual((0, "first line\nbytes: é\n"), (result.exit_code, result.stdout))
        await self.refused(NotFoundException, self.sandbox.commands.send_stdin, cat.pid, "late")

        other = await self.background("wc -c", stdin=True)
        for _ in range(8):
            await self.call(other.send_stdin, b"x" * 65536)
        await self.call(other.close_stdin)
        self.assertEqual(str(8 * 65536), (await self.wait(other)).stdout.strip())
        ended = await self.refused(CommandExitException, self.sandbox.commands.run, "read name", stdin=False)
        self.assertEqual(1, ended.exit_code)

    async def test_a_command_whose_sandbox_is_killed_says_so(self):
        heard = Collected()
        running = asyncio.create_task(
            self.call(self.sandbox.commands.run, "echo started; sleep 60", on_stdout=heard.add)
        )
        await heard.until("started")
        self.assertTrue(await self.call(self.sandbox.kill))
        with self.assertRaises(TimeoutException) as ended:
            async with asyncio.timeout(20):
                await running
        self.assertIn("killed or reached its end of life", str(ended.exception))

    async def test_a_connection_that_breaks_off_says_nothing_of_the_sandbox_which_lives(self):
        async with Relay() as relay:
            relayed = await self.call(self.Sandbox.connect, self.sandbox.sandbox_id, sandbox_url=relay.url)
            heard = Collected()
            running = asyncio.create_task(
                self.call(relayed.commands.run, "echo started; sleep 60", on_stdout=heard.add)
            )
            await heard.until("started")
            relay.cut()
            with self.assertRaises(Exception) as ended:
                async with asyncio.timeout(20):
                    await running
            self.assertNotIsInstance(ended.exception, TimeoutError, "it ended by itself")
            self.assertIn(b"GET /health ", relay.asked)
            self.assertNotIn("killed or reached its end of life", str(ended.exception))
            self.assertTrue(await self.call(relayed.is_running))


class Terminal:
    """The rules of a terminal; `open` is the flavour's own, as the two SDKs hear a terminal differently."""

    async def type(self, handle, text):
        await self.call(self.sandbox.pty.send_stdin, handle.pid, text.encode())

    async def test_pty_is_a_terminal(self):
        async with self.open(envs={"FRUIT": "fig"}, cwd="/tmp", user="root") as (handle, screen, ended):
            await self.type(handle, 'echo "[$FRUIT:$(whoami):$(pwd):$TERM]"; stty size\n')
            await screen.until("[fig:root:/tmp:xterm-256color]")
            await screen.until("24 80")
            self.assertIn('echo "[$FRUIT', screen.text)
            await self.call(self.sandbox.pty.resize, handle.pid, PtySize(cols=100, rows=30))
            await self.type(handle, "echo size-$(stty size); tput cols\n")
            await screen.until("size-30 100")
            await self.type(handle, "exit 9\n")
            with self.assertRaises(CommandExitException) as failed:
                await ended()
            self.assertEqual(9, failed.exception.exit_code)

    async def test_pty_exit_without_a_number_ends_well(self):
        async with self.open() as (handle, _, ended):
            await self.type(handle, "exit\n")
            self.assertEqual(0, (await ended()).exit_code)

    async def test_pty_kill_ends_it_at_once(self):
        async with self.open() as (handle, _, ended):
            self.assertTrue(await self.call(self.sandbox.pty.kill, handle.pid))
            with self.assertRaises(CommandExitException) as killed:
                await ended()
            self.assertEqual("signal: killed", killed.exception.error)
            self.assertFalse(await self.call(self.sandbox.pty.kill, NOBODY))

    async def test_pty_survives_its_client(self):
        # Nobody listens to the first: a blocking client cannot leave while one of its threads reads.
        first = await self.alone()
        await self.type(first, "KEPT=alive\n")
        await self.call(first.disconnect)
        async with self.reopen(first.pid) as (second, again, ended):
            self.assertEqual(first.pid, second.pid)
            await self.type(second, "echo still-$KEPT\n")
            await again.until("still-alive")
            await self.type(second, "exit 4\n")
            with self.assertRaises(CommandExitException) as failed:
                await ended()
            self.assertEqual(4, failed.exception.exit_code)


class Opened:
    """A terminal with somebody listening to it."""

    def __init__(self, start, listen):
        self.start, self.listen = start, listen

    async def __aenter__(self):
        screen = Collected()
        handle = await self.start(screen)
        self.listening = asyncio.create_task(self.listen(handle, screen))

        async def ended():
            async with asyncio.timeout(20):
                return await asyncio.shield(self.listening)

        return handle, screen, ended

    async def __aexit__(self, *_):
        self.listening.cancel()
        await asyncio.gather(self.listening, return_exceptions=True)


class SyncCommandsTest(Sync, Terminal, Commands, unittest.IsolatedAsyncioTestCase):
    async def alone(self):
        return await self.call(self.sandbox.pty.create, PtySize(cols=80, rows=24), timeout=0)

    def open(self, **options):
        size = PtySize(cols=80, rows=24)
        return Opened(
            lambda screen: self.call(self.sandbox.pty.create, size, timeout=0, **options),
            lambda handle, screen: self.wait(handle, on_pty=screen.add),
        )

    def reopen(self, pid):
        return Opened(
            lambda screen: self.call(self.sandbox.pty.connect, pid, timeout=0),
            lambda handle, screen: self.wait(handle, on_pty=screen.add),
        )


class AsyncCommandsTest(Async, Terminal, Commands, unittest.IsolatedAsyncioTestCase):
    async def alone(self):
        return await self.sandbox.pty.create(PtySize(cols=80, rows=24), on_data=lambda data: None, timeout=0)

    def open(self, **options):
        size = PtySize(cols=80, rows=24)
        return Opened(
            lambda screen: self.sandbox.pty.create(size, on_data=screen.add, timeout=0, **options),
            lambda handle, screen: handle.wait(),
        )

    def reopen(self, pid):
        return Opened(
            lambda screen: self.sandbox.pty.connect(pid, on_data=screen.add, timeout=0),
            lambda handle, screen: handle.wait(),
        )

    async def test_stream_input_feeds_a_command(self):
        cat = await self.background("cat", stdin=True)
        stream = await self.call(self.sandbox.commands.stream_input, cat.pid)
        await stream.send("one\n")
        await stream.send(b"two\n")
        await stream.close()
        await self.call(self.sandbox.commands.close_stdin, cat.pid)
        self.assertEqual("one\ntwo\n", (await self.wait(cat)).stdout)


if __name__ == "__main__":
    unittest.main()

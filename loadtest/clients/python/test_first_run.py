"""The first minute with the SDK: create, run, stream, kill, with nothing set but the lines of `./lelantos env`."""

import asyncio
import unittest

from e2b import CommandExitException

from support import Async, Collected, Sync


class FirstRun:
    async def test_create_run_stream_line_by_line_kill(self):
        sandbox = await self.call(self.Sandbox.create)
        try:
            self.assertRegex(sandbox.sandbox_id, r"^i[a-z0-9]+$")
            self.assertTrue(await self.call(sandbox.is_running))
            await self.a_command_answers(sandbox)
            await self.lines_arrive_while_it_runs(sandbox)
        finally:
            self.assertTrue(await self.call(sandbox.kill))
        self.assertFalse(await self.call(sandbox.is_running))
        self.assertFalse(await self.call(self.Sandbox.kill, sandbox.sandbox_id))

    async def a_command_answers(self, sandbox):
        with self.assertRaises(CommandExitException) as failed:
            await self.call(sandbox.commands.run, "echo hi; exit 3")
        self.assertEqual(("hi\n", "", 3), (failed.exception.stdout, failed.exception.stderr, failed.exception.exit_code))
        fine = await self.call(sandbox.commands.run, "echo hi")
        self.assertEqual(("hi\n", 0), (fine.stdout, fine.exit_code))

    async def lines_arrive_while_it_runs(self, sandbox):
        # The command waits on a fifo after each line; only what on_stdout saw lets the test write to it.
        await self.call(sandbox.commands.run, "mkfifo /tmp/go")
        heard = Collected()
        running = asyncio.create_task(
            self.call(
                sandbox.commands.run,
                "exec 3<>/tmp/go; echo one; read x <&3; echo two; read x <&3; echo three",
                on_stdout=heard.add,
            )
        )
        for expected in ("one\n", "one\ntwo\n"):
            await heard.until(expected)
            self.assertEqual(expected, heard.text)
            await self.call(sandbox.commands.run, "echo go > /tmp/go")
        self.assertEqual("one\ntwo\nthree\n", (await running).stdout)


class SyncFirstRunTest(Sync, FirstRun, unittest.IsolatedAsyncioTestCase):
    pass


class AsyncFirstRunTest(Async, FirstRun, unittest.IsolatedAsyncioTestCase):
    pass


if __name__ == "__main__":
    unittest.main()

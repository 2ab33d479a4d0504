"""Every lifecycle method: create, connect, list, get_info, is_running, set_timeout, kill, pause, resume, get_metrics."""

import asyncio
import datetime
import unittest
import uuid

from e2b import AuthenticationException, SandboxException, SandboxNotFoundException, SandboxQuery, SandboxState

from support import Async, Sync, WithSandbox

UNKNOWN = "i00000000000000000000"


def left(info):
    return (info.end_at - datetime.datetime.now(datetime.timezone.utc)).total_seconds()


class Lifecycle(WithSandbox):
    async def info(self):
        return await self.call(self.sandbox.get_info)

    async def all(self, **options):
        pages, found = self.Sandbox.list(**options), []
        while pages.has_next:
            found += await self.call(pages.next_items)
        return [info.sandbox_id for info in found]

    async def test_what_was_asked_for_is_what_is_told(self):
        metadata = {"a b": "c=d&é", "k": uuid.uuid4().hex}
        sandbox = await self.create(timeout=90, metadata=metadata, allow_internet_access=True)
        info = await self.call(sandbox.get_info)
        self.assertEqual(sandbox.sandbox_id, info.sandbox_id)
        self.assertEqual(("base", "base", metadata), (info.template_id, info.name, info.metadata))
        self.assertEqual(SandboxState.RUNNING, info.state)
        self.assertGreaterEqual(info.memory_mb, 128)
        self.assertRegex(info.envd_version, r"^\d+\.\d+\.\d+$")
        self.assertAlmostEqual(90, (info.end_at - info.started_at).total_seconds(), delta=2)
        self.assertEqual([sandbox.sandbox_id], await self.all(query=SandboxQuery(metadata=metadata)))

    async def test_refusals(self):
        missing = await self.refused(SandboxException, self.Sandbox.create, f"no-such-{uuid.uuid4().hex}")
        self.assertIn("not found", str(missing))
        await self.refused(AuthenticationException, self.Sandbox.create, api_key="e2b_" + "0" * 40)
        await self.refused(SandboxNotFoundException, self.Sandbox.connect, UNKNOWN)
        await self.refused(SandboxNotFoundException, self.Sandbox.get_info, UNKNOWN)
        await self.refused(SandboxNotFoundException, self.Sandbox.set_timeout, UNKNOWN, 10)
        await self.refused(SandboxNotFoundException, self.Sandbox.pause, UNKNOWN)
        self.assertFalse(await self.call(self.Sandbox.kill, UNKNOWN))
        self.assertEqual([], await self.call(self.Sandbox.get_metrics, UNKNOWN))
        await self.refused(SandboxException, self.Sandbox.list(limit=101).next_items)

    async def test_list_pages_filters_and_order(self):
        group = uuid.uuid4().hex
        three = [(await self.create(metadata={"group": group, "i": str(i)})).sandbox_id for i in range(3)]

        def query(**more):
            return SandboxQuery(metadata={"group": group}, **more)

        pages, walked = self.Sandbox.list(query=query(), limit=1), []
        while pages.has_next:
            page = await self.call(pages.next_items)
            self.assertEqual(1, len(page))
            walked.append(page[0].sandbox_id)
        self.assertEqual(three[::-1], walked)
        self.assertIsNone(pages.next_token)
        self.assertEqual(three, await self.all(query=query(), limit=2, order="asc"))
        await self.call(self.Sandbox.pause, three[1])
        self.assertEqual([three[2], three[0]], await self.all(query=query(state=[SandboxState.RUNNING])))
        self.assertEqual([three[1]], await self.all(query=query(state=[SandboxState.PAUSED])))
        started = (await self.call(self.Sandbox.get_info, three[2])).started_at
        self.assertEqual([three[2]], await self.all(query=query(started_after=started)))
        later = started + datetime.timedelta(seconds=1)
        self.assertEqual([], await self.all(query=query(started_after=later)))
        self.assertEqual(3, len(await self.all(query=query(template="base"))))
        await self.call(self.Sandbox.kill, three[0])
        self.assertNotIn(three[0], await self.all(query=query()))

    async def test_set_timeout_shortens_lengthens_and_ends(self):
        await self.call(self.sandbox.set_timeout, 300)
        self.assertGreater(left(await self.info()), 290)
        await self.call(self.sandbox.set_timeout, 20)
        self.assertLess(left(await self.info()), 21)
        await self.call(self.Sandbox.set_timeout, self.sandbox.sandbox_id, 1)

        async def gone():
            try:
                return not await self.info()
            except SandboxNotFoundException:
                return True

        await self.until("the end", 3, gone)
        self.assertFalse(await self.call(self.sandbox.is_running))
        self.assertFalse(await self.call(self.sandbox.kill))

    async def test_pauses_at_its_end_where_asked(self):
        sandbox = await self.create(lifecycle={"on_timeout": "pause"})
        await self.call(sandbox.files.write, "kept", "kept")
        await self.call(sandbox.set_timeout, 0)

        async def paused():
            return (await self.call(sandbox.get_info)).state == SandboxState.PAUSED

        await self.until("the pause", 4, paused)
        again = await self.call(self.Sandbox.connect, sandbox.sandbox_id, timeout=60)
        self.assertEqual("kept", await self.call(again.files.read, "kept"))

    async def test_is_woken_by_traffic_where_asked(self):
        sandbox = await self.create(lifecycle={"on_timeout": "pause", "auto_resume": True})
        self.assertTrue(await self.call(sandbox.pause))
        async with asyncio.timeout(15):
            awake = await self.call(sandbox.commands.run, "echo awake")
        self.assertEqual("awake\n", awake.stdout)
        self.assertEqual(SandboxState.RUNNING, (await self.call(sandbox.get_info)).state)

    async def test_connect_only_ever_lengthens(self):
        before = (await self.info()).end_at
        same = await self.call(self.Sandbox.connect, self.sandbox.sandbox_id, timeout=10)
        self.assertEqual(before, (await self.call(same.get_info)).end_at)
        await self.call(self.sandbox.connect, timeout=500)
        self.assertGreater((await self.info()).end_at, before)

    async def test_pause_and_resume_keep_everything(self):
        sandbox = await self.create(envs={"KEPT": "yes"})
        run = sandbox.commands.run
        sleeper = await self.call(run, "sleep 600", background=True, timeout=0)
        for form in (sandbox.pause, sandbox.beta_pause):
            self.assertTrue(await self.call(form))
            self.assertFalse(await self.call(sandbox.is_running))
            self.assertFalse(await self.call(form))
            self.assertEqual(SandboxState.PAUSED, (await self.call(sandbox.get_info)).state)
            await self.call(sandbox.connect)
            self.assertTrue(await self.call(sandbox.is_running))
            self.assertEqual("yes\n", (await self.call(run, "echo $KEPT")).stdout)
        self.assertTrue(await self.call(sandbox.commands.kill, sleeper.pid))
        await self.call(sandbox.pause)
        several = await asyncio.gather(*(self.call(self.Sandbox.connect, sandbox.sandbox_id) for _ in range(5)))
        for one in several:
            self.assertTrue(await self.call(one.is_running))

    async def test_kill_ends_running_and_paused_ones_once(self):
        self.assertTrue(await self.call(self.sandbox.kill))
        self.assertFalse(await self.call(self.sandbox.kill))
        await self.refused(SandboxNotFoundException, self.sandbox.connect)
        paused = await self.create()
        await self.call(paused.pause)
        self.assertTrue(await self.call(self.Sandbox.kill, paused.sandbox_id))
        await self.refused(SandboxNotFoundException, paused.get_info)

    async def test_the_same_idempotency_key_gives_the_same_sandbox(self):
        key = uuid.uuid4().hex
        first = await self.create(idempotency_key=key)
        second = await self.create(idempotency_key=key)
        self.assertEqual(first.sandbox_id, second.sandbox_id)

    async def test_metrics_answer(self):
        points = await self.until("a metric", 30, lambda: self.call(self.Sandbox.get_metrics, self.sandbox.sandbox_id))
        self.assertGreater(points[0].mem_total, 0)


class SyncLifecycleTest(Sync, Lifecycle, unittest.IsolatedAsyncioTestCase):
    pass


class AsyncLifecycleTest(Async, Lifecycle, unittest.IsolatedAsyncioTestCase):
    pass


if __name__ == "__main__":
    unittest.main()

"""Every method of `git`, against a git daemon that runs inside the sandbox."""

import unittest

from e2b import GitUpstreamException

from support import Async, EveryMethod, Sync, WithSandbox

AUTHOR = {"author_name": "Ada", "author_email": "ada@example.test"}
URL = "git://127.0.0.1/"


class Git(EveryMethod, WithSandbox):
    async def asyncSetUp(self):
        await super().asyncSetUp()
        self.git = self.recorded(self.sandbox.git)

    async def do(self, method, *arguments, **options):
        return await self.call(getattr(self.git, method), *arguments, **options)

    async def commit_file(self, path, content, message):
        await self.call(self.sandbox.files.write, f"{path}/README", content)
        await self.do("add", path)
        await self.do("commit", path, message, **AUTHOR)

    async def repository(self, path):
        await self.do("init", path, initial_branch="main")
        await self.commit_file(path, "first\n", "first")

    async def test_a_repository_of_one(self):
        path = "/tmp/solo"
        await self.do("init", path, initial_branch="trunk")
        await self.shell("echo a > /tmp/solo/a; echo b > /tmp/solo/b")
        status = await self.do("status", path)
        self.assertEqual(("trunk", 2, False), (status.current_branch, status.untracked_count, status.is_clean))
        await self.do("add", path, files=["a"])
        status = await self.do("status", path)
        self.assertEqual((1, 1), (status.staged_count, status.untracked_count))
        await self.do("add", path)
        await self.do("commit", path, "both", **AUTHOR)
        self.assertTrue((await self.do("status", path)).is_clean)
        self.assertEqual("Ada <ada@example.test> both\n", await self.out(f"git -C {path} log -1 --format='%an <%ae> %s'"))
        await self.do("commit", path, "nothing", allow_empty=True, **AUTHOR)
        self.assertEqual("2\n", await self.out(f"git -C {path} rev-list --count HEAD"))

    async def test_branches(self):
        path = "/tmp/branchy"
        await self.repository(path)
        await self.do("create_branch", path, "feature")
        branches = await self.do("branches", path)
        self.assertEqual(("feature", {"feature", "main"}), (branches.current_branch, set(branches.branches)))
        await self.do("checkout_branch", path, "main")
        await self.do("delete_branch", path, "feature", force=True)
        self.assertEqual(["main"], (await self.do("branches", path)).branches)

    async def test_reset_and_restore(self):
        path = "/tmp/undo"
        await self.repository(path)
        await self.commit_file(path, "second\n", "second")
        await self.do("reset", path, mode="soft", target="HEAD~1")
        self.assertTrue((await self.do("status", path)).has_staged)
        await self.do("reset", path, mode="hard", target="HEAD")
        self.assertEqual("first\n", await self.call(self.sandbox.files.read, f"{path}/README"))
        await self.call(self.sandbox.files.write, f"{path}/README", "changed\n")
        await self.do("restore", path, paths=["README"])
        self.assertEqual("first\n", await self.call(self.sandbox.files.read, f"{path}/README"))
        await self.call(self.sandbox.files.write, f"{path}/README", "staged\n")
        await self.do("add", path)
        await self.do("restore", path, paths=["README"], staged=True)
        status = await self.do("status", path)
        self.assertEqual((False, 1), (status.has_staged, status.unstaged_count))

    async def test_configuration(self):
        path = "/tmp/configured"
        await self.repository(path)
        await self.do("set_config", "core.editor", "true", scope="local", path=path)
        self.assertEqual("true", await self.do("get_config", "core.editor", scope="local", path=path))
        self.assertIsNone(await self.do("get_config", "no.such-key"))
        await self.do("configure_user", "Grace", "grace@example.test")
        self.assertEqual("Grace", await self.do("get_config", "user.name"))
        await self.do("dangerously_authenticate", "ada", "s3cret", host="code.example.test")
        self.assertEqual("https://ada:s3cret@code.example.test\n", await self.out("cat ~/.git-credentials"))

    async def test_with_a_daemon(self):
        await self.shell("mkdir -p /tmp/served")
        await self.do("init", "/tmp/served/shared.git", bare=True, initial_branch="main")
        daemon = await self.call(
            self.sandbox.commands.run,
            "git daemon --reuseaddr --export-all --enable=receive-pack --listen=127.0.0.1 --base-path=/tmp/served",
            background=True,
            timeout=0,
        )
        # The kernel is asked until the daemon listens: it does not say so itself unless verbose.
        await self.shell("until [ -n \"$(ss -Htln sport = :9418)\" ]; do read -t 0.02 x </dev/zero; done", timeout=20)
        mine, theirs = "/tmp/mine", "/tmp/theirs"
        await self.repository(mine)
        self.assertIsNone(await self.do("remote_get", mine, "origin"))
        await self.do("remote_add", mine, "origin", URL + "elsewhere.git")
        await self.do("remote_add", mine, "origin", URL + "shared.git", overwrite=True)
        self.assertEqual(URL + "shared.git", await self.do("remote_get", mine, "origin"))
        await self.refused(GitUpstreamException, self.git.push, mine, set_upstream=False)
        await self.do("push", mine, remote="origin", branch="main", set_upstream=True)
        await self.do("clone", URL + "shared.git", path=theirs, branch="main", depth=1)
        await self.commit_file(mine, "second\n", "second")
        self.assertEqual(1, (await self.do("status", mine)).ahead)
        await self.do("push", mine)
        await self.do("pull", theirs)
        self.assertEqual("second\n", await self.call(self.sandbox.files.read, f"{theirs}/README"))
        self.assertEqual("origin/main", (await self.do("status", theirs)).upstream)
        await self.repository("/tmp/lonely")
        await self.do("remote_add", "/tmp/lonely", "origin", URL + "shared.git")
        await self.refused(GitUpstreamException, self.git.pull, "/tmp/lonely")
        self.assertTrue(await self.call(daemon.kill))


class SyncGitTest(Sync, Git, unittest.IsolatedAsyncioTestCase):
    pass


class AsyncGitTest(Async, Git, unittest.IsolatedAsyncioTestCase):
    pass


if __name__ == "__main__":
    unittest.main()

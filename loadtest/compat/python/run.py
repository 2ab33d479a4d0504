"""Runs the programs of one installed Python package: `python run.py <package> sync|async [row...]`. For each row one line of
JSON: {"row","state":"pass|fail|untested","why"}. A program that hangs fails after its time, and the others go on."""

import asyncio
import importlib
import inspect
import json
import os
import sys
import time

from programs import PROGRAMS

AT_ONCE = int(os.environ.get("COMPAT_AT_ONCE", "4"))
SECONDS_MAX = 40
UNTIL_SECONDS_MAX = 25


class Belongings:
    """What one program works with; what it made is ended with it, in the other order."""

    def __init__(self, package, is_async):
        self.is_async = is_async
        self.e2b = importlib.import_module(package)
        prefix = "Async" if is_async else ""
        for name in ("Sandbox", "Template", "Volume", "Secret"):
            setattr(self, name, getattr(self.e2b, prefix + name, None))
        # Older versions have no such option: there stdin was always open.
        self.stdin = {"stdin": True} if takes_stdin() else {}
        self.ends = []

    async def call(self, function, *arguments, **options):
        if not self.is_async:
            return await asyncio.to_thread(function, *arguments, **options)
        answer = function(*arguments, **options)
        return await answer if inspect.isawaitable(answer) else answer

    async def sandbox(self, **options):
        options.setdefault("timeout", 120)
        create = getattr(self.Sandbox, "create", None) or self.Sandbox
        return self.own(await self.call(create, **options))

    def own(self, sandbox):
        if isinstance(sandbox, Exception):
            raise sandbox
        self.later(lambda: self.call(sandbox.kill))
        return sandbox

    def later(self, end):
        self.ends.append(end)

    async def until(self, ask, *arguments):
        """Asks again until there is something: metrics come with time."""
        end = time.monotonic() + UNTIL_SECONDS_MAX
        while True:
            got = await self.call(ask, *arguments)
            if got:
                return got
            if time.monotonic() > end:
                raise AssertionError(f"nothing within {UNTIL_SECONDS_MAX} s")
            await asyncio.sleep(0.25)

    async def end(self):
        for end in reversed(self.ends):
            try:
                await end()
            except Exception:
                # Already gone: ending it may have been the program's own point.
                pass


def takes_stdin():
    from e2b.sandbox_sync.commands import command

    return "stdin" in inspect.signature(command.Commands.run).parameters


async def one(package, is_async, row):
    program = PROGRAMS[package].get(row)
    if program is None:
        return {"row": row, "state": "untested", "why": "no program for this row yet"}
    try:
        t = Belongings(package, is_async)
        try:
            async with asyncio.timeout(SECONDS_MAX):
                await program(t)
        finally:
            await t.end()
        return {"row": row, "state": "pass", "why": ""}
    except TimeoutError:
        return {"row": row, "state": "fail", "why": f"not done within {SECONDS_MAX} s"}
    except Exception as failure:
        return {"row": row, "state": "fail", "why": f"{type(failure).__name__}: {failure}"}


async def main(package, flavour, *rows):
    waiting = list(rows)

    async def worker():
        while waiting:
            print(json.dumps(await one(package, flavour == "async", waiting.pop(0))), flush=True)

    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
    sys.stdout.flush()
    # Threads that wait for a sandbox that is gone hold nobody up.
    os._exit(0)

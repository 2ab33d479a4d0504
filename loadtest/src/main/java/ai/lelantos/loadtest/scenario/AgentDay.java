package ai.lelantos.loadtest.scenario;

import static java.nio.charset.StandardCharsets.UTF_8;

import ai.lelantos.loadtest.drive.Platform;
import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.drive.Unexpected;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;

/// What an agent does with a sandbox in a day, in half a minute: a repository, edits, tests, a server, a pause, and
/// back.
final class AgentDay implements Scenario {

    private static final String REPOSITORY =
            "set -e; git init -q origin; cd origin; git config user.email a@b.c; git config user.name a;"
                    + " for i in $(seq 20); do echo \"def f$i(): return $i\" > m$i.py; done; git add -A; git commit -qm one;"
                    + " cd ..; git clone -q origin work; ls work | wc -l";
    private static final String TESTS = "cd work && python3 -m unittest -q 2>&1 | tail -1";
    private static final byte[] TEST_FILE =
            "import unittest, m1\nclass T(unittest.TestCase):\n    def test_one(self): self.assertEqual(m1.f1(), 1)\n"
                    .getBytes(UTF_8);

    @Override
    public String name() {
        return "day";
    }

    @Override
    public String about() {
        return "create, clone a repository from inside, edit, run tests, expose a port, pause, come back, kill";
    }

    @Override
    public void run(Bench bench) {
        for (int workers : new int[] {1, 4}) {
            bench.row(Pace.count(workers, bench.either(workers * 2, workers * 10), () -> live(bench.platform()))
                    .row(name(), "whole day", workers));
        }
    }

    /// One day; anything that does not go as an agent would need it is an exception.
    static Platform live(Platform platform) {
        Sandbox sandbox = platform.create();
        try {
            expect("20", sandbox.commands().run(REPOSITORY).stdout().strip(), "files in the clone");
            sandbox.upload("work/test_one.py", TEST_FILE);
            expect("OK", sandbox.commands().run(TESTS).stdout().strip(), "the tests' last line");
            var _ = sandbox.commands().run("cd work; nohup python3 -m http.server 8000 >/dev/null 2>&1 & sleep 0.01");
            expect("200", served(sandbox), "status of the served page");
            platform.pause(sandbox);
            platform.resume(sandbox);
            expect("200", Integer.toString(sandbox.get(8000, "/m1.py")), "status after resume");
            expect("20", sandbox.commands().run("ls origin | wc -l").stdout().strip(), "files after resume");
            return platform;
        } finally {
            platform.kill(sandbox);
        }
    }

    /// The proxy retries a port that is not yet open, but a Python interpreter may take longer than that.
    private static String served(Sandbox sandbox) {
        int status = 0;
        for (int tries = 0; tries < 5 && status != 200; tries++) {
            status = sandbox.get(8000, "/m1.py");
        }
        return Integer.toString(status);
    }

    private static void expect(String promised, String got, String what) {
        if (!promised.equals(got)) {
            throw new Unexpected(what + ": promised " + promised + ", got " + got);
        }
    }
}

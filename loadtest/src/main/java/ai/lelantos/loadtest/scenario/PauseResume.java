package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Samples;

/// Pause and resume of one sandbox; after each resume its agent must answer.
final class PauseResume implements Scenario {

    @Override
    public String name() {
        return "pause";
    }

    @Override
    public String about() {
        return "pause, resume, and the first answer after it";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, made -> {
            Sandbox sandbox = made.getFirst();
            var pauses = new Samples();
            var resumes = new Samples();
            var answers = new Samples();
            for (int i = 0; i < bench.either(20, 100); i++) {
                long begin = System.nanoTime();
                bench.platform().pause(sandbox);
                pauses.success(begin, System.nanoTime());
                begin = System.nanoTime();
                bench.platform().resume(sandbox);
                resumes.success(begin, System.nanoTime());
                if (sandbox.health() == 204) {
                    answers.success(begin, System.nanoTime());
                } else {
                    answers.failure(begin, new IllegalStateException("no answer after resume"));
                }
            }
            bench.row(pauses.row(name(), "pause", 1));
            bench.row(resumes.row(name(), "resume", 1));
            bench.row(answers.row(name(), "resume to first answer", 1));
        });
    }
}

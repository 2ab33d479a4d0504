package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;

/// A thousand streaming commands at once over fifty sandboxes; a quick run has the thousand over ten, and fewer lines.
final class ThousandStreams implements Scenario {

    private static final int STREAMS = 1_000;

    @Override
    public String name() {
        return "streams-1000";
    }

    @Override
    public String about() {
        return "a thousand concurrent streaming commands over 50 sandboxes, every 64-byte line checked";
    }

    @Override
    public void run(Bench bench) throws Exception {
        int lines = bench.either(50, 500);
        Streams.many(bench, name(), STREAMS, bench.either(10, 50), lines, Streams.lines(lines));
    }
}

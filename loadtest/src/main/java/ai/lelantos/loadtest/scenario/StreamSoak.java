package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;

/// Two hundred commands that print ten lines a second and do not end for ten minutes; memory beside it must stay flat.
final class StreamSoak implements Scenario {

    private static final int STREAMS = 200;
    private static final int LINES_A_SECOND = 10;

    @Override
    public String name() {
        return "stream-soak";
    }

    @Override
    public String about() {
        return "200 streaming commands of ten lines a second for ten minutes (10 s in a quick run), every line checked";
    }

    @Override
    public void run(Bench bench) throws Exception {
        int lines = LINES_A_SECOND * bench.either(10, 600);
        // Waits on a pipe that nobody writes to: a shell that starts no program for every line.
        String slowly = "exec 3<> <(:); for ((i = 1; i <= " + lines + "; i++)); do printf '%063d\\n' $i;"
                + " read -rt 0.1 -u 3; done; true";
        Streams.many(bench, name(), STREAMS, bench.either(4, 8), lines, slowly);
    }
}

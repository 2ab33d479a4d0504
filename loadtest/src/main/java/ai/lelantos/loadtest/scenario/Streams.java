package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Row;
import ai.lelantos.loadtest.measure.Samples;
import com.google.protobuf.ByteString;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/// Streaming output: many commands whose every line is checked, and one command that prints as fast as it can.
final class Streams implements Scenario {

    private static final int LINE_BYTES = 64;

    @Override
    public String name() {
        return "stream";
    }

    @Override
    public String about() {
        return "concurrent streaming commands with every 64-byte line checked, and one stream at full speed";
    }

    @Override
    public void run(Bench bench) throws Exception {
        int lines = bench.either(200, 2_000);
        many(bench, name(), 200, bench.either(4, 8), lines, lines(lines));
        bulk(bench, bench.either(256, 1024));
    }

    /// One command so often at once, spread over sandboxes, each of its numbered lines checked; with a row for the
    /// lines themselves.
    static void many(Bench bench, String name, int streams, int sandboxes, int lines, String command) throws Exception {
        bench.with(sandboxes, made -> {
            var next = new AtomicInteger();
            var bytes = new LongAdder();
            Samples samples = Pace.count(
                    streams, streams, () -> one(made.get(next.getAndIncrement() % made.size()), lines, command, bytes));
            samples.moved(bytes.sum());
            Row row = samples.row(name, lines + " lines of " + LINE_BYTES + " bytes", streams);
            bench.row(row);
            bench.row(row.counting("lines, each once and in order", lines));
        });
    }

    /// Prints so many numbered lines as fast as they go.
    static String lines(int count) {
        return "seq -f %063.0f 1 " + count;
    }

    private static Sandbox one(Sandbox sandbox, int lines, String command, LongAdder bytes) {
        var check = new Lines(lines);
        int exit = sandbox.commands().stream(command, check);
        if (exit != 0 || !check.whole()) {
            throw new IllegalStateException("exit " + exit + ", " + check);
        }
        bytes.add((long) lines * LINE_BYTES);
        return sandbox;
    }

    private void bulk(Bench bench, int mebibytes) throws Exception {
        bench.with(1, made -> {
            var samples = new Samples();
            long begin = System.nanoTime();
            var got = new long[1];
            int exit = made.getFirst().commands().stream(
                    "head -c " + mebibytes + "M /dev/zero", data -> got[0] += data.size());
            if (exit != 0 || got[0] != (long) mebibytes << 20) {
                samples.failure(
                        begin,
                        new IllegalStateException(
                                "promised " + mebibytes + " MiB, got " + got[0] + " bytes, exit " + exit));
            } else {
                samples.moved(got[0]);
                samples.success(begin, System.nanoTime());
            }
            bench.row(samples.row(name(), "one stream at full speed", 1));
        });
    }

    /// Checks numbered lines across any cut of the bytes: each once, in order, none missing.
    static final class Lines implements Consumer<ByteString> {

        private final int promised;
        private final StringBuilder rest = new StringBuilder();
        private int seen;
        private boolean broken;

        Lines(int promised) {
            this.promised = promised;
        }

        @Override
        public void accept(ByteString data) {
            rest.append(data.toStringUtf8());
            int from = 0;
            for (int end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n", from)) {
                broken |= end - from != LINE_BYTES - 1 || Integer.parseInt(rest, from, end, 10) != ++seen;
                from = end + 1;
            }
            rest.delete(0, from);
        }

        boolean whole() {
            return !broken && seen == promised && rest.isEmpty();
        }

        @Override
        public String toString() {
            return "promised " + promised + " lines in order, got " + seen + (broken ? " out of order" : "");
        }
    }
}

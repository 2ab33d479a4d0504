package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.drive.Sandbox;
import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;

/// Files: many small ones, and one large one up and down.
final class Files implements Scenario {

    private static final byte[] SMALL = new byte[1024];
    private static final int PIECE_BYTES = 1 << 20;

    @Override
    public String name() {
        return "files";
    }

    @Override
    public String about() {
        return "1 KiB files up and down at 1 and 50 at a time, and one large file";
    }

    @Override
    public void run(Bench bench) throws Exception {
        bench.with(1, made -> {
            Sandbox sandbox = made.getFirst();
            for (int workers : new int[] {1, 50}) {
                var next = new AtomicInteger();
                Samples up = Pace.during(workers, bench.seconds(2, 15), () -> {
                    sandbox.upload("small/" + next.getAndIncrement() % 1000 + ".txt", SMALL);
                    return sandbox;
                });
                bench.row(up.row(name(), "upload 1 KiB", workers));
                Samples down =
                        Pace.during(workers, bench.seconds(2, 15), () -> whole(sandbox, "small/0.txt", SMALL.length));
                bench.row(down.row(name(), "download 1 KiB", workers));
            }
            large(bench, sandbox, bench.either(128, 1024));
        });
    }

    private void large(Bench bench, Sandbox sandbox, int mebibytes) {
        long size = (long) mebibytes << 20;
        Samples up = Pace.count(1, 1, () -> {
            sandbox.upload(
                    "large.bin",
                    BodyPublishers.fromPublisher(BodyPublishers.ofByteArrays(() -> pieces(mebibytes)), size));
            return sandbox;
        });
        up.moved(up.failed() == 0 ? size : 0);
        bench.row(up.row(name(), "upload large", 1));
        Samples down = Pace.count(1, 1, () -> whole(sandbox, "large.bin", size));
        down.moved(down.failed() == 0 ? size : 0);
        bench.row(down.row(name(), "download large", 1));
    }

    private static java.util.Iterator<byte[]> pieces(int count) {
        byte[] piece = ByteBuffer.allocate(PIECE_BYTES).array();
        return java.util.stream.Stream.generate(() -> piece).limit(count).iterator();
    }

    private static Sandbox whole(Sandbox sandbox, String path, long promised) {
        long got = sandbox.download(path);
        if (got != promised) {
            throw new IllegalStateException("promised " + promised + " bytes, got " + got);
        }
        return sandbox;
    }
}

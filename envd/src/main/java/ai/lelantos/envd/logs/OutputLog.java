package ai.lelantos.envd.logs;

import ai.lelantos.envd.linux.NativeProcess.Stream;
import com.google.gson.JsonObject;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What commands write to their outputs, told to the sandbox's log line by line. Never in a command's way: its bytes
/// are put into a bounded queue or are counted as missing, and a thread that lives only while there is something to
/// tell does all the rest. Terminals are not told of: what they show is no text of lines.
public final class OutputLog {

    private static final Logger LOG = LoggerFactory.getLogger(OutputLog.class);

    /// What may wait to be cut into lines, and what each piece counts besides its bytes.
    private static final int WAITING_BYTES_MAX = 256 << 10;

    private static final int PIECE_BYTES = 100;

    /// Between two looks at what came, so that a busy command costs a few calls a second.
    private static final int GATHER_MILLIS = 200;

    /// How often a call is made that the host surely did not take; each wait is twice the one before.
    private static final int ATTEMPTS_MAX = 6;

    private final Supplier<String> sandboxId;
    private final Supplier<Optional<InetSocketAddress>> host;
    private final Consumer<Runnable> soon;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition resting = lock.newCondition();
    private final Budget budget = new Budget(System::nanoTime);

    // Under the lock.
    private ArrayDeque<Piece> waiting = new ArrayDeque<>();
    private int waitingBytes;
    private long missingBytes;
    private boolean telling;

    // The teller's.
    private long missingLines;
    private List<JsonObject> told = new ArrayList<>();

    /// @param sandboxId whose log it is; empty while the agent is nobody's, and nothing is told
    /// @param host where to; none where there is no such service
    /// @param soon runs a task in a moment, once; what came until then is told together
    public OutputLog(Supplier<String> sandboxId, Supplier<Optional<InetSocketAddress>> host, Consumer<Runnable> soon) {
        this.sandboxId = sandboxId;
        this.host = host;
        this.soon = soon;
    }

    /// The outputs of one process.
    public final class Source {

        private final int pid;
        private final LineCutter stdout = new LineCutter();
        private final LineCutter stderr = new LineCutter();
        private boolean gapInStdout;
        private boolean gapInStderr;
        private boolean spoke;

        private Source(int pid) {
            this.pid = pid;
        }

        /// Takes what the process wrote, at once. The array is not copied and must not change.
        public void take(Stream stream, byte[] bytes) {
            if (stream != Stream.TERMINAL && !sandboxId.get().isEmpty()) {
                offer(this, stream, bytes);
            }
        }

        private void gap(Stream stream) {
            gapInStdout |= stream == Stream.STDOUT;
            gapInStderr |= stream == Stream.STDERR;
        }

        /// Nothing more comes.
        public void end() {
            if (spoke) {
                offer(this, Stream.STDOUT, null);
            }
        }
    }

    /// A process that begins to write.
    public Source source(int pid) {
        return new Source(pid);
    }

    private void offer(Source source, Stream stream, byte @Nullable [] bytes) {
        int cost = PIECE_BYTES + (bytes == null ? 0 : bytes.length);
        lock.lock();
        try {
            if (bytes != null && waitingBytes + cost > WAITING_BYTES_MAX) {
                missingBytes += bytes.length;
                source.gap(stream);
                return;
            }
            source.spoke = true;
            boolean out = stream == Stream.STDOUT;
            waiting.add(new Piece(source, stream, bytes, out ? source.gapInStdout : source.gapInStderr));
            source.gapInStdout &= !out;
            source.gapInStderr &= out;
            waitingBytes += cost;
            if (telling) {
                return;
            }
            telling = true;
        } finally {
            lock.unlock();
        }
        soon.accept(this::begin);
    }

    private void begin() {
        try {
            Thread.ofPlatform().name("envd-logs").daemon().start(this::tell);
        } catch (OutOfMemoryError _) {
            // The sandbox has no thread left to give; its next output tries again.
            forget();
        }
    }

    private void tell() {
        try {
            for (ArrayDeque<Piece> pieces = next(); pieces != null; pieces = next()) {
                pieces.forEach(this::cut);
                send();
                rest(GATHER_MILLIS);
            }
        } catch (InterruptedException _) {
            // The agent ends, and its log with it.
        } catch (RuntimeException e) {
            LOG.error("output of commands was not told", e);
            forget();
        }
    }

    /// Lets more come, or the host recover. Nobody signals: what comes waits in the queue meanwhile.
    private void rest(long millis) throws InterruptedException {
        lock.lock();
        try {
            long left = TimeUnit.MILLISECONDS.toNanos(millis);
            while (left > 0) {
                left = resting.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    /// Counts what waits as missing, and lets the next piece have a new teller.
    private void forget() {
        lock.lock();
        try {
            missingBytes += waitingBytes;
            waiting.forEach(piece -> piece.source.gap(piece.stream));
            waiting.clear();
            waitingBytes = 0;
            telling = false;
        } finally {
            lock.unlock();
        }
    }

    /// What came meanwhile; null when nothing did, and the next piece needs a new teller.
    private @Nullable ArrayDeque<Piece> next() {
        lock.lock();
        try {
            if (waiting.isEmpty() && missingBytes == 0) {
                telling = false;
                return null;
            }
            ArrayDeque<Piece> pieces = waiting;
            waiting = new ArrayDeque<>();
            waitingBytes = 0;
            return pieces;
        } finally {
            lock.unlock();
        }
    }

    private void cut(Piece piece) {
        Source source = piece.source;
        Consumer<String> out = line -> keep("stdout", source.pid, line);
        Consumer<String> err = line -> keep("stderr", source.pid, line);
        if (piece.bytes == null) {
            source.stdout.end(out);
            source.stderr.end(err);
            return;
        }
        boolean first = piece.stream == Stream.STDOUT;
        LineCutter cutter = first ? source.stdout : source.stderr;
        if (piece.afterGap) {
            cutter.gap(first ? out : err);
        }
        cutter.cut(piece.bytes, first ? out : err);
    }

    private void keep(String stream, int pid, String line) {
        if (line.isBlank()) {
            return;
        }
        if (budget.take()) {
            told.add(Batch.line(stream, pid, line));
        } else {
            missingLines++;
        }
    }

    private void send() throws InterruptedException {
        List<JsonObject> lines = told;
        told = new ArrayList<>();
        long bytes = takeMissingBytes();
        if (missingLines > 0 || bytes > 0) {
            lines.add(Batch.notice(missingLines, bytes));
            missingLines = 0;
        }
        var batch = new Batch();
        for (JsonObject line : lines) {
            if (!batch.add(line)) {
                deliver(batch);
                batch = new Batch();
                boolean _ = batch.add(line);
            }
        }
        deliver(batch);
    }

    private long takeMissingBytes() {
        lock.lock();
        try {
            long bytes = missingBytes;
            missingBytes = 0;
            return bytes;
        } finally {
            lock.unlock();
        }
    }

    private void deliver(Batch batch) throws InterruptedException {
        Optional<InetSocketAddress> where = host.get();
        if (batch.lines() == 0 || where.isEmpty()) {
            return;
        }
        long wait = GATHER_MILLIS;
        var outcome = Delivery.Outcome.LATER;
        for (int left = ATTEMPTS_MAX; left > 0 && outcome == Delivery.Outcome.LATER; left--, wait *= 2) {
            outcome = Delivery.post(where.get(), batch.body(sandboxId.get()));
            if (outcome == Delivery.Outcome.LATER) {
                rest(wait);
            }
        }
        if (outcome != Delivery.Outcome.TAKEN) {
            missingLines += batch.lines();
        }
    }

    /// Bytes of one stream of a process, or null for the end of all.
    private static final class Piece {

        private final Source source;
        private final Stream stream;
        private final byte @Nullable [] bytes;
        private final boolean afterGap;

        private Piece(Source source, Stream stream, byte @Nullable [] bytes, boolean afterGap) {
            this.source = source;
            this.stream = stream;
            this.bytes = bytes;
            this.afterGap = afterGap;
        }
    }
}

package ai.lelantos.loadtest.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/// Latencies, failures and bytes of one measurement, from any thread.
public final class Samples {

    /// The longest latency that is told apart: ten minutes, in microseconds.
    private static final long MICROS_MAX = TimeUnit.MINUTES.toMicros(10);

    private static final int FAILURE_KINDS_MAX = 64;

    private final ConcurrentHistogram micros = new ConcurrentHistogram(MICROS_MAX, 3);
    private final Map<String, LongAdder> failures = new ConcurrentHashMap<>();
    private final LongAdder failed = new LongAdder();
    private final LongAdder bytes = new LongAdder();
    private final ConcurrentLinkedQueue<Long> endings = new ConcurrentLinkedQueue<>();
    private final AtomicLong began = new AtomicLong(Long.MAX_VALUE);
    private final AtomicLong ended = new AtomicLong(Long.MIN_VALUE);

    /// What somebody else timed, one after the other: a line of nanoseconds each.
    public static Samples printed(String nanoseconds) {
        var samples = new Samples();
        long at = System.nanoTime();
        for (String line : nanoseconds.strip().lines().toList()) {
            long end = at + Math.max(Long.parseLong(line.strip()), 1_000);
            samples.success(at, end);
            at = end;
        }
        return samples;
    }

    /// One success that was meant to start at `intended`, both by [System#nanoTime].
    public void success(long intended, long finished) {
        micros.recordValue(Math.clamp((finished - intended) / 1000, 0, MICROS_MAX));
        endings.add(finished);
        span(intended, finished);
    }

    public void failure(long intended, Throwable why) {
        long now = System.nanoTime();
        String text = why.getMessage() == null ? why.getClass().getSimpleName() : why.getMessage();
        failed.increment();
        failures.computeIfAbsent(failures.size() < FAILURE_KINDS_MAX ? text : "other failures", _ -> new LongAdder())
                .increment();
        span(intended, now);
    }

    public void moved(long count) {
        bytes.add(count);
    }

    public long failed() {
        return failed.sum();
    }

    public Row row(String scenario, String name, int concurrency) {
        double seconds = ended.get() <= began.get() ? 0 : (ended.get() - began.get()) / 1e9;
        long count = micros.getTotalCount();
        Map<String, Long> why = new TreeMap<>();
        failures.forEach((text, times) -> why.put(text, times.sum()));
        return new Row(
                scenario,
                name,
                concurrency,
                count,
                failed.sum(),
                seconds == 0 ? 0 : count / seconds,
                millis(50),
                millis(95),
                millis(99),
                micros.getMaxValue() / 1000.0,
                seconds == 0 ? 0 : bytes.sum() / seconds / 1e6,
                why,
                perSecond());
    }

    private double millis(double percentile) {
        return micros.getTotalCount() == 0 ? 0 : micros.getValueAtPercentile(percentile) / 1000.0;
    }

    private List<Integer> perSecond() {
        List<Integer> series = new ArrayList<>();
        for (long end : endings) {
            int second = (int) ((end - began.get()) / 1_000_000_000L);
            while (series.size() <= second) {
                series.add(0);
            }
            series.set(second, series.get(second) + 1);
        }
        return series;
    }

    private void span(long from, long to) {
        began.accumulateAndGet(from, Math::min);
        ended.accumulateAndGet(to, Math::max);
    }
}

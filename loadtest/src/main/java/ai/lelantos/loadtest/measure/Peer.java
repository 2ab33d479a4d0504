package ai.lelantos.loadtest.measure;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A proxy that is measured beside another: where it listens, and the processes whose time it costs.
public final class Peer implements AutoCloseable {

    private static final int START_SECONDS_MAX = 10;
    private static final int WRK_GRACE_SECONDS = 30; // beyond the time it was given
    private static final Pattern TOTAL = Pattern.compile("(\\d+) requests in ([0-9.]+)(s|m)");
    private static final Pattern LATENCY = Pattern.compile("(?m)^ +(50|99)% +([0-9.]+)(us|ms|s|m)");
    private static final Pattern BYTES = Pattern.compile("Transfer/sec: +([0-9.]+)(B|KB|MB|GB)");
    private static final Pattern FAILED = Pattern.compile("Non-2xx or 3xx responses: (\\d+)");
    private static final Map<String, Double> TO_MILLIS = Map.of("us", 0.001, "ms", 1.0, "s", 1000.0, "m", 60_000.0);
    private static final Map<String, Double> TO_MEGA = Map.of("B", 1e-6, "KB", 1e-3, "MB", 1.0, "GB", 1e3);

    /// What some seconds of requests took.
    public record Cost(
            long requests, long failed, double cpuSeconds, double p50Ms, double p99Ms, double megabytesPerSecond) {

        /// Several rounds as one: sums, and the median of what cannot be summed.
        public static Cost of(List<Cost> rounds) {
            return new Cost(
                    rounds.stream().mapToLong(Cost::requests).sum(),
                    rounds.stream().mapToLong(Cost::failed).sum(),
                    rounds.stream().mapToDouble(Cost::cpuSeconds).sum(),
                    median(rounds.stream().mapToDouble(Cost::p50Ms)),
                    median(rounds.stream().mapToDouble(Cost::p99Ms)),
                    median(rounds.stream().mapToDouble(Cost::megabytesPerSecond)));
        }

        private static double median(DoubleStream values) {
            double[] sorted = values.sorted().toArray();
            return sorted[sorted.length / 2];
        }

        /// Requests per second of processor time of the proxy.
        public double perCoreSecond() {
            return cpuSeconds == 0 ? 0 : requests / cpuSeconds;
        }
    }

    private final URI url;
    private final List<Long> pids;
    private final @Nullable Process process;

    private Peer(URI url, List<Long> pids, @Nullable Process process) {
        this.url = url;
        this.pids = pids;
        this.process = process;
    }

    /// Whoever listens there on this machine.
    public static Peer listening(URI url) throws IOException {
        return new Peer(url, List.of(Sockets.listener(url.getPort())), null);
    }

    /// An nginx of one worker before a server, new connections to it for every request as ours makes them.
    public static Peer nginx(Path folder, String address, int port) throws IOException, InterruptedException {
        return nginx(folder, """
                proxy_pass http://%s:%d; proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade;
                      proxy_set_header Connection $connection_upgrade;""".formatted(address, port));
    }

    /// An nginx of one worker as this machine's distribution ships it, that does what `location` says.
    public static Peer nginx(Path folder, String location) throws IOException, InterruptedException {
        int own;
        try (var free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            own = free.getLocalPort();
        }
        Path settings = Files.writeString(folder.resolve("nginx.conf"), """
                worker_processes 1; daemon off; pid %1$s/pid; error_log %1$s/error;
                events { worker_connections 4096; }
                http { access_log off; keepalive_requests 1000000000; client_max_body_size 0; proxy_max_temp_file_size 0;
                  proxy_request_buffering off; map $http_upgrade $connection_upgrade { default upgrade; '' close; }
                  client_body_temp_path %1$s/a; proxy_temp_path %1$s/b; fastcgi_temp_path %1$s/c;
                  uwsgi_temp_path %1$s/d; scgi_temp_path %1$s/e;
                  server { listen 127.0.0.1:%2$d backlog=1024;
                    location / { %3$s } } }
                """.formatted(folder, own, location));
        Process process = new ProcessBuilder("nginx", "-p", folder.toString(), "-c", settings.toString())
                .inheritIO()
                .start();
        long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS_MAX);
        while (!answers(own)) {
            if (process.waitFor(100, TimeUnit.MILLISECONDS) || System.nanoTime() > until) {
                process.destroy();
                throw new IOException("nginx does not start: " + folder.resolve("error"));
            }
        }
        List<Long> pids = Stream.concat(
                        Stream.of(process.pid()), process.descendants().map(ProcessHandle::pid))
                .toList();
        return new Peer(URI.create("http://127.0.0.1:" + own), pids, process);
    }

    public URI url() {
        return url;
    }

    /// Has wrk ask for some seconds.
    public Cost ask(String path, int connections, int seconds, List<String> headers)
            throws IOException, InterruptedException {
        var command = new ArrayList<>(List.of("wrk", "-t1", "-c" + connections, "-d" + seconds + "s", "--latency"));
        for (String header : headers) {
            command.add("-H");
            command.add(header);
        }
        command.add(url.resolve(path).toString());
        double before = cpuSeconds();
        Process wrk = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(wrk.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        if (!wrk.waitFor(seconds + WRK_GRACE_SECONDS, TimeUnit.SECONDS) || wrk.exitValue() != 0) {
            throw new IOException("wrk failed: " + said);
        }
        return cost(said, cpuSeconds() - before);
    }

    static Cost cost(String said, double cpuSeconds) throws IOException {
        Matcher total = TOTAL.matcher(said);
        Matcher bytes = BYTES.matcher(said);
        if (!total.find() || !bytes.find()) {
            throw new IOException("wrk said nothing of requests: " + said);
        }
        Matcher failed = FAILED.matcher(said);
        double p50 = 0;
        double p99 = 0;
        for (Matcher line = LATENCY.matcher(said); line.find(); ) {
            double millis = Double.parseDouble(line.group(2)) * TO_MILLIS.getOrDefault(line.group(3), 0.0);
            p50 = line.group(1).equals("50") ? millis : p50;
            p99 = line.group(1).equals("99") ? millis : p99;
        }
        return new Cost(
                Long.parseLong(total.group(1)),
                failed.find() ? Long.parseLong(failed.group(1)) : 0,
                cpuSeconds,
                p50,
                p99,
                Double.parseDouble(bytes.group(1)) * TO_MEGA.getOrDefault(bytes.group(2), 0.0));
    }

    /// Offers work of our own making for some seconds; each piece says how many bytes it moved.
    public Cost during(int workers, int seconds, Piece piece) throws IOException {
        double before = cpuSeconds();
        var latencies = new ConcurrentLinkedQueue<Long>();
        var bytes = new LongAdder();
        var failed = new LongAdder();
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(seconds);
        var threads = new ArrayList<Thread>();
        for (int i = 0; i < workers; i++) {
            threads.add(Thread.ofVirtual().start(() -> {
                try (RawClient client = new RawClient(url)) {
                    while (System.nanoTime() < end) {
                        long at = System.nanoTime();
                        bytes.add(piece.with(client));
                        latencies.add(System.nanoTime() - at);
                    }
                } catch (IOException broken) {
                    failed.increment();
                }
            }));
        }
        join(threads);
        double took = (System.nanoTime() - begin) / 1e9;
        long[] sorted = latencies.stream().mapToLong(Long::longValue).sorted().toArray();
        return new Cost(
                sorted.length,
                failed.sum(),
                cpuSeconds() - before,
                sorted.length == 0 ? 0 : sorted[sorted.length / 2] / 1e6,
                sorted.length == 0 ? 0 : sorted[(int) (sorted.length * 0.99)] / 1e6,
                bytes.sum() / took / 1e6);
    }

    /// What waiting costs: so many streams held open for some seconds without a byte.
    public Cost holding(int streams, int seconds, List<String> headers) throws IOException {
        List<RawClient> held = open(streams, List.of(headers));
        try {
            double before = cpuSeconds();
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(seconds));
            return new Cost(streams, 0, cpuSeconds() - before, 0, 0, 0);
        } finally {
            close(held);
        }
    }

    /// Bytes of memory of its own that it has more with each of so many streams, spread over routes.
    public double memoryPerStream(int streams, List<List<String>> routes) throws IOException {
        long before = anonymousKib();
        List<RawClient> held = open(streams, routes);
        try {
            return (anonymousKib() - before) * 1_024.0 / streams;
        } finally {
            close(held);
        }
    }

    private List<RawClient> open(int streams, List<List<String>> routes) throws IOException {
        var held = new ArrayList<RawClient>();
        try {
            for (int i = 0; i < streams; i++) {
                var client = RawClient.small(url);
                held.add(client);
                client.listen("/idle", routes.get(i % routes.size()));
            }
            return held;
        } catch (IOException e) {
            close(held);
            throw e;
        }
    }

    private static void close(List<RawClient> held) throws IOException {
        for (RawClient client : held) {
            client.close();
        }
    }

    private long anonymousKib() {
        return pids.stream().mapToLong(pid -> Proc.of(pid).anonymousKib()).sum();
    }

    /// One piece of work on a connection that is kept; its bytes.
    public interface Piece {
        long with(RawClient client) throws IOException;
    }

    private static void join(List<Thread> threads) {
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while measuring", interrupted);
        }
    }

    /// Lets all its threads run on some processors only; the list it had before is given back.
    public String pin(String processors) throws IOException {
        String before = "";
        for (long pid : pids) {
            before = Proc.of(pid).pin(processors);
        }
        return before;
    }

    /// Memory it has for itself and its share of what it shares, in megabytes.
    public double memoryMegabytes() {
        return pids.stream().mapToLong(pid -> Proc.of(pid).proportionalKib()).sum() * 1_024 / 1e6;
    }

    private double cpuSeconds() {
        return pids.stream().mapToDouble(pid -> Proc.of(pid).cpuSeconds()).sum();
    }

    private static boolean answers(int port) {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        if (process != null) {
            process.destroy();
            try {
                if (!process.waitFor(START_SECONDS_MAX, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException interrupted) {
                process.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}

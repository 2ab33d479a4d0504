package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Peer;
import ai.lelantos.loadtest.measure.Samples;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.Consumer;

/// What this machine can do with nobody between: the floors that ratios stand on.
final class Floors implements Scenario {

    private static final int BUFFER_BYTES = 64 << 10;

    @Override
    public String name() {
        return "floor";
    }

    @Override
    public String about() {
        return "raw pipe, loopback TCP, a pipe relayed over it, fork and exec, a container by the OCI runtime alone, nginx, PostgreSQL";
    }

    @Override
    public void run(Bench bench) {
        long size = (long) bench.either(256, 1024) << 20;
        bench.attempt(name(), "pipe", () -> moved(bench, "pipe", size, () -> pipe(size)));
        bench.attempt(name(), "loopback TCP", () -> moved(bench, "loopback TCP", size, () -> loopback(size)));
        bench.attempt(name(), "pipe over TCP", () -> moved(bench, "pipe over TCP", size, () -> relayed(size)));
        bench.attempt(name(), "fork and exec", () -> {
            bench.row(Pace.count(1, bench.either(50, 200), () -> spawn("/bin/true"))
                    .row(name(), "fork and exec", 1));
            return bench;
        });
        bench.attempt(name(), "login shell", () -> {
            bench.row(Pace.count(1, bench.either(50, 200), () -> spawn("/bin/bash", "-l", "-c", "true"))
                    .row(name(), "login shell", 1));
            return bench;
        });
        bench.attempt(name(), "container runs true", () -> container(bench));
        bench.attempt(name(), "nginx, small answer", () -> nginx(bench));
        bench.attempt(name(), "PostgreSQL select 1", () -> database(bench));
    }

    private Bench container(Bench bench) throws IOException {
        try (var bundle = Bundle.made()) {
            bench.row(Pace.count(1, bench.either(20, 50), bundle::run).row(name(), "container runs true", 1));
        }
        return bench;
    }

    /// Asked by the same client as the product is.
    private Bench nginx(Bench bench) throws Exception {
        Path folder = java.nio.file.Files.createTempDirectory("lelantos-floor-nginx");
        try (Peer nginx = Peer.nginx(folder, "return 200 small;");
                HttpClient client = HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .build()) {
            HttpRequest request = HttpRequest.newBuilder(nginx.url()).build();
            for (int workers : new int[] {1, 10}) {
                bench.row(Pace.count(workers, bench.either(1_000, 10_000), () -> answered(client, request))
                        .row(name(), "nginx, small answer", workers));
            }
        } finally {
            Bundle.remove(folder);
        }
        return bench;
    }

    private static String answered(HttpClient client, HttpRequest request) throws IOException, InterruptedException {
        HttpResponse<String> answer = client.send(request, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200 || !answer.body().equals("small")) {
            throw new IOException("nginx answered " + answer.statusCode());
        }
        return answer.body();
    }

    private Bench database(Bench bench) {
        try (var database = Question.toDatabase(bench.home())) {
            bench.row(Pace.count(1, bench.either(1_000, 10_000), database::ask).row(name(), "PostgreSQL select 1", 1));
        }
        return bench;
    }

    private Bench moved(Bench bench, String name, long size, Callable<Long> work) {
        var samples = new Samples();
        long begin = System.nanoTime();
        try {
            samples.moved(work.call());
            samples.success(begin, System.nanoTime());
        } catch (Exception e) {
            samples.failure(begin, e);
        }
        bench.row(samples.row(name(), name + ", " + (size >> 20) + " MiB", 1));
        return bench;
    }

    static Process spawn(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int exit = process.waitFor();
        if (exit != 0) {
            throw new IOException(command[0] + " exited with " + exit + ": " + said.strip());
        }
        return process;
    }

    private static long pipe(long size) throws IOException, InterruptedException {
        Process head = new ProcessBuilder("head", "-c", Long.toString(size), "/dev/zero").start();
        long got = drain(head.getInputStream());
        head.waitFor();
        return got;
    }

    private static long loopback(long size) throws IOException {
        return overTcp(out -> write(out, size));
    }

    /// A command's output, brought over TCP by a relay that does nothing else.
    private static long relayed(long size) throws IOException, InterruptedException {
        Process head = new ProcessBuilder("head", "-c", Long.toString(size), "/dev/zero").start();
        long got = overTcp(out -> {
            try (OutputStream to = out.getOutputStream()) {
                var _ = head.getInputStream().transferTo(to);
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
        head.waitFor();
        return got;
    }

    /// What the other end of a loopback connection receives from a writer on a thread of its own.
    private static long overTcp(Consumer<Socket> writing) throws IOException {
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var out = new Socket(listener.getInetAddress(), listener.getLocalPort());
                var in = listener.accept()) {
            Thread writer = Thread.ofPlatform().start(() -> writing.accept(out));
            long got = drain(in.getInputStream());
            try {
                writer.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
            return got;
        }
    }

    private static void write(Socket socket, long size) {
        byte[] buffer = new byte[BUFFER_BYTES];
        try (OutputStream out = socket.getOutputStream()) {
            for (long left = size; left > 0; left -= buffer.length) {
                out.write(buffer, 0, (int) Math.min(left, buffer.length));
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static long drain(InputStream in) throws IOException {
        byte[] buffer = new byte[BUFFER_BYTES];
        long got = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            got += n;
        }
        return got;
    }
}

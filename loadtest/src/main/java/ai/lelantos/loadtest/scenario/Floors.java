package ai.lelantos.loadtest.scenario;

import ai.lelantos.loadtest.measure.Bench;
import ai.lelantos.loadtest.measure.Pace;
import ai.lelantos.loadtest.measure.Samples;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Callable;

/// What this machine can do with nobody between: the floors that ratios stand on.
final class Floors implements Scenario {

    private static final int BUFFER_BYTES = 64 << 10;

    @Override
    public String name() {
        return "floor";
    }

    @Override
    public String about() {
        return "raw pipe, loopback TCP, fork and exec, the OCI runtime alone";
    }

    @Override
    public void run(Bench bench) {
        long size = (long) bench.either(256, 1024) << 20;
        bench.attempt(name(), "pipe", () -> moved(bench, "pipe", size, () -> pipe(size)));
        bench.attempt(name(), "loopback TCP", () -> moved(bench, "loopback TCP", size, () -> loopback(size)));
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
        bench.attempt(name(), "OCI runtime", () -> {
            String runtime = ociRuntime();
            bench.row(Pace.count(1, bench.either(20, 50), () -> spawn(runtime, "--version"))
                    .row(name(), "OCI runtime starts", 1));
            return bench;
        });
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

    private static Process spawn(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var _ = drain(process.getInputStream());
        int exit = process.waitFor();
        if (exit != 0) {
            throw new IOException(command[0] + " exited with " + exit);
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
        try (var listener = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                var out = new Socket(listener.getInetAddress(), listener.getLocalPort());
                var in = listener.accept()) {
            Thread writer = Thread.ofPlatform().start(() -> write(out, size));
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

    private static String ociRuntime() throws IOException {
        for (String place : new String[] {"/usr/bin/crun", "/usr/sbin/runc", "/usr/bin/runc"}) {
            if (java.nio.file.Files.isExecutable(java.nio.file.Path.of(place))) {
                return place;
            }
        }
        throw new IOException("neither crun nor runc is installed");
    }
}

package ai.lelantos.gateway.db;

import ai.lelantos.gateway.settings.Home;
import ai.lelantos.gateway.settings.StartRefused;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A real PostgreSQL with its data in the home: reached by a socket in a private folder, with a password, fsync on. Its
/// process is nobody's child: it survives a killed gateway and is adopted by the next one.
///
/// Everything here blocks; only `Gateway` calls it, before anything serves.
public final class EmbeddedPostgres {

    private static final Logger log = LoggerFactory.getLogger(EmbeddedPostgres.class);

    private static final String USER = "lelantos";
    private static final int START_SECONDS_MAX = 60;
    private static final int STOP_SECONDS_MAX = 30;
    /// The kernel's limit is 107 bytes for a socket's path; the socket's own name needs 14.
    private static final int SOCKET_FOLDER_CHARS_MAX = 90;

    private final Path data;
    private final Path binaries;
    private final Path socket;
    private final Path logFile;
    private final String password;

    private EmbeddedPostgres(Path data, Path binaries, Path socket, Path logFile, String password) {
        this.data = data;
        this.binaries = binaries;
        this.socket = socket;
        this.logFile = logFile;
        this.password = password;
    }

    /// Starts it, or takes over the one that still runs on this home's data.
    public static EmbeddedPostgres start(Home home) {
        try {
            Path binaries = binaries(home);
            Path secret = home.keys().resolve("database");
            if (!Files.exists(secret)) {
                byte[] random = new byte[24];
                new SecureRandom().nextBytes(random);
                home.keep(secret, HexFormat.of().formatHex(random));
            }
            EmbeddedPostgres postgres = new EmbeddedPostgres(
                    home.path().resolve("database"),
                    binaries,
                    socketFolder(home),
                    home.path().resolve("logs/database.log"),
                    Files.readString(secret).strip());
            postgres.initialize(secret);
            postgres.adoptOrStart();
            return postgres;
        } catch (IOException e) {
            throw refused(e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw refused("interrupted");
        }
    }

    /// What a connection needs.
    public Access access() {
        return new Access(socket.resolve(".s.PGSQL.5432").toString(), USER, password, "postgres");
    }

    /// Ends it as its manual asks for: sessions cut, everything on disk.
    public void stop() {
        try {
            long pid = runningPid();
            if (pid > 0) {
                int ignored = run(List.of("sh", "-c", "kill -INT " + pid), STOP_SECONDS_MAX).code;
                ProcessHandle.of(pid).ifPresent(handle -> {
                    try {
                        Object done = handle.onExit().get(STOP_SECONDS_MAX, TimeUnit.SECONDS);
                        log.atInfo()
                                .addKeyValue("pid", pid)
                                .addKeyValue("kill", ignored)
                                .log("database stopped {}", done != null);
                    } catch (java.util.concurrent.ExecutionException | java.util.concurrent.TimeoutException e) {
                        log.atWarn().addKeyValue("pid", pid).log("the database is still stopping");
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
        } catch (IOException e) {
            log.warn("the database could not be stopped", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static Path binaries(Home home) throws IOException {
        String resource = "postgres-linux-"
                + (System.getProperty("os.arch", "").equals("aarch64") ? "arm_64" : "x86_64") + ".txz";
        try (InputStream archive = EmbeddedPostgres.class.getResourceAsStream("/" + resource)) {
            if (archive == null) {
                throw refused("this build has no PostgreSQL for " + System.getProperty("os.arch"));
            }
            byte[] bytes = archive.readAllBytes();
            Path folder =
                    home.path().resolve("cache/postgres-" + Integer.toHexString(java.util.Arrays.hashCode(bytes)));
            if (!Files.exists(folder)) {
                Path fresh = folder.resolveSibling(folder.getFileName() + ".new");
                remove(fresh);
                TarXz.unpack(new java.io.ByteArrayInputStream(bytes), fresh);
                Files.move(fresh, folder);
            }
            return folder.resolve("bin");
        }
    }

    private static Path socketFolder(Home home) throws IOException {
        Path folder = home.run().resolve("database");
        if (folder.toString().length() > SOCKET_FOLDER_CHARS_MAX) {
            folder = Path.of(
                    "/tmp",
                    "lelantos-" + Integer.toHexString(home.path().toString().hashCode()));
            Files.createDirectories(folder);
            Files.setPosixFilePermissions(folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwx------"));
            return folder;
        }
        return home.privately("run/database");
    }

    private void initialize(Path secret) throws IOException, InterruptedException {
        if (Files.exists(data.resolve("PG_VERSION"))) {
            return;
        }
        Path fresh = data.resolveSibling("database.new");
        remove(fresh);
        Output output = runUnprivileged(
                List.of(
                        binaries.resolve("initdb").toString(),
                        "--pgdata=" + fresh,
                        "--username=" + USER,
                        "--pwfile=" + secret,
                        "--auth=scram-sha-256",
                        "--encoding=UTF8",
                        "--locale-provider=builtin",
                        "--locale=C",
                        "--builtin-locale=C.UTF-8",
                        "--no-instructions"),
                START_SECONDS_MAX);
        if (output.code != 0) {
            throw refused(output.last());
        }
        remove(data);
        Files.move(fresh, data);
    }

    private void adoptOrStart() throws IOException, InterruptedException {
        long pid = runningPid();
        if (pid > 0) {
            log.atInfo().addKeyValue("pid", pid).log("database adopted");
            return;
        }
        String options = String.join(
                " ",
                "-c listen_addresses=''",
                "-c unix_socket_directories=" + socket,
                "-c unix_socket_permissions=0700",
                "-c fsync=on",
                "-c full_page_writes=on",
                "-c synchronous_commit=on",
                "-c max_connections=100",
                "-c shared_buffers=64MB",
                // Pages of lists lie anywhere; the usual 4 is a turning disk's, and made it read whole teams in order.
                "-c random_page_cost=1.1",
                "-c logging_collector=off",
                "-c log_min_messages=warning",
                "-c timezone=UTC");
        Output output = runUnprivileged(
                List.of(
                        binaries.resolve("pg_ctl").toString(),
                        "start",
                        "--wait",
                        "--timeout=" + START_SECONDS_MAX,
                        "--pgdata=" + data,
                        "--log=" + logFile,
                        "--options=" + options),
                START_SECONDS_MAX + 5);
        if (output.code != 0) {
            throw refused(output.last() + "; see " + logFile);
        }
        log.atInfo().addKeyValue("pid", runningPid()).log("database started");
    }

    /// The pid in PostgreSQL's own lock file when that process is a PostgreSQL on our data, else 0.
    private long runningPid() throws IOException {
        Path file = data.resolve("postmaster.pid");
        if (!Files.exists(file)) {
            return 0;
        }
        long pid = Files.readAllLines(file).stream()
                .findFirst()
                .map(String::strip)
                .map(Long::parseLong)
                .orElse(0L);
        Path command = Path.of("/proc/" + pid + "/cmdline");
        if (!Files.exists(command)) {
            return 0;
        }
        String line = new String(Files.readAllBytes(command), StandardCharsets.UTF_8);
        return line.contains("postgres") && line.contains(data.toString()) ? pid : 0;
    }

    /// PostgreSQL refuses to run as root; in a user namespace of its own without a mapping it is nobody, and its files
    /// stay root's.
    private static Output runUnprivileged(List<String> command, int secondsMax)
            throws IOException, InterruptedException {
        List<String> full = new ArrayList<>();
        if ("root".equals(System.getProperty("user.name"))) {
            full.addAll(List.of("unshare", "--user", "--"));
        }
        full.addAll(command);
        return run(full, secondsMax);
    }

    private static Output run(List<String> command, int secondsMax) throws IOException, InterruptedException {
        Path out = Files.createTempFile("lelantos-", ".out");
        try {
            ProcessBuilder builder = new ProcessBuilder(command)
                    .directory(Path.of("/").toFile())
                    .redirectInput(
                            ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                    .redirectErrorStream(true)
                    .redirectOutput(out.toFile());
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            if (!process.waitFor(secondsMax, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw refused(command + " did not end within " + secondsMax + " s");
            }
            return new Output(process.exitValue(), Files.readString(out));
        } finally {
            Files.deleteIfExists(out);
        }
    }

    private static void remove(Path tree) throws IOException {
        if (!Files.exists(tree)) {
            return;
        }
        try (Stream<Path> all = Files.walk(tree)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    private static StartRefused refused(String reason) {
        return new StartRefused(
                "The embedded PostgreSQL does not start (%s): mend that, or set LELANTOS_DATABASE_URL to your own."
                        .formatted(reason));
    }

    private record Output(int code, String text) {

        String last() {
            return text.lines()
                    .filter(line -> !line.isBlank())
                    .reduce((a, b) -> b)
                    .orElse("exit code " + code);
        }
    }

    /// How to reach it.
    public record Access(String socket, String user, String password, String database) {}
}

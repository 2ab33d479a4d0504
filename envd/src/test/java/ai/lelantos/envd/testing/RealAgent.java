package ai.lelantos.envd.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// The agent's own main in its own mount and pid namespaces, with users `root` and `user` and empty homes.
///
/// Whatever a test started inside dies with it: closing ends pid 1 of the namespace, and so does the end of this JVM,
/// whatever it died of.
public final class RealAgent implements AutoCloseable {

    private static final Pattern READY = Pattern.compile("envd ready on [^ ]*:(\\d+) in \\d+ ms");
    private static final Pattern HEAP_USED = Pattern.compile("(?:DefNew|Tenured)\\s+total \\d+K, used (\\d+)K");
    private static final Duration START_MAX = Duration.ofSeconds(60);
    private static final Duration END_MAX = Duration.ofSeconds(20);
    private static final String PASSWD = """
            root:x:0:0:root:/root:/bin/bash
            user:x:1000:1000::/home/user:/bin/bash
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
            """;
    private static final String GROUP = """
            root:x:0:
            tty:x:5:
            sudo:x:27:user
            user:x:1000:
            nogroup:x:65534:
            """;

    private final Path folder;
    private final Process sandbox;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final List<Path> cgroups;

    private RealAgent(Path folder, Process sandbox, List<Path> cgroups) {
        this.folder = folder;
        this.sandbox = sandbox;
        this.cgroups = cgroups;
    }

    /// An agent with the settings of production, and limits no test of functions runs into.
    public static RealAgent start() {
        return with().start();
    }

    public static Builder with() {
        return new Builder();
    }

    public int port() {
        return port.join();
    }

    /// Where the agent answers, without a slash at the end.
    public URI uri() {
        return URI.create("http://127.0.0.1:" + port());
    }

    /// What the host tells its agent: `POST /init` with this JSON.
    public void init(String json) {
        var request = HttpRequest.newBuilder(uri().resolve("/init"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json));
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpResponse<String> answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 204) {
                throw new AssertionError("init answers " + answer.statusCode() + ": " + answer.body());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// A path of the sandbox as this JVM can open it.
    public Path inside(String path) {
        return Path.of("/proc/" + pid() + "/root" + path);
    }

    /// The agent's process id as this JVM sees it; inside its namespace it has another one.
    public long pid() {
        return sandbox.descendants()
                .filter(RealAgent::isAgent)
                .findFirst()
                .orElseThrow(() -> new AssertionError("the agent is gone; it said:\n" + log()))
                .pid();
    }

    private static boolean isAgent(ProcessHandle process) {
        return process.info()
                .command()
                .filter(command -> command.endsWith("/java"))
                .isPresent();
    }

    /// The names of its threads; the kernel keeps 15 letters of each.
    public List<String> threads() {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid() + "/task"))) {
            var names = new ArrayList<String>();
            for (Path task : tasks.toList()) {
                names.add(Files.readString(task.resolve("comm")).strip());
            }
            return names;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Anonymous memory of the agent, bytes: what a leak would raise.
    public long anonymousBytes() {
        try {
            return Files.readAllLines(Path.of("/proc/" + pid() + "/status")).stream()
                    .filter(line -> line.startsWith("RssAnon:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")) << 10)
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Removes a control group a test made, once the last of its processes is gone.
    public void removeCgroup(Path group) throws IOException, InterruptedException {
        Cgroup.remove(group, END_MAX);
    }

    /// Stops everything in the sandbox, or lets it go on; for agents started freezable.
    public void freeze(boolean frozen) {
        try {
            Cgroup.freeze(cgroups, frozen);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// What is left of the agent's heap after a full collection, bytes.
    public long liveHeapBytes() {
        var _ = diagnose("GC.run");
        String report = diagnose("GC.heap_info");
        List<MatchResult> generations = HEAP_USED.matcher(report).results().toList();
        if (generations.size() != 2) {
            throw new AssertionError("not the two generations of the serial collector: " + report);
        }
        return generations.stream()
                .mapToLong(generation -> Long.parseLong(generation.group(1)) << 10)
                .sum();
    }

    private String diagnose(String command) {
        String jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
        try {
            Process process = new ProcessBuilder(jcmd, Long.toString(pid()), command)
                    .redirectErrorStream(true)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new AssertionError("jcmd says: " + said);
            }
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /// Everything the agent wrote besides its ready line.
    public String log() {
        try {
            return Files.readString(folder.resolve("log"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        sandbox.destroyForcibly();
        try {
            if (!sandbox.waitFor(END_MAX.toSeconds(), TimeUnit.SECONDS)) {
                throw new AssertionError("the sandbox's namespace does not end");
            }
            for (Path cgroup : cgroups) {
                Cgroup.remove(cgroup, END_MAX);
            }
            try (Stream<Path> files = Files.walk(folder)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitReady(BufferedReader output) {
        Thread.ofVirtual().start(() -> {
            try (output) {
                String line = output.readLine();
                Matcher ready = READY.matcher(line == null ? "" : line);
                if (ready.matches()) {
                    port.complete(Integer.parseInt(ready.group(1)));
                } else {
                    port.completeExceptionally(new AssertionError("instead of its ready line the agent said: " + line));
                }
            } catch (IOException e) {
                port.completeExceptionally(e);
            }
        });
        try {
            int _ = port.orTimeout(START_MAX.toSeconds(), TimeUnit.SECONDS).join();
        } catch (RuntimeException e) {
            String log = log();
            close();
            throw new AssertionError("the agent did not start; it said:\n" + log, e);
        }
    }

    /// What a test may want different from production.
    public static final class Builder {

        private final Map<String, String> environment = new TreeMap<>();
        private final List<String> jvm = new ArrayList<>(List.of(
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseCompactObjectHeaders",
                "-Xmx96m",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Dsun.jnu.encoding=UTF-8",
                "-Dcom.linecorp.armeria.defaultHttp1ConnectionCloseDelayMillis=0"));
        private final List<Cgroup.Limit> limits = new ArrayList<>();
        private boolean ownNetwork;

        private Builder() {
            environment.put("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
            environment.put("LELANTOS_ENVD_HOST", "127.0.0.1");
            environment.put("LELANTOS_ENVD_PORT", "0");
            environment.put("LELANTOS_ENVD_NICE", "0"); // tests share the machine with others
        }

        /// A variable of the agent's own environment.
        public Builder environment(String name, String value) {
            environment.put(name, value);
            return this;
        }

        /// A network of the sandbox's own, in which it is 10.77.0.2 and alone: nobody outside reaches it.
        public Builder ownNetwork() {
            ownNetwork = true;
            environment.put("LELANTOS_ENVD_HOST", "0.0.0.0");
            environment.put("PREPARE_NETWORK", "yes");
            return this;
        }

        /// One more flag of the agent's JVM; it comes after ours and so wins.
        public Builder jvm(String flag) {
            jvm.add(flag);
            return this;
        }

        /// The agent lacks a capability, such as `kill`.
        public Builder without(String capability) {
            environment.put("LACKING", ",-" + capability);
            return this;
        }

        /// The kernel of this sandbox does not know a system call.
        public Builder withoutCall(int number) {
            environment.put("UNKNOWN_CALL", Integer.toString(number));
            return this;
        }

        /// At most so many processes and threads in the sandbox, the agent's included.
        public Builder processesMax(int count) {
            limits.add(Cgroup.Limit.processes(count));
            return this;
        }

        /// At most so much memory for the sandbox, the agent's included.
        public Builder memoryMax(long bytes) {
            limits.add(Cgroup.Limit.memory(bytes));
            return this;
        }

        /// The sandbox can be frozen, as a paused one is.
        public Builder freezable() {
            limits.add(Cgroup.Limit.thawed());
            return this;
        }

        /// The sandbox sees a version 2 control group of its own at `/sys/fs/cgroup`, as a container does.
        public Builder ownCgroup(Path group) {
            environment.put("CGROUP_ROOT", group.toString());
            return this;
        }

        public RealAgent start() {
            try {
                Path folder = Files.createTempDirectory(Path.of("target").toAbsolutePath(), "agent-");
                Files.writeString(folder.resolve("passwd"), PASSWD);
                Files.writeString(folder.resolve("group"), GROUP);
                for (String script : List.of("sandbox.sh", "older-kernel.py")) {
                    Files.writeString(folder.resolve(script), resource(script));
                }
                List<Path> cgroups = Cgroup.create(folder.getFileName().toString(), limits);
                var builder = new ProcessBuilder(command(folder, cgroups));
                builder.environment().clear();
                builder.environment().putAll(environment);
                builder.environment()
                        .putIfAbsent("LELANTOS_ENVD_SPAWN", SpawnHelper.binary().toString());
                builder.environment().put("CLASSPATH", ClassPath.outsideHomes());
                builder.redirectError(folder.resolve("log").toFile());
                var agent = new RealAgent(folder, builder.start(), cgroups);
                agent.awaitReady(agent.sandbox.inputReader(StandardCharsets.UTF_8));
                return agent;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        private List<String> command(Path folder, List<Path> cgroups) {
            var command = new ArrayList<>(List.of("/bin/sh", "-ec", Cgroup.joinThenRun(cgroups), "join"));
            command.addAll(List.of("unshare", "--mount", "--propagation", "private", "--pid", "--fork"));
            command.addAll(ownNetwork ? List.of("--net", "--kill-child", "--") : List.of("--kill-child", "--"));
            command.addAll(List.of("/bin/sh", folder.resolve("sandbox.sh").toString(), folder.toString()));
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(jvm);
            command.add("ai.lelantos.envd.Envd");
            return command;
        }

        private static String resource(String name) throws IOException {
            try (var in = RealAgent.class.getResourceAsStream(name)) {
                return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
            }
        }
    }
}

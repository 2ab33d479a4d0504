package ai.lelantos.loadtest.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/// The published SDKs and CLI, unmodified, against the product as a clone starts it. One product serves all of it;
/// what it leaves behind on the machine is looked at in the end.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ClientsIT {

    private static final Duration SUITE_LIMIT = Duration.ofMinutes(3);
    private static final Duration INSTALL_LIMIT = Duration.ofMinutes(5);

    private final Path work = Path.of("target/clients").toAbsolutePath();
    private final Door door = Door.in(work.resolve("home"), Door.prepared());
    private Machine before = new Machine(Map.of());
    private boolean down;

    @BeforeAll
    void start() {
        // A run that was killed midway may have left its product; the door knows how to end it.
        door.down();
        before = Machine.now();
        door.up();
    }

    @AfterAll
    void stop() {
        if (!down) {
            door.down();
        }
    }

    @Order(1)
    @TestFactory
    Stream<DynamicTest> javascript() {
        Path suites = node("js");
        return suites(suites, ".test.mjs")
                .map(suite -> dynamicTest(suite, () -> ran(door.with(suites, SUITE_LIMIT, "node", "--test", suite))));
    }

    @Order(2)
    @TestFactory
    Stream<DynamicTest> python() {
        Path suites = copied("python");
        Path python = suites.resolve("venv/bin/python");
        once(suites, "requirements.txt", () -> {
            tool(suites, "python3", "-m", "venv", "venv");
            tool(suites, python.toString(), "-m", "pip", "install", "--quiet", "-r", "requirements.txt");
        });
        return suites(suites, ".py")
                .filter(suite -> suite.startsWith("test_"))
                .map(suite -> dynamicTest(
                        suite,
                        () -> ran(door.with(suites, SUITE_LIMIT, python.toString(), "-m", "unittest", "-v", suite))));
    }

    @Order(3)
    @TestFactory
    Stream<DynamicTest> commandLine() {
        Path suites = node("cli");
        return suites(suites, ".test.mjs")
                .map(suite -> dynamicTest(suite, () -> ran(door.with(suites, SUITE_LIMIT, "node", "--test", suite))));
    }

    @Order(4)
    @Test
    void everyMethodThatPassedAtTheLastCommitStillDoes() {
        assertThat(door.compat(work, "http").fine()).contains("JavaScript", "Python asyncio", "CLI");
    }

    /// One language here, for the time it takes; `./lelantos compat` runs all of them.
    @Order(4)
    @Test
    void everyMethodThatPassedOverTlsAtTheLastCommitStillDoes() {
        assertThat(door.compat(work, "tls", "--only", "JavaScript").fine()).containsPattern("JavaScript +[0-9.]+ +tls");
    }

    @Order(5)
    @Test
    void aSandboxOutlivesTheDeathOfTheGateway() {
        Path suites = node("js");
        String made =
                door.with(suites, SUITE_LIMIT, "node", "outlive.mjs", "create").fine();
        String id = made.strip().lines().toList().getLast();
        long killed = door.gateway();
        ProcessHandle gateway = ProcessHandle.of(killed).orElseThrow();
        assertThat(gateway.destroyForcibly()).isTrue();
        gateway.onExit().orTimeout(10, java.util.concurrent.TimeUnit.SECONDS).join();
        door.up();
        assertThat(door.gateway()).isNotEqualTo(killed);
        assertThat(door.with(suites, SUITE_LIMIT, "node", "outlive.mjs", "check", id)
                        .fine())
                .contains("still answers");
    }

    @Order(6)
    @Test
    void theMachineIsAsItWasOnceTheProductIsDown() {
        assertThat(Machine.now().facts().get("processes"))
                .as("what the comparison sees while the product runs")
                .anySatisfy(line -> assertThat(line).contains(door.home().toString()));
        door.down();
        down = true;
        assertThat(before.leftSince()).isEmpty();
        door.down();
    }

    /// A suite that passed, and did run something.
    private static void ran(Tool suite) {
        assertThat(suite.fine()).containsPattern("(?m)^(# tests|ℹ tests|Ran) [1-9]");
    }

    private Path node(String name) {
        Path suites = copied(name);
        once(
                suites,
                "package.json",
                () -> tool(
                        suites, "npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"));
        return suites;
    }

    private Path copied(String name) {
        Path from = Path.of("clients", name).toAbsolutePath();
        Path to = work.resolve(name);
        try (Stream<Path> files = Files.list(from)) {
            Files.createDirectories(to);
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.REPLACE_EXISTING);
            }
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /// Installs again only when the list of packages changed since the last time it was installed whole.
    private static void once(Path suites, String list, Runnable install) {
        Path installed = suites.resolve("installed-" + list);
        try {
            if (!Files.exists(installed) || Files.mismatch(installed, suites.resolve(list)) >= 0) {
                install.run();
                Files.copy(suites.resolve(list), installed, StandardCopyOption.REPLACE_EXISTING);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<String> suites(Path directory, String suffix) {
        try (Stream<Path> files = Files.list(directory)) {
            List<String> found = files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix))
                    .sorted()
                    .toList();
            assertThat(found).as("suites in " + directory).isNotEmpty();
            return found.stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void tool(Path directory, String... command) {
        String said =
                Tool.run(directory, Map.of(), INSTALL_LIMIT, List.of(command)).fine();
        assertThat(said).doesNotContain("EBADENGINE");
    }
}

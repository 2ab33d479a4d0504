package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.Gateway;
import ai.lelantos.gateway.contract.Contract;
import ai.lelantos.gateway.runtime.Machine;
import ai.lelantos.gateway.runtime.scripted.ScriptedDriver;
import ai.lelantos.gateway.settings.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Two gateways with machines of their own on one database: neither spoils what the other does.
class TwoGatewaysIT {

    private static final int PLACES = 10;
    private static final String BASE = "{\"templateID\":\"base\",\"timeout\":3600}";
    private static final Contract CONTRACT = Contract.read();

    private final Path folder;
    private final ScriptedDriver leftMachines = new ScriptedDriver();
    private ScriptedDriver rightMachines = new ScriptedDriver();
    private final Gateway left;
    private final Doorway database;
    private Gateway right;

    TwoGatewaysIT() throws IOException {
        folder = Files.createTempDirectory(Path.of("/tmp"), "lelantos-it-");
        left = open("left", leftMachines, null);
        Home home = Home.at(folder.resolve("left"));
        database = new Doorway(home.run().resolve("database/.s.PGSQL.5432"));
        // What tokens are derived from is the installation's, not a gateway's.
        Files.copy(
                home.keys().resolve("seed"),
                Home.at(folder.resolve("right")).keys().resolve("seed"));
        right = open("right", rightMachines, url());
    }

    private String url() throws IOException {
        String password = Files.readString(folder.resolve("left/keys/database")).strip();
        return "postgresql://lelantos:" + password + "@127.0.0.1:" + database.port() + "/postgres?sslmode=disable";
    }

    private Gateway open(String name, ScriptedDriver machines, @Nullable String url) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LELANTOS_HOME", folder.resolve(name).toString());
        environment.put("LELANTOS_PORT", "0");
        environment.put("LELANTOS_API_KEY", Server.KEY);
        environment.put("LELANTOS_TEAM_ID", Server.TEAM);
        environment.put("LELANTOS_TEAM_CONCURRENCY_MAX", String.valueOf(PLACES));
        if (url != null) {
            environment.put("LELANTOS_DATABASE_URL", url);
        }
        return Gateway.start(environment, (settings, home) -> machines);
    }

    @BeforeEach
    void nothingRuns() {
        assertThat(running()).isEmpty();
    }

    @AfterEach
    void close() throws IOException {
        right.close();
        left.close();
        database.close();
        try (var all = Files.walk(folder)) {
            for (Path each : all.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }

    @Test
    void theyShareATeamsLimitItsKeysAndItsAnswersAndNeverASandbox() throws IOException {
        ofManyCreatesThroughBothExactlySoManyPass();
        verbsThroughEitherLeaveRowsAndMachinesAgreeing();
        aRestartOfOneLeavesTheOthersSandboxesAlone();
        oneKeyMakesOneSandboxThroughBoth();
    }

    private void ofManyCreatesThroughBothExactlySoManyPass() {
        List<Answer> answers = Stream.of(left, right)
                .parallel()
                .flatMap(each -> Api.together(PLACES, () -> send(each, "POST", "/v2/sandboxes", BASE)).stream())
                .toList();
        assertThat(answers.stream().filter(each -> each.status() == 201)).hasSize(PLACES);
        assertThat(answers.stream().filter(each -> each.status() == 429)).hasSize(PLACES);
        assertThat(leftMachines.living().size() + rightMachines.living().size()).isEqualTo(PLACES);
        agree();
    }

    /// Whoever asks the gateway that has the sandbox is served; the other one says whose it is, and changes nothing.
    private void verbsThroughEitherLeaveRowsAndMachinesAgreeing() {
        List<String> ids = running();
        Random random = new Random(7);
        List<Runnable> calls = IntStream.range(0, 300)
                .mapToObj(i -> call(
                        random.nextBoolean() ? left : right, ids.get(random.nextInt(ids.size())), random.nextInt(8)))
                .toList();
        try (var threads = Executors.newFixedThreadPool(8)) {
            calls.stream().map(threads::submit).toList().forEach(each -> {
                try {
                    assertThat(each.get()).isNull();
                } catch (InterruptedException | java.util.concurrent.ExecutionException e) {
                    throw new AssertionError(e);
                }
            });
        }
        agree();
    }

    private Runnable call(Gateway gateway, String id, int verb) {
        String path = "/sandboxes/" + id;
        return () -> {
            Answer answer = switch (verb) {
                case 0, 1 -> send(gateway, "POST", path + "/pause", "{}");
                case 2, 3 -> send(gateway, "POST", path + "/connect", "{\"timeout\":3600}");
                case 4 -> send(gateway, "POST", path + "/resume", "{\"timeout\":3600}");
                case 5 -> send(gateway, "POST", path + "/timeout", "{\"timeout\":1800}");
                case 6 -> send(gateway, "GET", path, null);
                default -> send(gateway, "GET", "/v2/sandboxes", null);
            };
            assertThat(answer.status()).as(answer.text()).isIn(200, 201, 204, 404, 409, 503);
            if (answer.status() == 503) {
                assertThat(answer.message()).contains("which this gateway does not speak for");
            }
        };
    }

    private void aRestartOfOneLeavesTheOthersSandboxesAlone() throws IOException {
        int before = leftMachines.living().size();
        right.abandon();
        rightMachines = rightMachines.successor();
        right = open("right", rightMachines, url());
        assertThat(leftMachines.living()).hasSize(before);
        agree();
        for (String id : listed(left, "")) {
            List<Integer> kills = Stream.of(left, right)
                    .map(each -> send(each, "DELETE", "/sandboxes/" + id, null).status())
                    .toList();
            assertThat(kills).as("one has it").contains(204);
        }
        assertThat(leftMachines.living()).isEmpty();
        assertThat(rightMachines.living()).isEmpty();
    }

    private void oneKeyMakesOneSandboxThroughBoth() {
        List<Answer> answers = Stream.of(left, right)
                .parallel()
                .flatMap(each -> Api.together(4, () -> keyed(each)).stream())
                .toList();
        assertThat(answers).allSatisfy(each -> assertThat(each.status()).isIn(201, 409));
        assertThat(keyed(left).text()).isEqualTo(keyed(right).text());
        assertThat(leftMachines.living().size() + rightMachines.living().size()).isOne();
    }

    /// Each gateway's list is the same, and tells what the machines of both are.
    private void agree() {
        assertThat(listed(left, "")).isEqualTo(listed(right, ""));
        long paused = Stream.of(leftMachines, rightMachines)
                .flatMap(each -> each.living().stream())
                .filter(Machine::frozen)
                .count();
        assertThat(listed(right, "state=paused")).hasSize(Math.toIntExact(paused));
        assertThat(listed(left, "state=running"))
                .hasSize(Math.toIntExact(
                        leftMachines.living().size() + rightMachines.living().size() - paused));
    }

    private List<String> running() {
        return List.copyOf(listed(left, "state=running"));
    }

    private static Set<String> listed(Gateway gateway, String query) {
        return send(gateway, "GET", "/v2/sandboxes?" + query, null)
                .json()
                .valueStream()
                .map(each -> each.get("sandboxID").asString())
                .collect(Collectors.toSet());
    }

    private static Answer keyed(Gateway gateway) {
        return new Api(gateway.address().getPort(), CONTRACT)
                .send(
                        "POST",
                        "/v2/sandboxes",
                        BASE,
                        Map.of("X-API-Key", Server.KEY, "Idempotency-Key", "through-both"));
    }

    private static Answer send(Gateway gateway, String method, String path, @Nullable String body) {
        return new Api(gateway.address().getPort(), CONTRACT).send(method, path, body, Map.of("X-API-Key", Server.KEY));
    }
}

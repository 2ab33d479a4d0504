package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The gateway killed outright amid creates and running commands, real sandboxes: whoever was told of a sandbox has it,
/// its command goes on, and nothing else runs. `-Dlelantos.kill.count=20` for the whole of it.
class KilledProductIT {

    private static final int COUNT = Integer.getInteger("lelantos.kill.count", 5);

    private final Product product = Product.get();

    @AfterEach
    void nothingIsLeft() {
        for (String each : listed()) {
            assertThat(product.delete("/sandboxes/" + each).status()).isEqualTo(204);
        }
    }

    @Test
    void whatWasAcknowledgedLivesAndNothingElseRuns() throws Exception {
        Set<String> acknowledged = new ConcurrentSkipListSet<>();
        List<String> busy = new ArrayList<>();
        for (int i = 0; i < COUNT; i++) {
            String id = product.create("\"timeout\":1800");
            acknowledged.add(id);
            busy.add(id);
            var _ = product.run(id, "setsid sleep 1000 >/dev/null 2>&1 &");
        }
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (String each : busy) {
                var _ = threads.submit(
                        () -> tell("/sandboxes/" + each + "/exec", "{\"command\":\"sleep 600\",\"timeout\":700}"));
            }
            for (String each : busy) {
                LifecycleIT.await(() -> product.run(each, "pgrep -cx sleep").equals("2"));
            }
            CountDownLatch some = new CountDownLatch(Math.max(1, COUNT / 4));
            for (int i = 0; i < COUNT; i++) {
                var _ = threads.submit(() -> {
                    Answer made = tell("/v2/sandboxes", "{\"templateID\":\"base\",\"timeout\":1800}");
                    if (made != null && made.status() == 201) {
                        acknowledged.add(made.json().get("sandboxID").asString());
                    }
                    some.countDown();
                });
            }
            some.await();
            product.kill();
        }
        int before = acknowledged.size();
        product.start();
        Set<String> listed = listed();
        assertThat(listed).containsAll(acknowledged);
        for (String each : listed) {
            assertThat(product.run(each, "echo usable")).isEqualTo("usable");
            assertThat(product.port(each, 49_983, "/health")).isEqualTo(204);
        }
        for (String each : busy) {
            assertThat(product.run(each, "pgrep -cx sleep")).isEqualTo("2");
        }
        JsonNode node = product.api
                .send("GET", "/nodes", null, Map.of("X-Admin-Token", Product.ADMIN_TOKEN))
                .json()
                .get(0);
        assertThat(node.get("sandboxCount").asInt()).isEqualTo(listed.size());
        try (Beside database = Beside.of(product.home)) {
            assertThat(database.rows("select id, state from sandboxes where ended_at is null and state <> 'running'"))
                    .isEmpty();
        }
        System.out.printf(
                "killed amid %d creates: %d acknowledged, %d alive, %d commands went on%n",
                COUNT, before, listed.size(), busy.size());
    }

    @org.jspecify.annotations.Nullable
    private Answer tell(String path, String body) {
        try {
            return product.api.trySend("POST", path, body, Map.of("X-API-Key", Product.KEY));
        } catch (IOException e) {
            return null;
        }
    }

    private Set<String> listed() {
        Set<String> ids = new TreeSet<>();
        product.get("/v2/sandboxes")
                .json()
                .forEach(each -> ids.add(each.get("sandboxID").asString()));
        return ids;
    }
}

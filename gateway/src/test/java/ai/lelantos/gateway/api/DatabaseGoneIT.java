package ai.lelantos.gateway.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The database dies under the running product: sandboxes it knows are served on, the API says that it cannot, and the
/// next start finds everything.
class DatabaseGoneIT {

    private final Product product = Product.get();
    private String id = "";

    @AfterEach
    void everythingIsBack() {
        product.kill();
        product.start();
        assertThat(product.delete("/sandboxes/" + id).status()).isEqualTo(204);
    }

    @Test
    void knownSandboxesAreServedAndTheApiAnswers503() throws IOException {
        id = product.create("\"timeout\":600");
        assertThat(product.port(id, 49_983, "/health")).isEqualTo(204);
        ProcessHandle database = database();
        assertThat(database.destroyForcibly()).isTrue();
        database.onExit().join();
        for (int i = 0; i < 3; i++) {
            assertThat(product.port(id, 49_983, "/health")).isEqualTo(204);
            for (String path : List.of("/v2/sandboxes", "/sandboxes/" + id)) {
                Answer answer = product.get(path);
                assertThat(answer.status()).as(path).isEqualTo(503);
                assertThat(answer.json().get("code").asInt()).isEqualTo(503);
                assertThat(answer.message()).startsWith("The database cannot be reached");
                assertThat(answer.header("Retry-After")).isEqualTo("1");
            }
        }
        assertThat(product.post("/v2/sandboxes", "{\"templateID\":\"base\"}").status())
                .isEqualTo(503);
        assertThat(product.port("nobody", 80, "/"))
                .as("a sandbox it would have to look up")
                .isEqualTo(502);
    }

    /// The process that says in its own lock file that it serves the data of this product's home.
    private ProcessHandle database() throws IOException {
        String pid = Files.readAllLines(product.home.resolve("database/postmaster.pid"))
                .getFirst();
        return ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow();
    }
}

package ai.lelantos.envd.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class InitRequestTest {

    @Test
    void nothingIsAValidRequest() {
        for (String empty : new String[] {"", " \n", "{}", "{\"accessToken\":null,\"envVars\":null,\"later\":[1]}"}) {
            InitRequest request = parse(empty);
            assertThat(request.accessToken()).isNull();
            assertThat(request.environment()).isNull();
            assertThat(request.timestamp()).isNull();
        }
    }

    @Test
    void everyFieldIsRead() {
        InitRequest request = parse("""
                {"accessToken":"t","envVars":{"A":"b"},"defaultUser":"user","defaultWorkdir":"/w",
                 "timestamp":"2026-01-02T03:04:05.5+01:00","hyperloopIP":"192.0.2.7","caBundle":"pem",
                 "sandboxId":"s","templateId":"x","volumeMounts":[],"lifecycleID":"l"}""");
        assertThat(request)
                .isEqualTo(new InitRequest(
                        "t",
                        Map.of("A", "b"),
                        "user",
                        "/w",
                        Instant.parse("2026-01-02T02:04:05.500Z"),
                        "192.0.2.7",
                        "pem",
                        "s",
                        "x"));
    }

    @Test
    void theHostsOwnTimeIsANumber() {
        assertThat(parse("{\"unixNanos\":1767323045678000001}").timestamp())
                .isEqualTo(Instant.parse("2026-01-02T03:04:05.678000001Z"));
    }

    @Test
    void aTimeThatIsNoNumberIsNamed() {
        for (String wrong : new String[] {"\"now\"", "[]", "{}", "null", "1e99"}) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> parse("{\"unixNanos\":" + wrong + "}"))
                    .withMessage("unixNanos is no whole number: " + wrong);
        }
    }

    @Test
    void whatIsWrongIsNamed() {
        Map.of(
                        "[]", "the body is not a JSON object",
                        "{\"a\":1} {}", "the body is not a JSON object",
                        "{'a':1}", "the body is not a JSON object",
                        "{\"accessToken\":\"\"}", "accessToken is empty; leave it out to have none",
                        "{\"defaultUser\":7}", "defaultUser is not a string",
                        "{\"envVars\":{\"A=B\":\"\"}}", "envVars has a name that no variable can have: 'A=B'",
                        "{\"envVars\":[]}", "envVars is not a JSON object",
                        "{\"timestamp\":\"now\"}", "timestamp is no RFC 3339 time: 'now'",
                        "{\"hyperloopIP\":\"example.com\"}", "hyperloopIP is no IP address: 'example.com'",
                        "{\"volumeMounts\":[{}]}", "volumeMounts: volumes are mounted from outside of the sandbox")
                .forEach((body, message) -> assertThatIllegalArgumentException()
                        .isThrownBy(() -> parse(body))
                        .withMessage(message));
    }

    private static InitRequest parse(String body) {
        return InitRequest.parse(body.getBytes(StandardCharsets.UTF_8));
    }
}

package ai.lelantos.gateway.contract;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/// The judge itself is judged: it must see each kind of drift.
class ContractTest {

    private static final String SANDBOX = """
            {"templateID":"base","sandboxID":"i0123456789abcdefghij","clientID":"6532622b","envdVersion":"0.6.13"}""";

    private final Contract contract = Contract.read();

    @Test
    void aRightAnswerHasNoFault() {
        assertThat(contract.faults("POST", "/sandboxes", 201, "application/json", SANDBOX.getBytes(UTF_8)))
                .isEmpty();
    }

    @Test
    void aMissingPropertyIsSeen() {
        assertThat(contract.faults("POST", "/v2/sandboxes", 201, "application/json", "{}".getBytes(UTF_8)))
                .hasSize(4);
    }

    @Test
    void aWrongTypeIsSeenThroughReferencesAndCompositions() {
        String detail = SANDBOX.replace("}", ",\"cpuCount\":\"two\"}");
        assertThat(contract.faults("GET", "/sandboxes/i1", 200, "application/json", detail.getBytes(UTF_8)))
                .anyMatch(fault -> fault.contains("cpuCount"))
                .anyMatch(fault -> fault.contains("lifecycle"));
    }

    @Test
    void anErrorMustHaveCodeAndMessage() {
        assertThat(contract.faults("GET", "/sandboxes/i1", 404, "application/json", "{\"code\":404}".getBytes(UTF_8)))
                .anyMatch(fault -> fault.contains("message"));
        assertThat(contract.faults("GET", "/nowhere", 404, "application/json", "{\"message\":\"x\"}".getBytes(UTF_8)))
                .anyMatch(fault -> fault.contains("code"));
        assertThat(contract.faults("GET", "/sandboxes/i1", 404, "text/html", "<html>".getBytes(UTF_8)))
                .anyMatch(fault -> fault.contains("text/html"));
    }

    @Test
    void aBodyWhereNoneMayBeIsSeen() {
        assertThat(contract.faults("DELETE", "/sandboxes/i1", 204, null, new byte[0]))
                .isEmpty();
        assertThat(contract.faults("DELETE", "/sandboxes/i1", 204, null, new byte[1]))
                .isNotEmpty();
    }

    @Test
    void anUndocumentedSuccessIsSeen() {
        assertThat(contract.faults("GET", "/secret-door", 200, null, new byte[0]))
                .isNotEmpty();
        assertThat(contract.faults("POST", "/sandboxes", 200, "application/json", SANDBOX.getBytes(UTF_8)))
                .isNotEmpty();
    }

    @Test
    void everyReferenceLeadsSomewhereAndEveryOperationHasANameOfItsOwn() {
        assertThat(contract.operations()).hasSizeGreaterThan(50);
        assertThat(contract.untested()).contains("create", "kill").doesNotContain("fork");
        assertThat(Schema.faults(Map.of(), Map.of("type", "string", "novelty", 1), "x"))
                .isNotEmpty();
    }
}

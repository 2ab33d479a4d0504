package ai.lelantos.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.protocol.FileSignature.Operation;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FileSignatureTest {

    private static final String TOKEN = "0tQG31xiMp0IOQfaz9dcwi72L1CPo8e0";
    private static final String SIGNATURE = "v1_gUtH/s9YCJWgCizjfUxuWfhFE4QSydOWEIIvfLwDr6E";

    private final FileSignature link = new FileSignature("hello.txt", Operation.READ, "user", OptionalLong.empty());

    @Test
    void publishedVectorHolds() {
        assertThat(link.sign(TOKEN)).isEqualTo(SIGNATURE);
        assertThat(link.isSignedBy(TOKEN, SIGNATURE)).isTrue();
    }

    @Test
    void everyPartOfTheClaimCounts() {
        var none = OptionalLong.empty();
        assertThat(new FileSignature("hello.tx", Operation.READ, "user", none).isSignedBy(TOKEN, SIGNATURE))
                .isFalse();
        assertThat(new FileSignature("hello.txt", Operation.WRITE, "user", none).isSignedBy(TOKEN, SIGNATURE))
                .isFalse();
        assertThat(new FileSignature("hello.txt", Operation.READ, "root", none).isSignedBy(TOKEN, SIGNATURE))
                .isFalse();
        assertThat(new FileSignature("hello.txt", Operation.READ, "user", OptionalLong.of(1))
                        .isSignedBy(TOKEN, SIGNATURE))
                .isFalse();
        assertThat(link.isSignedBy(TOKEN + "x", SIGNATURE)).isFalse();
    }

    @Test
    void expirationIsSignedInDecimalAtTheEnd() {
        var dated = new FileSignature("", Operation.WRITE, "", OptionalLong.of(1_700_000_000));
        var spelled = new FileSignature(":write::t:1700000000", Operation.READ, "", OptionalLong.empty());
        assertThat(dated.sign("t"))
                .isNotEqualTo(spelled.sign("t"))
                .startsWith("v1_")
                .hasSize(3 + 43);
        assertThat(dated.isSignedBy("t", dated.sign("t"))).isTrue();
    }
}

package ai.lelantos.gateway.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/// The three ways clients write the same filter, after HTTP's own decoding.
class MetadataFilterTest {

    @Test
    void everyClientsWayGivesTheSameMap() {
        assertThat(MetadataFilter.parse("a%2520b=c%253Dd%2526%25C3%25A9&k=v"))
                .isEqualTo(Map.of("a b", "c=d&é", "k", "v"));
        assertThat(MetadataFilter.parse("a=b")).isEqualTo(Map.of("a", "b"));
        assertThat(MetadataFilter.parse("a=")).isEqualTo(Map.of("a", ""));
    }

    @Test
    void whatCannotBeReadIsRefused() {
        assertThatThrownBy(() -> MetadataFilter.parse("a=%zz")).hasMessageStartingWith("Error parsing metadata");
        assertThatThrownBy(() -> MetadataFilter.parse("alone")).hasMessageStartingWith("Error parsing metadata");
    }
}

package ai.lelantos.envd.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class QueryTest {

    @Test
    void theFirstOfANameCountsAndEscapesAreUtf8() throws Problem {
        Query query = Query.parse("path=%2Ftmp%2F%C3%A9+a%2Bb&path=other&empty&e=");
        assertThat(query.get("path")).isEqualTo("/tmp/é a+b");
        assertThat(query.has("empty")).isTrue();
        assertThat(query.get("empty")).isEmpty();
        assertThat(query.has("absent")).isFalse();
        assertThat(Query.parse(null).get("path")).isEmpty();
    }

    @Test
    void whatIsNoTextIsRefused() {
        for (String bad : new String[] {"path=%", "path=%f", "path=%zz", "path=%ff", "path=%c3%28", "%80=1"}) {
            assertThatThrownBy(() -> Query.parse(bad))
                    .as(bad)
                    .isInstanceOfSatisfying(
                            Problem.class,
                            problem -> assertThat(problem.status()).isEqualTo(400));
        }
    }
}

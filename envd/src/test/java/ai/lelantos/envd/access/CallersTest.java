package ai.lelantos.envd.access;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.linux.Users;
import org.junit.jupiter.api.Test;

/// The words of contract 3.1 for a caller who is nobody; that an agent's default user is empty no client can bring
/// about.
class CallersTest {

    @Test
    void withoutANameAndWithoutADefaultNobodyIsMeant() {
        assertThat(new Callers(new Users(), () -> "").resolve(null))
                .isEqualTo(new Callers.Unknown("no user specified"));
    }

    @Test
    void aDefaultThatDoesNotExistIsNamed() {
        assertThat(new Callers(new Users(), () -> "nobody-here").resolve(null))
                .isEqualTo(new Callers.Unknown("invalid default user: 'nobody-here'"));
    }
}

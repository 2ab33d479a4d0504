package ai.lelantos.envd.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class ErrnoTest {

    @Test
    void textsAreTailsOfAnErrorMessage() {
        assertThat(Errno.text(Errno.EACCES)).isEqualTo("permission denied");
        assertThat(Errno.text(Errno.E2BIG)).isEqualTo("argument list too long");
        assertThat(Errno.text(Errno.EAGAIN)).isEqualTo("resource temporarily unavailable");
    }

    @Test
    void aFailedCallThrowsItsOwnNumber() {
        assertThatThrownBy(() -> Descriptors.open("/no/such/place", Descriptors.O_RDONLY))
                .isInstanceOfSatisfying(Errno.class, e -> assertThat(e.number()).isEqualTo(Errno.ENOENT))
                .hasMessage("open /no/such/place: no such file or directory");
    }

    @Test
    void aNulInAStringIsRefusedBeforeTheKernelSeesHalfOfIt() {
        assertThatThrownBy(() -> Descriptors.exists("/etc\0/passwd"))
                .isInstanceOfSatisfying(Errno.class, e -> assertThat(e.number()).isEqualTo(Errno.EINVAL));
    }
}

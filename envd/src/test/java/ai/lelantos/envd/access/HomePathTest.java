package ai.lelantos.envd.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.envd.linux.User;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HomePathTest {

    private static final User USER = new User("user", 1000, 1000, "/home/user", "/bin/bash", List.of(1000));

    @ParameterizedTest
    @CsvSource({
        "hello.txt, /home/user/hello.txt",
        "a/../b//c/., /home/user/b/c",
        "../../../x, /x",
        "/a/../b, /a/../b",
        "~, /home/user",
        "~/x, /home/user/x",
        "~/../y, /home/y",
        "'', /srv/work",
    })
    void everyFormOfAPath(String path, String meant) {
        assertThat(HomePath.resolve(path, USER, "/srv/work")).isEqualTo(meant);
    }

    @Test
    void theEmptyPathIsTheHomeWithoutADefault() {
        assertThat(HomePath.resolve("", USER, "")).isEqualTo("/home/user");
    }

    @Test
    void aRelativeDefaultIsJoinedToTheHome() {
        assertThat(HomePath.resolve("", USER, "work")).isEqualTo("/home/user/work");
    }

    @Test
    void anotherUsersHomeIsNotLookedUp() {
        assertThatThrownBy(() -> HomePath.resolve("~root/x", USER, ""))
                .hasMessageContaining("cannot expand user-specific home dir");
    }
}

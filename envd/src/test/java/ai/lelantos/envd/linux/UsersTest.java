package ai.lelantos.envd.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsersTest {

    @TempDir
    Path etc;

    private Users users;

    @BeforeEach
    void writeFiles() throws IOException {
        users = new Users(etc.resolve("passwd"), etc.resolve("group"));
        Files.writeString(etc.resolve("passwd"), """
                root:x:0:0:root:/root:/bin/bash
                # a comment:x:7:7::/:/bin/sh
                user:x:1000:1001:,,,:/home/user:/bin/bash
                broken line
                nfs:x:4294967294:4294967294::/:/bin/false
                """);
        Files.writeString(etc.resolve("group"), """
                root:x:0:
                sudo:x:27:other,user
                user:x:1001:user
                empty:x:99:
                """);
    }

    @Test
    void aUserHasItsOwnGroupFirstThenThoseThatListIt() {
        assertThat(users.find("user"))
                .contains(new User("user", 1000, 1001, "/home/user", "/bin/bash", java.util.List.of(1001, 27)));
    }

    @Test
    void idsAreUnsigned() {
        assertThat(users.find("nfs").orElseThrow().uid()).isEqualTo(-2);
        assertThat(users.now().userName(-2)).isEqualTo("nfs");
    }

    @Test
    void anAddedUserCountsFromTheNextCallOn() throws IOException {
        assertThat(users.find("late")).isEmpty();
        Files.writeString(etc.resolve("passwd"), "late:x:5:5::/l:/bin/sh\n", java.nio.file.StandardOpenOption.APPEND);
        assertThat(users.find("late")).isPresent();
    }

    @Test
    void rootExistsEvenWithoutTheFiles() throws IOException {
        Files.delete(etc.resolve("passwd"));
        Files.delete(etc.resolve("group"));
        assertThat(users.find("root").orElseThrow().uid()).isZero();
        assertThat(users.find("user")).isEmpty();
    }

    @Test
    void aFileThatIsNoPlainFileIsNotRead() throws IOException {
        Files.delete(etc.resolve("passwd"));
        Files.createDirectory(etc.resolve("passwd"));
        assertThat(users.find("user")).isEmpty();
    }

    @Test
    void namesOfIdsFallBackToTheNumber() {
        Users.Snapshot now = users.now();
        assertThat(now.userName(1000)).isEqualTo("user");
        assertThat(now.userName(1234)).isEqualTo("1234");
        assertThat(now.groupName(27)).isEqualTo("sudo");
        assertThat(now.groupName(-2)).isEqualTo("4294967294");
    }
}

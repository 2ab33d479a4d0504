package ai.lelantos.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostNameTest {

    @ParameterizedTest
    @CsvSource({
        "3000-abc123.localhost, 3000, abc123",
        "49983-i1.lelantos.localhost:8443, 49983, i1",
        "49983-abc-00000000.localhost, 49983, abc",
        "80-abc-x-y-z.example.com, 80, abc",
        "1-0.x, 1, 0",
        "65535-zz.a.b.c, 65535, zz",
        "08080-abc.localhost, 8080, abc",
        "3000-abc.my-domain.example, 3000, abc",
    })
    void firstLabelNamesPortAndSandboxUnderAnyDomain(String host, int port, String id) {
        assertThat(HostName.parse(host)).isEqualTo(new HostName.Sandbox(port, id));
    }

    @ParameterizedTest
    @CsvSource({
        "3000-ABC.localhost, Invalid sandbox ID",
        "3000-.localhost, Invalid sandbox ID",
        "3000--abc.localhost, Invalid sandbox ID",
        "3000-a_b.localhost, Invalid sandbox ID",
        "abc-abc.localhost, Invalid sandbox port",
        "-abc.localhost, Invalid sandbox port",
        "0-abc.localhost, Invalid sandbox port",
        "65536-abc.localhost, Invalid sandbox port",
        "99999999999999999999-abc.localhost, Invalid sandbox port",
        "+80-abc.localhost, Invalid sandbox port",
        "８０-abc.localhost, Invalid sandbox port",
        "111111111111111111111111111111111111111111111111111111111111-a1.localhost, Invalid sandbox port",
        "1-a11111111111111111111111111111111111111111111111111111111111111.localhost, Invalid host",
    })
    void aWrongPartIsNamed(String host, String message) {
        assertThat(HostName.parse(host)).isEqualTo(new HostName.Malformed(message));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "localhost",
                "localhost:3000",
                "127.0.0.1",
                "[::1]:80",
                "api.example.com",
                "3000-abc",
                "3000-abc:80",
                "3000-abc:80.x",
                "api.my-domain.example",
                ".3000-abc.localhost"
            })
    void anythingElseNamesNoSandbox(String host) {
        assertThat(HostName.parse(host)).isEqualTo(new HostName.Other());
    }
}

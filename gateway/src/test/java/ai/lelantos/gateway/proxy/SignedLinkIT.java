package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.gateway.sandbox.Route;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Signed file links of the plain setup: nothing but the signature says whose sandbox is meant.
class SignedLinkIT {

    private final Stage stage = new Stage();

    @BeforeEach
    void twoSandboxesWithTokensAndTheApi() throws UnknownHostException {
        var _ = stage.api(wire -> {
            if (!wire.head().isEmpty()) {
                wire.send("HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n\r\napi");
            }
        });
        for (int i = 1; i <= 2; i++) {
            String name = "s" + i;
            InetAddress address = InetAddress.getByAddress(new byte[] {127, 9, 8, (byte) i});
            var _ = stage.prop(new Guest(address, Switchboard.AGENT_PORT, wire -> {
                String line = wire.head().lines().findFirst().orElse("");
                String body = name + " " + line;
                wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
            }));
            Route open = stage.running.aRoute(name);
            var _ = stage.running.starts(
                    new Route(name, open.lifecycle(), address, "token" + i, null, null, Set.of(), -1));
        }
    }

    @AfterEach
    void close() {
        stage.close();
    }

    /// `v1_` and the unpadded Base64 of the SHA-256 of `path:operation:user:token[:expiration]`.
    private static String signature(String what) throws NoSuchAlgorithmException {
        byte[] hash = MessageDigest.getInstance("SHA-256").digest(what.getBytes(StandardCharsets.UTF_8));
        return "v1_" + Base64.getEncoder().withoutPadding().encodeToString(hash);
    }

    private static String request(String method, String query, String signature) {
        String encoded = signature.replace("+", "%2B").replace("/", "%2F");
        return method + " /files?" + query + "&signature=" + encoded
                + " HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nContent-Length: 0\r\n\r\n";
    }

    @ParameterizedTest
    @CsvSource({
        "GET,path=%2Fa%20b,/a b:read::token1,s1",
        "GET,path=%2Fa%20b,/a b:read::token2,s2",
        "POST,path=x,x:write::token2,s2",
        "GET,path=x&username=root,x:read:root:token1,s1",
        "GET,path=x&signature_expiration=99,x:read::token2:99,s2"
    })
    void theSandboxWhoseTokenSignedIsAsked(String method, String query, String signed, String sandbox)
            throws Exception {
        assertThat(stage.ask(request(method, query, signature(signed))))
                .startsWith("HTTP/1.1 200 ")
                .contains("\r\n\r\n" + sandbox + " " + method + " /files?" + query);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"x:write::token1", "y:read::token1", "x:read::token3", "x:read:root:token1", "x:read::token1:99"
            })
    void whatNobodySignedIsTheApis(String signed) throws Exception {
        assertThat(stage.ask(request("GET", "path=x", signature(signed)))).endsWith("\r\n\r\napi");
    }

    @Test
    void anUnsignedOrMalformedLinkIsTheApis() {
        assertThat(stage.ask("GET /files?path=x HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .endsWith("\r\n\r\napi");
        assertThat(stage.ask("GET /files?path=%zz&signature=v1_x HTTP/1.1\r\nHost: localhost\r\n\r\n"))
                .endsWith("\r\n\r\napi");
    }

    @Test
    void anEndedSandboxSignsNothing() throws Exception {
        stage.running.ends("s1");
        assertThat(stage.ask(request("GET", "path=x", signature("x:read::token1"))))
                .endsWith("\r\n\r\napi");
    }
}

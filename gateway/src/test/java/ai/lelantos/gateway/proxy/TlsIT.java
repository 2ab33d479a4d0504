package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.lelantos.gateway.sandbox.Route;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Base64;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// TLS on the front, with the certificate made here or brought by the owner; and towards servers that speak it.
class TlsIT {

    @TempDir
    Path folder;

    private final Stage stage = new Stage();

    @AfterEach
    void close() {
        stage.close();
    }

    private int listen(Tls tls) throws IOException {
        return stage.front
                .listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls)
                .getPort();
    }

    @Test
    void bothProtocolsAreSpokenBehindOneCertificateThatNamesEverySandbox() throws Exception {
        int port = listen(Tls.local(folder, Stage.DOMAIN));
        Guest guest = stage.guest(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
        });
        stage.running.starts("abc");
        SSLContext trust = trusting(folder.resolve("ca.pem"));
        try (SSLSocket socket = handshake(trust, port, guest.port() + "-abc.lelantos.localhost", "http/1.1")) {
            var wire = stage.prop(new Wire(socket));
            for (int i = 0; i < 3; i++) {
                assertThat(wire.send(Stage.get("abc", guest.port(), "/" + i)).answer())
                        .contains("GET /" + i + " HTTP/1.1\r\n");
            }
            assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
        }
        try (SSLSocket socket = handshake(trust, port, "api.lelantos.localhost", "h2")) {
            assertThat(socket.getApplicationProtocol()).isEqualTo("h2");
            Frames frames = stage.prop(new Frames(new Wire(socket)));
            assertThat(frames.get(1, guest.port() + "-abc.lelantos.localhost", "/two")
                            .body(1))
                    .contains("GET /two HTTP/1.1\r\n");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("ca.p12"))))
                .isEqualTo("rw-------");
    }

    @Test
    void theApiBehindTlsHearsOfIt() throws Exception {
        int port = listen(Tls.local(folder, Stage.DOMAIN));
        stage.api(wire -> {
            String head = wire.head();
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: " + head.length() + "\r\n\r\n" + head);
        });
        try (HttpClient client = HttpClient.newBuilder()
                .sslContext(trusting(folder.resolve("ca.pem")))
                .build()) {
            HttpResponse<String> answer = client.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + port + "/sandboxes"))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(answer.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.body()).contains("X-Forwarded-Proto: https\r\n");
        }
    }

    @Test
    void theAuthorityIsMadeOnceAndKept() throws Exception {
        var unused = Tls.local(folder, Stage.DOMAIN);
        byte[] first = Files.readAllBytes(folder.resolve("ca.pem"));
        var again = Tls.local(folder, "other.example");
        assertThat(Files.readAllBytes(folder.resolve("ca.pem"))).isEqualTo(first);
        assertThat(again).isNotSameAs(unused);
    }

    @Test
    void theOwnersFilesAreReadAgainWhenTheyChangeAndKeptWhenTheyBreak() throws Exception {
        Path certificate = folder.resolve("own.pem");
        Path key = folder.resolve("own-key.pem");
        export("one.example", certificate, key, 1);
        Tls tls = Tls.files(certificate, key);
        int port = listen(tls);
        assertThat(subject(port)).contains("one.example");
        export("two.example", certificate, key, 2);
        tls.refresh();
        assertThat(subject(port)).contains("two.example");
        Files.writeString(certificate, "broken");
        tls.refresh();
        assertThat(subject(port)).contains("two.example");
        assertThatThrownBy(() -> Tls.files(certificate, key))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("PKCS#8");
    }

    @Test
    void portsThatSpeakTlsInTheSandboxAreSpokenToInTls() throws Exception {
        LocalAuthority.Identity identity = new LocalAuthority(folder, "guest.example").identity();
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        keys.setKeyEntry(
                "server", identity.key(), "x".toCharArray(), identity.chain().toArray(X509Certificate[]::new));
        var managers = javax.net.ssl.KeyManagerFactory.getInstance("PKIX");
        managers.init(keys, "x".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        Guest guest = stage.guest(plain -> {
            try (Wire wire = new Wire(wrapped(context, plain.socket))) {
                wire.head();
                wire.send(RelayIT.HI);
            }
        });
        Route open = stage.running.aRoute("abc");
        stage.running.starts(
                new Route("abc", open.lifecycle(), open.address(), null, null, null, Set.of(guest.port()), -1));
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/"))).endsWith("\r\n\r\nhi");
    }

    @Test
    void aPortThatShouldSpeakTlsAndDoesNotIsAClosedOne() {
        Guest guest = stage.guest(wire -> wire.send(RelayIT.HI));
        Route open = stage.running.aRoute("abc");
        stage.running.starts(
                new Route("abc", open.lifecycle(), open.address(), null, null, null, Set.of(guest.port()), -1));
        assertThat(stage.ask(Stage.get("abc", guest.port(), "/")))
                .startsWith("HTTP/1.1 502 ")
                .contains("port is not open");
    }

    private static Socket wrapped(SSLContext context, Socket plain) throws IOException {
        return context.getSocketFactory().createSocket(plain, (InputStream) null, true);
    }

    private void export(String domain, Path certificate, Path key, long second) throws Exception {
        LocalAuthority.Identity identity = new LocalAuthority(folder.resolve(domain), domain).identity();
        var text = new StringBuilder();
        for (X509Certificate each : identity.chain()) {
            text.append(pem("CERTIFICATE", each.getEncoded()));
        }
        Path fresh = Files.writeString(folder.resolve("fresh"), text);
        Files.setLastModifiedTime(fresh, FileTime.fromMillis(second * 1000));
        Files.move(fresh, certificate, StandardCopyOption.REPLACE_EXISTING);
        Files.writeString(key, pem("PRIVATE KEY", identity.key().getEncoded()));
        Files.setLastModifiedTime(key, FileTime.fromMillis(second * 1000));
    }

    private static String pem(String name, byte[] bytes) {
        return "-----BEGIN " + name + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes) + "\n-----END " + name + "-----\n";
    }

    private static String subject(int port) throws Exception {
        SSLContext any = SSLContext.getInstance("TLS");
        any.init(null, io.netty.handler.ssl.util.InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
        try (SSLSocket socket = handshake(any, port, "localhost", "http/1.1")) {
            return ((X509Certificate) socket.getSession().getPeerCertificates()[0])
                    .getSubjectX500Principal()
                    .getName();
        }
    }

    private static SSLContext trusting(Path authority) throws Exception {
        var keys = KeyStore.getInstance("PKCS12");
        keys.load(null, null);
        try (InputStream in = Files.newInputStream(authority)) {
            keys.setCertificateEntry(
                    "ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
        }
        var trust = TrustManagerFactory.getInstance("PKIX");
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context;
    }

    private static SSLSocket handshake(SSLContext context, int port, String host, String protocol) throws IOException {
        var plain = new Socket(InetAddress.getLoopbackAddress(), port);
        var socket =
                (SSLSocket) Objects.requireNonNull(context.getSocketFactory().createSocket(plain, host, port, true));
        var parameters = socket.getSSLParameters();
        parameters.setApplicationProtocols(new String[] {protocol});
        parameters.setEndpointIdentificationAlgorithm(host.equals("localhost") ? null : "HTTPS");
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        return socket;
    }
}

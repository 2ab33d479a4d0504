package ai.lelantos.gateway.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;

/// A certificate authority of this machine alone, and its wildcard certificate for the local domain; both made at the
/// first start by the JDK's own keytool.
final class LocalAuthority {

    private static final int AUTHORITY_DAYS = 3650;
    private static final int SERVER_DAYS = 397; // what browsers accept of a server's certificate
    private static final Duration RENEW_BEFORE = Duration.ofDays(30);
    private static final int KEYTOOL_SECONDS_MAX = 60;

    private final Path folder;
    private final String domain;

    /// @param folder where keys and certificates are kept; private to the owner
    LocalAuthority(Path folder, String domain) {
        this.folder = folder;
        this.domain = domain;
    }

    /// A key and its certificates, the server's first.
    record Identity(PrivateKey key, List<X509Certificate> chain) {}

    /// The certificate to give to clients as a trusted authority.
    Path authorityFile() {
        return folder.resolve("ca.pem");
    }

    /// The server's identity, made or renewed when need be. Takes some seconds the first time: not for an event loop.
    Identity identity() throws IOException {
        Files.createDirectories(
                folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path store = folder.resolve(domain + ".p12");
        Path secret = folder.resolve("store-password");
        if (!Files.exists(secret)) {
            byte[] random = new byte[24];
            new SecureRandom().nextBytes(random);
            write(secret, HexFormat.of().formatHex(random));
        }
        String password = Files.readString(secret).strip();
        try {
            if (!Files.exists(folder.resolve("ca.p12"))) {
                make("ca.p12", password, authority());
            }
            if (!Files.exists(store) || !fresh(load(store, password))) {
                Files.copy(folder.resolve("ca.p12"), folder.resolve("new.p12"), StandardCopyOption.REPLACE_EXISTING);
                keytool("new.p12", password, server());
                Files.move(
                        folder.resolve("new.p12"),
                        store,
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.ATOMIC_MOVE);
            }
            KeyStore keys = load(store, password);
            var chain = new ArrayList<X509Certificate>();
            for (var certificate : keys.getCertificateChain("server")) {
                chain.add((X509Certificate) certificate);
            }
            publish(chain.getLast());
            return new Identity((PrivateKey) keys.getKey("server", password.toCharArray()), chain);
        } catch (GeneralSecurityException unreadable) {
            throw new IOException(
                    "the keys in " + folder + " cannot be read: remove that directory to make new ones", unreadable);
        }
    }

    private List<String> authority() {
        return List.of(
                "-alias",
                "ca",
                "-dname",
                "CN=Lelantos local authority",
                "-validity",
                "" + AUTHORITY_DAYS,
                "-ext",
                "bc:c=ca:true,pathlen:0",
                "-ext",
                "ku:c=keyCertSign,cRLSign");
    }

    private List<String> server() {
        return List.of(
                "-alias",
                "server",
                "-signer",
                "ca",
                "-dname",
                "CN=" + domain,
                "-validity",
                "" + SERVER_DAYS,
                "-ext",
                "san=dns:*." + domain + ",dns:" + domain + ",dns:localhost,ip:127.0.0.1",
                "-ext",
                "ku:c=digitalSignature",
                "-ext",
                "eku=serverAuth");
    }

    private void make(String store, String password, List<String> arguments) throws IOException {
        Files.deleteIfExists(folder.resolve("new.p12"));
        keytool("new.p12", password, arguments);
        Files.move(folder.resolve("new.p12"), folder.resolve(store), StandardCopyOption.ATOMIC_MOVE);
    }

    private void keytool(String store, String password, List<String> arguments) throws IOException {
        var command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-storetype",
                "PKCS12",
                "-storepass:env",
                "STORE_PASSWORD",
                "-keystore",
                folder.resolve(store).toString()));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("STORE_PASSWORD", password);
        Process process = builder.start();
        try (InputStream out = process.getInputStream()) {
            process.getOutputStream().close();
            String said = new String(out.readNBytes(8 * 1024), StandardCharsets.UTF_8);
            if (!process.waitFor(KEYTOOL_SECONDS_MAX, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException("keytool made no certificate: " + said.strip());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while keytool made a certificate", interrupted);
        } finally {
            process.destroyForcibly();
        }
        Files.setPosixFilePermissions(folder.resolve(store), PosixFilePermissions.fromString("rw-------"));
    }

    private static boolean fresh(KeyStore keys) throws GeneralSecurityException {
        return keys.getCertificate("server") instanceof X509Certificate certificate
                && certificate.getNotAfter().toInstant().isAfter(Instant.now().plus(RENEW_BEFORE));
    }

    private static KeyStore load(Path file, String password) throws IOException, GeneralSecurityException {
        var keys = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            keys.load(in, password.toCharArray());
        }
        return keys;
    }

    private void publish(X509Certificate authority) throws IOException, GeneralSecurityException {
        String pem = "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(authority.getEncoded())
                + "\n-----END CERTIFICATE-----\n";
        if (!Files.exists(authorityFile()) || !Files.readString(authorityFile()).equals(pem)) {
            Files.writeString(authorityFile(), pem);
        }
    }

    private static void write(Path file, String text) throws IOException {
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text + "\n");
    }
}

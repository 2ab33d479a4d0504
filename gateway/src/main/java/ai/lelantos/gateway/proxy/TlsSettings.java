package ai.lelantos.gateway.proxy;

import ai.lelantos.gateway.settings.Setting;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// The TLS listener beside the plain one.
public record TlsSettings(
        @Setting(value = "8443", is = "port for TLS (HTTP/2 and HTTP/1.1); 0 for none")
        int tlsPort,

        @Setting(
                is =
                        "your certificate with its chain, PEM; read again when it changes; without it a local authority makes one")
        @Nullable
        Path tlsCertificate,

        @Setting(is = "the key of your certificate, PEM, PKCS#8 without password") @Nullable
        Path tlsKey) {

    private static final int PORT_MAX = 65_535;

    public TlsSettings {
        if (tlsPort < 0 || tlsPort > PORT_MAX) {
            throw new IllegalArgumentException(
                    "LELANTOS_TLS_PORT is " + tlsPort + " (expected: 0 to " + PORT_MAX + ")");
        }
        if ((tlsCertificate == null) != (tlsKey == null)) {
            throw new IllegalArgumentException(
                    "LELANTOS_TLS_CERTIFICATE and LELANTOS_TLS_KEY belong together: only one is set");
        }
    }
}

package ai.lelantos.gateway.proxy;

import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The certificate that the TLS listener shows: our own authority's, or the owner's files, read again when they change.
public final class Tls {

    private static final Logger LOG = LoggerFactory.getLogger(Tls.class);

    /// Where an identity comes from, and a word that changes when it does.
    private interface Source {
        SslContextBuilder read() throws IOException;

        String version() throws IOException;
    }

    private record Loaded(String version, SslContext context) {}

    private final Source source;
    private final AtomicReference<Loaded> loaded = new AtomicReference<>();

    private Tls(Source source) throws IOException {
        this.source = source;
        loaded.set(load());
    }

    /// The local authority's wildcard certificate for `domain`, kept in `folder`.
    public static Tls local(Path folder, String domain) throws IOException {
        var authority = new LocalAuthority(folder, domain);
        return new Tls(new Source() {
            @Override
            public SslContextBuilder read() throws IOException {
                LocalAuthority.Identity identity = authority.identity();
                return SslContextBuilder.forServer(
                        identity.key(), identity.chain().toArray(X509Certificate[]::new));
            }

            @Override
            public String version() {
                return "local";
            }
        });
    }

    /// The owner's certificate (PEM, the server's first) and its key (PEM, PKCS#8, without password).
    public static Tls files(Path certificate, Path key) throws IOException {
        return new Tls(new Source() {
            @Override
            public SslContextBuilder read() throws IOException {
                try {
                    return SslContextBuilder.forServer(certificate.toFile(), key.toFile());
                } catch (IllegalArgumentException unreadable) {
                    throw new IOException(
                            "no certificate with its key in " + certificate + " and " + key
                                    + " (expected: PEM, the key as PKCS#8 without password)",
                            unreadable);
                }
            }

            @Override
            public String version() throws IOException {
                return Files.getLastModifiedTime(certificate) + " " + Files.getLastModifiedTime(key);
            }
        });
    }

    /// Reads the files again if they changed; what cannot be read leaves the present certificate in use. Does I/O.
    public void refresh() {
        try {
            if (!source.version().equals(loaded.get().version())) {
                loaded.set(load());
                LOG.info("the TLS certificate was read again");
            }
        } catch (IOException unreadable) {
            LOG.warn("the new TLS certificate cannot be used, the one before stays: {}", unreadable.getMessage());
        }
    }

    SslContext context() {
        return loaded.get().context();
    }

    private Loaded load() throws IOException {
        String version = source.version();
        SslContext context = source.read()
                .protocols("TLSv1.3", "TLSv1.2")
                .applicationProtocolConfig(new ApplicationProtocolConfig(
                        Protocol.ALPN,
                        SelectorFailureBehavior.NO_ADVERTISE,
                        SelectedListenerFailureBehavior.ACCEPT,
                        ApplicationProtocolNames.HTTP_2,
                        ApplicationProtocolNames.HTTP_1_1))
                .build();
        return new Loaded(version, context);
    }
}

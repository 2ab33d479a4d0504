package ai.lelantos.gateway.proxy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A front on loopback with scripted sandboxes behind it.
final class Stage implements AutoCloseable {

    static final String DOMAIN = "lelantos.localhost";

    final ScriptedRunning running = new ScriptedRunning();
    final Front front;
    final int port;
    private final List<AutoCloseable> props = new ArrayList<>();
    private volatile @Nullable SocketAddress api;

    Stage() {
        front = new Front(2, DOMAIN, running, () -> api);
        try {
            port = front.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                    .getPort();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    Guest guest(Guest.Script script) {
        return prop(new Guest(script));
    }

    Guest guest(String answer) {
        return prop(Guest.answering(answer));
    }

    Guest api(Guest.Script script) {
        Guest guest = guest(script);
        api = new InetSocketAddress(InetAddress.getLoopbackAddress(), guest.port());
        return guest;
    }

    Wire client() {
        return prop(Wire.to(port));
    }

    <T extends AutoCloseable> T prop(T prop) {
        props.add(prop);
        return prop;
    }

    /// One request on a connection of its own; the whole answer.
    String ask(String request) {
        try (Wire wire = Wire.to(port)) {
            return wire.send(request).answer();
        }
    }

    /// A GET to a sandbox's port.
    static String get(String id, int port, String path, String... headers) {
        var request = new StringBuilder("GET " + path + " HTTP/1.1\r\nHost: " + port + "-" + id + ".localhost\r\n");
        for (String header : headers) {
            request.append(header).append("\r\n");
        }
        return request.append("\r\n").toString();
    }

    @Override
    public void close() {
        for (AutoCloseable prop : props.reversed()) {
            try {
                prop.close();
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }
        front.close();
    }
}

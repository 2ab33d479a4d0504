package ai.lelantos.gateway.runtime.container.egress;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The host's own name servers, which answer for the machines too; read again when asked to.
final class Nameservers {

    private static final Logger log = LoggerFactory.getLogger(Nameservers.class);
    private static final int PORT = 53;

    private final Path file;
    private volatile List<InetSocketAddress> known = List.of();

    Nameservers(Path file) {
        this.file = file;
    }

    /// Reads the file; keeps what was known when it cannot be read.
    void refresh() {
        try {
            known = parse(Files.readString(file));
        } catch (IOException unreadable) {
            log.debug("{} cannot be read", file, unreadable);
        }
    }

    static List<InetSocketAddress> parse(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> line.startsWith("nameserver "))
                .map(line -> line.substring(11).strip())
                .filter(address -> address.matches("[0-9.]+|[0-9a-fA-F:]+"))
                .flatMap(address -> {
                    try {
                        return List.of(new InetSocketAddress(InetAddress.getByName(address), PORT)).stream();
                    } catch (UnknownHostException notAnAddress) {
                        return java.util.stream.Stream.empty();
                    }
                })
                .toList();
    }

    @Nullable
    InetSocketAddress first() {
        List<InetSocketAddress> now = known;
        return now.isEmpty() ? null : now.getFirst();
    }
}

package ai.lelantos.envd.ports;

import ai.lelantos.envd.linux.ListenerEnds;
import ai.lelantos.envd.linux.ListeningSockets;
import ai.lelantos.envd.linux.Loop;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps a [Relay] for every port that listens on a loopback address only, and for no other.
///
/// New listeners are found by looking once a second; that one ended the kernel says at once, so that its port is free
/// by the time its successor wants it.
public final class Exposure {

    private static final Logger LOG = LoggerFactory.getLogger(Exposure.class);
    private static final int SCAN_SECONDS = 1;
    private static final int CONNECTIONS_MAX = 1_024;
    private static final int PORTS_MAX = 256;
    private static final int ENDED_MAX = 1_024;

    private final Loop loop;
    private final Map<Integer, List<Relay>> relays = new HashMap<>();
    private final Set<Integer> refused = new HashSet<>();
    private final Semaphore connections = new Semaphore(CONNECTIONS_MAX);
    private boolean told;
    private final BlockingQueue<Integer> ended = new ArrayBlockingQueue<>(ENDED_MAX);

    public Exposure(Loop loop) {
        this.loop = loop;
    }

    /// Begins, and goes on as long as the agent.
    public void start() {
        ListenerEnds.listen(loop, port -> {
            // A full queue only means that the next look comes first.
            var _ = ended.offer(port);
        });
        var _ = Thread.ofVirtual().name("ports").start(this::run);
    }

    private void run() {
        try {
            while (true) {
                Integer port = ended.poll(SCAN_SECONDS, TimeUnit.SECONDS);
                if (port == null) {
                    scan();
                } else {
                    end(port);
                }
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    private void scan() {
        try {
            Map<Integer, Listeners.Family> local = Listeners.local(ListeningSockets.list());
            refused.retainAll(local.keySet());
            for (int port : List.copyOf(relays.keySet())) {
                if (!local.containsKey(port)) {
                    end(port);
                }
            }
            local.forEach((port, family) -> {
                if (!relays.containsKey(port) && !refused.contains(port) && relays.size() < PORTS_MAX) {
                    begin(port, family);
                }
            });
        } catch (IOException | RuntimeException e) {
            if (!told) {
                told = true;
                LOG.warn("cannot look at the listening ports; those on loopback stay unreachable from outside", e);
            }
        }
    }

    private void begin(int port, Listeners.Family family) {
        var begun = new ArrayList<Relay>();
        try {
            var target = new InetSocketAddress(InetAddress.ofLiteral(family.loopback()), port);
            for (InetAddress address : addresses()) {
                begun.add(new Relay(address, target, connections));
            }
            relays.put(port, begun);
        } catch (IOException _) {
            // Somebody listens there: the port is reachable without us.
            begun.forEach(Relay::close);
            refused.add(port);
        }
    }

    private void end(int port) {
        List<Relay> gone = relays.remove(port);
        if (gone != null) {
            gone.forEach(Relay::close);
        }
        refused.remove(port);
    }

    /// Where others reach this sandbox.
    private static List<InetAddress> addresses() throws IOException {
        var found = new ArrayList<InetAddress>();
        for (NetworkInterface network : NetworkInterface.networkInterfaces().toList()) {
            if (network.isUp() && !network.isLoopback()) {
                network.inetAddresses()
                        .filter(address -> !address.isLinkLocalAddress() && !address.isLoopbackAddress())
                        .forEach(found::add);
            }
        }
        return found;
    }
}

package ai.lelantos.envd.ports;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;

/// Which of the ports that somebody listens on nobody else can reach.
final class Listeners {

    private Listeners() {}

    /// What a listener's loopback address is.
    enum Family {
        IP4("127.0.0.1"),
        IP6("::1");

        private final String loopback;

        Family(String loopback) {
            this.loopback = loopback;
        }

        String loopback() {
            return loopback;
        }
    }

    /// Ports that listen on a loopback address and on no address that others reach, with the family to connect to.
    /// A listener on `::` is among them: whether it takes the other family too, only binding to that tells.
    static Map<Integer, Family> local(List<InetSocketAddress> listening) {
        var local = new HashMap<Integer, Family>();
        var reachable = new HashSet<Integer>();
        for (InetSocketAddress each : listening) {
            InetAddress address = each.getAddress();
            if (address instanceof Inet4Address && address.isLoopbackAddress()) {
                local.put(each.getPort(), Family.IP4);
            } else if (!(address instanceof Inet4Address)
                    && (address.isLoopbackAddress() || address.isAnyLocalAddress())) {
                local.putIfAbsent(each.getPort(), Family.IP6);
            } else {
                reachable.add(each.getPort());
            }
        }
        local.keySet().removeAll(reachable);
        return local;
    }
}

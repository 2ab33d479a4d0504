package ai.lelantos.gateway.runtime.container.egress;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Where machines may connect to: the public internet. Never private, shared, link-local or reserved ranges, and
/// never an address of this host, whatever range it is from.
final class Destinations {

    private final Predicate<InetAddress> ofThisHost;

    Destinations() {
        this(Destinations::local);
    }

    Destinations(Predicate<InetAddress> ofThisHost) {
        this.ofThisHost = ofThisHost;
    }

    /// Why a destination is refused, null when it is not.
    @Nullable
    String refusal(InetAddress address) {
        if (!(address instanceof Inet4Address)) {
            return "not IPv4";
        }
        byte[] b = address.getAddress();
        int first = b[0] & 255;
        int second = b[1] & 255;
        if (address.isLoopbackAddress() || address.isAnyLocalAddress() || first == 0) {
            return "the host itself";
        }
        if (address.isLinkLocalAddress()) {
            return "link-local or metadata";
        }
        if (address.isSiteLocalAddress() || (first == 100 && (second & 0xc0) == 64)) {
            return "a private range";
        }
        if (first >= 224 || (first == 192 && second == 0 && b[2] == 2)) {
            return "a reserved range";
        }
        return ofThisHost.test(address) ? "an address of this host" : null;
    }

    private static boolean local(InetAddress address) {
        try {
            return NetworkInterface.getByInetAddress(address) != null;
        } catch (SocketException unknowable) {
            return true; // refuse what cannot be judged
        }
    }
}

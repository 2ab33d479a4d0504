package ai.lelantos.gateway.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;

/// A front with one scripted sandbox `abc` on loopback, by hand: for profilers, browsers and load generators.
/// Arguments: threads, port, then a TLS port and a folder for certificates.
final class Demo {

    private Demo() {}

    public static void main(String[] arguments) throws Exception {
        var running = new ScriptedRunning();
        running.starts("abc");
        try (var front = new Front(Integer.parseInt(arguments[0]), Stage.DOMAIN, running, () -> null)) {
            InetAddress loopback = InetAddress.getLoopbackAddress();
            var plain = front.listen(new InetSocketAddress(loopback, Integer.parseInt(arguments[1])));
            System.out.println("plain " + plain);
            if (arguments.length > 3) {
                var tls = Tls.local(Path.of(arguments[3]), Stage.DOMAIN);
                System.out.println(
                        "tls " + front.listen(new InetSocketAddress(loopback, Integer.parseInt(arguments[2])), tls));
            }
            Thread.currentThread().join();
        }
    }
}

package ai.lelantos.envd.ports;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Which ports somebody listens on, by the kernel's table.
final class Listeners {

    private static final String LISTENING = "0A";
    private static final int LINES_MAX = 4_096;
    private static final String LOOPBACK_6 = "00000000000000000000000001000000";
    private static final String WILDCARD_6 = "00000000000000000000000000000000";
    private static final String MAPPED_4 = "0000000000000000FFFF0000";

    private final Path folder;

    /// @param folder `/proc/net`, but for tests
    Listeners(Path folder) {
        this.folder = folder;
    }

    /// Ports that listen on a loopback address and on no address that others reach, with the family to connect to.
    /// A listener on `::` is among them: whether it takes the other family too, only binding to that tells.
    Map<Integer, Family> local() throws IOException {
        var local = new HashMap<Integer, Family>();
        var reachable = new HashSet<Integer>();
        for (String[] entry : entries("tcp6")) {
            sort6(entry[0], port(entry[1]), local, reachable);
        }
        for (String[] entry : entries("tcp")) {
            sort4(entry[0], port(entry[1]), local, reachable);
        }
        local.keySet().removeAll(reachable);
        return local;
    }

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

    private static void sort4(String address, int port, Map<Integer, Family> local, Set<Integer> reachable) {
        if (address.endsWith("7F")) {
            local.put(port, Family.IP4);
        } else {
            reachable.add(port);
        }
    }

    private static void sort6(String address, int port, Map<Integer, Family> local, Set<Integer> reachable) {
        if (address.equals(LOOPBACK_6) || address.equals(WILDCARD_6)) {
            local.putIfAbsent(port, Family.IP6);
        } else if (address.startsWith(MAPPED_4)) {
            sort4(address.substring(MAPPED_4.length()), port, local, reachable);
        } else {
            reachable.add(port);
        }
    }

    private static int port(String hexadecimal) {
        return Integer.parseInt(hexadecimal, 16);
    }

    /// Address and port of each listener. They come first in the table, so a busy sandbox costs no more to look at.
    private List<String[]> entries(String name) throws IOException {
        Path file = folder.resolve(name);
        var found = new ArrayList<String[]>();
        if (!Files.exists(file)) {
            return found;
        }
        try (BufferedReader lines = Files.newBufferedReader(file, StandardCharsets.US_ASCII)) {
            String line = lines.readLine();
            while (line != null && found.size() < LINES_MAX) {
                line = lines.readLine();
                String[] words = line == null ? new String[0] : line.strip().split("[ ]+", 5);
                if (words.length < 5 || !words[3].equals(LISTENING)) {
                    return found;
                }
                found.add(words[1].split(":", 2));
            }
        }
        return found;
    }
}

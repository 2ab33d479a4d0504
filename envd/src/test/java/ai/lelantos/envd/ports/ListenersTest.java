package ai.lelantos.envd.ports;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.ports.Listeners.Family;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ListenersTest {

    private static final String HEAD = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt\n";

    @TempDir
    Path folder;

    @Test
    void onlyPortsThatNobodyElseReachesAreLocal() throws IOException {
        Files.writeString(
                folder.resolve("tcp"),
                HEAD
                        + line("0100007F:1F90", "0A")
                        + line("00000000:1F91", "0A")
                        + line("0100007F:1F91", "0A")
                        + line("0200000A:1F92", "0A")
                        + line("0100007F:1F93", "01"));
        Files.writeString(
                folder.resolve("tcp6"),
                HEAD
                        + line("00000000000000000000000001000000:1F94", "0A")
                        + line("0000000000000000FFFF00000100007F:1F95", "0A")
                        + line("00000000000000000000000000000000:1F96", "0A")
                        + line("00000000000000000000000001000000:1F90", "0A"));
        assertThat(new Listeners(folder).local())
                .containsOnlyKeys(8080, 8084, 8085, 8086)
                .containsEntry(8080, Family.IP4)
                .containsEntry(8084, Family.IP6)
                .containsEntry(8085, Family.IP4)
                .containsEntry(8086, Family.IP6);
    }

    @Test
    void aKernelWithoutAFamilyIsFine() throws IOException {
        assertThat(new Listeners(folder).local()).isEmpty();
    }

    private static String line(String local, String state) {
        return "   0: " + local + " 00000000:0000 " + state + " 00000000:00000000 00:00000000 00000000 0 0 1 1 0\n";
    }
}

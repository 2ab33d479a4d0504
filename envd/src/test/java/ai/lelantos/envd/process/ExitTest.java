package ai.lelantos.envd.process;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.envd.linux.WaitStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExitTest {

    @Test
    void successHasNoError() {
        assertThat(Exit.of(new WaitStatus(0))).isEqualTo(new Exit(0, true, "exit status 0", null));
    }

    @Test
    void aFailureSaysItsCodeTwice() {
        assertThat(Exit.of(new WaitStatus(137 << 8)))
                .isEqualTo(new Exit(137, true, "exit status 137", "exit status 137"));
    }

    @ParameterizedTest
    @CsvSource({
        "1, hangup",
        "2, interrupt",
        "3, quit",
        "4, illegal instruction",
        "5, trace/breakpoint trap",
        "6, aborted",
        "7, bus error",
        "8, floating point exception",
        "9, killed",
        "10, user defined signal 1",
        "11, segmentation fault",
        "12, user defined signal 2",
        "13, broken pipe",
        "14, alarm clock",
        "15, terminated",
        "16, signal 16",
        "64, signal 64",
    })
    void everySignalHasItsName(int number, String name) {
        assertThat(Exit.of(new WaitStatus(number)))
                .isEqualTo(new Exit(-1, false, "signal: " + name, "signal: " + name));
    }

    @Test
    void aCoreIsMentioned() {
        assertThat(Exit.of(new WaitStatus(0x80 | 11)).status()).isEqualTo("signal: segmentation fault (core dumped)");
    }
}

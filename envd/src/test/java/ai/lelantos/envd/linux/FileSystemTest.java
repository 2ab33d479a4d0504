package ai.lelantos.envd.linux;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FileSystemTest {

    @ParameterizedTest
    @CsvSource({
        "NFS, 0x6969, true",
        "CIFS, 0xFF534D42, true",
        "SMB, 0x517B, true",
        "SMB2, 0xFE534D42, true",
        "FUSE, 0x65735546, true",
        "ext4, 0xEF53, false",
        "overlayfs, 0x794C7630, false",
        "tmpfs, 0x01021994, false",
    })
    void networksAreKnownByTheirNumbers(String name, String magic, boolean network) {
        assertThat(new FileSystem(Long.decode(magic), 0, 0).isNetwork())
                .as(name)
                .isEqualTo(network);
    }
}

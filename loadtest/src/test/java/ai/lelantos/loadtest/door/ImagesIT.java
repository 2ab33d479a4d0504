package ai.lelantos.loadtest.door;

import static org.assertj.core.api.Assertions.assertThat;

import ai.lelantos.loadtest.clients.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The base image and the agent's bundle keep what they promise, and building never leaves half of one.
class ImagesIT {

    private static final Duration LIMIT = Duration.ofMinutes(2);

    @TempDir
    Path work;

    @Test
    void theBaseImageAndTheBundleKeepTheirPromises() {
        String home = Objects.requireNonNullElse(System.getenv("LELANTOS_TEST_HOME"), "/var/lib/lelantos");
        assertThat(bash("exec \"$0/check\" \"$1\"", home).fine()).contains(" promises kept, 0 broken");
    }

    @Test
    void aBuildThatWasCutShortIsNotTakenForWholeAndIsSwept() {
        String said = bash("""
                . "$0/store"
                (store_open "$1/made"; mkdir "$STORE/.building/half")
                [ ! -e "$1/made/current" ]
                store_open "$1/made"
                ls -A "$STORE/.building"
                echo whole >"$STORE/.building/what"
                store_publish 0123456789abcdef
                cat "$1/made/current/what"
                ls -A "$1/made"
                """, work.toString()).fine();
        assertThat(said.lines()).containsExactly("whole", ".lock", "0123456789abcdef", "current");
    }

    @Test
    void anOldBuildGoesOnceNobodyStandsOnIt() {
        String said = bash("""
                . "$0/store"
                for each in 1111111111111111 2222222222222222 3333333333333333; do
                  store_open "$1/made"
                  store_publish $each
                done
                exec 8>&-
                mkfifo "$1/ready" "$1/hold"
                unshare --mount bash -c 'mount --bind "$0" /mnt; echo >"$1/ready"; read -r <"$1/hold"' "$1/made/1111111111111111" "$1" &
                read -r <"$1/ready"
                store_prune "$1/made"
                ls "$1/made"
                echo >"$1/hold"
                wait
                """, work.toString()).fine();
        assertThat(said.lines()).containsExactly("1111111111111111", "3333333333333333", "current");
    }

    @Test
    void theHashDoesNotDependOnWhereTheCloneLies() {
        String said = bash("""
                for clone in "$1/a" "$1/b"; do
                  mkdir "$clone"
                  cp -r "$0/base" "$clone"
                  chmod -R g+w "$clone"
                  (. "$0/store"; store_hash "$clone/base" <<<input)
                  chmod -R g-w "$clone"
                done
                (. "$0/store"; echo more >>"$1/b/base/packages"; store_hash "$1/b/base" <<<input)
                """, work.toString()).fine();
        List<String> hashes = said.lines().toList();
        assertThat(hashes).hasSize(3);
        assertThat(hashes.get(0))
                .isEqualTo(hashes.get(1))
                .isNotEqualTo(hashes.get(2))
                .matches("[0-9a-f]{16}");
    }

    /// Runs a script whose `$0` is the recipes' folder and `$1` is given.
    private Tool bash(String script, String argument) {
        Path recipes = Path.of("").toAbsolutePath().resolveSibling("vm-images");
        return Tool.run(work, Map.of(), LIMIT, List.of("bash", "-euc", script, recipes.toString(), argument));
    }
}

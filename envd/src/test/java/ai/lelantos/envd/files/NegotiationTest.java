package ai.lelantos.envd.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.lelantos.envd.files.AcceptEncoding.Choice;
import ai.lelantos.envd.files.Ranges.Range;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/// What a download and an upload read from headers, without a file in sight.
class NegotiationTest {

    @Test
    void theBestCodingOfOursIsChosen() {
        Map.of(
                        "gzip, deflate", Choice.GZIP,
                        "GZIP;q=0.5, identity;q=0.4", Choice.GZIP,
                        "gzip;q=0.4, identity;q=0.5", Choice.IDENTITY,
                        "br, deflate", Choice.IDENTITY,
                        "*", Choice.IDENTITY,
                        "*, identity;q=0", Choice.GZIP,
                        "gzip;q=0", Choice.IDENTITY,
                        "br;q=1, gzip;q=0.1", Choice.GZIP)
                .forEach((header, choice) -> assertThat(
                                AcceptEncoding.parse(header).choice())
                        .as(header)
                        .contains(choice));
        assertThat(AcceptEncoding.parse(null).choice()).contains(Choice.IDENTITY);
        for (String refusing : List.of("identity;q=0", "*;q=0", "br, *;q=0", "gzip;q=0, identity;q=0")) {
            assertThat(AcceptEncoding.parse(refusing).choice()).as(refusing).isEmpty();
            assertThat(AcceptEncoding.parse(refusing).identityRefused())
                    .as(refusing)
                    .isTrue();
        }
        assertThat(AcceptEncoding.parse("*;q=0, identity").choice()).contains(Choice.IDENTITY);
    }

    @Test
    void rangesAreCutToTheFile() {
        assertThat(Ranges.parse("bytes=0-4", 10)).containsExactly(new Range(0, 5));
        assertThat(Ranges.parse("bytes=5-", 10)).containsExactly(new Range(5, 5));
        assertThat(Ranges.parse("bytes=-3", 10)).containsExactly(new Range(7, 3));
        assertThat(Ranges.parse("bytes=-30", 10)).containsExactly(new Range(0, 10));
        assertThat(Ranges.parse("bytes=8-99, 20-30", 10)).containsExactly(new Range(8, 2));
        assertThat(Ranges.parse("bytes=0-9,0-9", 10)).as("more than the file").isEmpty();
        assertThat(Ranges.parse("bytes=0-1", 0)).as("an empty file").isEmpty();
        for (String bad : List.of("bytes", "lines=1-2", "bytes=2-1", "bytes=x-", "bytes=10-", "bytes=--1", "bytes=5")) {
            assertThatIllegalArgumentException().as(bad).isThrownBy(() -> Ranges.parse(bad, 10));
        }
    }

    @Test
    void conditionsGoByTheSecond() {
        Instant time = Instant.parse("2026-03-04T05:06:07.890Z");
        String same = HttpDate.format(time);
        assertThat(same).isEqualTo("Wed, 04 Mar 2026 05:06:07 GMT");
        assertThat(verdict(time, "if-modified-since", same)).isEqualTo(Conditions.Verdict.NOT_MODIFIED);
        assertThat(verdict(time, "if-modified-since", "Wed, 04 Mar 2026 05:06:06 GMT"))
                .isEqualTo(Conditions.Verdict.SEND);
        assertThat(verdict(time, "if-modified-since", "yesterday")).isEqualTo(Conditions.Verdict.SEND);
        assertThat(verdict(time, "if-unmodified-since", same)).isEqualTo(Conditions.Verdict.SEND);
        assertThat(verdict(time, "if-unmodified-since", "Wednesday, 04-Mar-26 05:06:06 GMT"))
                .isEqualTo(Conditions.Verdict.FAILED);
        assertThat(verdict(time, "if-none-match", "*")).isEqualTo(Conditions.Verdict.NOT_MODIFIED);
        assertThat(verdict(time, "if-none-match", "\"tag\"")).isEqualTo(Conditions.Verdict.SEND);
        assertThat(verdict(time, "if-match", "*")).isEqualTo(Conditions.Verdict.SEND);
        assertThat(Conditions.rangeApplies(same, time)).isTrue();
        assertThat(Conditions.rangeApplies("\"tag\"", time)).isFalse();
        assertThat(HttpDate.parse("Wed Mar  4 05:06:07 2026")).contains(HttpDate.seconds(time));
    }

    private static Conditions.Verdict verdict(Instant time, String name, String value) {
        return Conditions.judge(header -> header.equals(name) ? value : null, time);
    }

    @Test
    void namesOfFilesAreQuotedOrEncodedAsNeeded() {
        assertThat(Disposition.inline("a.txt")).isEqualTo("inline; filename=a.txt");
        assertThat(Disposition.inline("a b\"c\\.txt")).isEqualTo("inline; filename=\"a b\\\"c\\\\.txt\"");
        assertThat(Disposition.inline("é x.txt")).isEqualTo("inline; filename*=utf-8''%C3%A9%20x.txt");
    }

    @Test
    void parametersAreReadQuotedPlainAndExtended() {
        HeaderValue value = HeaderValue.parse(
                "Form-Data; name=\"file\"; filename=\"a\\\"b\\c/d;e.txt\"; Other = plain ; x*=utf-8''%c3%a9%2Fz");
        assertThat(value.value()).isEqualTo("form-data");
        assertThat(value.parameter("name")).isEqualTo("file");
        assertThat(value.parameter("filename")).isEqualTo("a\"b\\c/d;e.txt");
        assertThat(value.parameter("other")).isEqualTo("plain");
        assertThat(value.parameter("x")).isEqualTo("é/z");
        assertThat(value.parameter("absent")).isEmpty();
        assertThat(HeaderValue.parse("multipart/form-data; boundary=\"open").parameter("boundary"))
                .isEqualTo("open");
    }

    @Test
    void contentIsNamedByExtensionOrByItsBeginning() {
        assertThat(MediaType.of("/a/B.TXT")).contains("text/plain; charset=utf-8");
        assertThat(MediaType.of("noext")).isEmpty();
        Map.of(
                        "plain words\n", "text/plain; charset=utf-8",
                        "  <!DOCTYPE HTML>", "text/html; charset=utf-8",
                        "<?xml version", "text/xml; charset=utf-8",
                        "\u0089PNG\r\n\u001a\n..", "image/png",
                        "%PDF-1.7", "application/pdf",
                        "\0\u0001binary", MediaType.BYTES,
                        "", "text/plain; charset=utf-8")
                .forEach((start, type) -> assertThat(
                                MediaType.sniff(ByteBuffer.wrap(start.getBytes(StandardCharsets.ISO_8859_1))))
                        .as(start)
                        .isEqualTo(type));
    }

    @Test
    void metadataThatCannotBeStoredIsNamed() {
        assertThat(Metadata.fault(Map.of("k".repeat(246), "v"))).isEmpty();
        assertThat(Metadata.fault(Map.of("k".repeat(247), "v"))).isPresent();
        assertThat(Metadata.fault(Map.of("k", "é"))).isPresent();
        assertThat(Metadata.fault(Map.of("k", "v".repeat(4_096 - 10)))).isEmpty();
        assertThat(Metadata.fault(Map.of("k", "v".repeat(4_096 - 9)))).isPresent();
    }

    @Test
    void aKeepaliveThatIsNoneIsTheDefault() {
        for (String bad : new String[] {null, "", "0", "-3", "soon", "99999999999"}) {
            assertThat(Keepalive.interval(bad)).isEqualTo(Duration.ofSeconds(90));
        }
        assertThat(Keepalive.interval("50")).isEqualTo(Duration.ofSeconds(50));
    }

    @Test
    void theLastPartOfAPathIsItsName() {
        Map.of("/", "/", "//", "/", "/a", "a", "/a/b/", "b", "/a/..", "..")
                .forEach((path, name) ->
                        assertThat(Entry.baseName(path)).as(path).isEqualTo(name));
        Map.of("/a", "/", "/a/b/", "/a", "/a/b/c", "/a/b")
                .forEach((path, folder) ->
                        assertThat(Entry.folderOf(path)).as(path).isEqualTo(folder));
        assertThat(Optional.of(Entry.trimmed("/a//"))).contains("/a");
    }
}

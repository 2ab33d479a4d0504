package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ErrorPageTest {

    private static Head request(String field) {
        Head head = Head.ofRequest();
        boolean complete = head.read(Unpooled.copiedBuffer(
                "GET / HTTP/1.1\r\nHost: 80-a.localhost\r\n" + field + "\r\n\r\n", StandardCharsets.ISO_8859_1));
        assertThat(complete).isTrue();
        return head;
    }

    @Test
    void valuesAreEscapedInBothForms() {
        var refusal = new Refusal.TeamLimit("abc", "<script>\"&'");
        assertThat(ErrorPage.of(refusal, request("User-Agent: Mozilla/5.0")).body())
                .contains("&lt;script&gt;&quot;&amp;&#39;")
                .doesNotContain("<script>");
        assertThat(ErrorPage.json(refusal)).contains("\\u003cscript\\u003e\\\"\\u0026'");
    }
}

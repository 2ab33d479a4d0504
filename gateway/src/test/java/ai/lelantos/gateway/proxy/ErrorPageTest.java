package ai.lelantos.gateway.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorPageTest {

    private static Head request(String fields) {
        Head head = Head.ofRequest();
        String lines = fields.isEmpty() ? "" : fields.replace("#", "\r\n") + "\r\n";
        boolean complete = head.read(Unpooled.copiedBuffer(
                "GET / HTTP/1.1\r\nHost: 80-a.localhost\r\n" + lines + "\r\n", StandardCharsets.ISO_8859_1));
        assertThat(complete).isTrue();
        return head;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'' | false",
                "User-Agent: curl/8 | false",
                "User-Agent: Mozilla/5.0 | true",
                "User-Agent: x CHROME y | true",
                "User-Agent: Opera | true",
                "User-Agent: MSIE | true",
                "User-Agent: Mozilla/5.0#Accept: application/json | false",
                "User-Agent: Mozilla/5.0#Accept: application/json, text/html | true",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: cors | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: no-cors | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: same-origin | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: websocket | false",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: navigate | true",
                "User-Agent: Mozilla/5.0#Sec-Fetch-Mode: navigate#X-Requested-With: x | true",
                "User-Agent: Mozilla/5.0#X-Requested-With: XMLHttpRequest | false",
            })
    void aPageIsForPeopleInBrowsers(String fields, boolean html) {
        assertThat(ErrorPage.wantsHtml(request(fields))).isEqualTo(html);
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

package ai.lelantos.gateway.proxy;

/// One page that a person sees instead of a sandbox's own: no scripts, nothing fetched, light or dark as the reader
/// likes.
final class HtmlPage {

    private static final String HEAD = """
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta name="robots" content="noindex">
            <title>@TITLE@</title>
            <style>
            :root { color-scheme: light dark; --ink: #1c2330; --soft: #5a6475; --page: #f4f5f8; --card: #ffffff; --line: #dfe3ea;
              --mark: #b3541e; }
            @media (prefers-color-scheme: dark) {
              :root { --ink: #e9ecf2; --soft: #a3adbd; --page: #12151b; --card: #1b2029; --line: #2e3644; --mark: #f0a06a; }
            }
            * { box-sizing: border-box; }
            html { height: 100%; }
            body { margin: 0; min-height: 100%; display: flex; align-items: center; justify-content: center; padding: 24px 16px;
              background: var(--page); color: var(--ink);
                font: 17px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
            main { width: 100%; max-width: 560px; background: var(--card); border: 1px solid var(--line); border-radius: 14px;
              padding: 32px; }
            .code { color: var(--mark); font-size: 15px; font-weight: 600; letter-spacing: .04em; }
            h1 { margin: 6px 0 14px; font-size: 26px; line-height: 1.25; }
            p { margin: 0 0 14px; overflow-wrap: anywhere; }
            .todo { color: var(--soft); }
            code { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: .9em; }
            dl { display: grid; grid-template-columns: max-content 1fr; gap: 6px 18px; margin: 22px 0 0; padding-top: 18px;
              border-top: 1px solid var(--line); font-size: 15px; }
            dt { color: var(--soft); }
            dd { margin: 0; overflow-wrap: anywhere; font-family: ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace;
              font-size: 14px; }
            dd.said { font: inherit; }
            @media (max-width: 480px) { main { padding: 24px 20px; } h1 { font-size: 22px; } dl { grid-template-columns: 1fr;
              gap: 0 0; } dd { margin-bottom: 8px; word-break: break-all; } dd.said { word-break: normal; } }
            </style>
            </head>
            <body>
            <main>
            <div class="code">Lelantos</div>
            <h1>@TITLE@</h1>
            <p>@SENTENCE@</p>
            """;

    private final StringBuilder text;
    private boolean facts;

    private HtmlPage(String text) {
        this.text = new StringBuilder(text);
    }

    /// @param sentence trusted HTML; values in it are [#escaped]
    static HtmlPage of(String title, String sentence) {
        return new HtmlPage(HEAD.replace("@TITLE@", title).replace("@SENTENCE@", sentence));
    }

    /// What to do now, as trusted HTML.
    HtmlPage saying(String advice) {
        text.append("<p class=\"todo\">").append(advice).append("</p>\n");
        return this;
    }

    /// One line of the small table: a value that the reader may need to tell somebody, or words, which break between
    /// them.
    HtmlPage fact(String name, String value) {
        text.append(facts ? "" : "<dl>\n")
                .append("<dt>")
                .append(name)
                .append(value.indexOf(' ') < 0 ? "</dt><dd>" : "</dt><dd class=\"said\">")
                .append(escaped(value))
                .append("</dd>\n");
        facts = true;
        return this;
    }

    String text() {
        return text + (facts ? "</dl>\n" : "") + "</main>\n</body>\n</html>";
    }

    static String escaped(String value) {
        return value.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;")
                .replace("'", "&#39;");
    }
}

package ai.lelantos.envd.files;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/// What a file is, by its name or else by how it begins.
final class MediaType {

    static final String BYTES = "application/octet-stream";

    /// How much of a file is looked at.
    static final int SNIFF_BYTES_MAX = 512;

    private static final Map<String, String> BY_EXTENSION = table("""
            avif image/avif|bmp image/bmp|bz2 application/x-bzip2|css text/css; charset=utf-8|csv text/csv; charset=utf-8
            gif image/gif|gz application/gzip|htm text/html; charset=utf-8|html text/html; charset=utf-8
            ico image/vnd.microsoft.icon|ics text/calendar; charset=utf-8|jpeg image/jpeg|jpg image/jpeg
            js text/javascript; charset=utf-8|json application/json|jsonl application/jsonl
            md text/markdown; charset=utf-8|mjs text/javascript; charset=utf-8|mov video/quicktime|mp3 audio/mpeg
            mp4 video/mp4|mpeg video/mpeg|oga audio/ogg|ogg audio/ogg|ogv video/ogg|otf font/otf
            parquet application/vnd.apache.parquet|pdf application/pdf|png image/png|py text/x-python; charset=utf-8
            sh application/x-sh|svg image/svg+xml|tar application/x-tar|tif image/tiff|tiff image/tiff|ttf font/ttf
            txt text/plain; charset=utf-8|wasm application/wasm|wav audio/x-wav|webm video/webm|webp image/webp
            woff font/woff|woff2 font/woff2|xml text/xml; charset=utf-8|xz application/x-xz|yaml application/yaml
            yml application/yaml|zip application/zip|zst application/zstd
            doc application/msword|xls application/vnd.ms-excel|ppt application/vnd.ms-powerpoint
            docx application/vnd.openxmlformats-officedocument.wordprocessingml.document
            xlsx application/vnd.openxmlformats-officedocument.spreadsheetml.sheet
            pptx application/vnd.openxmlformats-officedocument.presentationml.presentation
            """);

    /// A beginning that tells; the text is Latin-1, and '?' in it stands for any byte.
    private record Sign(String start, String type) {}

    private static final List<Sign> SIGNS = List.of(
            new Sign("%PDF-", "application/pdf"),
            new Sign("%!PS-Adobe-", "application/postscript"),
            new Sign("\u00fe\u00ff", "text/plain; charset=utf-16be"),
            new Sign("\u00ff\u00fe", "text/plain; charset=utf-16le"),
            new Sign("\u00ef\u00bb\u00bf", "text/plain; charset=utf-8"),
            new Sign("GIF87a", "image/gif"),
            new Sign("GIF89a", "image/gif"),
            new Sign("\u0089PNG\r\n\u001a\n", "image/png"),
            new Sign("\u00ff\u00d8\u00ff", "image/jpeg"),
            new Sign("BM", "image/bmp"),
            new Sign("RIFF????WEBPVP", "image/webp"),
            new Sign("RIFF????WAVE", "audio/wave"),
            new Sign("RIFF????AVI ", "video/avi"),
            new Sign("ID3", "audio/mpeg"),
            new Sign("OggS\0", "application/ogg"),
            new Sign("MThd\0\0\0\u0006", "audio/midi"),
            new Sign("\u001aE\u00df\u00a3", "video/webm"),
            new Sign("\0\u0001\0\0", "font/ttf"),
            new Sign("OTTO", "font/otf"),
            new Sign("wOFF", "font/woff"),
            new Sign("wOF2", "font/woff2"),
            new Sign("\u001f\u008b\b", "application/x-gzip"),
            new Sign("PK\u0003\u0004", "application/zip"),
            new Sign("Rar!\u001a\u0007", "application/x-rar-compressed"),
            new Sign("\0asm", "application/wasm"));

    private static final List<String> TAGS = List.of(
            "<!doctype html",
            "<html",
            "<head",
            "<script",
            "<iframe",
            "<h1",
            "<div",
            "<font",
            "<table",
            "<a",
            "<style",
            "<title",
            "<b",
            "<body",
            "<br",
            "<p",
            "<!--");

    private MediaType() {}

    /// By the extension of a name.
    static Optional<String> of(String name) {
        int dot = name.lastIndexOf('.');
        return Optional.ofNullable(BY_EXTENSION.get(name.substring(dot + 1).toLowerCase(Locale.ROOT)))
                .filter(_ -> dot >= 0);
    }

    /// By how the content begins, as the MIME sniffing standard has it.
    static String sniff(ByteBuffer beginning) {
        byte[] bytes = new byte[Math.min(beginning.remaining(), SNIFF_BYTES_MAX)];
        beginning.get(beginning.position(), bytes);
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        String trimmed = text.stripLeading();
        for (String tag : TAGS) {
            if (trimmed.regionMatches(true, 0, tag, 0, tag.length()) && endsTag(trimmed, tag)) {
                return "text/html; charset=utf-8";
            }
        }
        if (trimmed.startsWith("<?xml")) {
            return "text/xml; charset=utf-8";
        }
        for (Sign sign : SIGNS) {
            if (begins(text, sign.start())) {
                return sign.type();
            }
        }
        if (text.startsWith("ftyp", 4)) {
            return "video/mp4";
        }
        return text.chars().anyMatch(MediaType::isBinary) ? BYTES : "text/plain; charset=utf-8";
    }

    private static boolean endsTag(String text, String tag) {
        if (tag.equals("<!--")) {
            return true;
        }
        return text.length() > tag.length() && (text.charAt(tag.length()) == ' ' || text.charAt(tag.length()) == '>');
    }

    private static boolean begins(String text, String sign) {
        if (text.length() < sign.length()) {
            return false;
        }
        for (int i = 0; i < sign.length(); i++) {
            if (sign.charAt(i) != '?' && sign.charAt(i) != text.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isBinary(int c) {
        return c <= 0x08 || c == 0x0b || (c >= 0x0e && c <= 0x1a) || (c >= 0x1c && c <= 0x1f);
    }

    private static Map<String, String> table(String lines) {
        var table = new HashMap<String, String>();
        for (String item : lines.strip().split("[|\n]", -1)) {
            int space = item.indexOf(' ');
            table.put(item.substring(0, space), item.substring(space + 1));
        }
        return Map.copyOf(table);
    }
}

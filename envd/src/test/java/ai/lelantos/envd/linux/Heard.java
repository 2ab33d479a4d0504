package ai.lelantos.envd.linux;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/// Remembers what a process wrote and how it ended.
final class Heard implements NativeProcess.Watcher {

    private final Map<NativeProcess.Stream, ByteArrayOutputStream> written = new EnumMap<>(NativeProcess.Stream.class);
    private final Map<NativeProcess.Stream, CompletableFuture<String>> whole =
            new EnumMap<>(NativeProcess.Stream.class);
    private final CompletableFuture<WaitStatus> status = new CompletableFuture<>();

    Heard() {
        for (var stream : NativeProcess.Stream.values()) {
            written.put(stream, new ByteArrayOutputStream());
            whole.put(stream, new CompletableFuture<>());
        }
    }

    static Heard of(NativeProcess process) {
        var heard = new Heard();
        process.watch(heard);
        return heard;
    }

    String text(NativeProcess.Stream stream) {
        return get(whole, stream).orTimeout(20, TimeUnit.SECONDS).join();
    }

    String stdout() {
        return text(NativeProcess.Stream.STDOUT);
    }

    WaitStatus status() {
        return status.orTimeout(20, TimeUnit.SECONDS).join();
    }

    private static <T> T get(Map<NativeProcess.Stream, T> map, NativeProcess.Stream stream) {
        return Objects.requireNonNull(map.get(stream));
    }

    @Override
    public boolean output(NativeProcess.Stream stream, byte[] chunk) {
        get(written, stream).writeBytes(chunk);
        return true;
    }

    @Override
    public void outputEnded(NativeProcess.Stream stream) {
        get(whole, stream).complete(get(written, stream).toString(StandardCharsets.UTF_8));
    }

    @Override
    public void exited(WaitStatus ended) {
        status.complete(ended);
    }
}

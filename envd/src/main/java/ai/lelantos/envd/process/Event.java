package ai.lelantos.envd.process;

import ai.lelantos.envd.linux.NativeProcess.Stream;
import com.google.protobuf.ByteString;

/// What a subscriber hears of a process after its start.
sealed interface Event {

    /// Bytes of one stream, as they were read.
    record Chunk(Stream stream, ByteString bytes) implements Event {}

    /// The last event.
    record End(Exit exit) implements Event {}
}

package ai.lelantos.gateway.proxy;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A chunked body: every byte of its framing is checked, extensions and trailers are bounded.
final class ChunkedBody extends Body {

    private static final int SIZE_DIGITS_MAX = 15; // 60 bits
    private static final int EXTENSION_BYTES_MAX = 1024; // per chunk
    private static final int TRAILER_BYTES_MAX = 8 * 1024; // all trailers together

    private enum State {
        SIZE,
        EXTENSION,
        SIZE_NEWLINE,
        DATA,
        DATA_RETURN,
        DATA_NEWLINE,
        TRAILER,
        TRAILER_NEWLINE,
        FINISHED
    }

    private final boolean raw;
    private State state = State.SIZE;
    private long left;
    private int digits;
    private int counted;
    private final StringBuilder line = new StringBuilder();
    private List<String> trailers = List.of();

    ChunkedBody(boolean raw) {
        this.raw = raw;
    }

    @Override
    @Nullable
    ByteBuf cut(ByteBuf in) {
        int start = in.readerIndex();
        while (in.isReadable() && state != State.FINISHED) {
            if (state == State.DATA) {
                int length = (int) Math.min(left, in.readableBytes());
                left -= length;
                state = left == 0 ? State.DATA_RETURN : State.DATA;
                if (!raw) {
                    return in.readRetainedSlice(length);
                }
                in.skipBytes(length);
            } else {
                step(in.readByte());
            }
        }
        int length = in.readerIndex() - start;
        return raw && length > 0 ? in.retainedSlice(start, length) : null;
    }

    @Override
    boolean finished() {
        return state == State.FINISHED;
    }

    /// The trailer lines, `name: value`; known when the body is finished.
    List<String> trailers() {
        return trailers;
    }

    private void step(byte b) {
        switch (state) {
            case SIZE -> size(b);
            case EXTENSION -> extension(b);
            case SIZE_NEWLINE -> {
                expect(b, '\n');
                counted = 0;
                state = left == 0 ? State.TRAILER : State.DATA;
                digits = 0;
            }
            case DATA_RETURN -> {
                expect(b, '\r');
                state = State.DATA_NEWLINE;
            }
            case DATA_NEWLINE -> {
                expect(b, '\n');
                state = State.SIZE;
            }
            case TRAILER -> trailer(b);
            case TRAILER_NEWLINE -> {
                expect(b, '\n');
                endTrailer();
            }
            case DATA, FINISHED -> throw new IllegalStateException(state.name());
        }
    }

    private void size(byte b) {
        int digit = Character.digit(b, 16);
        if (digit >= 0) {
            left = (left << 4) | digit;
            if (++digits > SIZE_DIGITS_MAX) {
                throw new BadMessage("chunk size out of range");
            }
            return;
        }
        if (digits == 0) {
            throw new BadMessage("malformed chunk size");
        }
        if (b == ';') {
            state = State.EXTENSION;
        } else {
            expect(b, '\r');
            state = State.SIZE_NEWLINE;
        }
    }

    private void extension(byte b) {
        if (b == '\r') {
            state = State.SIZE_NEWLINE;
        } else if ((b >= 0 && b < ' ' && b != '\t') || b == 127 || ++counted > EXTENSION_BYTES_MAX) {
            throw new BadMessage("malformed chunk extension");
        }
    }

    private void trailer(byte b) {
        if (b == '\r') {
            state = State.TRAILER_NEWLINE;
            return;
        }
        if (++counted > TRAILER_BYTES_MAX) {
            throw new BadMessage(431, "Request Header Fields Too Large");
        }
        line.append((char) (b & 0xff));
    }

    private void endTrailer() {
        if (line.isEmpty()) {
            state = State.FINISHED;
            return;
        }
        String text = line.toString();
        line.setLength(0);
        int colon = text.indexOf(':');
        if (colon < 0 || !Grammar.isToken(text.substring(0, colon)) || !Grammar.isValue(text.substring(colon + 1))) {
            throw new BadMessage("malformed trailer");
        }
        byte[] name = text.substring(0, colon).getBytes(StandardCharsets.US_ASCII);
        if (Field.of(name, 0, name.length) != Field.OTHER) {
            throw new BadMessage("trailer not allowed");
        }
        if (trailers.isEmpty()) {
            trailers = new ArrayList<>();
        }
        trailers.add(text);
        state = State.TRAILER;
    }

    private static void expect(byte b, char wanted) {
        if (b != wanted) {
            throw new BadMessage("malformed chunk");
        }
    }
}

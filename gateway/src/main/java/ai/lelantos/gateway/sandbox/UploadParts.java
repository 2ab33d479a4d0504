package ai.lelantos.gateway.sandbox;

import ai.lelantos.gateway.http.Json;
import ai.lelantos.gateway.http.Problem;
import io.netty.buffer.ByteBuf;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.http.codec.multipart.FormFieldPart;
import org.springframework.http.codec.multipart.Part;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// One upload of several files: where each goes. A file is written before the next part is read, so a refusal says
/// what it refuses and leaves what came before it.
final class UploadParts {

    /// Parts of one upload, fields among them.
    private static final int PARTS_MAX = 64;

    private final @Nullable String only;
    private final BiFunction<String, Flux<ByteBuf>, Mono<Json.Obj>> write;
    private @Nullable String next;
    private int parts;
    private int files;

    /// @param only where the one file goes, when the request's query says it
    UploadParts(@Nullable String only, BiFunction<String, Flux<ByteBuf>, Mono<Json.Obj>> write) {
        this.only = only;
        this.write = write;
    }

    /// What was written, in order.
    Flux<Json.Obj> of(Flux<Part> body) {
        return body.concatMap(this::part, 1)
                .concatWith(Mono.defer(() -> next == null
                        ? Mono.empty()
                        : refused("field \"path\" is \"" + next + "\" and no file comes after it")));
    }

    private Mono<Json.Obj> part(Part part) {
        if (++parts > PARTS_MAX) {
            return refused(part, "more than " + PARTS_MAX + " parts in one body");
        }
        if (part instanceof FormFieldPart field) {
            if (field.name().equals("path")) {
                next = field.value();
            }
            return Mono.empty();
        }
        if (++files > 1 && only != null) {
            return refused(part, "parameter \"path\" names one file and the body holds several");
        }
        String named = next;
        next = null;
        String target =
                only != null ? only : named != null ? named : part instanceof FilePart file ? file.filename() : "";
        return target.isEmpty()
                ? refused(part, "a part has no file name, and neither parameter nor field \"path\" is there before it")
                : write.apply(target, part.content().map(NettyDataBufferFactory::toByteBuf));
    }

    private static Mono<Json.Obj> refused(Part part, String why) {
        return part.delete().then(refused(why));
    }

    private static Mono<Json.Obj> refused(String why) {
        return Mono.error(Problem.validation(why).toException());
    }
}

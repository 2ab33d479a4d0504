package ai.lelantos.envd.rpc;

import com.google.protobuf.Message;
import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import io.grpc.MethodDescriptor.Marshaller;
import io.grpc.MethodDescriptor.PrototypeMarshaller;
import io.grpc.ServerMethodDefinition;

/// One row of the method table: what is served under a path, an example of the message it takes, and whether its
/// handler never waits.
record RpcMethod<Q, R>(ServerMethodDefinition<Q, R> definition, Message request, boolean neverWaits) {

    static <Q, R> RpcMethod<Q, R> of(BindableService service, ServerMethodDefinition<Q, R> definition) {
        MethodDescriptor<Q, R> descriptor = definition.getMethodDescriptor();
        return new RpcMethod<>(
                definition,
                prototype(descriptor.getRequestMarshaller(), descriptor),
                service instanceof NeverWaits some && some.neverWait().contains(descriptor));
    }

    String path() {
        return "/" + descriptor().getFullMethodName();
    }

    MethodDescriptor<Q, R> descriptor() {
        return definition.getMethodDescriptor();
    }

    boolean isUnary() {
        return descriptor().getType() == MethodDescriptor.MethodType.UNARY;
    }

    boolean takesOneMessage() {
        return descriptor().getType().clientSendsOneMessage();
    }

    boolean givesOneMessage() {
        return descriptor().getType().serverSendsOneMessage();
    }

    private static Message prototype(Marshaller<?> marshaller, MethodDescriptor<?, ?> descriptor) {
        if (marshaller instanceof PrototypeMarshaller<?> known
                && known.getMessagePrototype() instanceof Message message) {
            return message;
        }
        throw new IllegalArgumentException(
                descriptor.getFullMethodName() + ": expected protobuf messages, got " + marshaller);
    }
}

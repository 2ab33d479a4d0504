package ai.lelantos.envd.rpc;

import io.grpc.BindableService;
import io.grpc.MethodDescriptor;
import java.util.Set;

/// A service that knows of some of its methods that their handlers never wait: not for a disk, a process or a client,
/// nor for a lock that is held over such a wait. They run on the connection's event loop, which spares a call the start
/// of a thread and the wake-ups to it and back; all others run on virtual threads, where waiting costs nothing.
public interface NeverWaits extends BindableService {

    /// The methods, by their descriptors; asked once, when the service is mounted.
    Set<MethodDescriptor<?, ?>> neverWait();
}

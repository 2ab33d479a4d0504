/// The container driver: an OCI runtime, user namespaces with their own id range, an allow-list of system calls, a
/// network of its own. Machines share the host's kernel, and nothing else.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway.runtime.container;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

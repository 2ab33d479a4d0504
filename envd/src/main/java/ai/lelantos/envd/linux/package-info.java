/// The kernel and the C library as the agent sees them: the only room with `java.lang.foreign`.
///
/// A call that may fail for a reason its caller handles returns the kernel's convention, the result or minus errno;
/// everything else throws [Errno].
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.linux;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

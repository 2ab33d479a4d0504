/// What commands write, on its way into the sandbox's log at the host.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.logs;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

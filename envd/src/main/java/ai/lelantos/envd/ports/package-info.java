/// Servers of the sandbox that listen for itself only, made reachable from outside.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.ports;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

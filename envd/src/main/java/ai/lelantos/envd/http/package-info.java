/// The plain HTTP calls of the agent, as blocking exchanges on virtual threads; RPCs are another room's.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.http;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

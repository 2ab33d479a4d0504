/// What gateway and agent must agree on besides messages: names of hosts, signatures of files, the agent's version.
@NullMarked
@CheckReturnValue
package ai.lelantos.protocol;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

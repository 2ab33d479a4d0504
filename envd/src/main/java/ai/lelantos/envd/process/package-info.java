/// Commands and terminals: started, watched, attached to, signalled, and never left as zombies.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.process;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

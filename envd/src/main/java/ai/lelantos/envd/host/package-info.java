/// What the agent knows of its sandbox and does to it: globals, health, metrics, initialisation.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.host;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

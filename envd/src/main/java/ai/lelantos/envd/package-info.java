/// The program inside each sandbox: its main, its settings, and the one page that wires its rooms.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

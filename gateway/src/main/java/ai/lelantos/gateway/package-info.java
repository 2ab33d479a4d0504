/// The program outside: public API, control plane and proxy; its main and the one page that wires its rooms.
@NullMarked
@CheckReturnValue
package ai.lelantos.gateway;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

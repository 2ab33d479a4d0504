/// The door script as its user meets it, above all when something is wrong.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.door;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/// What is measured: one scenario a file, and the floors of this machine beside them.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.scenario;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

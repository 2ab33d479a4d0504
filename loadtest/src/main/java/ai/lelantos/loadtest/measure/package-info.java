/// How work is offered and how its answers are counted: pace, samples, rows.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.measure;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

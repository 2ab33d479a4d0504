/// The outside driver: scenarios against a running gateway, floors beside them, one honest report.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

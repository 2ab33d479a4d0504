/// What a run says: table, JSON, one HTML page, a comparison of two runs, the promises.
@NullMarked
@CheckReturnValue
package ai.lelantos.loadtest.report;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

/// Files of the sandbox: the tree, what goes in and out, and what changes in it.
@NullMarked
@CheckReturnValue
package ai.lelantos.envd.files;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;

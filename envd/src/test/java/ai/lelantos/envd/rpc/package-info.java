@NullMarked
package ai.lelantos.envd.rpc;

import org.jspecify.annotations.NullMarked;

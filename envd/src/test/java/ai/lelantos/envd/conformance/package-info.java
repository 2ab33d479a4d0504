/// Programs that the official conformance runner drives, and the test that runs it.
@NullMarked
package ai.lelantos.envd.conformance;

import org.jspecify.annotations.NullMarked;

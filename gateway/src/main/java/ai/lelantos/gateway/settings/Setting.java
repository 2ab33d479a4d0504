package ai.lelantos.gateway.settings;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// One setting: a component of a room's settings record. Its environment variable is `LELANTOS_` and the component's
/// name in capitals, with the record's [Prefix] between when it has one.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Setting {

    /// The default as a user would write it; empty for none.
    String value() default "";

    /// One line for `config`.
    String is();

    /// Masked wherever it is shown.
    boolean secret() default false;

    /// The word before every name of one record's settings.
    @Retention(RetentionPolicy.RUNTIME)
    @Target(ElementType.TYPE)
    @interface Prefix {
        String value();
    }
}

package ai.lelantos.protocol;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// What this module may know: no server at all, and I/O in the client's room only.
@AnalyzeClasses(packages = "ai.lelantos", importOptions = DoNotIncludeTests.class)
class RoomsTest {

    private static final String CLIENT = "ai.lelantos.connect.client..";

    @ArchTest
    static final ArchRule nothingIsAServer = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "com.linecorp..", "org.springframework..", "reactor.netty.http.server..", "io.grpc.netty..");

    @ArchTest
    static final ArchRule onlyTheClientDoesIo = noClasses()
            .that()
            .resideOutsideOfPackage(CLIENT)
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("reactor..", "io.netty..", "java.net..", "java.nio.channels..", "java.nio.file..");

    @ArchTest
    static final ArchRule nobodyHereNeedsTheClient = noClasses()
            .that()
            .resideOutsideOfPackage(CLIENT)
            .should()
            .dependOnClassesThat()
            .resideInAPackage(CLIENT);

    @ArchTest
    static final ArchRule theCodecKnowsNoGrpc = noClasses()
            .that()
            .resideInAPackage("ai.lelantos.protocol.connect..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.grpc..");
}

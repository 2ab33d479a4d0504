package ai.lelantos.envd;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/// Which room of the agent may know which other, and what only one of them may touch.
@AnalyzeClasses(packages = "ai.lelantos.envd", importOptions = DoNotIncludeTests.class)
class RoomsTest {

    @ArchTest
    static final ArchRule arrows = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("process")
            .definedBy("..envd.process..")
            .layer("files")
            .definedBy("..envd.files..")
            .layer("ports")
            .definedBy("..envd.ports..")
            .layer("logs")
            .definedBy("..envd.logs..")
            .layer("host")
            .definedBy("..envd.host..")
            .layer("access")
            .definedBy("..envd.access..")
            .layer("rpc")
            .definedBy("..envd.rpc..")
            .layer("http")
            .definedBy("..envd.http..")
            .layer("linux")
            .definedBy("..envd.linux..")
            .whereLayer("process")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("files")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("ports")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("logs")
            .mayOnlyBeAccessedByLayers("process")
            .whereLayer("host")
            .mayOnlyBeAccessedByLayers("process", "files")
            .whereLayer("access")
            .mayOnlyBeAccessedByLayers("process", "files", "host")
            .whereLayer("rpc")
            .mayOnlyBeAccessedByLayers("process", "files", "access")
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("files", "host", "access");

    @ArchTest
    static final ArchRule noCycles =
            slices().matching("ai.lelantos.envd.(*)..").should().beFreeOfCycles();

    @ArchTest
    static final ArchRule nativeCodeStaysInLinux = noClasses()
            .that()
            .resideOutsideOfPackage("..envd.linux..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("java.lang.foreign..");

    @ArchTest
    static final ArchRule theServerStaysAtTheEdge = noClasses()
            .that()
            .resideOutsideOfPackages("..envd.rpc..", "..envd.http..", "ai.lelantos.envd")
            .and()
            .haveSimpleNameNotEndingWith("Routes")
            .should()
            .dependOnClassesThat(resideInAPackage("com.linecorp.armeria..").or(resideInAPackage("io.netty..")));

    @ArchTest
    static final ArchRule grpcStaysInServices = noClasses()
            .that()
            .resideOutsideOfPackages("..envd.rpc..", "ai.lelantos.envd")
            .and()
            .haveSimpleNameNotEndingWith("Service")
            .and()
            .haveSimpleNameNotEndingWith("Observer")
            .and()
            .areNotMemberClasses()
            .should()
            .dependOnClassesThat(resideInAPackage("io.grpc..").and(not(resideInAPackage("io.grpc.protobuf.."))));

    @ArchTest
    static final ArchRule noJacksonInTheAgent =
            noClasses().should().dependOnClassesThat().resideInAPackage("com.fasterxml.jackson..");
}

package ai.lelantos.gateway;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.nameMatching;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.domain.JavaCall.Predicates;
import com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import org.reactivestreams.Publisher;

/// The arrows between the rooms, and who may know what.
@AnalyzeClasses(packages = "ai.lelantos.gateway", importOptions = DoNotIncludeTests.class)
class RoomsTest {

    @ArchTest
    static final ArchRule arrows = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("proxy")
            .definedBy("..gateway.proxy..")
            .layer("sandbox")
            .definedBy("..gateway.sandbox..")
            .layer("template")
            .definedBy("..gateway.template..")
            .layer("agent")
            .definedBy("..gateway.agent..")
            .layer("auth")
            .definedBy("..gateway.auth..")
            .layer("runtime")
            .definedBy("..gateway.runtime..")
            .layer("db")
            .definedBy("..gateway.db..")
            .layer("http")
            .definedBy("..gateway.http..")
            .whereLayer("proxy")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("sandbox")
            .mayOnlyBeAccessedByLayers("proxy")
            .whereLayer("template")
            .mayOnlyBeAccessedByLayers("sandbox")
            .whereLayer("agent")
            .mayOnlyBeAccessedByLayers("sandbox")
            .whereLayer("runtime")
            .mayOnlyBeAccessedByLayers("sandbox", "template")
            .whereLayer("auth")
            .mayOnlyBeAccessedByLayers("sandbox", "template")
            .whereLayer("db")
            .mayOnlyBeAccessedByLayers("sandbox", "template", "auth")
            .whereLayer("http")
            .mayOnlyBeAccessedByLayers("proxy", "sandbox", "template", "auth", "agent");

    @ArchTest
    static final ArchRule sqlStaysInStores = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Store")
            .and()
            .resideOutsideOfPackage("..gateway.db..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.r2dbc..", "org.springframework.r2dbc..");

    @ArchTest
    static final ArchRule requestsStayAtTheEdge = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Routes")
            .and()
            .resideOutsideOfPackage("..gateway.http..")
            .should()
            .dependOnClassesThat()
            .haveNameMatching(".*\\.ServerRequest");

    @ArchTest
    static final ArchRule clientsStayInTheirRooms = noClasses()
            .that()
            .resideOutsideOfPackages("..gateway.agent..", "..gateway.proxy..", "..gateway.runtime..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("reactor.netty.http.client..");

    @ArchTest
    static final ArchRule onlyLoopsSubscribe = noClasses()
            .that()
            .haveSimpleNameNotEndingWith("Loop")
            .and()
            .doNotHaveSimpleName("Gateway")
            // The one door from Reactor to Caffeine, whose loader wants a future.
            .and()
            .doNotHaveSimpleName("Keys")
            // Their own threads, made for waiting: the driver's workers.
            .and()
            .resideOutsideOfPackage("..gateway.runtime.container..")
            // Netty handlers without Reactor around them.
            .and()
            .resideOutsideOfPackage("..gateway.proxy..")
            .should()
            .callMethodWhere(Predicates.target(With.owner(assignableTo(Publisher.class)))
                    .and(Predicates.target(nameMatching("subscribe|block.*|toFuture|toIterable|toStream"))));

    @ArchTest
    static final ArchRule driversAreBehindTheirSeam = noClasses()
            .that(resideInAPackage("..gateway.sandbox..").or(simpleNameEndingWith("Routes")))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("..gateway.runtime.container..");
}

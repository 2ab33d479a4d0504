package ai.lelantos.loadtest.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// What a reader may rely on when opening this repository; each rule names every place that breaks it.
class TidyTest {

    private static final Set<String> ROOMS = Set.of("protocol", "envd", "gateway", "vm-images", "loadtest");
    private static final Set<String> TOOLS = Set.of(
            "README.md",
            "ARCHITECTURE.md",
            "pom.xml",
            "lelantos",
            "mvnw",
            ".mvn",
            ".ci",
            "docs",
            ".git",
            ".gitignore",
            ".editorconfig",
            "target");
    private static final int JAVA_LINES_MAX = 500;
    private static final int LINE_COLUMNS_MAX = 140;

    // Spelled in halves so that this file does not break its own rules.
    private static final Pattern UNFINISHED = Pattern.compile("\\b(" + "TO" + "DO|FIX" + "ME|X" + "XX)\\b");
    private static final Pattern REGISTRY =
            Pattern.compile("(repo1?\\.maven\\." + "apache|repo1\\.maven|central\\.sonatype|registry\\."
                    + "npmjs|pypi\\." + "org|" + "proxy\\.golang|deb\\.debian|archive\\.ubuntu|static\\.crates)");
    private static final Pattern SLEEP = Pattern.compile("Thread\\." + "sleep\\(|TimeUnit\\.[A-Z]+\\.sleep\\(");
    private static final Pattern NO_ROOM = Pattern.compile(
            "^package .*\\.(util|utils|controller|service|repository|dto|common|helper|helpers|misc)[.;]");

    @Test
    void topLevelIsFiveFoldersAndWhatToolsNeed() throws IOException {
        try (Stream<Path> top = Files.list(Tree.root())) {
            assertThat(top.map(path -> path.getFileName().toString()))
                    .isSubsetOf(Stream.concat(ROOMS.stream(), TOOLS.stream()).toList())
                    .containsAll(ROOMS);
        }
    }

    @Test
    void nothingIsLeftForLater() {
        assertThat(places(Tree.files(), line -> UNFINISHED.matcher(line).find()))
                .isEmpty();
    }

    @Test
    void noRegistryIsNamed() {
        assertThat(places(Tree.files(), line -> REGISTRY.matcher(line).find())).isEmpty();
    }

    @Test
    void noJavaSleepsInsteadOfWaitingForASignal() {
        assertThat(places(
                        Tree.files(".java").toList(),
                        line -> SLEEP.matcher(line).find()))
                .isEmpty();
    }

    @Test
    void packagesAreRoomsNotLayers() {
        assertThat(places(
                        Tree.files(".java").toList(),
                        line -> NO_ROOM.matcher(line).find()))
                .isEmpty();
    }

    @Test
    void everyPackageOfMainCodeIsNullMarkedAndChecksReturnValues() {
        var bare = Tree.files(".java")
                .filter(file -> Tree.name(file).contains("/src/main/java/"))
                .map(Path::getParent)
                .distinct()
                .filter(folder -> {
                    Path info = folder.resolve("package-info.java");
                    return !Files.exists(info)
                            || !Tree.lines(info).contains("@NullMarked")
                            || !Tree.lines(info).contains("@CheckReturnValue");
                })
                .map(Tree::name)
                .toList();
        assertThat(bare).isEmpty();
    }

    @Test
    void versionsStandInTheRootPomOnly() {
        var elsewhere = Tree.files("pom.xml")
                .filter(pom -> !Tree.name(pom).equals("pom.xml"))
                .filter(pom -> Tree.lines(pom).stream()
                                .filter(line -> line.contains("<version>"))
                                .filter(line -> !line.contains("${"))
                                .count()
                        > 1)
                .map(Tree::name)
                .toList();
        assertThat(elsewhere)
                .as("module poms with a version besides their parent's")
                .isEmpty();
    }

    @Test
    void javaFilesHoldOneNoun() {
        var long_ = Tree.files(".java")
                .filter(file -> Tree.lines(file).size() > JAVA_LINES_MAX)
                .map(file ->
                        Tree.name(file) + ": " + Tree.lines(file).size() + " lines (at most " + JAVA_LINES_MAX + ")")
                .toList();
        assertThat(long_).isEmpty();
    }

    @Test
    void javaLinesFitAScreen() {
        assertThat(places(Tree.files(".java").toList(), line -> line.length() > LINE_COLUMNS_MAX))
                .isEmpty();
    }

    @Test
    void everyDocumentHasOneTitle() {
        var odd = Tree.files(".md")
                .filter(file -> titles(file) != 1)
                .map(file -> Tree.name(file) + ": " + titles(file) + " titles")
                .toList();
        assertThat(odd).isEmpty();
    }

    @Test
    void everyLinkBetweenDocumentsLeadsSomewhere() {
        var link = Pattern.compile("\\]\\((?!https?:|#|mailto:)([^)#\\s]+)");
        var broken = new ArrayList<String>();
        Tree.files(".md")
                .forEach(file -> Tree.lines(file)
                        .forEach(line -> link.matcher(line)
                                .results()
                                .map(match -> match.group(1))
                                .filter(target -> !Files.exists(java.util.Objects.requireNonNull(file.getParent())
                                        .resolve(target)))
                                .forEach(target -> broken.add(Tree.name(file) + " -> " + target))));
        assertThat(broken).isEmpty();
    }

    private static long titles(Path markdown) {
        boolean code = false;
        long titles = 0;
        for (String line : Tree.lines(markdown)) {
            if (line.startsWith("```")) {
                code = !code;
            }
            titles += !code && line.startsWith("# ") ? 1 : 0;
        }
        return titles;
    }

    private static List<String> places(List<Path> files, Predicate<String> broken) {
        return files.stream()
                .flatMap(file -> {
                    List<String> lines = Tree.lines(file);
                    return java.util.stream.IntStream.range(0, lines.size())
                            .filter(at -> broken.test(lines.get(at)))
                            .mapToObj(at -> Tree.name(file) + ":" + (at + 1) + " "
                                    + lines.get(at).strip());
                })
                .collect(Collectors.toList());
    }
}

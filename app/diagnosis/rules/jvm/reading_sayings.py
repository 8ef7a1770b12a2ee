"""What Java's libraries, Maven's plugins and Gradle say, and what solves it."""

from __future__ import annotations

from app.diagnosis.families import Family, Known
from app.diagnosis.instructions import base_image, failing_dockerfile, failing_instruction
from app.diagnosis.rule import Hit
from app.diagnosis.transcript import Kind
from app.model import Place


def jre_place(hit: Hit) -> Place | None:
    """The line that installs the JRE, else the image that the failing stage begins with."""
    if (found := failing_dockerfile(hit)) is not None:
        path, parsed = found
        for each in parsed.of("RUN"):
            if "jre" in each.value:
                return hit.files.place(path, each.line, each.end)
    return base_image(hit)


# Said at the start or while it runs, in an exception or below one.
EXCEPTIONS = Family(
    (
        # Flyway and Liquibase are started by their own starters since Spring Boot 4.
        Known(r"Schema[- ]validation: missing (?P<kind>table|column|sequence) \[(?P<name>[\w.]+)\]", "The database has no {kind} {name}, which Hibernate validates", "No migration made it: see that Flyway or Liquibase runs before (Spring Boot 4: spring-boot-starter-flyway or -liquibase, the library alone is not started), that it has a migration for {name}, and that it is this database."),
        Known(r"Unable to determine Dialect without JDBC metadata|Access to DialectResolutionInfo cannot be null", "Hibernate reaches no database, and so knows no dialect", "Set the JDBC URL, user and password of the service (SPRING_DATASOURCE_URL, …): the line above says why the connection failed; hibernate.dialect only hides it."),
        Known(r"InaccessibleObjectException|does not \"opens (?P<name>[\w.]+)\" to unnamed module", "The library reaches into Java's own classes, which this Java forbids {name}", "Raise the library to a version for this Java, or start with --add-opens java.base/java.lang=ALL-UNNAMED (JAVA_TOOL_OPTIONS)."),
        Known(r"PKIX path building failed|unable to find valid certification path|SunCertPathBuilderException", "Java does not trust the server's certificate", "Import the server's CA (keytool -importcert -cacerts -file ca.pem), or in a buildpack bind ca-certificates; an old JDK image may lack new authorities."),
        Known(r"UnsatisfiedLinkError: .*?(?P<name>lib[\w+-]+\.so[\w.]*): cannot open shared object", "Java needs {name}, which the image lacks", "RUN apt-get update && apt-get install -y fontconfig libfreetype6 (Alpine: apk add fontconfig freetype ttf-dejavu); a slim or headless JRE has no AWT."),
        Known(r"The bean '(?P<name>[^']+)'.*could not be registered\. A bean with that name has already been defined", "Two beans have the name {name}", "Rename one or exclude its configuration; spring.main.allow-bean-definition-overriding=true lets the later one win."),
        Known(r"UnsupportedFeatureException|unintentionally initialized at build time|Classes that should be initialized at run time got initialized", "native-image meets a class that it may not initialise while it builds", "Write --initialize-at-run-time=CLASS (or --initialize-at-build-time for one that has to) for what the message names, in native-image.properties or the plugin's buildArgs."),
        Known(r"MissingReflectionRegistrationError|MissingResourceRegistration|com\.oracle\.svm\S*Unsupported|Generating proxy classes at runtime is not supported", "The native image lacks what is reached by reflection", "Register it: RuntimeHints or @RegisterReflectionForBinding (Spring), @RegisterForReflection (Quarkus), or run the tests with the tracing agent and commit reachability-metadata.json."),
        Known(r"Cannot load driver class: (?P<name>[\w.]+)|No suitable driver found for (?P<name2>\S+)|Failed to load driver class (?P<name3>[\w.]+)", "There is no JDBC driver for {name}{name2}{name3}", "Add the driver to the dependencies with scope runtime (org.postgresql:postgresql, com.mysql:mysql-connector-j), and begin the URL with jdbc:."),
        Known(r"URL must start with 'jdbc'|Driver \S+ claims to not accept jdbcUrl, (?P<name>\S+)", "The database's URL is no JDBC URL", "Write jdbc:postgresql://HOST:5432/DATABASE, with user and password in variables of their own: a URL as postgres://… is not taken."),
        Known(r"NoSuchMethodError: (?P<name>.+)|NoSuchFieldError: (?P<name2>.+)", "A library was compiled against another version of one that is loaded", "Let one BOM decide the versions (spring-boot-dependencies), and take explicit versions out: mvn dependency:tree or gradle dependencies shows who brings it."),
        Known(r"class (?P<name>\S+) cannot be cast to class (?P<name2>\S+)", "{line}", "A value is of another type than the code takes it for, or two versions of one library are loaded."),
        Known(r"\bBindException: ", "Two servers take the same port", "Start one, on the port in PORT (server.port=${{PORT:8080}})."),
        Known(r"Unable to connect to Config Server|Could not locate PropertySource and the (?:fail fast property is set|resource is not optional)", "Spring's configuration server does not answer", "Set spring.config.import=optional:configserver:URL with the address that the service reaches, or leave it out."),
        Known(r"Cannot execute request on any known server|DiscoveryClient.*was unable to send heartbeat", "Eureka does not answer", "Set eureka.client.enabled=false on Cloud Run, or eureka.client.service-url.defaultZone to one that the service reaches."),
        Known(r"Detected failed migration to version (?P<name>[\w.]+)|Found non-empty schema\(s\) .* but no schema history table", "Flyway does not take the database as it is {name}", "For a failed migration undo by hand what it did and run flyway repair; for a database that was there before, spring.flyway.baseline-on-migrate=true; never change a migration that has run."),
        Known(r"jackson\S*UnrecognizedPropertyException|InvalidDefinitionException", "{line}", "The JSON has a field that the class does not know, or a type without a module (jackson-datatype-jsr310): add it."),
        Known(r"(?:javax|jakarta)\.\w+[\w.]*.*(?:ClassNotFoundException|NoClassDefFoundError)|(?:ClassNotFoundException|NoClassDefFoundError): (?P<name>javax[./](?:servlet|persistence|validation|annotation|xml[./]bind|ws)[\w./]*)", "The library is of the time before Jakarta: {name}", "Take the version of the library for Spring Boot 3 and Jakarta EE 9 or later (jakarta.* instead of javax.*), or stay with Spring Boot 2.7; for javax.xml.bind add jakarta.xml.bind-api with a runtime."),
        Known(r"jwt\.security\.WeakKeyException|key byte array is \d+ bits which is not secure enough", "The key that signs tokens is too short", "Set a key of at least 256 bits for HS256 (512 for HS512) as a secret of the service."),
    )
)  # fmt: skip

# What a Maven plugin or a Gradle task ends with.
BUILDS = Family(
    (
        Known(r"Unable to find main class|Main class name has not been configured|mainClass.*(?:could not be resolved|not been configured)", "The build finds no main class", "Write a class with public static void main (in src/main/java of this very module), or name it: <mainClass> of spring-boot-maven-plugin, mainClass of springBoot or application in Gradle; a library module needs no bootJar."),
        Known(r"forked VM terminated without (?:saying )?properly|The forked VM terminated", "The JVM of the tests ended before it was done", "Mostly memory: <argLine>-Xmx512m</argLine> and a larger machine; otherwise a test calls System.exit, or the native library of one crashed (target/surefire-reports/*.dumpstream)."),
        Known(r"No tests were executed|No tests found for given includes|There are test sources present and no filters are applied, but the test task did not discover", "No test was run", "Correct the name after -Dtest or --tests; JUnit 5 needs useJUnitPlatform() in Gradle (and junit-platform-launcher), surefire 2.22 or later in Maven."),
        Known(r"(?:PSQLException|CommunicationsException|CommunicationException|MongoSocket\w+|MongoTimeoutException|RedisConnectionFailureException|SQLTransientConnectionException|JDBCConnectionException|UnableToConnectException): .*?(?P<name>[\w.-]+:\d{2,5})?.*(?:refused|failure|[Tt]imed out|Unable to connect|not available)", "Something in the build reaches for a database, and the build has none", "Leave the tests out of the image (./mvnw -DskipTests package, ./gradlew build -x test) and run them in CI beside a database; or let them use H2 or Testcontainers, and generators (jOOQ, Flyway) files instead of a connection.", failing_instruction, frozenset({Kind.INSTRUCTION})),
        Known(r"(?P<name>maven-(?:failsafe|surefire)-plugin).*There (?:are|were) test (?:failures|errors)", "Tests fail ({name})", "Correct what the first <<< FAILURE! or <<< ERROR! above names; the whole reports are in target/surefire-reports or failsafe-reports."),
        Known(r"maven-resources-plugin.*: (?:Input length = \d|malformed)", "A resource file is not in the encoding that Maven reads", "Save application.properties as UTF-8 and write <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>; leave binary files out of filtering."),
        Known(r"webxml attribute is required", "The war plugin looks for a web.xml", "Raise maven-war-plugin to 3.4 or later, or write <failOnMissingWebXml>false</failOnMissingWebXml>; Spring Boot mostly wants packaging jar."),
        Known(r"(?:Unsatisfied|Ambiguous) dependenc(?:y|ies) for type (?P<name>\S+)", "No bean, or more than one, is of the type {name}", "Annotate the implementation (@ApplicationScoped), add the extension or dependency that has it, and index a library of your own (quarkus.index-dependency or META-INF/beans.xml)."),
        Known(r"(?:Build image failed|Pull|push).*?(?:credentials|UNAUTHORIZED|unauthorized).*?'(?P<name>[^']+)'", "jib may not reach the registry for {name}", "Log in before (gcloud auth configure-docker REGION-docker.pkg.dev), or give jib the credentials in <to><auth>."),
        Known(r"Failed to run task: '(?P<name>[^']+)' failed", "The front end's {name} failed", "Correct what {name} printed above."),
        Known(r"You have (?P<count>\d+) Checkstyle violations?", "Checkstyle found {count} violations", "Correct the lines above, or the rules in checkstyle.xml."),
        Known(r"You have (?P<count>\d+) PMD violations?|(?P<count2>\d+) PMD rule violations", "PMD found {count}{count2} violations", "Correct what the report names, or the rule set."),
        Known(r"failed with (?P<count>\d+) bugs and|SpotBugs (?:ended with|violations)", "SpotBugs found {count} bugs", "Correct what the report names, or exclude it in the filter file."),
        Known(r"Coverage checks have not been met|Rule violated for bundle", "The tests cover less than JaCoCo asks for", "Write the tests that are missing, or lower the limit in the rule."),
        Known(r"Plugin \[id: '(?P<name>[^']+)'(?:, version: '(?P<version>[^']+)')?.*\] was not found", "There is no Gradle plugin {name} {version}", "Correct id and version (https://plugins.gradle.org/plugin/{name}), or add its repository to pluginManagement in settings.gradle."),
        Known(r"Timeout waiting to (?P<name>lock [^.]*)", "Another Gradle holds the lock", "Let one Gradle run at a time with a folder (GRADLE_USER_HOME for each, --no-daemon); remove *.lock files that were copied into the image."),
        Known(r"is a duplicate but no duplicate handling strategy has been set", "A file is copied twice", "Write duplicatesStrategy = DuplicatesStrategy.EXCLUDE in that task, or take the folder out of one of the two source sets."),
        Known(r"SDK location not found", "The Android SDK is not there", "Leave the Android module out of what the service builds (settings.gradle), or install the SDK and set ANDROID_HOME."),
        Known(r"Received status code (?P<code>40[13]|404) from server", "The repository answers {code}", "401 and 403: give the build its credentials (gradle.properties or variables, a build secret); 404: correct the repository's address or the version."),
        Known(r"Dependency verification failed", "Gradle does not know the checksum of a dependency", "Run ./gradlew --write-verification-metadata sha256 on your machine and commit gradle/verification-metadata.xml."),
        Known(r"Dependency lock state", "A dependency is not the one that the lock file has", "Run ./gradlew dependencies --write-locks and commit gradle.lockfile."),
        Known(r"Configuration cache problems found|invocation of 'Task\.project' at execution time", "A plugin does not know Gradle's configuration cache", "Build with --no-configuration-cache, or raise that plugin."),
        Known(r"Value '(?P<name>[^']+)' given for org\.gradle\.java\.home Gradle property is invalid", "gradle.properties names a Java that is not in the image", "Take org.gradle.java.home={name} out of gradle.properties."),
        Known(r"does not provide the required capabilities: \[(?P<name>[A-Z_]+)", "The image has a JRE where the build needs a JDK: no {name}", "Install the JDK instead of the JRE (openjdk-21-jdk-headless for openjdk-21-jre-headless), which has javac, or build on an image with it (FROM eclipse-temurin:21-jdk, gradle:jdk21); the JRE is enough for the stage that runs.", jre_place),
    )
)  # fmt: skip

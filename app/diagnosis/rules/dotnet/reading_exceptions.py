"""What .NET's libraries say in an exception at the start, and what solves it."""

from __future__ import annotations

from collections.abc import Mapping

from app.diagnosis.families import Family, Known
from app.diagnosis.rule import Hit
from app.diagnosis.rules.dotnet.reading_start import own_frame
from app.diagnosis.rules.machine.reading_refusals import REFUSALS
from app.diagnosis.rules.machine.reading_thrown import asked_by

EXCEPTIONS = Family(
    (
        Known(r"The ConnectionString property has not been initialized|Host can't be null", "The program has no connection string", "Set ConnectionStrings__NAME for the service (two underscores), with the NAME that GetConnectionString asks for."),
        Known(r"The remote certificate was rejected|The certificate chain was issued by an authority that is not trusted|RemoteCertificate(?:NameMismatch|ChainErrors)", "The server's certificate is not trusted", "Give the image the CA (COPY it to /usr/local/share/ca-certificates and RUN update-ca-certificates), or for SQL Server in a private network write TrustServerCertificate=True into the connection string."),
        Known(r"PendingModelChangesWarning", "The Entity Framework model has changes that no migration has", "Run dotnet ef migrations add NAME and commit it; HasData with values that change at each build (DateTime.Now, new Guid) does the same."),
        Known(r"Cannot write DateTime with Kind=(?:Local|Unspecified) to PostgreSQL", "Npgsql writes UTC times only", "Write DateTime.UtcNow (or DateTimeOffset in UTC), or set AppContext.SetSwitch(\"Npgsql.EnableLegacyTimestampBehavior\", true) at the start."),
        Known(r"System\.Drawing\.Common is not supported on (?:non-Windows|this) platform|type initializer for 'Gdip'", "System.Drawing does not run on Linux", "Replace System.Drawing.Common by SkiaSharp or ImageSharp: since .NET 7 it is there on Windows only."),
        Known(r"configured user limit \(\d+\) on the number of inotify instances", "Too many files are watched for changes", "Write ENV DOTNET_USE_POLLING_FILE_WATCHER=1 or ENV DOTNET_hostBuilder__reloadConfigOnChange=false in the Dockerfile."),
        Known(r"IDX107(?:20|03)|key size must be greater than|IDX10653", "The key that signs tokens is too short", "Set a key of at least 32 bytes for HS256 (64 for HS512) as a secret of the service."),
        Known(r"IDX208(?:03|04)|Unable to obtain configuration from: '(?P<name>[^']+)'", "The identity provider's configuration cannot be read {name}", "Correct Authority of the JWT settings: its /.well-known/openid-configuration has to answer from the service."),
        Known(r"Failed to bind to address (?P<name>\S+?): address already in use", "Two servers take the same address: {name}", "Start one, on the port in PORT: take UseUrls, Kestrel:Endpoints and ASPNETCORE_URLS down to one of them."),
        Known(r"SocketException \(99\): Cannot assign requested address", "The address is none of this machine", "Listen on 0.0.0.0 or [::] (http://+:8080), not on localhost's IPv6 address or a host's name; what is called at localhost is this container itself."),
        Known(r"Unable to find an entry point named|EntryPointNotFoundException", "A native library of another version is loaded", "Take the same version of the package and of its NativeAssets, and of the library in the image."),
        Known(r"BadImageFormatException", "A file that is loaded is for another platform", "Publish for the platform of the image (-r linux-x64, and --platform of the build), and leave bin/ and obj/ out of the image."),
        Known(r"Cannot consume scoped service '(?P<name>[^']+)' from singleton '(?P<name2>[^']+)'", "The singleton {name2} takes the scoped {name}", "Register {name2} as scoped too, or take IServiceScopeFactory in it and make a scope where {name} is used."),
        Known(r"A circular dependency was detected for the service of type '(?P<name>[^']+)'", "Services need each other in a circle: {name}", "Take one of them out of the other's constructor (a third service, Lazy, or a factory)."),
        Known(r"No database provider has been configured for this DbContext", "The DbContext has no database provider", "Write UseNpgsql, UseSqlServer or UseSqlite with a connection string in AddDbContext or OnConfiguring."),
        Known(r"Unable to create (?:an object|a 'DbContext') of type '(?P<name>[^']*)'", "dotnet ef cannot make the DbContext {name}", "Give it a constructor with DbContextOptions and register it, or write an IDesignTimeDbContextFactory; name the start-up project with -s."),
        Known(r"Unable to start Kestrel.*|Unrecognized scheme in server address '(?P<name>[^']+)'", "Kestrel does not take its address {name}", "Write http://+:8080 in ASPNETCORE_URLS, or ASPNETCORE_HTTP_PORTS=8080."),
        Known(r"The view '(?P<name>[^']+)' was not found|Cannot find compilation library location", "The view {name} is not published", "See that the .cshtml is in the project (Sdk Microsoft.NET.Sdk.Web) and in the image, in the case its name has."),
        Known(r"No authenticationScheme was specified", "Authentication has no scheme", "Write AddAuthentication(SCHEME).AddJwtBearer(…) or AddCookie(…) before builder.Build()."),
        Known(r"Unable to find the required services\. Please add all the required services by calling '(?P<name>[\w.]+)'", "A service is used and not added: {name}", "Call builder.Services.{name}() before builder.Build()."),
        Known(r"The ASP\.NET Core developer certificate|key .* was not found in the key ring|Error unprotecting the session cookie", "Cookies were signed with a key that this instance does not have", "Keep the data protection keys outside of the container: AddDataProtection().PersistKeysToGoogleCloudStorage or a database."),
    )
)  # fmt: skip


def uncaught(hit: Hit) -> Mapping[str, str]:
    """The advice for an exception of which only its kind is known, or what a server answered."""
    if found := REFUSALS.read(hit):
        return {"advice": found["advice"]}
    if asked := asked_by(hit, hit["said"], own_frame(hit)):
        return {"advice": f"{asked}."}
    return {
        "advice": "Look at the first line of yours in the stack: what it is given there is missing or not what it expects."
    }

"""What configure scripts, CMake, compilers, package managers of C and clients of the network say, and what solves it."""

from __future__ import annotations

from app.diagnosis.families import Family, Known

BUILDING = Family(
    (
        Known(r"^configure: error: (?:C\+*|.*) compiler cannot create executables|no acceptable C compiler found", "The image has no C compiler that works", "RUN apt-get update && apt-get install -y build-essential before it (Alpine: apk add build-base)."),
        Known(r"^Package '(?P<name>[\w.+-]+)', required by '[^']*', not found|^No package '(?P<name2>[\w.+-]+)' found|Package (?P<name3>[\w.+-]+) was not found in the pkg-config search path", "pkg-config does not find {name}{name2}{name3}", "Install its -dev package before this step (apt-get install -y lib{name}{name2}{name3}-dev pkg-config, or what https://packages.debian.org has the file {name}{name2}{name3}.pc in; Alpine: the -dev package)."),
        Known(r"^configure: error: Package requirements \((?P<name>[^)]+)\) were not met", "configure lacks {name}", "Install the -dev package of it before this step (Debian lib…-dev, Alpine …-dev), and pkg-config."),
        Known(r"(?:pkg-config|pkgconf)(?: script)?.*(?:not found|could not be found|No such file)", "The image has no pkg-config", "RUN apt-get update && apt-get install -y pkg-config before it (Alpine: apk add pkgconf)."),
        Known(r"^configure: error: (?P<name>.+)", "configure: {name}", "Install what it names with its -dev package before this step, or switch that part off (--without-…)."),
        Known(r"CMake was unable to find a build program corresponding to \"(?P<name>[^\"]+)\"", "The image has no {name} for CMake", "RUN apt-get update && apt-get install -y ninja-build make before it (Alpine: apk add samurai make), or another generator: cmake -G."),
        Known(r"The source directory \"(?P<name>[^\"]+)\" does not (?:appear to contain CMakeLists\.txt|exist)", "There is no CMakeLists.txt in {name}", "Correct the path in the cmake command (-S), or COPY the source before it."),
        Known(r"current CMakeCache\.txt directory .* is different", "build/ of another machine was copied into the image", "Write build/ into .dockerignore, and let cmake make its own."),
        Known(r"CMAKE_(?P<name>C|CXX|CUDA|Fortran)_COMPILER could be found|CMAKE_(?P<name2>C|CXX|CUDA|Fortran)_COMPILER not set|compiler identification is unknown", "CMake finds no {name}{name2} compiler", "RUN apt-get update && apt-get install -y build-essential before it (Alpine: apk add build-base; CUDA: a nvidia/cuda devel image)."),
        Known(r"^(?:cc1\w*|gcc|g\+\+|cc|c\+\+|clang(?:\+\+)?): (?:fatal )?error: (?:unrecognized command[- ]line option|unknown argument:?|invalid value) '?(?P<name>[^'’‘]+?)['’]?(?: in .*)?$", "The compiler does not know {name}", "Take a newer compiler (a newer base image: gcc 11 knows C++20, gcc 13 most of C++23), or write the option that it knows (-std=c++2b)."),
        Known(r"failed_to_start_child,'Elixir\.(?P<name>[\w.]+)'.*'Elixir\.Mix\.", "The release starts {name}, which only mix has", "Set code_reloader: false and no watchers outside of config/dev.exs, and build with MIX_ENV=prod: Mix is not in a release; where a version of the library does it by itself, pin the one before."),
        Known(r"init terminating in do_boot\\?\",\s*\{load_failed", "The Erlang machine and the release do not fit", "Let the release bring its own Erlang (include_erts: true), and build it in an image of the same system and platform as the one that runs it."),
        Known(r"^cc1(?:plus|obj)?: error: (?P<name>.+?)(?: \[-W\S+\])?$", "The compiler does not take an option: {name}", "Take that option out of the flags of this language (CMAKE_CXX_FLAGS, CXXFLAGS), or build without -Werror."),
        Known(r"mandatory chunk of type 'Atom' not found|beam\S* failed: :?badfile", "A module was compiled by a newer Erlang than the one that loads it", "Build and run with the same Erlang/OTP (one image for both), and keep _build and deps out of the image (.dockerignore)."),
        Known(r"is not able to compile a simple test program", "The compiler of the image is not whole", "Install it with the C library: RUN apt-get update && apt-get install -y build-essential (Alpine: apk add build-base); what the test printed below says what is missing."),
        Known(r"\$GOPATH/go\.mod exists but should not", "go.mod was copied into GOPATH itself", "Write WORKDIR /src (any folder but /go) before COPY go.mod."),
        Known(r"Package '(?P<name>[^']+)' not resolved|Unable to find '(?P<name2>[^']+)' in remotes", "Conan has no package {name}{name2}", "Correct name and version in conanfile (conan search NAME -r=conancenter), or add the remote; Conan 1's conancenter is frozen: use Conan 2."),
        Known(r"^ERROR: Missing (?:prebuilt package|binary) for '?(?P<name>[^' ]+)", "Conan has no binary of {name} for this image", "Build it from source: conan install . --build=missing."),
        Known(r"error: building (?P<name>[\w-]+):(?P<triplet>[\w-]+) failed with: (?P<what>\w+)", "vcpkg could not build {name}", "Read the port's log that it names; mostly a tool is missing: apt-get install -y build-essential pkg-config curl zip unzip tar autoconf automake libtool."),
        Known(r"terminate called after throwing an instance of '(?P<name>[^']+)'", "The program ended by an exception that it does not catch: {name}", "Correct what what(): names in the next line, or catch it in main."),
        Known(r"^\S*:? ?Segmentation fault|(?:^|[^\[])signal SIGSEGV|exit code 139|^Segmentation fault", "The program crashed (segmentation fault)", "Run it where a debugger can follow (gdb, catchsegv, -fsanitize=address); after a change of base image, build it and its native libraries in the same image that runs it."),
        Known(r"recompile with -fPIC|relocation R_X86_64\S* against", "An object was compiled without -fPIC", "Compile it with -fPIC (CMake: POSITION_INDEPENDENT_CODE ON), or take the shared library."),
        Known(r"multiple definition of [`'](?P<name>[^'`]+)'", "{name} is defined twice", "Define it in one source file, and declare it extern in the header; -fcommon for old C code."),
        Known(r"linker command failed|ld returned \d+ exit status|DSO missing from command line", "The linker fails", "Add the library that the line above names to target_link_libraries or LDLIBS, after what uses it."),
        Known(r"^(?:meson\.build|\S+/meson\.build):(?P<at>\d+):\d+: ERROR: (?P<name>.+)", "Meson: {name}", "Correct that line of meson.build, or install what it looks for (the -dev package)."),
        Known(r"^ERROR: (?:no such package|no such target|Analysis of target) '(?P<name>[^']+)'", "Bazel finds no {name}", "Correct the label in the BUILD file, or declare its repository in MODULE.bazel."),
        # Haskell, Elixir and others whose tools speak in one line.
        Known(r"^Error: (?:\[Cabal-\d+\]|cabal:|cabal-\S+:) ?(?P<name>Could not resolve dependencies.*)", "cabal finds no plan: {name}", "Loosen the bound that the last rejecting: line names, take the GHC that it fits (base belongs to the compiler), or run cabal update first."),
        Known(r"\*\* \(Mix\) `(?P<name>[^`]+)` exited with (?P<code>\d+)", "{name} failed", "Read what it printed above this line: mix only says that the tool which it ran has failed."),
        Known(r"\*\* \(Mix\) Release \"?(?P<name>[\w-]+)\"? not found|Unknown release :(?P<name2>\w+)", "mix.exs has no release {name}{name2}", "Write the name of releases in mix.exs (or of the app) after mix release."),
        Known(r"native name encoding of latin1", "Elixir runs without UTF-8", "Write ENV LANG=C.UTF-8 in the Dockerfile."),
        Known(r"Go language version \(go(?P<have>[\d.]+)\) used to build golangci-lint is lower than the targeted Go version \((?P<want>[\d.]+)\)", "golangci-lint was built with Go {have}, the code is for {want}", "Take a newer golangci-lint (built with Go {want} or later)."),
    )
)  # fmt: skip

REACHING = Family(
    (
        Known(r"curl: \((?P<code>6|7|28|52|56)\) (?P<name>.+)|wget: unable to resolve host address [‘']?(?P<name2>[\w.-]+)|wget: bad address '(?P<name3>[^']+)'", "The address does not answer: {name}{name2}{name3}", "Correct the address, or run it again where it is another's fault; what is only there at run time is not there in a build."),
        Known(r"curl: \((?P<code>60|35|51|77)\) (?P<name>.+)|certificate verify failed|unable to get local issuer certificate|x509: certificate signed by unknown authority", "The server's certificate is not trusted here", "Install ca-certificates before this step (apt-get install -y ca-certificates; Alpine: apk add ca-certificates), or give the image the CA of your proxy or server (update-ca-certificates)."),
        Known(r"curl: \(22\) The requested URL returned error: (?P<code>\d+)|wget: server returned error: HTTP/\S+ (?P<code2>\d+)|ERROR (?P<code3>4\d\d|5\d\d): \w", "What is downloaded answers {code}{code2}{code3}", "404: correct the address (the version or the platform in it); 401 and 403: it needs a token, as a build secret; 5xx and 429: run it again later."),
        Known(r"certificate has expired|CERT_HAS_EXPIRED|x509: certificate has expired", "The server's certificate has expired", "Renew it on the server; where it is valid elsewhere, the image's ca-certificates are too old (a newer base image)."),
        Known(r"Hostname mismatch|certificate is (?:not )?valid for|does not match target host name|ERR_TLS_CERT_ALTNAME_INVALID|CertificateError: .*doesn't match", "The certificate is for another name than the one that is called", "Call the server by the name in its certificate; an IP address is mostly none of them."),
        Known(r"WRONG_VERSION_NUMBER|wrong version number|http: server gave HTTP response to HTTPS client|SSL routines::packet length too long", "TLS is spoken to a server that speaks plain text", "Write http:// (or the port of TLS, or sslmode=disable) for this server."),
        Known(r"gaierror: \[Errno -?\d+\] (?P<name>.+)|Temporary failure in name resolution|Name or service not known|Name does not resolve", "The name of a host is not known from here", "Correct the host in the variable that has it: names of docker compose do not exist on Cloud Run; in a build, ask nothing that is only there at run time."),
        Known(r"[Nn]etwork (?:is )?unreachable|ENETUNREACH|No route to host|EHOSTUNREACH", "There is no way to that address from here", "For a private address give the service a VPC network (network: and subnet:); an address that is IPv6 only needs its IPv4 one (Supabase: the pooler)."),
        Known(r"Proxy Authentication Required|407 Proxy|Tunnel connection failed|ERR_TUNNEL_CONNECTION_FAILED|CONNECT tunnel failed", "The proxy does not let it through", "Set HTTPS_PROXY with user and password and NO_PROXY, or leave the proxy out of the build and the service."),
        Known(r"unable to bind listening socket for address '(?P<name>[^']+)'|could not bind to address (?P<name2>\S+)", "Two servers take the same address {name}{name2}", "Start one of them: what the image's own ENTRYPOINT starts is not started again."),
    )
)  # fmt: skip

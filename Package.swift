// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "toklab",
  products: [
    .executable(name: "toklab", targets: ["toklab"]),
    .executable(name: "toklab-sweep", targets: ["toklab-sweep"]),
    .executable(name: "toklab-serve", targets: ["toklab-serve"]),
    .library(name: "Tokenizers", targets: ["Tokenizers"]),
    .library(name: "Metrics", targets: ["Metrics"]),
    .library(name: "Adapt", targets: ["Adapt"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
  ],
  targets: [
    // Compiler and linker flags only: ICU's headers never reach Swift (see Sources/ICUShim).
    .systemLibrary(name: "CICU", pkgConfig: "icu-i18n", providers: [.apt(["libicu-dev"])]),
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CHunspell", pkgConfig: "hunspell", providers: [.apt(["libhunspell-dev"])]),
    .target(name: "ICUShim", dependencies: ["CICU"]),
    .target(name: "CIntrinsics"),
    .target(name: "Tokenizers", dependencies: ["CIntrinsics", "ICUShim", "CZlib", "CZstd"]),
    .target(name: "Metrics", dependencies: ["Tokenizers", "CHunspell"]),
    // The program carries the Python side of its model helper.
    .target(
      name: "Adapt", dependencies: ["Tokenizers", "CIntrinsics"],
      resources: [.embedInCode("Helper/toklab_helper.py")]),
    // What makes corpora out of Debian packages, and the built-in sample; only the command needs it.
    .target(name: "Corpora", dependencies: ["Tokenizers", "ICUShim"]),
    // Tables, plots and pages out of results; no packages and no Foundation, since every command links it.
    .target(name: "Studies", dependencies: ["Tokenizers", "Metrics"]),
    // How the programs meet the system: signals, standard streams, the memory limit.
    .target(name: "ProgramSupport", dependencies: ["Tokenizers", "CIntrinsics"]),
    .executableTarget(
      name: "toklab",
      dependencies: [
        "Tokenizers", "Metrics", "Adapt", "Corpora", "Studies", "ProgramSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // SQLite and TOML, and Foundation with them: 4 ms at every start, so `toklab sweep` is a program of its own.
    .target(
      name: "Sweeps",
      dependencies: [
        "Studies", "Metrics", "Tokenizers", .product(name: "GRDB", package: "GRDB.swift"), "TOMLKit",
      ]),
    .executableTarget(
      name: "toklab-sweep",
      dependencies: [
        "Sweeps", "Studies", "Tokenizers", "ProgramSupport",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    // The web server, for the same reason.
    .executableTarget(
      name: "toklab-serve",
      dependencies: [
        "Studies", "Tokenizers", "ProgramSupport", "FlyingFox",
        .product(name: "FlyingSocks", package: "FlyingFox"),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "toklab-bench", dependencies: ["Tokenizers"], path: "Benchmarks/toklab-bench"),
    .target(name: "TestSupport", dependencies: ["Tokenizers"], path: "Tests/TestSupport"),
    .testTarget(name: "TokenizersTests", dependencies: ["Tokenizers", "TestSupport"]),
    .testTarget(name: "MetricsTests", dependencies: ["Metrics", "TestSupport"]),
    .testTarget(
      name: "AdaptTests", dependencies: ["Adapt", "TestSupport"], exclude: ["Helper/standin.py", "Recorded"]),
    // Needs `make models`; `make test` leaves it out, `make test-models` runs it alone.
    .testTarget(
      name: "RealModelTests", dependencies: ["Adapt", "TestSupport"],
      exclude: ["requirements.txt", "llama_server.py"]),
    // Needs `make peers` (gigabytes); `make test-peers` runs it alone.
    .testTarget(
      name: "HeavyPeerTests", dependencies: ["Adapt", "TestSupport"],
      exclude: ["requirements.txt", "models.txt"]),
    .testTarget(name: "StudiesTests", dependencies: ["Studies", "TestSupport"], exclude: ["Snapshots"]),
    .testTarget(name: "CorporaTests", dependencies: ["Corpora", "TestSupport"]),
    .testTarget(
      name: "toklabTests", dependencies: ["toklab", "toklab-sweep", "toklab-serve", "TestSupport"],
      exclude: ["Snapshots", "Support/stand_in_server.py"]),
  ]
)

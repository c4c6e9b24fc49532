// swift-tools-version: 6.2
import PackageDescription

// Not a part of toklab's own package: everything here, toklab included, is compiled for libFuzzer.
// `make fuzz` builds it with the flags that Scripts/fuzz.py holds; docs/fuzzing.md says why each is there.
let package = Package(
  name: "toklab-fuzz",
  dependencies: [.package(name: "toklab", path: "..")],
  targets: [
    .executableTarget(
      name: "toklab-fuzz",
      dependencies: [
        .product(name: "Tokenizers", package: "toklab"), .product(name: "Metrics", package: "toklab"),
        .product(name: "Adapt", package: "toklab"),
      ])
  ]
)

// swift-tools-version: 6.2
import PackageDescription

// A program of somebody else: it knows toklab as a package at a path, and only what is public.
let package = Package(
  name: "premium",
  dependencies: [.package(name: "toklab", path: "../..")],
  targets: [
    .executableTarget(
      name: "premium",
      dependencies: [
        .product(name: "Tokenizers", package: "toklab"), .product(name: "Metrics", package: "toklab"),
      ])
  ])

// swift-tools-version: 6.2
import PackageDescription

// Not a part of toklab's own package: the shared library of the Python wheel, which no command links.
// `make wheel` builds it with the Swift runtime inside (Scripts/wheel.py holds the flags).
let package = Package(
  name: "toklab-python",
  products: [.library(name: "toklab-c", type: .dynamic, targets: ["CToklab"])],
  dependencies: [.package(name: "toklab", path: "..")],
  targets: [
    .target(
      name: "CToklab",
      dependencies: ["CTimezone", .product(name: "Tokenizers", package: "toklab")]),
    .target(name: "CTimezone"),
  ]
)

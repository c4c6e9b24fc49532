extension ByteAlphabet {
  /// Byte values by ascending code point of their spelling: the order in which trainers number them.
  package static let order: [UInt8] = (0...255).map { UInt8($0) }.sorted {
    scalars[Int($0)] < scalars[Int($1)]
  }
}

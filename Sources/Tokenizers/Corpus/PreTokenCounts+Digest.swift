extension PreTokenCounts {
  /// The SHA-256 of the histogram: for each pre-token in byte order its count and its length as
  /// little-endian 64-bit numbers, and its bytes. It stands for the training text in result files.
  public var digest: String {
    var hash = SHA256()
    for index in indices {
      let head = [UInt64(bitPattern: occurrences(index)).littleEndian, UInt64(length(index)).littleEndian]
      head.withUnsafeBytes { hash.update($0) }
      withBytes(index) { hash.update(UnsafeRawBufferPointer($0)) }
    }
    return hash.finish()
  }
}

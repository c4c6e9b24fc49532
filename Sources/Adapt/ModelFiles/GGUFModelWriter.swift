import Tokenizers

/// Writes a GGUF file: metadata, then tensors in the given order, each at a multiple of the alignment.
package struct GGUFModelWriter {
  package struct Entry {
    var name: String
    var code: UInt32
    /// Rows before columns, as in ``GGUFModelFile/Tensor``.
    var shape: [Int]
    var size: Int
    var body: (borrowing AtomicFile.Writer) throws(ToklabError) -> Void
  }

  package var metadata = GGUFWriter()
  package var alignment = 32

  package init() {}

  package private(set) var entries: [Entry] = []

  package mutating func add(
    _ name: String, code: UInt32, shape: [Int], size: Int,
    writing body: @escaping (borrowing AtomicFile.Writer) throws(ToklabError) -> Void
  ) {
    entries.append(Entry(name: name, code: code, shape: shape, size: size, body: body))
  }

  private func padding(_ count: Int) -> Int { (alignment - count % alignment) % alignment }

  private func head() -> [UInt8] {
    var bytes = metadata.finish(tensors: entries.count)
    func integer(_ value: Int, _ size: Int) {
      for index in 0..<size { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * index))) }
    }
    var offset = 0
    for entry in entries {
      integer(entry.name.utf8.count, 8)
      bytes += Array(entry.name.utf8)
      integer(entry.shape.count, 4)
      for extent in entry.shape.reversed() { integer(extent, 8) }
      integer(Int(entry.code), 4)
      integer(offset, 8)
      offset += entry.size + padding(entry.size)
    }
    return bytes + [UInt8](repeating: 0, count: padding(bytes.count))
  }

  /// Writes the file; it appears whole or not at all.
  package func write(to path: String) throws(ToklabError) {
    try AtomicFile.write(path) { (writer) throws(ToklabError) in
      try writer.write(head())
      for entry in entries {
        try entry.body(writer)
        try writer.write([UInt8](repeating: 0, count: padding(entry.size)))
      }
    }
  }
}

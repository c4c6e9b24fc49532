/// A text cut into lines at LF only; the LF is no part of a line, and a last line without LF counts.
///
/// Representation: the bytes of the file and the end of each line. Carriage returns and byte order
/// marks are text like any other.
public struct TextLines: Sendable {
  public let bytes: [UInt8]
  /// End of each line, exclusive; line `i` starts one past the end of line `i - 1`.
  public let ends: [Int]
  /// Unicode scalars of each line.
  public let characters: [Int]

  /// - Throws: ``ToklabError`` with the line of the first byte that is not UTF-8.
  public init(_ bytes: [UInt8]) throws(ToklabError) {
    var ends: [Int] = []
    var characters: [Int] = []
    var fault: (line: Int, byte: Int)?
    bytes.withUnsafeBufferPointer { buffer in
      var start = 0
      while start < buffer.count && fault == nil {
        var end = start
        while end < buffer.count && buffer[end] != 0x0A { end += 1 }
        let line = UnsafeBufferPointer(rebasing: buffer[start..<end])
        if let offset = UTF8Scalar.firstInvalid(line) { fault = (ends.count + 1, start + offset) }
        ends.append(end)
        // Every scalar has one byte that is no continuation.
        characters.append(line.reduce(0) { $0 + ($1 & 0xC0 != 0x80 ? 1 : 0) })
        start = end + 1
      }
    }
    if let fault {
      throw ToklabError(
        at: .line(fault.line),
        "byte \(fault.byte) (0x\(String(bytes[fault.byte], radix: 16))) is not UTF-8",
        expected: "UTF-8 text", advice: "convert the file to UTF-8")
    }
    self.bytes = bytes
    self.ends = ends
    self.characters = characters
  }

  /// Reads a file.
  public init(file path: String) throws(ToklabError) {
    let bytes = try FileBytes.read(path)
    do { self = try TextLines(bytes) } catch { throw error.in(path) }
  }

  public var count: Int { ends.count }

  public func range(ofLine line: Int) -> Range<Int> {
    (line == 0 ? 0 : ends[line - 1] + 1)..<ends[line]
  }

  /// The length of a line in bytes.
  public func byteCount(ofLine line: Int) -> Int { range(ofLine: line).count }

  /// Calls `body` with the bytes of a line in place.
  @inlinable
  public func withLine<R, E: Error>(
    _ line: Int, _ body: (UnsafeBufferPointer<UInt8>) throws(E) -> R
  ) throws(E) -> R {
    let range = range(ofLine: line)
    return try bytes.withUnsafeBufferPointer { buffer throws(E) in
      try body(UnsafeBufferPointer(rebasing: buffer[range]))
    }
  }

  /// Line `line` as a string; for small inputs such as lexicons.
  package func string(ofLine line: Int) -> String {
    withLine(line) { String(decoding: $0, as: UTF8.self) }
  }

  package var startsWithByteOrderMark: Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }
}

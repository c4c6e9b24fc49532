/// The one error that bad input raises anywhere in toklab.
///
/// It carries what a person needs to mend the input: where (file, position), what was found, what was
/// expected, and what to do next. The command line prints it as one line and exits with status 2.
public struct ToklabError: Error, Sendable, Hashable {
  /// Where in the file the fault lies.
  public enum Position: Sendable, Hashable {
    /// A line number, counted from 1.
    case line(Int)
    /// A byte offset, counted from 0.
    case byte(Int)
    /// A path inside a structured file, such as `$.model.merges[3]`.
    case path(String)
  }

  /// The file as the user named it; nil until a caller that knows it adds it with ``in(_:)``.
  public var file: String?
  public var position: Position?
  public var found: String
  public var expected: String?
  /// The next step for the person who reads this.
  public var advice: String?

  public init(
    file: String? = nil, at position: Position? = nil, _ found: String,
    expected: String? = nil, advice: String? = nil
  ) {
    self.file = file
    self.position = position
    self.found = found
    self.expected = expected
    self.advice = advice
  }

  /// The same error with the file's name, unless it already has one.
  public func `in`(_ file: String) -> ToklabError {
    guard self.file == nil else { return self }
    var copy = self
    copy.file = file
    return copy
  }
}

extension ToklabError: CustomStringConvertible {
  /// `FILE:LINE: found; expected …; advice`, on one line whatever the parts hold.
  public var description: String {
    var head = file ?? ""
    switch position {
    case .line(let line): head += head.isEmpty ? "line \(line)" : ":\(line)"
    case .byte(let byte): head += head.isEmpty ? "byte \(byte)" : ": byte \(byte)"
    case .path(let path): head += head.isEmpty ? path : ": \(path)"
    case nil: break
    }
    var text = head.isEmpty ? found : "\(head): \(found)"
    if let expected { text += "; expected \(expected)" }
    if let advice { text += "; \(advice)" }
    return Self.oneLine(text)
  }

  private static func oneLine(_ text: String) -> String {
    var out = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      if scalar.value < 0x20 || scalar.value == 0x7F || (0x80...0x9F).contains(scalar.value) {
        out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      } else {
        out.append(scalar)
      }
    }
    return String(out)
  }
}

extension ToklabError {
  /// The same error for text that begins `count` bytes into a larger one.
  package func shifted(by count: Int) -> ToklabError {
    guard case .byte(let byte) = position else { return self }
    var copy = self
    copy.position = .byte(byte + count)
    return copy
  }
}

/// Calls `body` with an array's bytes in place, carrying a typed error across.
package func withBuffer<R>(
  _ bytes: [UInt8], _ body: (UnsafeBufferPointer<UInt8>) throws(ToklabError) -> R
) throws(ToklabError) -> R {
  let result: Result<R, ToklabError> = bytes.withUnsafeBufferPointer { buffer in
    do throws(ToklabError) { return .success(try body(buffer)) } catch { return .failure(error) }
  }
  return try result.get()
}

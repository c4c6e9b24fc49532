import Foundation
import TestSupport
import Tokenizers

/// Asks `Tests/Peers/pretokenize.py` for pieces.
struct PeerPieces: Encodable {
  var expressions: [String] = []
  var behavior = "isolated"
  var invert = false
  var texts: [String]
  /// Only tiktoken needs these.
  var ends: [[Int]] = []

  /// For each request the ends in bytes for each text, or nil where the library refuses the expressions.
  static func ask(_ library: String, _ requests: [PeerPieces]) throws -> [[[Int]]?] {
    let answer = try ReferenceLibrary.run(
      "pretokenize.py", [library], input: Array(JSONEncoder().encode(requests)))
    let numbers = answer.withUnsafeBytes { raw in
      (0..<raw.count / 4).map { Int(raw.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self).littleEndian) }
    }
    var position = 0
    return requests.map { request in
      if numbers[position] == -1 {
        position += 1
        return nil
      }
      return request.texts.map { text in
        let count = numbers[position]
        defer { position += count + 1 }
        let ends = Array(numbers[position + 1..<position + 1 + count])
        return library == "tiktoken" ? ends : byteEnds(ends, in: text)
      }
    }
  }

  private static func byteEnds(_ ends: [Int], in text: String) -> [Int] {
    var result: [Int] = []
    result.reserveCapacity(ends.count)
    var scalars = text.unicodeScalars.makeIterator()
    var characters = 0
    var bytes = 0
    for end in ends {
      while characters < end, let scalar = scalars.next() {
        bytes += UTF8.width(scalar)
        characters += 1
      }
      result.append(bytes)
    }
    return result
  }
}

/// Where two lists of ends first differ, with the text around it; nil when they are equal.
func firstDifference(_ text: String, _ found: [Int], _ expected: [Int]) -> String? {
  guard found != expected else { return nil }
  var index = 0
  while index < min(found.count, expected.count), found[index] == expected[index] { index += 1 }
  let bytes = Array(text.utf8)
  let start = index == 0 ? 0 : found[index - 1]
  let around = bytes[max(0, start - 12)..<min(bytes.count, start + 24)]
  let escaped = String(decoding: around, as: UTF8.self).unicodeScalars.map {
    $0.isASCII && $0.value > 31 ? String($0) : "\\u{\(String($0.value, radix: 16))}"
  }
  return "after byte \(start): found \(found[index...].prefix(3)), expected \(expected[index...].prefix(3)) "
    + "in \(escaped.joined())"
}

import Glibc

/// Turns the merges of a file, spelled as text, into a ``MergeList``.
///
/// The result of a merge is the token spelled left + right, the right part without the continuing-subword
/// prefix; all three must be in the vocabulary (as in the reference library).
struct MergeListBuilder {
  struct Failure {
    var found: String
    var expected: String
  }

  private(set) var merges = MergeList()
  private let spelling: TokenSpelling
  private let prefix: [UInt8]
  private var scratch: [UInt8] = []
  private var lastResult: TokenID = 0

  init(_ spelling: TokenSpelling, prefix: String?, capacity: Int) {
    self.spelling = spelling
    self.prefix = Array((prefix ?? "").utf8)
    merges.reserveCapacity(capacity)
  }

  /// A merge as one text with one space between its parts.
  mutating func append(line: UnsafeBufferPointer<UInt8>) -> Failure? {
    guard let space = line.firstIndex(of: 0x20), line.lastIndex(of: 0x20) == space else {
      return Failure(
        found: "the merge \"\(ByteEscape.string(line.prefix(80)))\"", expected: "two parts and one space")
    }
    return append(
      UnsafeBufferPointer(rebasing: line[..<space]), UnsafeBufferPointer(rebasing: line[(space + 1)...]))
  }

  mutating func append(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Failure? {
    guard spelling.byteLevel, prefix.isEmpty else { return appendSpelled(left, right) }
    scratch.removeAll(keepingCapacity: true)
    guard ByteAlphabet.append(left, to: &scratch) else { return appendSpelled(left, right) }
    let cut = scratch.count
    guard ByteAlphabet.append(right, to: &scratch) else { return appendSpelled(left, right) }
    guard let leftID = spelling.ordinary(scratch[..<cut]), let rightID = spelling.ordinary(scratch[cut...]),
      let result = nextResult() ?? spelling.ordinary(scratch[...])
    else { return appendSpelled(left, right) }
    merges.append(left: leftID, right: rightID, result: result)
    lastResult = result
    return nil
  }

  /// The result of the last merge or the token after it, where it is the one in `scratch`: most files list the
  /// merges in the order of the tokens they make, which saves a third of all look-ups.
  private func nextResult() -> TokenID? {
    for id in [lastResult &+ 1, lastResult] {
      let bytes = spelling.vocabulary.bytes(of: id)
      if bytes.count == scratch.count, !spelling.vocabulary.isLiteral(id),
        scratch.withUnsafeBytes({ memcmp($0.baseAddress!, bytes.baseAddress!, bytes.count) == 0 })
      {
        return id
      }
    }
    return nil
  }

  /// The general way, and the one that finds out what is missing.
  private mutating func appendSpelled(
    _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
  ) -> Failure? {
    guard right.count >= prefix.count else {
      return Failure(
        found: "the part \"\(ByteEscape.string(right))\"",
        expected: "the prefix \"\(ByteEscape.string(prefix))\" before it")
    }
    let joined = Array(left) + right.dropFirst(prefix.count)
    guard let leftID = spelling.id(spelled: left) else { return missing(Array(left)) }
    guard let rightID = spelling.id(spelled: right) else { return missing(Array(right)) }
    guard let result = spelling.id(spelled: joined) else { return missing(joined) }
    merges.append(left: leftID, right: rightID, result: result)
    return nil
  }

  private func missing(_ text: [UInt8]) -> Failure {
    Failure(
      found: "a merge needs \"\(ByteEscape.string(text.prefix(80)))\", which is no token",
      expected: "a token of the vocabulary")
  }
}

extension MergeList {
  /// The ranks that count when a pair occurs twice: the last one of each pair, ascending.
  func lastOccurrences() -> [Int] {
    var last: [UInt64: Int] = [:]
    last.reserveCapacity(count)
    for index in 0..<count { last[UInt64(left[index]) << 32 | UInt64(right[index])] = index }
    if last.count == count { return Array(0..<count) }
    return last.values.sorted()
  }
}

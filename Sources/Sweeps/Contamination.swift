import Metrics
import Tokenizers

/// How many lines of the evaluation text begin like a place in the training text.
///
/// The first ten pre-tokens (pattern `o200k`) of each line, or all where there are four to nine, are looked for at
/// every pre-token of the training text, with or without the space before it; lines of fewer pre-tokens or of fewer
/// than 12 bytes say too little and are passed over.
enum Contamination {
  struct Outcome: Sendable, Hashable {
    var lines: Int
    var checked: Int
    var found: Int
    /// The first line that was found, from 1.
    var firstLine: Int?

    var share: Double { checked == 0 ? 0 : Double(found) / Double(checked) }
  }

  static let window = 10
  static let shortest = 4
  static let fewestBytes = 12

  static func check(_ evaluation: TextLines, training: [UInt8]) throws(ToklabError) -> Outcome {
    let scanner = try PreTokenizers.named("o200k").preTokenizer.makeScanner()
    // Lines by the first eight bytes of what is looked for.
    var wanted: [UInt64: [Int]] = [:]
    var heads = [Range<Int>](repeating: 0..<0, count: evaluation.count)
    var checked = 0
    for line in 0..<evaluation.count {
      let range = evaluation.range(ofLine: line)
      let ends = try ends(of: evaluation.bytes, range, scanner)
      guard ends.count >= shortest else { continue }
      let head = range.lowerBound..<ends[min(window, ends.count) - 1]
      guard head.count >= fewestBytes else { continue }
      checked += 1
      heads[line] = head
      wanted[key(evaluation.bytes, at: head.lowerBound), default: []].append(line)
    }
    var found = Set<Int>()
    var from = 0
    while from < training.count {
      let to = training[from...].firstIndex(of: 0x0A) ?? training.count
      var start = from
      for end in try ends(of: training, from..<to, scanner) {
        for place in training[start] == 0x20 ? [start, start + 1] : [start] where place + fewestBytes <= to {
          for line in wanted[key(training, at: place)] ?? [] {
            let head = heads[line]
            if place + head.count <= to,
              training[place..<place + head.count].elementsEqual(evaluation.bytes[head])
            {
              found.insert(line)
            }
          }
        }
        start = end
      }
      from = to + 1
    }
    return Outcome(
      lines: evaluation.count, checked: checked, found: found.count, firstLine: found.min().map { $0 + 1 })
  }

  /// The ends of a line's pre-tokens, as places in the whole text.
  private static func ends(
    of text: [UInt8], _ line: Range<Int>, _ scanner: any PreTokenScanner
  ) throws(ToklabError) -> [Int] {
    var found: [Int] = []
    var block = [Int](repeating: 0, count: 256)
    try text.withUnsafeBufferPointer { (bytes) throws(ToklabError) in
      try scanner.begin(UnsafeBufferPointer(rebasing: bytes[line]))
      while true {
        let count = try block.withUnsafeMutableBufferPointer { (ends) throws(ToklabError) in
          try scanner.fill(ends)
        }
        if count == 0 { break }
        for end in block[..<count] { found.append(line.lowerBound + end) }
      }
    }
    return found
  }

  /// The eight bytes at a place; all texts here are longer.
  private static func key(_ text: [UInt8], at place: Int) -> UInt64 {
    var value: UInt64 = 0
    for index in place..<place + 8 { value = value << 8 | UInt64(text[index]) }
    return value
  }
}

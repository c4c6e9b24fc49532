/// Pre-token counts as a sorted text file that can be merged with others: what cluster workers exchange.
///
/// Lines end in LF and are sorted by the pre-tokens' bytes, so that merging is one pass and equal counts are
/// equal files:
///
///     #toklab-counts/1
///     #pre-tokenizer<TAB>NAME or regex:PATTERN, escaped
///     #normalizer<TAB>NAME
///     #unicode<TAB>VERSION
///     #text<TAB>SHA-256 of a text that is counted here, sorted; one line each
///     COUNT<TAB>BYTES, escaped
///     #end<TAB>NUMBER OF DISTINCT PRE-TOKENS<TAB>SUM OF COUNTS
///
/// Escaped: printable UTF-8 as it is, backslash as `\\`, LF, CR and tab as `\n`, `\r`, `\t`, and every other
/// control character, line or paragraph separator and byte that is not UTF-8 as `\xNN`.
public struct PreTokenShard: Sendable, Equatable {
  public var counts: PreTokenCounts
  public var preTokenizer: String
  public var normalizer: String
  public var unicodeVersion: String
  /// Of the texts counted, unpacked; sorted. A text counted twice stands twice.
  public var textDigests: [String]

  public init(
    counts: PreTokenCounts, preTokenizer: String, normalizer: String,
    unicodeVersion: String = PreTokenShard.unicodeVersion, textDigests: [String]
  ) {
    self.counts = counts
    self.preTokenizer = preTokenizer
    self.normalizer = normalizer
    self.unicodeVersion = unicodeVersion
    self.textDigests = textDigests.sorted()
  }

  /// The Unicode version of the pre-tokenizers' classes.
  public static let unicodeVersion = UnicodeClasses.unicodeVersion

  private static let magic = "#toklab-counts/1"

  /// The counts of a corpus.
  ///
  /// - Throws: as counting does; and for weights or balance, which a shard cannot hold.
  public init(
    _ corpus: Corpus, cutBy preTokenization: PreTokenization, run: TrainingRun = TrainingRun()
  ) throws(ToklabError) {
    try Self.checkPlain(corpus)
    let counting = PreTokenCounting(preTokenization: preTokenization, field: corpus.jsonField, run: run)
    let (counts, digests) = try counting.countWithDigests(corpus.sources.flatMap(\.files))
    self.init(
      counts: counts, preTokenizer: preTokenization.preTokenizerName,
      normalizer: preTokenization.normalizerName, textDigests: digests)
  }

  static func checkPlain(_ corpus: Corpus) throws(ToklabError) {
    guard corpus.isPlain else {
      throw ToklabError(
        "weights or balance in counts", expected: "plain counts",
        advice: "weigh the texts when they are trained on")
    }
  }

  // MARK: - Merging

  /// The sum of shards.
  ///
  /// - Throws: ``ToklabError`` when they were not counted in the same way, naming the two, or a sum leaves
  ///   63 bits.
  /// - Parameter shards: each with its name, for messages; at least one.
  public static func merge(
    _ shards: [(name: String, shard: PreTokenShard)]
  ) throws(ToklabError) -> PreTokenShard {
    precondition(!shards.isEmpty)
    let first = shards[0]
    for other in shards.dropFirst() {
      for (what, one, two) in [
        ("pre-tokenizer", first.shard.preTokenizer, other.shard.preTokenizer),
        ("normalizer", first.shard.normalizer, other.shard.normalizer),
        ("Unicode version", first.shard.unicodeVersion, other.shard.unicodeVersion),
      ] where !one.utf8.elementsEqual(two.utf8) {
        throw ToklabError(
          file: other.name, "\(what) \(two)", expected: "\(one), as in \(first.name)",
          advice: "merge only shards that were counted in the same way")
      }
    }
    var level = shards.map(\.shard.counts)
    while level.count > 1 {
      var next: [PreTokenCounts] = []
      for index in stride(from: 0, to: level.count, by: 2) {
        next.append(index + 1 < level.count ? try level[index].adding(level[index + 1]) : level[index])
      }
      level = next
    }
    return PreTokenShard(
      counts: level[0], preTokenizer: first.shard.preTokenizer, normalizer: first.shard.normalizer,
      unicodeVersion: first.shard.unicodeVersion, textDigests: shards.flatMap(\.shard.textDigests))
  }

  // MARK: - Writing

  public func write() -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(counts.distinctBytes + counts.count * 6 + 1024)
    out += Array("\(Self.magic)\n#pre-tokenizer\t".utf8)
    preTokenizer.utf8.withContiguousStorageIfAvailable { Self.escape($0, into: &out) }
      ?? Array(preTokenizer.utf8).withUnsafeBufferPointer { Self.escape($0, into: &out) }
    out += Array("\n#normalizer\t\(normalizer)\n#unicode\t\(unicodeVersion)\n".utf8)
    for digest in textDigests { out += Array("#text\t\(digest)\n".utf8) }
    for index in counts.indices {
      out += Array(String(counts.occurrences(index)).utf8)
      out.append(0x09)
      counts.withBytes(index) { Self.escape($0, into: &out) }
      out.append(0x0A)
    }
    out += Array("#end\t\(counts.count)\t\(counts.occurrences)\n".utf8)
    return out
  }

  static func escape(_ bytes: UnsafeBufferPointer<UInt8>, into out: inout [UInt8]) {
    var index = 0
    while index < bytes.count {
      let byte = bytes[index]
      if byte < 0x80 {
        switch byte {
        case 0x0A: out += [0x5C, 0x6E]
        case 0x0D: out += [0x5C, 0x72]
        case 0x09: out += [0x5C, 0x74]
        case 0x5C: out += [0x5C, 0x5C]
        case 0..<0x20, 0x7F: hex(byte, into: &out)
        default: out.append(byte)
        }
        index += 1
        continue
      }
      let length = UTF8Scalar.length(bytes.baseAddress! + index, bytes.count - index)
      // U+0080 to U+009F, U+2028 and U+2029 end lines for some readers.
      let control =
        length == 2 && byte == 0xC2 && bytes[index + 1] < 0xA0
        || length == 3 && byte == 0xE2 && bytes[index + 1] == 0x80 && bytes[index + 2] & 0xFE == 0xA8
      for position in index..<index + max(1, length) {
        if length == 0 || control { hex(bytes[position], into: &out) } else { out.append(bytes[position]) }
      }
      index += max(1, length)
    }
  }

  private static func hex(_ byte: UInt8, into out: inout [UInt8]) {
    out += [0x5C, 0x78] + [byte >> 4, byte & 15].map { $0 < 10 ? 0x30 + $0 : 0x57 + $0 }
  }
}

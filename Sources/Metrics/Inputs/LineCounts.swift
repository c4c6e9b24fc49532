/// The lengths of one language's lines under one tokenizer: all that premiums need to know.
public struct LineCounts: Sendable, Hashable {
  public var label: String
  /// Tokens of each line, encoded on its own, without special tokens.
  public var tokens: [Int]
  /// How many of them are the unknown token.
  public var unknown: [Int]
  /// UTF-8 bytes of each line, without the LF.
  public var bytes: [Int]
  /// Unicode scalars of each line.
  public var characters: [Int]

  public init(label: String, tokens: [Int], unknown: [Int], bytes: [Int], characters: [Int]) {
    self.label = label
    self.tokens = tokens
    self.unknown = unknown
    self.bytes = bytes
    self.characters = characters
  }

  public var lineCount: Int { tokens.count }
}

/// What a tokenizer says about one line.
public struct LineTally: Sendable, Hashable {
  public var tokens: Int
  public var unknown: Int

  public init(tokens: Int, unknown: Int) {
    self.tokens = tokens
    self.unknown = unknown
  }
}

/// Counts one line; one instance a thread, so it may keep caches.
public typealias LineCounter = (UnsafeBufferPointer<UInt8>) throws(ToklabError) -> LineTally

/// Holds a counter where generic code passes it on. A bare closure would be wrapped once more each time it goes
/// through a generic `inout`, and after a thousand blocks of lines every call would run through as many
/// wrappers: that was 60 % of the time of `score premium` on NTREX.
package struct CounterBox {
  package let count: LineCounter

  package init(_ count: @escaping LineCounter) { self.count = count }
}

extension Tokenizer {
  /// A counter for one thread of a metric.
  public func lineCounter() throws(ToklabError) -> LineCounter {
    let encoder = try DocumentEncoder(self)
    return { (line: UnsafeBufferPointer<UInt8>) throws(ToklabError) -> LineTally in
      let count = try encoder.count(line)
      return LineTally(tokens: count.tokens, unknown: count.unknown)
    }
  }
}

extension ParallelCorpus {
  /// Counts every line of every language with a tokenizer, each line for itself and without special tokens
  /// that only the post-processor adds.
  ///
  /// - Parameter threads: 0 takes all cores; the result is the same for any number.
  /// - Returns: one element a language, in the order of ``languages``.
  public func count(with tokenizer: Tokenizer, threads: Int = 0) throws(ToklabError) -> [LineCounts] {
    try count(threads: threads) { () throws(ToklabError) in try tokenizer.lineCounter() }
  }

  /// Counts every line of every language.
  ///
  /// - Parameters:
  ///   - threads: 0 takes all cores; the result is the same for any number.
  ///   - progress: called with the number of bytes just counted, from any thread.
  ///   - makeCounter: called once a thread.
  /// - Returns: one element a language, in the order of ``languages``.
  /// - Throws: what the counter throws, with the file's label and line added.
  public func count(
    threads: Int = 0, progress: (@Sendable (Int) -> Void)? = nil,
    _ makeCounter: @Sendable () throws(ToklabError) -> LineCounter
  ) throws(ToklabError) -> [LineCounts] {
    let lines = lineCount
    let block = 256
    let blocks = (lines + block - 1) / block
    let tokens = SharedResults<Int>(languages.count * lines, repeating: 0)
    let unknown = SharedResults<Int>(languages.count * lines, repeating: 0)
    try Parallel.forEach(languages.count * blocks, threads: threads) { () throws(ToklabError) in
      CounterBox(try makeCounter())
    } _: { (counter, item) throws(ToklabError) in
      let language = item / blocks
      let text = languages[language].text
      let first = item % blocks * block
      var bytes = 0
      for line in first..<min(first + block, lines) {
        do throws(ToklabError) {
          let tally = try text.withLine(line) { buffer throws(ToklabError) in
            bytes += buffer.count
            return try counter.count(buffer)
          }
          tokens[language * lines + line] = tally.tokens
          unknown[language * lines + line] = tally.unknown
        } catch {
          var named = error.in(languages[language].path)
          if named.position == nil { named.position = .line(line + 1) }
          throw named
        }
      }
      progress?(bytes)
    }
    let allTokens = tokens.array
    let allUnknown = unknown.array
    return languages.enumerated().map { index, language in
      LineCounts(
        label: language.label, tokens: Array(allTokens[(index * lines)..<((index + 1) * lines)]),
        unknown: Array(allUnknown[(index * lines)..<((index + 1) * lines)]),
        bytes: (0..<lines).map { language.text.byteCount(ofLine: $0) },
        characters: language.text.characters)
    }
  }
}

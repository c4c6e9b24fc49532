import Glibc
import Tokenizers

/// The probability of each word of a text given all before it, from the bytes' own probabilities.
///
/// A unit is the white space before a word and the word: `␠the`. Its probability is the product of its bytes'
/// conditionals, whatever tokens a model cuts there; where a token holds the space, or half a word, or two
/// words, does not matter. That a word *ends* is an event of its own: the next byte is white space or the text
/// ends. The probability of a word as a word counts its end and not that of the one before, which was certain:
/// P(␠the, then an end) / P(an end after what stands before).
///
/// Source of the correction for the ends of words: Pimentel and Meister 2024, "How to compute the probability of a
/// word"; with bytes it needs no assumption about where tokens mark words.
public struct WordSurprisal: Sendable {
  /// Where the unit stands in the text.
  public var range: Range<Int>
  /// The logarithm of the product of the conditionals of its bytes.
  public var logProbability: Double
  /// The logarithm of the probability of the word as a word: ends counted.
  public var logWordProbability: Double

  public init(range: Range<Int>, logProbability: Double, logWordProbability: Double) {
    self.range = range
    self.logProbability = logProbability
    self.logWordProbability = logWordProbability
  }

  /// In bits.
  public var surprisal: Double { -logProbability / M_LN2 }
  public var wordSurprisal: Double { -logWordProbability / M_LN2 }

  /// White space that parts words: ASCII only, which no other character's bytes contain.
  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  /// The units of a text. White space at its end is one of its own.
  public static func units(of text: [UInt8]) -> [Range<Int>] {
    var result: [Range<Int>] = []
    var start = 0
    for index in text.indices.dropFirst() where isSpace(text[index]) && !isSpace(text[index - 1]) {
      result.append(start..<index)
      start = index
    }
    if start < text.count { result.append(start..<text.count) }
    return result
  }
}

extension ByteModel {
  /// The words of a text, one context a byte.
  ///
  /// - Returns: the words, what each character has (the product of its bytes, by its first byte), and the
  ///   exactness of the least exact conditional.
  public func words(
    _ prompt: BytePrompt
  ) throws(ToklabError) -> (words: [WordSurprisal], bytes: [Double], exactness: Exactness) {
    let state = state(after: prompt.context)
    let units = WordSurprisal.units(of: prompt.text)
    var words: [WordSurprisal] = []
    var bytes: [Double] = []
    var exactness = Exactness.exact
    var next = try state.distribution()
    // The text begins where something ended for certain.
    var logEndBefore = 0.0
    for unit in units {
      var total = 0.0
      for index in unit {
        exactness = exactness.worst(next.exactness)
        let log = next.log(prompt.text[index])
        total += log
        bytes.append(log)
        do throws(ToklabError) { try state.append(prompt.text[index]) } catch {
          throw error.shifted(by: prompt.offset + index - state.count)
        }
        next = try state.distribution()
      }
      exactness = exactness.worst(next.exactness)
      let logEnd = next.logOfWordEnd
      words.append(
        WordSurprisal(
          range: unit, logProbability: total, logWordProbability: total + logEnd - logEndBefore))
      logEndBefore = logEnd
    }
    return (words, bytes, exactness)
  }
}

extension ByteDistribution {
  /// The logarithm of the probability that a word ends here: white space, a special token or the end follows.
  var logOfWordEnd: Double {
    LogProbabilities.sum(
      (UInt8.min...UInt8.max).filter { WordSurprisal.isSpace($0) }.map { log($0) } + [logEnd, logSpecial])
  }
}

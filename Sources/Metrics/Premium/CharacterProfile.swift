import Glibc

/// What a text's characters alone say about a language; characters are Unicode scalars.
public struct CharacterProfile: Sendable, Hashable {
  public let bytes: Int
  public let characters: Int
  /// Scalars with the White_Space property.
  public let whitespace: Int
  public let uniqueCharacters: Int
  /// Bits, over scalars that are not white space; nil without any.
  public let unigramEntropy: Double?
  /// Bits, over pairs of neighbours within a line after white space is taken out; nil without any.
  public let bigramEntropy: Double?
  /// Runs of scalars between white space.
  public let words: Int

  /// Linear in the text; memory follows the distinct pairs.
  public init(_ text: TextLines) {
    var bytes = 0
    var characters = 0
    var whitespace = 0
    var words = 0
    var unigrams: [UInt32: Int] = [:]
    var bigrams: [UInt64: Int] = [:]
    for line in 0..<text.count {
      text.withLine(line) { buffer in
        bytes += buffer.count
        var previous: UInt32?
        var inWord = false
        for scalar in String(decoding: buffer, as: UTF8.self).unicodeScalars {
          characters += 1
          if scalar.properties.isWhitespace {
            whitespace += 1
            inWord = false
            continue
          }
          if !inWord { words += 1 }
          inWord = true
          unigrams[scalar.value, default: 0] += 1
          if let previous { bigrams[UInt64(previous) << 32 | UInt64(scalar.value), default: 0] += 1 }
          previous = scalar.value
        }
      }
    }
    self.bytes = bytes
    self.characters = characters
    self.whitespace = whitespace
    self.words = words
    uniqueCharacters = unigrams.count
    unigramEntropy = Entropy.shannon(counts: unigrams.values)
    bigramEntropy = Entropy.shannon(counts: bigrams.values)
  }

  public var bytesPerCharacter: Double? { characters > 0 ? Double(bytes) / Double(characters) : nil }
  public var whitespaceShare: Double? {
    characters > 0 ? Double(whitespace) / Double(characters) : nil
  }
  /// Characters of a word.
  public var wordLength: Double? {
    words > 0 ? Double(characters - whitespace) / Double(words) : nil
  }
}

/// Entropies of counts, in bits. Counts are sorted before anything is added, so that the order of a
/// dictionary leaves no trace in the last digit.
package enum Entropy {
  /// H₁ = −Σ p log₂ p; nil without observations.
  package static func shannon(counts: some Collection<Int>) -> Double? {
    let sorted = counts.filter { $0 > 0 }.sorted()
    let total = Double(sorted.reduce(0, +))
    guard total > 0 else { return nil }
    var sum = 0.0
    for count in sorted {
      let p = Double(count) / total
      sum -= p * log2(p)
    }
    return max(0, sum)
  }

  /// H_α = log₂(Σ p^α)/(1 − α) for α ≠ 1 (Rényi 1961); H₁ at α = 1, log₂ of the types at α = 0.
  package static func renyi(counts: some Collection<Int>, order: Double) -> Double? {
    if order == 1 { return shannon(counts: counts) }
    let sorted = counts.filter { $0 > 0 }.sorted()
    let total = Double(sorted.reduce(0, +))
    guard total > 0 else { return nil }
    var sum = 0.0
    for count in sorted { sum += pow(Double(count) / total, order) }
    return max(0, log2(sum) / (1 - order))
  }
}

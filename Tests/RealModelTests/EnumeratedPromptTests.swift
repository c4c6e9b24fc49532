import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// Next bytes of a real model beside the definition: every cover of a prompt by enumeration, validity by
/// encoding, with the texts that may follow tried one after another.
///
/// What is shared with the program are the model's rows and the encoder, whose ids other suites hold against the
/// reference library; nothing of covers, heads, cut codes or neighbour rules. So continuation bytes that would make
/// the text invalid UTF-8 are judged here too, which a library that takes only strings cannot do.
@Suite("SmolLM2, enumerated", .serialized) struct EnumeratedPromptTests {
  /// Prompts that end inside a token (Benchmarks/bytes_study.py has them too).
  private static let prompts = [
    "The quick brown fox jumps over the laz", "The capital of France is Par", "She went to the super",
    "Once upon a ti", "To be or not to be, that is the ques", "The meeting is on Wednes", "import numpy as n",
    "for i in ran", "Water boils at one hundred deg", "Hello, worl", "He lives in the United Sta",
    "Thank you very mu",
  ]

  @Test func everyPromptAgreesWithItsEnumeration() throws {
    let shared = SharedRows(try SmolModel.open())
    let tokenizer = try SmolModel.tokenizer()
    for quantity in [ByteQuantity.canonical, .valid] {
      let bytes = try ByteModel(shared, tokenizer: tokenizer, options: .init(quantity: quantity))
      var sum = 0.0
      for prompt in Self.prompts {
        let prompt = Array(prompt.utf8)
        let ours = try bytes.state(after: BytePrompt(text: prompt)).distribution()
        #expect(ours.exactness == .exact)
        let enumerated = try CoverEnumeration(shared, tokenizer, bytes.vocabulary, quantity).next(
          after: prompt)
        let own = UInt8.min...UInt8.max
        let divergence = Self.divergence(
          own.map { ours.probability($0) } + [ours.endProbability + ours.specialProbability], enumerated)
        sum += divergence
        #expect(divergence <= 1e-9, "\(String(decoding: prompt, as: UTF8.self)), \(quantity): \(divergence)")
      }
      print("SmolLM2, \(quantity): mean divergence from enumeration \(sum / Double(Self.prompts.count)) bits")
    }
  }

  /// Jensen–Shannon, in bits.
  private static func divergence(_ a: [Double], _ b: [Double]) -> Double {
    var total = 0.0
    for (x, y) in zip(a, b) {
      if x > 0 { total += x * log2(2 * x / (x + y)) }
      if y > 0 { total += y * log2(2 * y / (x + y)) }
    }
    return max(0, total / 2)
  }
}

/// The sum over all covers, written down as the definition has it.
private final class CoverEnumeration {
  private let model: any LanguageModel
  private let tokenizer: Tokenizer
  private let encoder: DocumentEncoder
  private let ids = TokenBuffer()
  private let quantity: ByteQuantity
  private let ending: [TokenID]
  private let tokens: [(id: TokenID, bytes: [UInt8])]
  /// Texts that may follow.
  private static let probes: [[UInt8]] = [
    "", "a", " ", " a", "  ", "\n", " \n", "\na", "1", "12", "'s", "'", "s", ".", ".a", "\t", "A", "\u{E9}",
    "\u{4E2D}", "ll",
  ].map { Array($0.utf8) }
  /// All tokens below this together are no more than 0.0005 of a row, and their validity, which is then taken for
  /// granted, changes what the row is divided by: the divergence changes by the square.
  private static let negligible = 1e-8

  init(
    _ model: any LanguageModel, _ tokenizer: Tokenizer, _ vocabulary: ByteVocabulary, _ quantity: ByteQuantity
  ) throws {
    encoder = try DocumentEncoder(tokenizer)
    self.model = model
    self.tokenizer = tokenizer
    self.quantity = quantity
    ending = vocabulary.endTokens + vocabulary.specialTokens
    let hidden = Set(ending)
    tokens = (0..<TokenID(tokenizer.vocabulary.capacity)).compactMap { id in
      guard tokenizer.vocabulary.contains(id), !hidden.contains(id) else { return nil }
      return (id, tokenizer.vocabulary[id])
    }
  }

  /// 256 bytes and the end.
  func next(after prompt: [UInt8]) throws -> [Double] {
    var slots = [Double](repeating: 0, count: 257)
    try extend([], 0, 1, prompt, &slots)
    let total = slots.reduce(0, +)
    return slots.map { $0 / total }
  }

  private func extend(
    _ context: [TokenID], _ done: Int, _ weight: Double, _ prompt: [UInt8], _ slots: inout [Double]
  ) throws {
    let begin = [model.facts.beginToken].compactMap(\.self)
    let row = try model.logProbabilities(after: [begin + context])[0].map { exp($0) }
    let before = Array(prompt[..<done])
    let rest = prompt[done...]
    let isWhole = try encoding(before).elementsEqual(context)
    var total = 1.0
    if quantity == .canonical {
      total = isWhole ? ending.reduce(0) { $0 + row[Int($1)] } : 0
      for (id, bytes) in tokens {
        let share = row[Int(id)]
        if share < Self.negligible ? true : try isViable(context + [id], before + bytes) { total += share }
      }
    }
    for (id, bytes) in tokens {
      let common = min(bytes.count, rest.count)
      guard bytes.prefix(common).elementsEqual(rest.prefix(common)), row[Int(id)] > 0 else { continue }
      guard try isViable(context + [id], before + bytes) else { continue }
      let share = weight * row[Int(id)] / total
      if bytes.count > rest.count {
        slots[Int(bytes[rest.count])] += share
      } else {
        try extend(context + [id], done + bytes.count, share, prompt, &slots)
      }
    }
    if rest.isEmpty, isWhole { for id in ending { slots[256] += weight * row[Int(id)] / total } }
  }

  /// Whether some text that goes on after these bytes has an encoding that begins with these tokens.
  private func isViable(_ sequence: [TokenID], _ bytes: [UInt8]) throws -> Bool {
    if try encodes(bytes, sequence, []) { return true }
    let open = openCharacter(bytes)
    // The rest of a character in every way it can go on, then a letter; or something else, which breaks it.
    if open > 0 {
      for first in UInt8(0x80)...0xBF {
        let rest = [first] + [UInt8](repeating: 0x80, count: open - 1)
        if try encodes(bytes, sequence, rest) || encodes(bytes, sequence, rest + [0x61]) { return true }
      }
    }
    for probe in Self.probes.dropFirst() where try encodes(bytes, sequence, probe) { return true }
    return false
  }

  private func encodes(_ bytes: [UInt8], _ sequence: [TokenID], _ probe: [UInt8]) throws -> Bool {
    try encoding(bytes + probe).starts(with: sequence)
  }

  private func encoding(_ bytes: [UInt8]) throws -> UnsafeBufferPointer<TokenID> {
    ids.removeAll()
    let result = Result { try bytes.withUnsafeBufferPointer { try encoder.encode($0, into: ids) } }
    try result.get()
    return ids.buffer
  }

  /// How many bytes a character at the end lacks.
  private func openCharacter(_ bytes: [UInt8]) -> Int {
    for length in 1...3 where length <= bytes.count {
      let lead = bytes[bytes.count - length]
      if lead & 0xC0 == 0x80 { continue }
      let needed = lead < 0xC2 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 1
      return max(0, needed - length)
    }
    return 0
  }
}

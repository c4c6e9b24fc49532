import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// What may follow what, against re-encoding with real texts behind, for every known pattern.
@Suite struct ViabilityTests {
  static let letters = Array("ab A'st1.\n".utf8)

  /// How many prefixes of encodings a pattern is tried with; TOKLAB_VIABILITY=70000 for the long run.
  static let wanted = getenv("TOKLAB_VIABILITY").flatMap { Int(String(cString: $0)) } ?? 5000

  @Test(arguments: [
    "none", "gpt2", "cl100k", "llama3", "o200k", "qwen2", "qwen3.5", "deepseek-v3", "tekken", "kimi",
    "smollm",
    "superbpe",
  ])
  func agreesWithReEncoding(pattern: String) throws {
    var prefixes = 0
    defer { print("viability, \(pattern): \(prefixes) prefixes of encodings") }
    for seed in 0..<UInt64(6) {
      // Every third vocabulary takes whole pieces at once; without pre-tokenizer that would be the whole text.
      let toy = try ToyTokenizer(
        .bytePair, seed: seed, letters: Self.letters, merges: 40, pattern: pattern,
        shortcut: seed % 3 == 2 && pattern != "none")
      let vocabulary = try ByteVocabulary(toy.vocabulary)
      let validity = try PipelineValidity(toy.tokenizer!, vocabulary)
      #expect(validity.isExact)
      var random = RandomText(seed: seed &+ 99)
      let behind =
        toy.strings(upTo: 2) + ["'re", "'ll", "z", " z", "é", "Ж", "中", "123"].map { Array($0.utf8) }
      var round = -1
      while prefixes < Self.wanted * (Int(seed) + 1) / 6 {
        round += 1
        let text = random.string(of: Self.letters, count: 1 + random.random.below(14))
        let ids = toy.encode(text)!
        var state = validity.start()
        for id in ids {
          guard let next = validity.advanced(state, by: id) else {
            Issue.record("\(pattern) seed \(seed): lost \(ByteEscape.string(text)) at token \(id)")
            return
          }
          state = next
          prefixes += 1
        }
        #expect(state.isComplete, "\(pattern): \(ByteEscape.string(text))")
        guard round % 20 == 0, round < 400 else { continue }
        var found: [TokenID: Bool] = [:]
        for id in 0..<TokenID(toy.vocabulary.capacity) where Self.letters.contains(toy.vocabulary[id][0]) {
          let whole = text + toy.vocabulary[id]
          let expected = behind.contains { toy.encode(whole + $0)!.starts(with: ids + [id]) }
          found[id] = validity.isViable(state, id)
          #expect(
            found[id] == expected,
            "\(pattern) seed \(seed): \(ByteEscape.string(text)) then \(ByteEscape.string(toy.vocabulary[id]))"
          )
        }
        _ = validity.mask(state)
        for (id, before) in found { #expect(validity.isViable(state, id) == before) }
      }
    }
  }

  /// Two spaces before a letter: [k][␠][␠a] although "k␠␠" alone is [k][␠␠].
  @Test func whatLooksAheadLeavesTwoWays() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 0, letters: Array("k ".utf8), merges: 6, pattern: "gpt2")
    let model = try toy.model(.canonical, seed: 1).bytes
    let state = model.state(tracksTotal: true)
    try state.append(Array("k  ".utf8))
    let list = try state.coverList()
    #expect(list.covers.count >= 2)
    let total = list.covers.compactMap(\.logWeight).reduce(0) { $0 + exp($1) }
    #expect(abs(total - 1) < 1e-12)
  }

  @Test func charactersMayBeCutAnywhere() throws {
    let letters = Array("é ’a中".utf8)
    let toy = try ToyTokenizer(
      .bytePair, seed: 5, letters: Array(Set(letters)).sorted(), merges: 25, pattern: "o200k")
    let validity = try PipelineValidity(toy.tokenizer!, try ByteVocabulary(toy.vocabulary))
    var random = RandomText(seed: 7)
    for _ in 0..<200 {
      let text = (0..<5).flatMap { _ in Array(["é", " ", "’", "a", "中", "aé"][random.random.below(6)].utf8) }
      var state: ValidityState? = validity.start()
      for id in toy.encode(text)! { state = state.flatMap { validity.advanced($0, by: id) } }
      #expect(state?.isComplete == true, "\(ByteEscape.string(text))")
    }
  }
}

import TestSupport
import Testing
import Tokenizers

@Suite struct PreTokenShardTests {
  static func shard(_ text: String) throws -> PreTokenShard {
    try PreTokenShard(Corpus(text: text), cutBy: .words)
  }

  @Test func writesSortedEscapedLines() throws {
    let shard = try Self.shard("b a\\\u{85} \u{7F}\r\nb é")
    #expect(
      String(decoding: shard.write(), as: UTF8.self)
        == #"""
        #toklab-counts/1
        #pre-tokenizer	words
        #normalizer	none
        #unicode	16.0
        #text	6e2ff1f5d5bd7c9d6bd4b2f1a5bf1d7a
        1	 a\\\xc2\x85
        1	 \x7f\r\n
        1	 é
        2	b
        #end	4	5

        """#.replacing("6e2ff1f5d5bd7c9d6bd4b2f1a5bf1d7a", with: shard.textDigests[0]))
    #expect(shard.textDigests[0].utf8.count == 64)
  }

  @Test(arguments: 0..<50)
  func readsWhatItWrites(seed: Int) throws {
    var random = RandomText(seed: UInt64(seed))
    var words: [[UInt8]: Int64] = [:]
    for _ in 0..<random.random.below(200) {
      let bytes =
        random.random.below(2) == 0
        ? random.bytes(count: 1 + random.random.below(20))
        : random.string(of: Array("a\\\n\t\u{2028}\u{85}é€😀".utf8), count: 1 + random.random.below(9))
      words[bytes] = Int64(1 + random.random.below(1 << 40))
    }
    let shard = PreTokenShard(
      counts: PreTokenCounts(words.map { (bytes: $0.key, count: $0.value) }), preTokenizer: "regex:\\s+\t",
      normalizer: "nfc", textDigests: ["b", "a"])
    #expect(try PreTokenShard(parsing: shard.write(), file: "x") == shard)
  }

  @Test func mergingLeavesNoTraceOfOrder() throws {
    let texts = ["a b c\n", "b c d\nx y\n", "", "a a a é\n", "zz\n"].map { $0 + "end\n" }
    let shards = try texts.map { ("s", try Self.shard($0)) }
    let whole = try PreTokenShard.merge(shards)
    #expect(whole.counts == (try PreTokenCounts(Corpus(text: texts.joined()), cutBy: .words)))
    #expect(try PreTokenShard.merge(shards.reversed()) == whole)
    let part = try PreTokenShard.merge(Array(shards[1...3]))
    #expect(try PreTokenShard.merge([("x", part), shards[4], shards[0]]).write() == whole.write())
  }

  @Test func refusesToMix() throws {
    let one = try Self.shard("a")
    for change in ["pre-tokenizer gpt2", "normalizer nfc", "Unicode version 15.0"] {
      var other = one
      switch change.first! {
      case "p": other.preTokenizer = "gpt2"
      case "n": other.normalizer = "nfc"
      default: other.unicodeVersion = "15.0"
      }
      #expect(
        CorpusTests.message { _ = try PreTokenShard.merge([("a.tsv", one), ("b.tsv", other)]) }
          .hasPrefix("b.tsv: \(change); expected "))
    }
    let folder = CorpusTests.Folder()
    let file = folder.write("a.txt", "a")
    let corpus = try Corpus(inputs: [file], options: .init(balance: 0.5))
    #expect(
      CorpusTests.message { _ = try PreTokenShard(corpus, cutBy: .words) }.hasPrefix(
        "weights or balance in counts"))
  }

  static let head = "#toklab-counts/1\n#pre-tokenizer\tgpt2\n#normalizer\tnone\n#unicode\t16.0\n"

  static func after(_ text: String) -> String { head + text }

  static let damage: [(String, String)] = [
    ("", "x:1: not a toklab-counts file"),
    ("a b c\n", "x:1: not a toklab-counts file"),
    ("#toklab-counts/1\n#normalizer\tnone\n", "x:2: no #pre-tokenizer"),
    (after(""), "x:4: the file ends without its #end line"),
    (after("1\ta\n"), "x:5: the file ends without its #end line"),
    (after("1\ta\n#end\t2\t1\n"), "x:6: an end that does not fit"),
    (after("1\tb\n1\ta\n#end\t2\t2\n"), "x:6: a pre-token out of order"),
    (after("1\ta\n1\ta\n#end\t2\t2\n"), "x:6: a pre-token out of order"),
    (after("0\ta\n"), "x:5: no count and pre-token"),
    (after("1\t\n"), "x:5: no count and pre-token"),
    (after("one\ta\n"), "x:5: no count and pre-token"),
    (after("9223372036854775807\ta\n1\tb\n"), "x:6: counts beyond 2^63"),
    (after("1\t\\q\n"), "x:5: an unknown escape"),
    (after("1\t\\x4\n"), "x:5: an unknown escape"),
    (after("#end\t0\t0\nmore\n"), "x:6: lines after the end"),
  ]

  @Test(arguments: damage)
  func refusesDamage(text: String, message: String) {
    #expect(
      CorpusTests.message { _ = try PreTokenShard(parsing: Array(text.utf8), file: "x") }.hasPrefix(message))
  }

  @Test func trainsTheSame() throws {
    let texts = ["low lower lowest\nnew newer\n", "newest widest lowest\n"]
    let whole = try PreTokenCounts(Corpus(text: texts.joined()), cutBy: .words)
    let merged = try PreTokenShard.merge(texts.map { ("s", try Self.shard($0)) })
    let trainer = BytePairTrainer(BytePairParameters(vocabularySize: 290))
    #expect(try trainer.train(on: merged.counts).merges == trainer.train(on: whole).merges)
  }
}

import Glibc
import TestSupport
import Testing

/// Whole files of every format, cut off and damaged: each gives one error or a tokenizer that runs.
///
/// What can be opened is compiled, encodes and decodes a text, and is offered to every export: a trap anywhere
/// ends the test program. `TOKLAB_FUZZ=N` damages each file N times instead of 250.
@Suite struct DamagedFilesTests {
  private static let rounds = getenv("TOKLAB_FUZZ").flatMap { Int(String(cString: $0)) } ?? 250
  private static let text = Array("hello ab a <s> [CLS] é ▁ ab abc  café 12".utf8)

  /// Reads the bytes as a tokenizer and uses what comes out; an error must say what was found.
  private func use(_ bytes: [UInt8]) {
    do {
      let definition = try TokenizerFormat.read(bytes, pattern: "gpt2").0
      for format in ExportFormats.all { _ = format.limits(definition) }
      let tokenizer = try Tokenizer(definition)
      let options = EncodeOptions(addSpecialTokens: true, specialTokens: .all)
      let encoding = try tokenizer.encode(Self.text, options: options)
      _ = try tokenizer.decode(encoding.ids)
    } catch {
      #expect(!error.found.isEmpty)
      #expect(!error.description.utf8.contains(0x0A))
    }
  }

  private func damage(_ bytes: [UInt8], seed: UInt64) {
    _ = try? TokenizerFormat.read(bytes, pattern: "gpt2")
    for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 120)) { use(Array(bytes[..<end])) }
    var random = SplitMix64(seed: seed)
    for _ in 0..<Self.rounds { use(Self.mutate(bytes, &random)) }
  }

  /// One to three flips, cuts, repeats, copies, or numbers at the edge of a width.
  private static func mutate(_ bytes: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
    var bytes = bytes
    let edges: [[UInt8]] = [
      [UInt8](repeating: 0xFF, count: 8), [UInt8](repeating: 0, count: 8),
      [0xFF, 0xFF, 0xFF, 0x7F, 0, 0, 0, 0],
      Array("4294967295".utf8), Array("-1".utf8), Array("2097151".utf8), Array("null".utf8),
      Array("\"\"".utf8),
      Array("[]".utf8), Array("9223372036854775807".utf8),
    ]
    for _ in 0...random.below(3) where !bytes.isEmpty {
      let at = random.below(bytes.count)
      let end = min(bytes.count, at + 1 + random.below(24))
      switch random.below(7) {
      case 0: bytes[at] = UInt8(random.below(256))
      case 1: bytes[at] ^= 1 << UInt8(random.below(8))
      case 2: bytes.removeSubrange(at..<end)
      case 3: bytes.insert(contentsOf: bytes[at..<end], at: at)
      case 4: bytes.replaceSubrange(at..<min(bytes.count, at + 8), with: edges[random.below(3)])
      case 5:
        // A number of a text becomes another value.
        guard let digit = bytes[at...].firstIndex(where: { $0 &- 0x30 < 10 }) else { continue }
        let rest = bytes[digit...].prefix { $0 &- 0x30 < 10 || $0 == 0x2E }
        bytes.replaceSubrange(digit..<rest.endIndex, with: edges[random.below(edges.count)])
      default:
        let from = random.below(bytes.count)
        bytes.replaceSubrange(at..<end, with: bytes[from..<min(bytes.count, from + end - at)])
      }
    }
    return bytes
  }

  @Test(arguments: SmallFiles.all.map(\.0)) func smallFiles(name: String) throws {
    damage(try #require(SmallFiles.all.first { $0.0 == name }).1, seed: 11)
  }

  /// The five kinds of GGUF, one written from a small tokenizer each.
  @Test func everyKindOfGGUF() throws {
    let pieces = ["<unk>", "<s>", "</s>", "▁", "a", "b", "▁a", "ab"]
    var unigram = UnigramDefinition(
      vocabulary: try Vocabulary(pieces.map { Array($0.utf8) }), scores: pieces.indices.map { -Double($0) },
      unknownID: 0)
    unigram.flavor = .sentencePiece
    unigram.kinds = [.unknown, .control, .control] + [PieceKind](repeating: .normal, count: 5)
    var definition = TokenizerDefinition(model: .unigram(unigram))
    definition.sentencePiece = SentencePieceSettings(modelType: .unigram, normalization: .init())
    damage(try GGUFTokenizer.write(definition), seed: 12)

    let bytes = (0..<256).map { ByteFallbackToken.spelling(UInt8($0)) }
    let all = pieces.prefix(3).map { Array($0.utf8) } + bytes + pieces.dropFirst(3).map { Array($0.utf8) }
    var pair = BytePairDefinition(
      vocabulary: try Vocabulary(all), semantics: .scores, alphabet: .characters, unknownToken: "<unk>",
      fuseUnknown: true, byteFallback: true)
    pair.scores = all.indices.map { -Float($0) }
    pair.kinds =
      [.unknown, .control, .control] + [PieceKind](repeating: .byte, count: 256)
      + [PieceKind](repeating: .normal, count: 5)
    definition = TokenizerDefinition(model: .bytePair(pair))
    definition.sentencePiece = SentencePieceSettings(
      modelType: .bpe, normalization: .init(removeExtraWhitespaces: false))
    damage(try GGUFTokenizer.write(definition), seed: 13)

    for (name, _) in [("vocab-txt", 0), ("rwkv", 1)] {
      let file = try #require(SmallFiles.all.first { $0.0 == name }).1
      damage(try GGUFTokenizer.write(TokenizerFormat.read(file, pattern: nil).0), seed: 14)
    }
  }

  @Test func ranks() throws {
    let tokens = (0..<256).map { [UInt8($0)] } + ["ab", "bc", "abc", " a"].map { Array($0.utf8) }
    let lines = tokens.enumerated().map { String(decoding: Base64.encode($1), as: UTF8.self) + " \($0)\n" }
    damage(Array(lines.joined().utf8), seed: 15)
  }

  /// Tokenizers that `tokenizers` trains with every component it has, and sentencepiece with every type.
  @Test func filesOfTheReferenceLibraries() throws {
    let folder = ScratchFolder()
    defer { folder.remove() }
    var seed: UInt64 = 100
    for command in ["make", "make-sentencepiece"] {
      let names = try ReferenceLibrary.run("formats_peer.py", command, folder.path)
      for name in String(decoding: names, as: UTF8.self).split(separator: "\n") {
        let file = name.hasSuffix(".model") ? String(name) : name + ".compact.json"
        seed += 1
        damage(try FileBytes.read(folder(file)), seed: seed)
      }
    }
  }

  /// A vocabulary and merges that were damaged together.
  @Test func vocabularyAndMerges() throws {
    let vocabulary = Array(#"{"a": 0, "b": 1, "ab": 2, "Ġ": 3, "Ġa": 4}"#.utf8)
    let merges = Array("#version: 0.2\na b\nĠ a\n".utf8)
    var random = SplitMix64(seed: 16)
    for _ in 0..<Self.rounds * 4 {
      do {
        let (definition, _) = try VocabularyAndMerges.read(
          vocabulary: Self.mutate(vocabulary, &random), merges: Self.mutate(merges, &random), pattern: nil)
        _ = try Tokenizer(definition).encode(Self.text)
      } catch {
        #expect(!error.found.isEmpty)
      }
    }
  }

  /// gzip and zstd data cut off at every byte.
  @Test func packedFilesThatEndEarly() throws {
    let folder = ScratchFolder()
    defer { folder.remove() }
    let file = folder("t.txt")
    for tool in ["gzip -c", "zstd -qc"] {
      try AtomicFile.write(file, Array(String(repeating: "[PAD]\n[UNK]\nab\ncd\n", count: 1).utf8))
      let pipe = try #require(popen("\(tool) \(file) > \(file).packed", "r"))
      try #require(pclose(pipe) == 0)
      guard let raw = fopen(file + ".packed", "r") else { continue }
      defer { fclose(raw) }
      var bytes = [UInt8](repeating: 0, count: 4096)
      let count = fread(&bytes, 1, bytes.count, raw)
      for end in 0..<count {
        try AtomicFile.write(file, Array(bytes[..<end]))
        #expect(throws: ToklabError.self) { try TokenizerFile.open(file) }
      }
    }
  }
}

import Testing

/// Files made to do harm: one clear error, or a run that ends soon and in little memory; never a trap.
///
/// Each case runs the built program with 1.5 GB of address space and half a minute.
@Suite struct HostileFileTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var bytes: [UInt8]
    /// What the error says; nil where the file is odd but can be used.
    var error: String?
    var options: [String] = []
    var testDescription: String { name }

    init(_ name: String, _ bytes: [UInt8], _ error: String?, options: [String] = []) {
      self.name = name
      self.bytes = bytes
      self.error = error
      self.options = options
    }

    init(_ name: String, _ text: String, _ error: String?, options: [String] = []) {
      self.init(name, Array(text.utf8), error, options: options)
    }
  }

  @Test(arguments: cases) func endsWithOneErrorOrNone(_ item: Case) throws {
    let path = try scratch.write("hostile", item.bytes)
    var toklab = Toklab()
    toklab.addressSpace = 1_500_000
    toklab.timeout = 30
    let text = [UInt8](repeating: 0x61, count: 3000) + Array("b a ab <s> [CLS] é\n".utf8)
    for (verb, input) in [
      (["encode", "-t", path, "--add-special-tokens", "--allow-special", "all"], text),
      (["inspect", path], []), (["export", path, "--to", "huggingface", "-o", scratch["out"]], []),
    ] {
      let run = try toklab.run(verb + item.options + ["--quiet"], input: input)
      #expect(
        run.status == 0 || run.status == 2, "\(verb[0]): status \(run.status), \(run.errorText.prefix(300))")
      #expect(run.errorLines.count == (run.status == 0 ? 0 : 1), "\(verb[0])")
      #expect(run.errorText.utf8.count < 2000, "\(verb[0])")
      guard verb[0] == "encode" else { continue }
      #expect(run.status == (item.error == nil ? 0 : 2), "\(run.errorText.prefix(300))")
      if let error = item.error { #expect(run.errorText.contains(error), "\(run.errorText.prefix(300))") }
    }
    #expect(scratch.names().allSatisfy { $0 == "hostile" || $0 == "out" })
  }

  static let cases: [Case] =
    gguf + protobuf + json + postProcessors + patterns + models + [
      Case("no bytes", "", "an empty file"),
      Case("zeros", [UInt8](repeating: 0, count: 1000), "expected a tokenizer of a known format"),
      Case("ones", [UInt8](repeating: 255, count: 1000), "expected a tokenizer of a known format"),
      Case(
        "ranks that are not base64", "YQ== 0\nY!== 1\n", "hostile:2: \"Y!==\"; expected base64",
        options: cl100k),
      Case("a rank of 4294967296", "YQ== 4294967296\n", "hostile:1: \"4294967296\"", options: cl100k),
      Case("a rank of 2097151", "YQ== 2097151\n", nil, options: cl100k),
      Case("a line of 5 MB", "[UNK]\n" + String(repeating: "a", count: 5_000_000) + "\n", nil),
      Case(
        "tekken that names two million special tokens",
        #"{"config": {"pattern": "a", "default_vocab_size": 2097152, "default_num_special_tokens": 2097152}, "vocab": []}"#,
        "$.config.default_num_special_tokens: 2097152; expected a whole number from 0 to 65536"),
      Case("RWKV without a literal", "1 'a 1\n", "expected"),
    ]

  private static let cl100k = ["--pattern", "cl100k"]

  // MARK: GGUF

  private static func integer(_ value: UInt64, _ size: Int) -> [UInt8] {
    (0..<size).map { UInt8(truncatingIfNeeded: value >> UInt64(8 * $0)) }
  }

  private static func text(_ text: String) -> [UInt8] {
    integer(UInt64(text.utf8.count), 8) + Array(text.utf8)
  }

  private static func file(_ entries: [[UInt8]]) -> [UInt8] {
    Array("GGUF".utf8) + integer(3, 4) + integer(0, 8) + integer(UInt64(entries.count), 8) + entries.joined()
  }

  private static func model(_ name: String) -> [UInt8] {
    text("tokenizer.ggml.model") + integer(8, 4) + text(name)
  }

  private static func tokens(_ tokens: [String]) -> [UInt8] {
    text("tokenizer.ggml.tokens") + integer(9, 4) + integer(8, 4) + integer(UInt64(tokens.count), 8)
      + tokens.flatMap { text($0) }
  }

  private static var gguf: [Case] {
    ["llama", "t5", "bert", "rwkv", "gpt2"].map {
      Case("GGUF \($0) without tokens", file([model($0), tokens([])]), "an empty tokenizer.ggml.tokens")
    } + [
      Case(
        "GGUF with a string of 2 GB", file([text("a") + integer(8, 4) + integer(1 << 31, 8)]),
        "a string of 2147483648 bytes where 0 are left"),
      Case(
        "GGUF with an array of 2^62 strings",
        file([text("a") + integer(9, 4) + integer(8, 4) + integer(1 << 62, 8)]),
        "an array of 4611686018427387904"),
      Case(
        "GGUF with arrays in arrays",
        file([
          text("a") + integer(9, 4)
            + [[UInt8]](repeating: integer(9, 4) + integer(1, 8), count: 9999).joined()
        ]),
        "arrays nested deeper than 4 levels"),
      Case(
        "GGUF whose model is a number", file([text("tokenizer.ggml.model") + integer(4, 4) + integer(7, 4)]),
        "tokenizer.ggml.model of type uint32; expected a string"),
      Case(
        "GGUF with a score that is no number",
        file([
          model("llama"), tokens(["<unk>", "a"]),
          text("tokenizer.ggml.scores") + integer(9, 4) + integer(6, 4) + integer(2, 8)
            + integer(0x7FC0_0000, 4)
            + integer(0, 4),
        ]), "the score of token 0 is no number"),
      Case(
        "GGUF with an unknown token out of range",
        file([
          model("llama"), tokens(["a"]),
          text("tokenizer.ggml.unknown_token_id") + integer(4, 4) + integer(1 << 31, 4),
        ]), "tokenizer.ggml.unknown_token_id is 2147483648; expected an id below 1"),
    ]
  }

  // MARK: SentencePiece

  private static var protobuf: [Case] {
    func field(_ number: UInt8, _ payload: [UInt8]) -> [UInt8] {
      [number << 3 | 2, UInt8(payload.count)] + payload
    }
    let unknown = field(1, field(1, Array("<unk>".utf8)) + [0x18, 2])
    return [
      Case(
        "a .model with a piece of 2 GB", unknown + [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, 1],
        "2147483647 bytes where 1"),
      Case("a .model with a number that does not end", unknown + [0x12, 0x80], "a number that does not end"),
      Case(
        "a .model with two unknown pieces", unknown + field(1, field(1, [0x61]) + [0x18, 2]),
        "of type UNKNOWN"),
      Case("a .model without an unknown piece", field(1, field(1, [0x61])), "no piece of type UNKNOWN"),
      Case("a .model with an empty piece", unknown + field(1, []), "piece 1 is empty"),
      Case(
        "a .model with a score of infinity", unknown + field(1, field(1, [0x61]) + [0x15, 0, 0, 0x80, 0x7F]),
        "a score"),
      Case(
        "a .model with a piece of type 9", unknown + field(1, field(1, [0x61]) + [0x18, 9]),
        "the piece type 9"),
      Case(
        "a .model with byte fallback and no bytes", unknown + field(2, [0x18, 2, 0x98, 0x02, 1]),
        "byte fallback with 0"),
    ]
  }

  // MARK: tokenizer.json

  private static let words = #"{"type": "WordLevel", "vocab": {"a": 0, "b": 1}, "unk_token": "a"}"#

  private static func tokenizer(
    model: String = words, normalizer: String = "null", preTokenizer: String = "null", post: String = "null",
    decoder: String = "null", added: String = "[]"
  ) -> String {
    """
    {"version": "1.0", "truncation": null, "padding": null, "added_tokens": \(added), "normalizer": \(normalizer),
    "pre_tokenizer": \(preTokenizer), "post_processor": \(post), "decoder": \(decoder), "model": \(model)}
    """
  }

  private static var json: [Case] {
    let whole = tokenizer()
    let grow =
      #"{"type": "Replace", "pattern": {"String": "a"}, "content": "\#(String(repeating: "a", count: 1000))"}"#
    return [
      Case(
        "JSON nested 200,000 deep", #"{"model": "# + String(repeating: "[", count: 200_000),
        "nesting deeper than 128"),
      Case(
        "a key twice", String(whole.dropLast()) + #", "model": {}}"#,
        "the key a second time; expected each key once"),
      Case("two ids of one token", whole.replacing("\"b\"", with: "\"a\""), "ids 0 and 1 are both"),
      Case(
        "two tokens of one id", whole.replacing("\"b\": 1", with: "\"b\": 0"), "id 0 is given to two tokens"),
      Case(
        "an id of 4294967295", whole.replacing("\"b\": 1", with: "\"b\": 4294967295"),
        "4294967295; expected a whole"),
      Case("a lone surrogate", whole.replacing("\"b\"", with: "\"\\ud800\""), "a lone surrogate"),
      Case("invalid UTF-8", Array(whole.utf8).map { $0 == 0x62 ? 0xFF : $0 }, "invalid UTF-8"),
      Case(
        "a normalizer that multiplies text by 1000", tokenizer(normalizer: grow), "more than 64 times as long"
      ),
      Case(
        "ten normalizers that multiply text by 1000",
        tokenizer(
          normalizer:
            #"{"type": "Sequence", "normalizers": [\#([String](repeating: grow, count: 10).joined(separator: ","))]}"#
        ),
        "more than 64 times as long"),
      Case(
        "a character map that is not base64",
        tokenizer(normalizer: #"{"type": "Precompiled", "precompiled_charsmap": "!!!"}"#), "not base64"),
      Case(
        "pieces of no length", tokenizer(preTokenizer: #"{"type": "FixedLength", "length": 0}"#),
        "$.pre_tokenizer.length"),
      Case(
        "20,000 added tokens that overlap",
        tokenizer(
          added: "["
            + (0..<20_000).map {
              #"{"id": \#($0 + 2), "content": "\#(String(repeating: "a", count: $0 % 300))\#($0)", "single_word": true, "lstrip": true, "rstrip": true, "normalized": true, "special": true}"#
            }.joined(separator: ",") + "]"), nil),
    ]
  }

  private static var postProcessors: [Case] {
    func template(_ single: String, _ specials: String = #""X": {"id": "X", "ids": [1], "tokens": ["X"]}"#)
      -> String
    {
      tokenizer(
        post:
          #"{"type": "TemplateProcessing", "single": \#(single), "pair": [], "special_tokens": {\#(specials)}}"#
      )
    }
    let special = #"[{"SpecialToken": {"id": "X", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}]"#
    let deep =
      String(repeating: #"{"type": "Sequence", "processors": ["#, count: 100)
      + String(repeating: "]}", count: 100)
    return [
      Case(
        "a template of a token it does not list", template(special, ""),
        "a special token that special_tokens does not list"),
      Case(
        "a template with an id out of range",
        template(special, #""X": {"id": "X", "ids": [2000000], "tokens": ["X"]}"#),
        "the id 2000000 for \"X\"; expected an id below 2"),
      Case(
        "a template whose token has more ids than texts",
        template(special, #""X": {"id": "X", "ids": [1, 1], "tokens": ["X"]}"#), "2 ids and 1 tokens"),
      Case(
        "a template token that names another",
        template(special, #""X": {"id": "Y", "ids": [1], "tokens": ["X"]}"#),
        "an id that is not its key"),
      Case(
        "a template of a sequence C", template(#"[{"Sequence": {"id": "C", "type_id": 0}}]"#),
        "$.post_processor.single[0]"),
      Case(
        "BertProcessing with an id out of range",
        tokenizer(post: #"{"type": "BertProcessing", "sep": ["b", 1999999], "cls": ["a", 0]}"#),
        "the id 1999999 for \"b\"; expected an id below 2"),
      Case("post-processors in post-processors", tokenizer(post: deep), "nesting deeper than 128"),
    ]
  }

  private static var patterns: [Case] {
    func split(_ pattern: String) -> String {
      tokenizer(
        preTokenizer:
          #"{"type": "Split", "pattern": {"Regex": "\#(pattern)"}, "behavior": "Isolated", "invert": false}"#)
    }
    return [
      Case("(a+)+$", split("(a+)+$"), "ICU gave up matching"),
      Case("(a|aa)+$", split("(a|aa)+$"), "ICU gave up matching"),
      Case("an interval of a billion", split("a{1,1000000000}"), "an interval of more than 1,000"),
      Case(
        "20,000 groups in groups",
        split(String(repeating: "(", count: 20_000) + String(repeating: ")", count: 20_000)),
        "the regular expression (((("),
      Case(
        "a pattern that calls itself", split(#"(a\\g<0>?b)"#), "which ICU cannot match with the same meaning"),
      Case("the absent operator", split("(?~ab)"), "which ICU cannot match with the same meaning"),
      Case("a back-reference", split(#"(a*)*\\1b"#), "which ICU cannot match with the same meaning"),
      Case("an open class", split("[a"), "an unfinished class"),
      Case("an unknown property", split(#"\\p{Nope}"#), "is refused"),
      Case("an unbounded look-behind", split("(?<=a+)b"), "is refused by ICU"),
      Case("an empty pattern", split(""), nil),
    ]
  }

  private static var models: [Case] {
    func bpe(_ fields: String) -> String {
      tokenizer(
        model:
          #"{"type": "BPE", "unk_token": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false, \#(fields)}"#
      )
    }
    func unigram(_ unknown: String, _ vocabulary: String) -> String {
      tokenizer(
        model: #"{"type": "Unigram", "unk_id": \#(unknown), "vocab": \#(vocabulary), "byte_fallback": false}"#
      )
    }
    let chain = (1..<2000).map { #""\#(String(repeating: "a", count: $0))": \#($0 - 1)"# }.joined(
      separator: ",")
    let steps = (1..<1999).map { #"["\#(String(repeating: "a", count: $0))", "a"]"# }.joined(separator: ",")
    let small = #""vocab": {"a": 0, "b": 1, "ab": 2}, "merges": [["a", "b"]]"#
    return [
      Case("a dropout of 7", bpe(#""dropout": 7, \#(small)"#), "$.model.dropout"),
      Case("a merge of no token", bpe(#""vocab": {"a": 0}, "merges": [["a", "z"]]"#), "$.model.merges[0]"),
      Case(
        "merges of the empty token",
        bpe(#""vocab": {"a": 0, "": 1}, "merges": [["a", ""], ["", "a"], ["", ""]]"#), nil),
      Case("a chain of 2,000 merges", bpe(#""vocab": {\#(chain)}, "merges": [\#(steps)]"#), nil),
      Case("an unknown id out of range", unigram("7", #"[["a", -1.0]]"#), "$.model.unk_id"),
      Case("no pieces", unigram("0", "[]"), "$.model.unk_id"),
      Case("a score of -1e400", unigram("0", #"[["a", -1e400]]"#), "a score out of range"),
      Case(
        "a WordPiece word of any length",
        tokenizer(
          model:
            #"{"type": "WordPiece", "unk_token": "a", "continuing_subword_prefix": "", "max_input_chars_per_word": 9223372036854775807, "vocab": {"a": 0}}"#
        ),
        nil),
    ]
  }
}

import Testing

/// `encode --pairs, --truncation, --padding, --sample, --nbest` on the built program.
@Suite struct SequenceCommandTests {
  private let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private static let bert = """
    {"version": "1.0", "truncation": {"direction": "Right", "max_length": 5, "strategy": "LongestFirst", "stride": 0},
     "padding": {"strategy": {"Fixed": 5}, "direction": "Right", "pad_to_multiple_of": null, "pad_id": 3,
       "pad_type_id": 0, "pad_token": "[PAD]"},
     "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type": "WhitespaceSplit"},
     "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 2], "cls": ["[CLS]", 1]}, "decoder": null,
     "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, "[CLS]": 1, "[SEP]": 2, "[PAD]": 3, "a": 4, "b": 5, "c": 6},
       "unk_token": "[UNK]"}}
    """

  private func lines(_ arguments: String..., input: String) throws -> [String] {
    let run = try Toklab.run(arguments, input: Array(input.utf8))
    #expect(run.status == 0, "\(run.errorText)")
    return run.lines
  }

  @Test func pairsAreCutAndFilledUp() throws {
    let file = try scratch.write("t.json", Self.bert)
    #expect(
      try lines(
        "encode", "-t", file, "--per-line", "--pairs", "--add-special-tokens", "--truncation", "6",
        "--padding", "longest", input: "a b c\tb\na\tb\n") == ["1 4 5 2 5 2", "1 4 2 5 2 3"])
    #expect(
      try lines(
        "encode", "-t", file, "--per-line", "--truncation", "file", "--padding", "file",
        "--add-special-tokens", input: "a b c a\nc\n") == ["1 4 5 6 2", "1 6 2 3 3"])
    let record = try lines(
      "encode", "-t", file, "--per-line", "--pairs", "--json", "--add-special-tokens", "--truncation", "5",
      input: "a b\tc\n")
    #expect(record.count == 1 && record[0].contains("\"type_ids\": [0, 0, 0, 1, 1]"), "\(record)")
    #expect(record[0].contains("\"overflowing\": [{\"ids\": [1, 5, 2, 6, 2]"), "\(record)")
    let bad = try Toklab.run(["encode", "-t", file, "--per-line", "--pairs"], input: Array("a b\n".utf8))
    #expect(
      bad.status == 2 && bad.errorText.contains("-: byte 0: a document without exactly one tab"),
      "\(bad.errorText)"
    )
  }

  @Test func unigramPathsAreListedAndDrawn() throws {
    let file = try scratch.write(
      "u.json",
      """
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": null, "post_processor": null, "decoder": null,
       "model": {"type": "Unigram", "unk_id": 0, "byte_fallback": false,
         "vocab": [["<unk>", 0.0], ["a", -1.5], ["b", -2.0], ["ab", -3.25]]}}
      """)
    #expect(try lines("encode", "-t", file, "--nbest", "3", input: "ab") == ["0\t-3.25\t3", "0\t-3.5\t1 2"])
    let drawn = try lines(
      "encode", "-t", file, "--per-line", "--sample", "1", "--seed", "3",
      input: String(repeating: "ab\n", count: 2000))
    let share = Double(drawn.count { $0 == "3" }) / 2000
    // 1 / (1 + e^-0.25) = 0.562, standard error 0.011.
    #expect(abs(share - 0.562) < 0.045, "\(share)")
    let refused = try Toklab.run(["encode", "-t", file, "--dropout", "0.1"], input: Array("ab".utf8))
    #expect(refused.status == 2 && refused.errorText.contains("dropout for a model without merges"))
  }
}

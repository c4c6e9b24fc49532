import Testing

/// The verbs of `score` but `premium` and `list`, which ReportTests has.
@Suite struct ScoreTests {
  let fixture: Fixture
  let scratch: Scratch
  var tokenizer: String { fixture.tokenizer }

  init() throws {
    fixture = try Fixture.shared.get()
    scratch = try Scratch()
    try scratch.write("p/eng.txt", "The fox jumps over 1,234 dogs.\nThe dog sleeps.\nA quick fox.\n")
    try scratch.write("p/rus.txt", "Лиса прыгает через 1234 собак.\nСобака спит.\nБыстрая лиса.\n")
    try scratch.write("code/a.py", "def area(w, h):\n    if w >= h:\n        return w ** 2 + 1_000\n")
    try scratch.write("code/sub/b.c", "int main(void) { return a->b != 0; } /* end */\n")
    for (label, logs) in [("eng", "-0.5, -1.5"), ("rus", "-1.0, -3.0")] {
      try scratch.write(
        "logs/\(label).jsonl",
        #"{"bytes_scored": 4, "token_ids": [66, 67, 68], "logprob": [null, \#(logs)]}"# + "\n")
    }
    try scratch.write(
      "models.tsv",
      "series\tmodel\tinference_flops\tbits_per_token\tcross_entropy_bits\nh\tsmall\t1000647688192\t34.95\t3.988531\nh\tlarge\t3805148086272\t34.95\t3.584585\n"
    )
    try scratch.write(
      "morphscore.csv",
      "wordform,stem,lemma,preceding_part,following_part,unique,word_freq_norm\nfoxes,fox,fox,,es,unique,0.5\njumps,jump,jump,,s,unique,0.1\n"
    )
    for label in ["eng", "rus", "a", "b", "c"] {
      try scratch.write(
        "five/\(label).txt",
        "The \(label) jumps \(String(repeating: label + "é", count: Int(label.utf8.first!) % 5 + 1))\n")
    }
    try scratch.write("words.txt", "fox\nthe\ndog\njump\nquick\n")
    try scratch.write("morphemes.tsv", "s\tsuffix\n")
    try scratch.write("gold.tsv", "foxes\tfox @@es\t001\njumps\tjump @@s\t001\ndog\tdog\t000\n")
    try scratch.write(
      "log.jsonl",
      #"{"bytes_scored": 4, "token_ids": [66, 67, 68], "logprob": [null, -0.5, -1.5]}"# + "\n")
    try scratch.write(
      "config.json",
      #"{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 400}"#)
  }

  /// Each verb with inputs that fit, as short as they come.
  var verbs: [(name: String, arguments: [String])] {
    [
      ("premium", ["--parallel", scratch["p"], "-t", tokenizer]),
      ("compare", ["--parallel", scratch["p"], "-t", tokenizer, "-t", "b=\(tokenizer)"]),
      (
        "optimal-vocab",
        ["--parallel", scratch["p"], "-t", tokenizer, "--smallest", "300", "--baseline", "350"]
      ),
      ("intrinsic", ["--corpus", scratch["p"], "-t", tokenizer]),
      (
        "integrity",
        [
          "--text", scratch["p/eng.txt"], "--lexicon", scratch["words.txt"], "--morphemes",
          scratch["morphemes.tsv"], "--language", "en", "-t", tokenizer,
        ]
      ),
      ("morphology", ["--gold", scratch["gold.tsv"], "-t", tokenizer]),
      ("capacity", ["--log-probs", scratch["log.jsonl"], "--config", scratch["config.json"]]),
      ("morphology", ["--gold", scratch["morphscore.csv"], "-t", tokenizer, "--frequency-scaled"]),
      ("code", ["--corpus", scratch["code"], "-t", tokenizer]),
      ("predictors", ["--parallel", scratch["five"], "-t", tokenizer, "--training", scratch["five"]]),
      ("parity", ["--log-probs", scratch["logs"]]), ("bias", ["--models", scratch["models.tsv"]]),
      ("byte-premium", ["--languages", "mya_mymr,deu", "--reference", "deu_latn"]),
      ("vocabulary", ["-t", tokenizer]), ("robustness", ["--corpus", scratch["p/eng.txt"], "-t", tokenizer]),
    ]
  }

  private func run(_ verb: (name: String, arguments: [String]), _ more: String...) throws -> Run {
    // Nothing to resample in a vocabulary, in a regression over languages, in given numbers.
    let intervals =
      ["vocabulary", "predictors", "bias", "byte-premium"].contains(verb.name) ? [] : ["--bootstrap", "50"]
    return try Toklab.run(["score", verb.name] + verb.arguments + intervals + more)
  }

  /// The ground rules: every row says how it was made, and a null says why.
  @Test func rowsCarryTheirConditions() throws {
    for verb in verbs {
      let run = try run(verb, "--json", "--seed", "7", "--quiet")
      #expect(run.status == 0, "\(verb.name): \(run.errorText)")
      let document = try #require(JSONText.parse(run.output), "\(verb.name)")
      #expect(document["schema"] == .string("toklab.score.\(verb.name)/1"))
      #expect(document["rows"].count > 0)
      for index in 0..<document["rows"].count {
        let row = document["rows"][index]
        #expect(
          row.keys == [
            "tokenizer", "tokenizer_sha256", "language", "metric", "metric_version", "value", "low", "high",
            "estimator", "unit", "n", "encode_mode", "null_reason", "special_tokens", "normalization",
            "corpus_sha256", "seed",
          ])
        #expect(row["special_tokens"] == .string("excluded") && row["seed"] == .number("7"))
        #expect((row["value"] == .null) == (row["null_reason"] != .null), "\(row.text)")
        #expect((row["corpus_sha256"] == .null) == ["vocabulary", "byte-premium"].contains(verb.name))
      }
    }
  }

  @Test func everyFormatIsThere() throws {
    for verb in verbs {
      for (option, start) in [
        ("--csv", "tokenizer,tokenizer_sha256,language,metric,metric_version,value,low,high,"),
        ("--markdown", "| "), ("--latex", "\\begin{tabular}"),
      ] {
        let run = try run(verb, option, "--quiet")
        #expect(run.status == 0 && run.text.hasPrefix(start), "\(verb.name) \(option): \(run.errorText)")
      }
      #expect(try self.run(verb, "--quiet").status == 0)
    }
  }

  @Test func threadsLeaveNoTrace() throws {
    for verb in verbs {
      let texts = try ["1", "5"].map { threads in
        try run(verb, "--csv", "--threads", threads, "--quiet").text
      }
      #expect(texts[0] == texts[1] && !texts[0].isEmpty, "\(verb.name)")
    }
  }

  @Test(arguments: [
    ("compare", "token_difference < 0.01", "token_difference > 0.5"),
    ("optimal-vocab", "optimal_variance_ratio <= 100", "optimal_variance_ratio < 0"),
    ("intrinsic", "round_trip_rate >= 1", "fertility@eng < 1"),
    ("integrity", "lexical_pct >= 0", "lexical_pct > 100"),
    ("morphology", "boundary_recall >= 0", "boundary_recall > 1"),
    ("capacity", "bits_per_byte <= 1", "information_capacity > 9"),
    ("vocabulary", "unreachable_tokens <= 0", "vocabulary_tokens < 3"),
    ("code", "code_alignment > 0", "tokens_per_identifier@python < 1"),
    ("predictors", "regression_r_squared@byte_premium <= 1", "bytes_per_character@eng > 9"),
    ("parity", "information_parity@rus <= 0.5", "information_parity > 0.9"),
    ("bias", "shared_bias < -24.6", "series_capacity > 0.3"),
    ("byte-premium", "byte_premium@mya_mymr > 4.8443", "byte_premium < 1"),
    ("robustness", "token_change_drop < 10", "token_change_uppercase < -1"),
  ]) func gates(name: String, pass: String, fail: String) throws {
    let verb = try #require(verbs.first { $0.name == name })
    let passed = try run(verb, "--gate", pass, "--quiet")
    #expect(passed.status == 0, "\(passed.errorText) \(passed.text)")
    let failed = try run(verb, "--gate", fail, "--quiet", "--json")
    #expect(failed.status == 1, "\(failed.errorText)")
    #expect(JSONText.parse(failed.output)?["gates"][0]["passed"] == .bool(false))
    let unknown = try run(verb, "--gate", "beauty < 2", "--quiet")
    #expect(unknown.status == 64)
  }

  /// Texts that break programs: every number is there or null with its reason, and nothing crashes.
  @Test(arguments: [
    "", "\n", "x", "one line without an end", "a\r\nb\r\n", "\u{FEFF}begins with a mark\n", "ne\u{301}\n",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿\n", "<s> </s> <|endoftext|> [MASK]\n", "\u{0}\u{1}\n", String(repeating: "a", count: 3000) + "\n",
    " \t \n", "٣٤٥٦ 123456789012345678901234567890\n",
  ]) func oddTexts(text: String) throws {
    try scratch.write("odd/eng.txt", text)
    try scratch.write("odd/xxx.txt", text)
    try scratch.write("odd/a.py", text)
    for arguments in [
      ["premium", "--parallel", scratch["odd"]], ["intrinsic", "--corpus", scratch["odd/eng.txt"]],
      ["robustness", "--corpus", scratch["odd/eng.txt"]], ["code", "--corpus", scratch["odd/a.py"]],
    ] {
      let run = try Toklab.run(
        ["score"] + arguments + ["-t", tokenizer, "--bootstrap", "20", "--json", "--quiet"])
      if text.isEmpty && arguments[0] == "premium" {
        // No line to align: an error that names the file.
        #expect(run.status == 2 && run.errorText.contains(scratch["odd/eng.txt"]))
        continue
      }
      #expect(run.status == 0, "\(arguments[0]): \(run.errorText)")
      let rows = try #require(JSONText.parse(run.output))["rows"]
      for index in 0..<rows.count {
        #expect(
          (rows[index]["value"] == .null) == (rows[index]["null_reason"] != .null), "\(rows[index].text)")
      }
    }
  }

  /// An input that is missing is an error that names it, never a shorter table.
  @Test func missingInputsAreNamed() throws {
    for verb in verbs {
      for (index, argument) in verb.arguments.enumerated()
      where argument.hasPrefix(scratch.path) && verb.arguments[index - 1] != "-t" {
        var arguments = verb.arguments
        arguments[index] = scratch["absent"]
        let run = try Toklab.run(["score", verb.name] + arguments + ["--quiet"])
        #expect(run.status == 2, "\(verb.name) \(arguments[index - 1])")
        #expect(run.errorLines.count == 1 && run.errorText.contains(scratch["absent"]), "\(run.errorText)")
        #expect(run.output.isEmpty)
      }
    }
  }

  /// Turkish: I lowers to dotless ı, İ to i; " ev" is ev.
  @Test func integrityKnowsTurkishCase() throws {
    try scratch.write("tr.txt", "IŞIK\n")
    try scratch.write("light.txt", "ışık\n")
    for (language, count) in [("tr", 1), ("en", 0)] {
      let run = try Toklab.run(
        "score", "integrity", "--text", scratch["tr.txt"], "--lexicon", scratch["light.txt"], "--language",
        language, "-t", "whole=\(try wholeWords(["IŞIK"]))", "--no-baselines", "--csv", "--quiet")
      #expect(run.status == 0, "\(run.errorText)")
      let row = try #require(run.lines.first { $0.contains(",lexical_pct,") })
      #expect(row.split(separator: ",", omittingEmptySubsequences: false)[5] == "\(count * 100)", "\(row)")
    }
  }

  private func wholeWords(_ words: [String]) throws -> String {
    let entries = words.enumerated().map { "\"\($0.element)\": \($0.offset + 1)" }.joined(separator: ", ")
    return try scratch.write(
      "words.json",
      #"""
      {"version": "1.0", "truncation": null, "padding": null, "added_tokens": [], "normalizer": null,
       "pre_tokenizer": {"type": "Whitespace"}, "post_processor": null, "decoder": null,
       "model": {"type": "WordLevel", "vocab": {"[UNK]": 0, \#(entries)}, "unk_token": "[UNK]"}}
      """#)
  }

  @Test func severalTokenizersKeepTheirBaselines() throws {
    var verb = try #require(verbs.first { $0.name == "integrity" })
    verb.arguments += ["-t", "b=\(tokenizer)"]
    let run = try run(verb, "--csv", "--quiet")
    let names = Set(run.lines.dropFirst().map { String($0.prefix { $0 != "," }) })
    #expect(names == ["small", "b", "baseline:characters", "baseline:random", "baseline:random:b"])
  }

  /// Exact counts at the sizes that training itself writes.
  @Test func optimalSizesAreThoseOfTrainedTokenizers() throws {
    #expect(
      try Toklab.run(
        "train", "bpe", fixture.text, "--vocab-sizes", "280,320,360", "-o", scratch["m/eng/"], "--quiet"
      ).status == 0)
    try scratch.write("q/eng.txt", "The quick brown fox jumps over the lazy dog.\n")
    func count(_ size: String) throws -> Int {
      let run = try Toklab.run(
        "count", "-t", scratch["m/eng/\(size)/tokenizer.json"], scratch["q/eng.txt"], "--per-line", "--json")
      return try #require(JSONText.parse(run.output)?["rows"][0]["tokens"].int)
    }
    for (target, size) in [(try count("320"), "320"), (try count("280"), "280")] {
      let run = try Toklab.run(
        "score", "optimal-vocab", "--parallel", scratch["q"], "-t", scratch["m/eng/360/tokenizer.json"],
        "--smallest", "256", "--targets", "\(target)", "--baseline", size, "--csv", "--quiet", "--bootstrap",
        "0")
      #expect(run.status == 0, "\(run.errorText)")
      let row = try #require(run.lines.first { $0.contains(",optimal_token_count,") })
      let found = try #require(Int(row.split(separator: ",", omittingEmptySubsequences: false)[5]))
      // The smallest size within the target may need fewer tokens still, never more.
      #expect(found <= target)
      let chosen = try #require(run.lines.first { $0.contains(",optimal_vocabulary_size,") })
      #expect(Int(chosen.split(separator: ",", omittingEmptySubsequences: false)[5])! <= Int(size)!)
    }
    let fitted = try Toklab.run(
      "score", "optimal-vocab", "--parallel", scratch["q"], "--monolingual", scratch["m"], "--csv", "--quiet")
    #expect(fitted.status == 0, "\(fitted.errorText)")
    #expect(fitted.text.contains(",size_curve_error,"))
  }

  @Test func premiumsByGroup() throws {
    try scratch.write("p/languages.tsv", "code\tname\tscript\neng\tEnglish\tLatn\nrus\tRussian\tCyrl\n")
    let base = ["score", "premium", "--parallel", scratch["p"], "-t", tokenizer, "--csv", "--quiet"]
    let run = try Toklab.run(base + ["--group", "script"])
    #expect(run.status == 0)
    #expect(
      run.text.contains(",Cyrl,group_premium,") && run.text.contains("baseline:bytes,,rus,byte_premium,"))
    let absent = try Toklab.run(base + ["--group", "family"])
    #expect(absent.status == 2 && absent.errorText.contains("no column family"))
  }

  /// A matrix of four ids and one padding row: the row like the padding is the candidate.
  @Test func undertrainedTokensOfAMatrix() throws {
    // 400 rows of two numbers and one more row, in the .npy format, version 1.
    var header = "{'descr': '<f8', 'fortran_order': False, 'shape': (401, 2), }"
    while (10 + header.utf8.count + 1) % 64 != 0 { header += " " }
    header += "\n"
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.utf8.count & 0xFF), UInt8(header.utf8.count >> 8)] + Array(header.utf8)
    for row in 0..<401 {
      let values: [Double] = row == 400 || row == 300 ? [0, -1] : [1, Double(row % 7)]
      for value in values { withUnsafeBytes(of: value.bitPattern.littleEndian) { bytes += Array($0) } }
    }
    try scratch.write("rows.npy", bytes)
    let run = try Toklab.run(
      "score", "vocabulary", "-t", tokenizer, "--embeddings", scratch["rows.npy"], "--json", "--quiet")
    #expect(run.status == 0, "\(run.errorText)")
    let document = try #require(JSONText.parse(run.output))
    #expect(document["candidates"][0]["id"] == .number("300"))
  }

  @Test(arguments: [
    (["compare", "--parallel", "p", "-t", "x"], "expected two tokenizers or more"),
    (["compare", "-t", "x", "-t", "y"], "expected one of --parallel and --corpus"),
    (["optimal-vocab", "--parallel", "p"], "expected --tokenizer or --monolingual"),
    (["optimal-vocab", "--parallel", "p", "-t", "x", "--targets", "9:1:1"], "out of range"),
    (["intrinsic", "--corpus", "c", "-t", "x", "--alpha=-1"], "--alpha -1.0 is out of range"),
    (["integrity", "--text", "c", "--language", "tr", "-t", "x"], "'--lexicon <file>'"),
    (["capacity", "--log-probs", "c", "--config", "c", "--mode", "both"], "The value 'both' is invalid"),
    (["vocabulary", "-t", "x", "--tensor", "y"], "--tensor goes with --embeddings"),
  ]) func usage(arguments: [String], says: String) throws {
    let run = try Toklab.run(["score"] + arguments)
    #expect(run.status == 64)
    #expect(run.errorText.contains(says), "\(run.errorText)")
  }
}

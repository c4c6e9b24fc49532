import Testing

/// `score capacity`.
@Suite struct ScoreCapacityTests {
  let tokenizer: String
  let scratch: Scratch

  init() throws {
    tokenizer = try Fixture.shared.get().tokenizer
    scratch = try Scratch()
    try scratch.write("p/eng.txt", "The fox jumps over 1,234 dogs.\nThe dog sleeps.\nA quick fox.\n")
    try scratch.write("p/rus.txt", "Лиса прыгает через 1234 собак.\nСобака спит.\nБыстрая лиса.\n")
    try scratch.write(
      "log.jsonl",
      #"{"bytes_scored": 4, "token_ids": [66, 67, 68], "logprob": [null, -0.5, -1.5]}"# + "\n")
    try scratch.write(
      "config.json",
      #"{"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 400}"#)
  }

  /// spec/metrics 3.3 through the program: 160 tokens of 699 bytes are 34.95 bits a token, every token at
  /// 3.988531 bits; the row of Hunyuan-0.5B comes out to all printed digits.
  @Test func capacityRepeatsAPublishedRow() throws {
    let ids = Array(repeating: "66", count: 161).joined(separator: ", ")
    let logs = Array(repeating: "-2.764639016929279", count: 160).joined(separator: ", ")
    try scratch.write(
      "published.jsonl", #"{"bytes_scored": 699, "token_ids": [\#(ids)], "logprob": [null, \#(logs)]}"#)
    try scratch.write(
      "hunyuan.json",
      #"""
      {"model_type": "hunyuan", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
       "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3584, "vocab_size": 120818}
      """#)
    let base = [
      "score", "capacity", "--log-probs", scratch["published.jsonl"], "--config", scratch["hunyuan.json"],
      "--quiet", "--json",
    ]
    let rows = try #require(JSONText.parse(try Toklab.run(base).output))["rows"]
    func value(_ rows: JSONText.Value, _ metric: String) -> Double {
      for index in 0..<rows.count where rows[index]["metric"] == .string(metric) {
        if case .number(let text) = rows[index]["value"] { return Double(text) ?? .nan }
      }
      return .nan
    }
    #expect(abs(value(rows, "information_capacity") - 0.233105) < 5e-7)
    #expect(value(rows, "inference_flops") == 1_000_647_688_192)
    #expect(value(rows, "bits_per_token") == 34.95)
    #expect(abs(value(rows, "cross_entropy_bits") - 3.988531) < 1e-6)
    let unbiased = try #require(JSONText.parse(try Toklab.run(base + ["--bias", "0"]).output))["rows"]
    #expect(abs(value(unbiased, "information_capacity") - 1.036746) < 5e-7)
    // The bias is the data set's unless given.
    for (name, bias) in [("chinese", "-18.7"), ("wikipedia", "-27"), ("mixed", "-24")] {
      let named = try Toklab.run(base + ["--dataset", name])
      #expect(named.text.contains("data set \(name), b = \(bias)"), "\(named.text)")
      let given = try #require(JSONText.parse(try Toklab.run(base + ["--bias", bias]).output))["rows"]
      let shown = try #require(JSONText.parse(named.output))["rows"]
      #expect(value(shown, "information_capacity") == value(given, "information_capacity"))
    }
    let exact = try #require(JSONText.parse(try Toklab.run(base + ["--mode", "exact"]).output))["rows"]
    #expect(value(exact, "inference_flops") > 1.2 * value(rows, "inference_flops"))
  }

  /// Ids that the named tokenizer would spell otherwise are no log of it.
  @Test func capacityChecksTheIds() throws {
    let run = try Toklab.run(
      "score", "capacity", "--log-probs", scratch["log.jsonl"], "--config", scratch["config.json"], "-t",
      tokenizer, "--quiet")
    #expect(run.status == 2)
    #expect(run.errorText.contains("bytes_scored 4") && run.errorText.contains(scratch["log.jsonl"]))
    // An ordinary token is no begin token.
    try scratch.write(
      "begun.jsonl", #"{"add_bos": true, "bytes_scored": 1, "token_ids": [66, 67], "logprob": [null, -1]}"#)
    let begun = try Toklab.run(
      "score", "capacity", "--log-probs", scratch["begun.jsonl"], "--config", scratch["config.json"], "-t",
      tokenizer, "--quiet")
    #expect(begun.status == 2 && begun.errorText.contains("add_bos true and the first token 66"))
  }

  /// A model that is asked gives the same figures as the log that it leaves, and that log fits parity.
  @Test func capacityOfAModel() throws {
    try scratch.write("train.txt", String(repeating: "The fox jumps. A dog sleeps. Лиса спит.\n", count: 20))
    #expect(
      try Toklab.run(
        "models", "ngram", scratch["train.txt"], "-t", tokenizer, "--order", "3", "-o", scratch["m.ngram"],
        "--quiet"
      ).status == 0)
    func rows(_ arguments: [String]) throws -> [String] {
      let run = try Toklab.run(
        ["score", "capacity", "--config", scratch["config.json"], "--csv", "--quiet"] + arguments)
      #expect(run.status == 0, "\(run.errorText)")
      // Without the label, its digest and that of the texts.
      return run.lines.dropFirst().map {
        $0.split(separator: ",", omittingEmptySubsequences: false)[3..<9].joined()
      }
    }
    try scratch.write("log/.keep", "")
    let asked = try rows([
      "--model", "ngram:\(scratch["m.ngram"])", "--samples", scratch["p/eng.txt"], "--save-log",
      scratch["log/eng.jsonl"],
    ])
    #expect(try rows(["--log-probs", scratch["log/eng.jsonl"]]) == asked && asked.count == 5)
    let kept = try Toklab.run(
      "score", "capacity", "--model", "ngram:\(scratch["m.ngram"])", "--samples", scratch["p/rus.txt"],
      "--save-log",
      scratch["log/rus.jsonl"], "--quiet")
    #expect(kept.status == 0 && kept.output.isEmpty, "\(kept.errorText)")
    #expect(try Toklab.run("score", "parity", "--log-probs", scratch["log"], "--quiet").status == 0)
    for (arguments, said) in [
      (["--model", "ngram:x"], "--model and --samples go together"),
      ([], "--log-probs, --model or --bits-per-byte"),
      (["--model", "x", "--samples", "y"], "--model <kind:place>"), (["--log-probs", "x"], "--config"),
    ] {
      let run = try Toklab.run(["score", "capacity"] + arguments)
      #expect(run.status == 64 && run.errorText.contains(said), "\(run.errorText)")
    }
  }

  @Test func capacityAsAFunctionOfTheTokenizer() throws {
    try scratch.write(
      "two.jsonl", #"{"bytes_scored": 2, "token_ids": [66, 67, 68], "logprob": [null, -0.5, -1.5]}"#)
    let run = try Toklab.run(
      "score", "capacity", "--log-probs", scratch["two.jsonl"], "--config", scratch["config.json"], "--text",
      scratch["p/eng.txt"], "-t", tokenizer, "--csv", "--quiet")
    #expect(run.status == 0, "\(run.errorText)")
    #expect(run.text.contains(",tokenizer_capacity,") && run.text.contains(",information_capacity,"))
    // The same from the bits per byte alone: 2/ln 2 bits over two bytes.
    let given = try Toklab.run(
      "score", "capacity", "--bits-per-byte", "1.4426950408889634", "--config", scratch["config.json"],
      "--text",
      scratch["p/eng.txt"], "-t", tokenizer, "--csv", "--quiet")
    func value(_ run: Run) -> String? {
      run.lines.first { $0.contains(",tokenizer_capacity,") }.map {
        String($0.split(separator: ",", omittingEmptySubsequences: false)[5])
      }
    }
    #expect(given.status == 0 && value(given)?.prefix(12) == value(run)?.prefix(12) && value(run) != nil)
    #expect(!given.text.contains(",information_capacity,"))
  }
}

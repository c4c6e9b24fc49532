import Metrics
import Testing
import Tokenizers

/// Predictors of cost, their regressions, and the inputs of the verbs around them.
@Suite struct PredictorTests {
  /// Known answers: tables of Student's t.
  @Test(arguments: [
    (0.975, 1.0, 12.706204736), (0.975, 10.0, 2.228138852), (0.9, 5.0, 1.475884049),
    (0.025, 30.0, -2.042272456),
  ])
  func studentQuantiles(p: Double, degrees: Double, expected: Double) {
    #expect(near(SpecialFunctions.studentQuantile(p, degrees: degrees), expected, 1e-9))
    #expect(near(SpecialFunctions.studentQuantile(0.5, degrees: degrees), 0))
  }

  /// What one predictor repeats of another stays out of the joint model and is named; so does a flat one.
  @Test func jointModelLeavesOutWhatAddsNothing() throws {
    let x: [Double?] = [1, 2, 4, 8, 16, 31]
    let report = try PremiumRegression().measure(
      PremiumRegression.Input(
        tokenizer: TokenizerIdentity("t"), languages: ["a", "b", "c", "d", "e", "f"],
        response: [3, 5, 8, 18, 33, 60],
        predictors: [
          .init("x", x), .init("twice", x.map { $0.map { 2 * $0 } }), .init("flat", x.map { _ in 1 }),
          .init("y", [5, 1, 4, nil, 2, 9]),
        ], scripts: Array(repeating: "Latn", count: 6)))
    #expect(
      report.result("joint_coefficient", "x") != nil && report.result("joint_coefficient", "twice") == nil)
    #expect(report.notes.count == 1 && report.notes[0].contains("twice") && report.notes[0].contains("flat"))
    // A language without the predictor is left out of fits with it only.
    #expect(
      report.result("regression_r_squared", "x")?.n == 6 && report.result("regression_r_squared", "y")?.n == 5
    )
    #expect(report.result("joint_r_squared")?.n == 5)
    let row = try #require(report.result("regression_coefficient", "x"))
    #expect(row.low! < row.value!.double && row.value!.double < row.high!)
    // One script has nothing to be compared with.
    #expect(report.result("regression_r_squared", "script")?.value == nil)
    #expect(report.result("script_rank_p", "Latn")?.nullReason == "there is nothing to compare with")
  }

  @Test func orderOfLanguagesLeavesNoTraceInTheSlope() throws {
    var random = SplitMix64(seed: 2, stream: 0)
    let x = (0..<12).map { _ in random.unitInterval() }
    let y = x.map { 3 * $0 + random.unitInterval() }
    func slope(_ order: [Int]) throws -> Double? {
      try PremiumRegression().measure(
        PremiumRegression.Input(
          tokenizer: TokenizerIdentity("t"), languages: order.map { "l\($0)" }, response: order.map { y[$0] },
          predictors: [.init("x", order.map { x[$0] })], scripts: order.map { _ in nil })
      ).result("regression_coefficient", "x")?.value?.double
    }
    #expect(near(try slope(Array(0..<12)), try #require(try slope(Array((0..<12).reversed()))), 1e-12))
  }

  /// The character statistics are those of the training text where there is one; the length ratio never is.
  @Test func trainingText() throws {
    let text = try TextLines(Array("ab\n".utf8))
    let training = try TextLines(Array("a b c d\n".utf8))
    let vocabulary = try Vocabulary([[0x61], [0x62, 0x62, 0x62]])
    let report = try LanguagePredictors().measure(
      LanguagePredictors.Input(
        tokenizer: TokenizerIdentity("t"),
        languages: [
          .init(label: "A", text: text),
          .init(label: "B", text: text, trainingText: training, vocabulary: vocabulary),
        ], reference: "A", vocabulary: nil))
    #expect(report.result("unique_characters", "B")?.value == .count(4))
    #expect(report.result("length_ratio", "B")?.value == .real(1))
    #expect(report.result("vocabulary_mean_length", "B")?.value == .real(2))
    #expect(report.result("vocabulary_mean_length", "A")?.nullReason != nil)
  }

  @Test func groupsFromATable() throws {
    let folder = ParallelCorpusTests.folder([
      ("a.txt", "x\n"), ("b.txt", "y\n"), ("groups.tsv", "# classes\na\tlow\nz\thigh\n"),
    ])
    let corpus = try ParallelCorpus.load(folder: folder.path, reference: "a", clusters: .none)
    let groups = try corpus.groups(file: folder.path + "/groups.tsv")
    #expect(groups.map(\.language) == ["a"] && groups.map(\.group) == ["low"])
    for (text, says) in [
      ("a\n", "1 cells"), ("a\tx\na\ty\n", "a stands twice"), ("z\tx\n", "no language of the corpus"),
    ] {
      folder.write("bad.tsv", text)
      let error = failure { () throws(ToklabError) in try corpus.groups(file: folder.path + "/bad.tsv") }
      #expect(error?.description.contains(says) == true && error?.file?.hasSuffix("bad.tsv") == true)
    }
  }

  @Test func likelihoodsOfParallelText() throws {
    let folder = ScratchFolder()
    let sample = #"{"bytes_scored": 2, "token_ids": [1, 2], "logprob": [null, -1]}"# + "\n"
    folder.write("a.jsonl", sample)
    folder.write("b.jsonl", sample + sample)
    folder.write("notes.txt", "x")
    func load(_ languages: [String]?, _ reference: String) -> ToklabError? {
      failure { () throws(ToklabError) in
        try ParallelLikelihoods(folder: folder.path, languages: languages, reference: reference)
      }
    }
    #expect(load(nil, "a")?.file?.hasSuffix("b.jsonl") == true)
    #expect(load(["a"], "c")?.file?.hasSuffix("c.jsonl") == true)
    let one = try ParallelLikelihoods(folder: folder.path, languages: ["a"], reference: "a")
    #expect(one.languages.map(\.label) == ["a"] && one.notes.count == 2)
    #expect(one.notes[0].contains("add_bos") && one.notes[1].contains("ignored 1 entries"))
    // Logs that begin otherwise do not compare.
    folder.write(
      "d.jsonl", #"{"add_bos": true, "bytes_scored": 2, "token_ids": [1, 2], "logprob": [null, -1]}"#)
    #expect(load(["a", "d"], "a")?.file?.hasSuffix("d.jsonl") == true)
    let empty = ScratchFolder()
    #expect(
      failure { () throws(ToklabError) in
        try ParallelLikelihoods(folder: empty.path, languages: nil, reference: "a")
      } != nil)
  }

  @Test(arguments: [
    ("series,model\na,b\n", "no column inference_flops"),
    ("series,model,inference_flops,bits_per_token,cross_entropy_bits\na,b,12,30,4\n", "inference_flops"),
    ("series,model,inference_flops,bits_per_token,cross_entropy_bits\n", "no models"),
  ]) func tablesOfModels(text: String, says: String) throws {
    let lines = try TextLines(Array(text.utf8))
    let error = failure { () throws(ToklabError) in try CapacitySeries.models(lines) }
    #expect(error?.description.contains(says) == true)
  }

  /// Untrained rows all alike, trained ones apart: each indicator finds the one row that never moved.
  @Test(arguments: UndertrainedTokens.Indicator.allCases)
  func untrainedRowsAreFound(indicator: UndertrainedTokens.Indicator) throws {
    var random = SplitMix64(seed: 6, stream: 0)
    let width = 8
    let common = (0..<width).map { _ in random.unitInterval() }
    var values: [Double] = []
    for row in 0..<60 {
      let isUntrained = row == 17 || row >= 50
      values += (0..<width).map { common[$0] + (random.unitInterval() - 0.5) * (isUntrained ? 0.001 : 2) }
    }
    let found = try UndertrainedTokens(indicator).candidates(
      UndertrainedTokens.Input(
        tokenizer: TokenizerIdentity("t"), rows: 60, width: width, values: values,
        outcomes: (0..<50).map { (TokenID($0), .reachable) }, capacity: 50))
    #expect(found.map(\.id) == [17])
  }
}

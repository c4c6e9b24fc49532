import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// The helper process, with a model of a few lines behind it.
@Suite struct HelperModelTests {
  private static func message(_ body: () throws(ToklabError) -> Void) -> String {
    do throws(ToklabError) {
      try body()
      return "no error"
    } catch { return error.description }
  }

  @Test func rowsAreTheModels() throws {
    let model = try Standin().open(300)
    #expect(model.backend == "standin")
    #expect(model.facts.vocabularySize == 300)
    #expect(model.facts.endTokens == [299])
    #expect(model.facts.contextLimit == nil)
    let contexts: [[TokenID]] = [[], [5], [5, 299, 17], Array(repeating: 4, count: 3000)]
    let rows = try model.logProbabilities(after: contexts)
    let expected = try RuleModel(size: 300).logProbabilities(after: contexts)
    for (row, rule) in zip(rows, expected) {
      #expect(zip(row, rule).allSatisfy { abs($0 - $1) < 1e-12 })
    }
    #expect(model.tokensDecoded == 3004)
    #expect(model.secondsOfModel > 0)
    #expect(try model.tokenize(Array("text".utf8)) == nil)
    // What a back end prints stays out of the frames, and a question it cannot answer does not end it.
    #expect(try model.logProbabilities(after: [[1]]).count == 1)
  }

  @Test func whatABackEndPrintsIsNoAnswer() throws {
    let model = try Standin("print").open(10)
    #expect(try model.logProbabilities(after: [[1], [2]]).count == 2)
  }

  @Test(arguments: ByteQuantity.allCases)
  func byteProbabilitiesAreThoseOfTheSameModelInProcess(quantity: ByteQuantity) throws {
    let toy = try ToyTokenizer(.bytePair, seed: 4, letters: Array("abc".utf8), merges: 20)
    let size = toy.vocabulary.capacity + 1
    let text = Array("abcabbacab".utf8)
    func next(_ model: any LanguageModel) throws -> ByteDistribution {
      let bytes = try ByteModel(
        model, tokenizer: toy.tokenizer!, options: ByteModel.Options(quantity: quantity))
      let state = bytes.state()
      try state.append(text)
      return try state.distribution()
    }
    let helper = try next(try Standin().open(size))
    #expect(helper.variation(from: try next(RuleModel(size: size))) < 1e-12)
  }

  @Test(arguments: [
    ("crash", "ended with status 7: out of memory"), ("killed", "was ended by signal 9"),
    ("nan", "the row after 3 tokens: score NaN of token 2"),
    ("infinite", "the row after 3 tokens: score +inf of token 2"),
    ("narrow", "a row of 299 scores; expected 300, one a token"),
    ("raise", "RuntimeError: the model is tired"),
  ])
  func faultsOfRows(fault: String, expected: String) throws {
    let standin = try Standin(fault)
    let model = try standin.open(300)
    #expect(try model.logProbabilities(after: [[1, 2]]).count == 1)
    let message = Self.message { () throws(ToklabError) in
      _ = try model.logProbabilities(after: [[1, 2], [1, 2, 3]])
    }
    #expect(message.contains(expected), "\(message)")
    #expect(message.contains(standin.path))
    let later = Self.message { () throws(ToklabError) in _ = try model.logProbabilities(after: [[1]]) }
    #expect(later.contains("has failed before"))
  }

  @Test(arguments: [
    ("version", "speaks version 2"), ("json", "a greeting that is not understood"),
    ("kind", "a frame of kind z"), ("silent", "ended with status 0 without a message"),
    ("chatter", "from the model helper; expected a frame of the protocol"),
  ])
  func faultsOfOtherHelpers(fault: String, expected: String) throws {
    let standin = try Standin(fault)
    let message = Self.message { () throws(ToklabError) in _ = try standin.openAsHelper() }
    #expect(message.contains(expected), "\(message)")
  }

  @Test func modelsThatCannotBeOpened() throws {
    let standin = try Standin("open")
    var message = Self.message { () throws(ToklabError) in _ = try standin.open(300) }
    #expect(message.contains("ValueError: no such weights"), "\(message)")
    for (backend, model, expected) in [
      ("python", "/nowhere/model.py", "/nowhere/model.py: no such file"),
      ("http", "ftp://host", "an address like http"),
      ("http", "http://127.0.0.1:9", "no answer from the server"),
    ] {
      var launch = HelperModel.Launch(backend: backend, model: model)
      launch.python = TestPaths.python
      message = Self.message { () throws(ToklabError) in _ = try HelperModel(launch) }
      #expect(message.contains(expected), "\(message)")
    }
    var launch = HelperModel.Launch(backend: "llama", model: "m.gguf")
    launch.python = "/nowhere/python"
    message = Self.message { () throws(ToklabError) in _ = try HelperModel(launch) }
    #expect(message.contains("cannot run /nowhere/python") && message.contains("--python"), "\(message)")
  }

  @Test func contextsThatAreTooLong() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 4, letters: Array("abc".utf8), merges: 3)
    let model = try Standin("short").open(toy.vocabulary.capacity + 1)
    #expect(model.facts.contextLimit == 20)
    let bytes = try ByteModel(model, tokenizer: toy.tokenizer!)
    let message = Self.message { () throws(ToklabError) in
      _ = try bytes.score(BytePrompt(text: [UInt8](repeating: 0x7A, count: 40)))
    }
    #expect(message.contains("expected at most 20, the model's limit"), "\(message)")
    // The helper says so too, should the program not know the limit.
    let direct = Self.message { () throws(ToklabError) in
      _ = try model.logProbabilities(after: [[TokenID](repeating: 1, count: 21)])
    }
    #expect(direct.contains("a context of 21 tokens; the model takes 20"), "\(direct)")
  }

  @Test func widthsThatDoNotFit() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 4, letters: Array("abc".utf8), merges: 3)
    let size = toy.vocabulary.capacity + 1
    let wide = try Standin("wide").open(size)
    let message = Self.message { () throws(ToklabError) in
      _ = try ByteModel(wide, tokenizer: toy.tokenizer!)
    }
    #expect(message.contains("--allow-padding"), "\(message)")
    let padded = try ByteModel(
      wide, tokenizer: toy.tokenizer!, options: ByteModel.Options(allowPadding: true))
    let state = padded.state()
    try state.append(Array("ab".utf8))
    let sum = try (0...255).reduce(0) { try $0 + state.distribution().probability(UInt8($1)) }
    #expect(sum > 0.5 && sum <= 1 + 1e-12)
    #expect(padded.model.paddingRows > 0)
  }

  @Test func anEmptyPromptNeedsABeginToken() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 4, letters: Array("abc".utf8), merges: 3)
    let model = try Standin("begin").open(toy.vocabulary.capacity + 1)
    let bytes = try ByteModel(model, tokenizer: toy.tokenizer!)
    let message = Self.message { () throws(ToklabError) in _ = try bytes.state().distribution() }
    #expect(message.contains("nothing before the first token"), "\(message)")
    model.setTokens(begin: 3, ends: model.facts.endTokens)
    #expect(try bytes.state().distribution().exactness == .exact)
  }

  /// Rows with the top tokens only give probabilities that are never too large.
  @Test func topTokensGiveLowerBounds() throws {
    let toy = try ToyTokenizer(.bytePair, seed: 4, letters: Array("abc".utf8), merges: 20)
    let size = toy.vocabulary.capacity + 1
    for quantity in [ByteQuantity.valid, .all] {
      let options = ByteModel.Options(quantity: quantity, tolerance: 1e-3)
      let top = try ByteModel(try Standin("top").open(size), tokenizer: toy.tokenizer!, options: options)
      let exact = try ByteModel(
        RuleModel(size: size), tokenizer: toy.tokenizer!, options: ByteModel.Options(quantity: quantity))
      let (a, b) = (top.state(tracksTotal: true), exact.state(tracksTotal: true))
      for byte in Array("abcab".utf8) {
        let (bound, truth) = (try a.distribution(), try b.distribution())
        #expect(bound.exactness == .lowerBound)
        var sum = 0.0
        for byte in UInt8.min...UInt8.max {
          #expect(bound.probability(byte) <= truth.probability(byte) + 1e-6)
          sum += bound.probability(byte)
        }
        #expect(sum > 0 && sum < 1)
        try a.append(byte)
        try b.append(byte)
        let (low, high) = (try a.logProbability(), try b.logProbability())
        #expect(low.exactness == .lowerBound)
        #expect(low.log <= high.log + 1e-6)
      }
    }
    let refused: [(ByteQuantity, Double, String)] = [
      (.valid, 0, "a --tolerance above 0 accepts a lower bound"),
      (.canonical, 0.1, "expected quantity valid or all"),
    ]
    for (quantity, tolerance, expected) in refused {
      let options = ByteModel.Options(quantity: quantity, tolerance: tolerance)
      let top = try ByteModel(try Standin("top").open(size), tokenizer: toy.tokenizer!, options: options)
      let message = Self.message { () throws(ToklabError) in _ = try top.state().distribution() }
      #expect(message.contains(expected), "\(message)")
    }
  }
}

import Adapt
import Glibc
import TestSupport
import Testing
import Tokenizers

/// Byte probabilities of a real model.
@Suite("SmolLM2", .serialized) struct SmolModelTests {
  @Test func thePromptThatEndsInAWord() throws {
    let bytes = try ByteModel(try SmolModel.open(), tokenizer: try SmolModel.tokenizer())
    let prompt = Array("The quick brown fox jumps over the laz".utf8)
    let next = try bytes.state(after: BytePrompt(text: prompt)).distribution()
    #expect(next.exactness == .exact)
    #expect(next.probability(UInt8(ascii: "y")) > 0.99)
    // 21 bytes have no token of their own: they have no probability here, and given they are an error.
    #expect(bytes.vocabulary.missingBytes.count == 21)
    #expect(throws: ToklabError.self) { try bytes.state(after: BytePrompt(text: prompt + [0x04])) }
  }

  /// One context a byte, work of the byte machinery below half of the model's own, sums of one.
  @Test func costsOneContextAByte() throws {
    let model = try SmolModel.open()
    let bytes = try ByteModel(model, tokenizer: try SmolModel.tokenizer())
    let text = try SmolModel.text(2000)
    let state = bytes.state()
    _ = try state.distribution()  // what is made once
    var before = (model.secondsOfModel, ContinuousClock.now)
    var worst = 0.0
    // Other programs slow down one side or the other: the best of four parts counts.
    var ratios: [Double] = []
    for (index, byte) in text.enumerated() {
      try state.append(byte)
      let next = try state.distribution()
      var sum = next.endProbability + next.specialProbability
      for byte in UInt8.min...UInt8.max { sum += next.probability(byte) }
      worst = max(worst, abs(sum - 1))
      guard (index + 1) % 500 == 0 else { continue }
      let parts = (ContinuousClock.now - before.1).components
      let total = Double(parts.seconds) + Double(parts.attoseconds) * 1e-18
      ratios.append(total / (model.secondsOfModel - before.0))
      before = (model.secondsOfModel, ContinuousClock.now)
    }
    let contexts = Double(bytes.model.contextsEvaluated) / Double(text.count)
    let tokens = Double(model.tokensDecoded) / Double(text.count)
    print(
      "SmolLM2, \(text.count) bytes: \(contexts) contexts and \(tokens) tokens a byte; all time",
      "over the model's own, in four parts: \(ratios)")
    #expect(contexts <= 1.02)
    #expect(tokens <= 1.1)
    #expect(worst < 1e-6)
    #expect(ratios.min()! < 1.5)
  }

  /// At tolerance 0.001 with the exact distribution beside it: the certificate holds at every byte.
  ///
  /// Every certificate is at most the tolerance here: all deferred sequences together, not each of them. The
  /// least number of contexts that can certify it, whatever the method, is the number of bytes after which a token
  /// ends with more than that probability (``ByteState/boundaryProbability()``); that number is counted too.
  @Test func theCertificateHolds() throws {
    let shared = SharedRows(try SmolModel.open())
    let tokenizer = try SmolModel.tokenizer()
    let exact = try ByteModel(shared, tokenizer: tokenizer)
    let lazy = try ByteModel(shared, tokenizer: tokenizer, options: ByteModel.Options(tolerance: 1e-3))
    let (one, two) = (exact.state(), lazy.state())
    let text = try SmolModel.text(2000)
    var worst = 0.0
    var violations = 0
    var needed = 0
    for byte in text {
      try one.append(byte)
      try two.append(byte)
      let (a, b) = (try one.distribution(), try two.distribution())
      let variation = a.variation(from: b)
      worst = max(worst, variation)
      if try one.boundaryProbability() > 1e-3 { needed += 1 }
      if variation > b.exactness.bound! + 1e-12 || b.exactness.bound! > 1e-3 { violations += 1 }
    }
    let contexts = Double(lazy.model.contextsEvaluated) / Double(text.count)
    let least = Double(needed) / Double(text.count)
    print(
      "SmolLM2 at tolerance 0.001: \(contexts) contexts a byte, of which any method needs \(least);",
      "largest variation \(worst)")
    #expect(contexts <= 0.65)
    #expect(contexts >= least && contexts <= 1.06 * least)
    #expect(violations == 0)
  }

  @Test func productOfConditionalsIsTheProbability() throws {
    let model = try SmolModel.open()
    let text = try SmolModel.text(150)
    for quantity in [ByteQuantity.canonical, .all] {
      let options = ByteModel.Options(quantity: quantity, beam: quantity == .all ? 4 : nil)
      let bytes = try ByteModel(model, tokenizer: try SmolModel.tokenizer(), options: options)
      let product = try bytes.conditionals(BytePrompt(text: text)).bytes.reduce(0, +)
      let score = try bytes.score(BytePrompt(text: text))
      #expect(abs(product - score.logProbability) < (quantity == .all ? 0.05 : 1e-6))
      #expect(score.logProbability >= score.tokenPathLogProbability - 1)
      // Moving the border between prompt and text changes nothing.
      let state = bytes.state()
      try state.append(text[..<77])
      let stepwise = bytes.state()
      for byte in text[..<77] {
        _ = try stepwise.distribution()
        try stepwise.append(byte)
      }
      if quantity == .canonical {
        #expect(try state.distribution().variation(from: stepwise.distribution()) < 1e-9)
      }
    }
  }

  /// The file's tokenizer as the program runs it is the one llama.cpp runs.
  @Test func tokensAreTheModelsOwn() throws {
    let model = try SmolModel.open()
    let tokenizer = try SmolModel.tokenizer()
    for text in [
      "It's  12 o'clock, 1,234.5 or  7?\n\n\tx = [1]  # né\n", " 2026-11-23  ", "a\n\n 1\n 22  3",
      "'S 'll\u{3000}9",
      String(decoding: try SmolModel.text(4000), as: UTF8.self),
    ] {
      #expect(
        try model.tokenize(Array(text.utf8)) == tokenizer.encode(Array(text.utf8)).ids, "\(text.prefix(40))")
    }
  }

  /// A llama-server started from the bindings, asked over HTTP for all probabilities of the next token.
  @Test func aServerGivesTheSame() throws {
    let direct = try SmolModel.open()
    var launch = HelperModel.Launch(
      backend: "python", model: TestPaths.root + "/Tests/RealModelTests/llama_server.py",
      options: ["--vocabulary", String(direct.facts.vocabularySize)])
    launch.python = SmolModel.python
    let served = try HelperModel(launch)
    #expect(served.backend == "llama-server")
    #expect(served.facts.vocabularySize == direct.facts.vocabularySize)
    #expect(served.facts.contextLimit == 512)
    served.setTokens(begin: 0, ends: direct.facts.endTokens)
    let tokenizer = try SmolModel.tokenizer()
    let prompt = BytePrompt(text: Array("The quick brown fox jumps over the laz".utf8))
    let a = try ByteModel(direct, tokenizer: tokenizer).state(after: prompt).distribution()
    let b = try ByteModel(served, tokenizer: tokenizer).state(after: prompt).distribution()
    #expect(b.exactness == .exact)
    #expect(b.probability(UInt8(ascii: "y")) > 0.99)
    // Rows depend on the shape of batches in llama.cpp, more than on the way they come.
    #expect(a.variation(from: b) < 0.02)
  }

  @Test func longContextsAreRefused() throws {
    let model = try SmolModel.open(options: ["--context", "64"])
    #expect(model.facts.contextLimit == 64)
    let bytes = try ByteModel(model, tokenizer: try SmolModel.tokenizer())
    let error = #expect(throws: ToklabError.self) {
      try bytes.score(BytePrompt(text: try SmolModel.text(1000)))
    }
    #expect(error?.description.contains("expected at most 64") == true)
  }
}

import Metrics
import Testing

@Suite struct InformationCapacityTests {
  struct Row: Sendable, CustomTestStringConvertible {
    var testDescription: String
    var shape: TransformerShape
    var textBits: Double
    var entropyBits: Double
    var teraFlops: Double
    var capacity: Double
  }

  /// Rows of the data set TeleAI-AI-Flow/InformationCapacity, mixed text, b = −24 (spec/metrics 3.3).
  static let published = [
    Row(
      testDescription: "Hunyuan-0.5B",
      shape: TransformerShape(
        hiddenSize: 1024, layers: 24, heads: 16, keyValueHeads: 8, headDimension: 128, intermediateSize: 3584,
        vocabularySize: 120818), textBits: 34.95, entropyBits: 3.988531, teraFlops: 1.000647688192,
      capacity: 0.233105),
    Row(
      testDescription: "Hunyuan-1.8B",
      shape: TransformerShape(
        hiddenSize: 2048, layers: 32, heads: 16, keyValueHeads: 4, intermediateSize: 6144,
        vocabularySize: 120818),
      textBits: 34.95, entropyBits: 3.584585, teraFlops: 3.805148086272, capacity: 0.231682),
    Row(
      testDescription: "GLM-4.5-Air",
      shape: TransformerShape(
        hiddenSize: 4096, layers: 46, heads: 96, keyValueHeads: 8, intermediateSize: 10944,
        vocabularySize: 151552),
      textBits: 34.82, entropyBits: 2.581690, teraFlops: 17.749377810432, capacity: 0.242212),
    Row(
      testDescription: "DeepSeek-V2",
      shape: TransformerShape(
        hiddenSize: 5120, layers: 60, heads: 128, keyValueHeads: 128, intermediateSize: 12288,
        vocabularySize: 102400,
        experts: TransformerShape.Experts(intermediateSize: 1536, count: 160, perToken: 6, shared: 2),
        latentAttention: TransformerShape.LatentAttention(
          keyValueRank: 512, queryRank: 1536, nopeDimension: 128, ropeDimension: 64, valueDimension: 128)),
      textBits: 32.12, entropyBits: 2.251732, teraFlops: 37.7957122048, capacity: 0.167171),
  ]

  @Test(arguments: published) func publishedRowsComeOut(row: Row) throws {
    let flops = try InferenceFLOPs.total(row.shape, mode: .paper)
    #expect(flops == Int((row.teraFlops * 1e12).rounded()))
    let value = try #require(
      InformationCapacity.value(
        textBits: row.textBits, entropyBits: row.entropyBits, flopsPerToken: Double(flops) / 1024, bias: -24))
    #expect((value * 1e6).rounded() == row.capacity * 1e6 || abs(value - row.capacity) < 5.1e-7)
  }

  /// spec 3.3: Hunyuan-0.5B without bias is 1.036746.
  @Test func withoutBias() throws {
    let row = Self.published[0]
    let value = try #require(
      InformationCapacity.value(
        textBits: row.textBits, entropyBits: row.entropyBits, flopsPerToken: row.teraFlops * 1e12 / 1024,
        bias: 0))
    #expect(abs(value - 1.036746) < 5e-7)
  }

  /// spec 3.2: Hunyuan 0.5B and 1.8B imply b = −24.70; spec 3.1: with head size 128 the exact N of
  /// Hunyuan-0.5B is 20.6 % higher.
  @Test func biasOfTheHunyuanSeries() throws {
    let models = Self.published[..<2].map {
      CapacityBias.Model(
        logOperations: LibC.logarithm2($0.teraFlops * 1e12 / 1024), gain: $0.textBits - $0.entropyBits)
    }
    let line = try #require(CapacityBias.line(models))
    #expect(abs(line.bias - -24.70) < 0.005, "\(line.bias)")
    // Two models: the shared bias makes their capacities equal, as the line does.
    #expect(near(CapacityBias.shared([models]), line.bias, 1e-9))
    #expect(CapacityBias.line([models[0]]) == nil && CapacityBias.shared([[models[0]]]) == nil)
  }

  @Test func exactCountsTheTrueHeadSize() throws {
    let shape = Self.published[0].shape
    let ratio =
      Double(try InferenceFLOPs.total(shape, mode: .exact))
      / Double(try InferenceFLOPs.total(shape, mode: .paper))
    #expect(abs(ratio - 1.206) < 0.0015, "\(ratio)")
  }

  /// By hand, d = 2, one layer, h = k = 1, f = 1, V = 1, all 1,024 positions: projections 4·4 + 4·2·1·2 = 32,
  /// MLP 12, output 4 a token: 48 · 1024; core 4·1·2 a position pair, 524,800 of them.
  @Test func exactDenseByHand() throws {
    let shape = TransformerShape(
      hiddenSize: 2, layers: 1, heads: 1, keyValueHeads: 1, intermediateSize: 1, vocabularySize: 1)
    #expect(try InferenceFLOPs.total(shape, mode: .exact) == 48 * 1024 + 8 * 524_800)
    var local = shape
    local.slidingWindow = 2
    local.slidingLayers = 1
    // Window 2: the first token sees 1, the others 2.
    #expect(try InferenceFLOPs.total(local, mode: .exact) == 48 * 1024 + 8 * (1 + 2 * 1023))
    var plain = shape
    plain.modelType = "gpt2"
    #expect(try InferenceFLOPs.total(plain, mode: .exact) == 44 * 1024 + 8 * 524_800)
  }

  /// Two experts of three run, one shared: 6·2·1·(2 + 1) and a router of 2·2·3 instead of 12.
  @Test func exactExpertsByHand() throws {
    var shape = TransformerShape(
      hiddenSize: 2, layers: 2, heads: 1, keyValueHeads: 1, intermediateSize: 1, vocabularySize: 1)
    let dense = try InferenceFLOPs.total(shape, mode: .exact)
    shape.experts = TransformerShape.Experts(
      intermediateSize: 1, count: 3, perToken: 2, shared: 1, firstDenseLayers: 1)
    #expect(try InferenceFLOPs.total(shape, mode: .exact) - dense == 1024 * (36 + 12 - 12))
  }

  /// spec 3.1: 2d·r_q + 2r_q·h(n+ρ) + 2d(r_kv+ρ) + 2r_kv·h(n+v) + 2h·v·d a token, 2h(n+ρ+v) a position.
  @Test func exactLatentAttentionByHand() throws {
    var shape = TransformerShape(
      hiddenSize: 2, layers: 1, heads: 3, keyValueHeads: 3, intermediateSize: 1, vocabularySize: 1)
    shape.latentAttention = TransformerShape.LatentAttention(
      keyValueRank: 5, queryRank: 7, nopeDimension: 4, ropeDimension: 2, valueDimension: 3)
    let token = 2 * 2 * 7 + 2 * 7 * 3 * 6 + 2 * 2 * 7 + 2 * 5 * 3 * 7 + 2 * 3 * 3 * 2 + 12 + 4
    #expect(try InferenceFLOPs.total(shape, mode: .exact) == 1024 * token + 2 * 3 * 9 * 524_800)
    shape.latentAttention?.queryRank = nil
    let direct = token - (2 * 2 * 7 + 2 * 7 * 3 * 6) + 2 * 2 * 3 * 6
    #expect(try InferenceFLOPs.total(shape, mode: .exact) == 1024 * direct + 2 * 3 * 9 * 524_800)
  }

  @Test func aModelTooLargeIsAnError() {
    let shape = TransformerShape(
      hiddenSize: 1 << 24, layers: 1 << 24, heads: 1, keyValueHeads: 1, intermediateSize: 1 << 24,
      vocabularySize: 1 << 24)
    #expect(throws: ToklabError.self) { try InferenceFLOPs.total(shape, mode: .paper) }
  }

  @Test func readsConfigurations() throws {
    let plain = try TransformerShape(
      json: Array(
        #"""
        {"model_type": "qwen3", "hidden_size": 1024, "num_hidden_layers": 28, "num_attention_heads": 16,
         "num_key_value_heads": 8, "head_dim": 128, "intermediate_size": 3072, "vocab_size": 151936,
         "sliding_window": null, "torch_dtype": "bfloat16"}
        """#.utf8))
    #expect(plain.headDimension == 128 && plain.experts == nil && plain.latentAttention == nil)
    let mixed = try TransformerShape(
      json: Array(
        #"""
        {"vision_config": {}, "text_config": {"model_type": "deepseek_v2", "hidden_size": 5120,
         "num_hidden_layers": 60, "num_attention_heads": 128, "intermediate_size": 12288, "vocab_size": 102400,
         "moe_intermediate_size": 1536, "n_routed_experts": 160, "n_shared_experts": 2, "num_experts_per_tok": 6,
         "first_k_dense_replace": 1, "kv_lora_rank": 512, "q_lora_rank": 1536, "qk_nope_head_dim": 128,
         "qk_rope_head_dim": 64, "v_head_dim": 128}}
        """#.utf8))
    #expect(mixed.experts?.count == 160 && mixed.latentAttention?.keyValueRank == 512)
    #expect(mixed.keyValueHeads == 128)
    #expect(try InferenceFLOPs.total(mixed, mode: .paper) == 37_795_712_204_800)
    let layered = try TransformerShape(
      json: Array(
        #"""
        {"hidden_size": 8, "num_hidden_layers": 6, "num_attention_heads": 2, "vocab_size": 10,
         "sliding_window": 4, "layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}
        """#.utf8))
    #expect(layered.slidingLayers == 2 && layered.intermediateSize == 32)
  }

  @Test(arguments: [
    (#"{"hidden_size": 8}"#, "num_hidden_layers"), (#"{"hidden_size": "big"}"#, "hidden_size"),
    (#"{"hidden_size": 0}"#, "hidden_size"), ("[1]", "config.json"), ("{", "end of the file"),
  ]) func badConfigurationsAreNamed(text: String, says: String) throws {
    let error = try #require(
      failure { () throws(ToklabError) in try TransformerShape(json: Array(text.utf8)) })
    #expect(error.description.contains(says), "\(error)")
  }

  static func log(_ text: String) throws(ToklabError) -> LikelihoodLog {
    try LikelihoodLog(TextLines(Array(text.utf8)))
  }

  @Test func readsLogs() throws {
    let log = try Self.log(
      """
      {"text_sha256": "ab", "bytes_scored": 6, "token_ids": [5, 6, 7], "logprob": [null, -0.5, -1.5], "note": 1}

      {"bytes_scored": 2, "token_ids": [5, 6], "logprob": [null, -2]}
      """)
    #expect(log.samples.count == 2 && log.samples[0].scored == 2 && log.samples[0].textSHA256 == "ab")
    #expect(near(log.samples[0].bits, 2 / 0.6931471805599453))
  }

  @Test(arguments: [
    (#"{"bytes_scored": 2, "token_ids": [5, 6], "logprob": [null]}"#, "1 log-probabilities; expected 2"),
    (#"{"bytes_scored": 2, "token_ids": [5, 6], "logprob": [-1, -1]}"#, "first token is unscored"),
    (#"{"bytes_scored": 2, "token_ids": [5, 6], "logprob": [null, 0.5]}"#, "at most 0"),
    (#"{"bytes_scored": 2, "token_ids": [5, 6], "logprob": [null, null]}"#, "expected a number"),
    (#"{"bytes_scored": 0, "token_ids": [5, 6], "logprob": [null, -1]}"#, "bytes_scored"),
    (#"{"token_ids": [5, 6], "logprob": [null, -1]}"#, "bytes_scored"),
    (#"{"bytes_scored": 2, "token_ids": [5], "logprob": [null]}"#, "two or more"),
    ("", "no samples"), ("not json", "line 1"),
    (#"{"add_bos": 1, "bytes_scored": 2, "token_ids": [5, 6], "logprob": [null, -1]}"#, "add_bos"),
    (begun("true", 5) + begun("true", 4), "line 2: add_bos true and the first token 4; expected 5"),
    (begun("true", 5) + begun("false", 5), "line 2: add_bos false; expected add_bos true"),
    (begun("false", 5) + begun(nil, 5), "line 2: no add_bos; expected add_bos false"),
  ]) func badLogsAreNamed(text: String, says: String) throws {
    let error = try #require(failure { () throws(ToklabError) in try Self.log(text) })
    #expect(error.description.contains(says), "\(error)")
  }

  private static func begun(_ value: String?, _ first: Int) -> String {
    let key = value.map { #""add_bos": \#($0), "# } ?? ""
    return #"{\#(key)"bytes_scored": 2, "token_ids": [\#(first), 6], "logprob": [null, -1]}"# + "\n"
  }

  @Test func logsSayWhatTheyBeginWith() throws {
    #expect(try Self.log(Self.begun("true", 5) + Self.begun("true", 5)).beginsWithBOS == true)
    let plain = try Self.log(Self.begun("false", 5) + Self.begun("false", 4))
    #expect(plain.beginsWithBOS == false && plain.beginNote.contains("add_bos false"))
    let silent = try Self.log(Self.begun(nil, 5))
    #expect(silent.beginsWithBOS == nil && silent.beginNote.contains("does not record add_bos"))
  }

  @Test func modesAndIntervals() throws {
    var lines: [String] = []
    for index in 0..<40 {
      lines.append(
        #"{"bytes_scored": \#(30 + index), "token_ids": [1, 2, 3, 4], "logprob": [null, -2, -\#(1 + index % 3), -1]}"#
      )
    }
    let log = try Self.log(lines.joined(separator: "\n"))
    let input = InformationCapacity.Input(
      tokenizer: TokenizerIdentity("t"), log: log, shape: Self.published[0].shape)
    let paper = try InformationCapacity(CapacitySettings(bootstrap: Bootstrap(replicates: 200))).measure(
      input)
    let exact = try InformationCapacity(
      CapacitySettings(mode: .exact, bootstrap: Bootstrap(replicates: 200))
    ).measure(input)
    for name in ["information_capacity", "bits_per_token", "bits_per_byte", "cross_entropy_bits"] {
      let row = try #require(paper.result(name))
      #expect(row.low! <= row.value!.double + 0.005 && row.value!.double <= row.high! + 0.005)
    }
    // 8 · mean(30 + i)/3 = 132 exactly.
    #expect(near(paper.result("bits_per_token")?.value?.double, 132))
    #expect(
      paper.result("information_capacity")!.value!.double
        > exact.result("information_capacity")!.value!.double)
  }
}

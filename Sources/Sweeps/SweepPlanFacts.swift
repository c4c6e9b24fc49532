import Tokenizers

/// A plan as a store keeps it, key by key: lists are JSON.
extension SweepPlan {
  /// Every key with its value, in the order of the example: what two plans are compared by.
  var facts: [(key: String, value: String)] {
    func numbers(_ values: [Int]) -> String { "[" + values.map(String.init).joined(separator: ", ") + "]" }
    var seeds = [("seeds", numbers(self.seeds))]
    if !languageSeeds.isEmpty {
      let own = languageSeeds.sorted { $0.key < $1.key }.map {
        Self.quoted([$0.key]).dropFirst().dropLast() + ": " + numbers($0.value)
      }
      seeds.append(("language_seeds", "{" + own.joined(separator: ", ") + "}"))
    }
    return [
      ("languages", Self.quoted(languages)), ("algorithms", Self.quoted(algorithms.map(\.rawValue))),
      ("vocabulary_sizes", numbers(vocabularySizes)), ("training_bytes", numbers(trainingBytes)),
      ("pre_tokenizers", Self.quoted(preTokenizers)),
    ] + seeds + [
      ("reference", reference), ("scale_training", scaling.rawValue),
      ("contamination_limit", "\(contaminationLimit)"),
    ]
  }

  /// The plan that these facts are of.
  ///
  /// - Throws: ``ToklabError`` where one is missing or of another kind.
  init(facts: [String: String], training: String, evaluation: String) throws(ToklabError) {
    func fact(_ key: String) throws(ToklabError) -> String {
      guard let value = facts[key] else {
        throw ToklabError("a plan without \(key)", expected: "all keys of a plan")
      }
      return value
    }
    func json(_ key: String) throws(ToklabError) -> ByteJSON { try ByteJSON(Array(try fact(key).utf8)) }
    func texts(_ key: String) throws(ToklabError) -> [String] {
      var texts: [String] = []
      for value in try json(key).root.elements() { texts.append(try value.string()) }
      return texts
    }
    func integers(_ value: ByteJSON.Value) throws(ToklabError) -> [Int] {
      var integers: [Int] = []
      for value in try value.elements() { integers.append(try value.integer(in: 0...Int.max)) }
      return integers
    }
    var algorithms: [Algorithm] = []
    for name in try texts("algorithms") {
      guard let algorithm = Algorithm(rawValue: name) else {
        throw ToklabError(
          "the algorithm \(name)", expected: Algorithm.allCases.map(\.rawValue).joined(separator: ", "))
      }
      algorithms.append(algorithm)
    }
    var languageSeeds: [String: [Int]] = [:]
    if facts["language_seeds"] != nil {
      try json("language_seeds").root.forEachMember { (key, value) throws(ToklabError) in
        languageSeeds[try key.string()] = try integers(value)
      }
    }
    self.init(
      languages: try texts("languages"), algorithms: algorithms,
      vocabularySizes: try integers(json("vocabulary_sizes").root),
      trainingBytes: try integers(json("training_bytes").root), preTokenizers: try texts("pre_tokenizers"),
      seeds: try integers(json("seeds").root), languageSeeds: languageSeeds, reference: try fact("reference"),
      scaling: Scaling(rawValue: try fact("scale_training")) ?? .none,
      contaminationLimit: Double(try fact("contamination_limit")) ?? 0.01, training: training,
      evaluation: evaluation)
  }

  /// Texts as a JSON list.
  static func quoted(_ texts: [String]) -> String {
    var json = JSONWriter(pretty: false)
    json.beginArray()
    for text in texts { json.string(text) }
    json.endArray()
    return String(decoding: json.bytes, as: UTF8.self)
  }
}

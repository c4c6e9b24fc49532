import Adapt
import TestSupport
import Testing
import Tokenizers

/// Vectors of texts from a helper, with a model of a few lines behind it.
@Suite struct HelperVectorsTests {
  private static func open(_ standin: Standin) throws(ToklabError) -> HelperVectors {
    var launch = HelperModel.Launch(backend: "python", model: standin.path, options: ["--vocabulary", "10"])
    launch.python = TestPaths.python
    return try HelperVectors(launch)
  }

  private static func bytes(_ texts: String...) -> [[UInt8]] { texts.map { Array($0.utf8) } }

  /// In the order asked for, each text asked for once; what is no text has zeros.
  @Test func vectorsAreTheModels() throws {
    let vectors = try Self.open(Standin())
    #expect(vectors.dimensions == 5 && vectors.backend == "standin")
    let first = try vectors.vectors(for: Self.bytes("abba", "c", "abba") + [[0xFF], []])
    #expect(first.rows == 5 && Array(first[0]) == [2, 2, 0, 0, 1] && Array(first[1]) == [0, 0, 1, 0, 2])
    #expect(Array(first[2]) == Array(first[0]))
    #expect(first[3].allSatisfy { $0 == 0 } && first[4].allSatisfy { $0 == 0 })
    let again = try vectors.vectors(for: Self.bytes("c", "d"))
    #expect(Array(again[0]) == [0, 0, 1, 0, 2] && Array(again[1]) == [0, 0, 0, 1, 3])
    #expect(vectors.cost.seconds > 0)
    // More texts than a question takes.
    let many = (0..<2500).map { Array("a\($0)".utf8) }
    let all = try vectors.vectors(for: many)
    #expect((0..<2500).allSatisfy { Array(all[$0])[0] == 1 && Array(all[$0])[4] == Float($0 + 4) })
  }

  @Test(arguments: [
    ("crash", "ended with status 7: out of memory"), ("raise", "RuntimeError: the model is tired"),
    ("nan", "the vector of \"a!\": a number that is not finite"),
    ("narrow", "the vector of \"a!\": 4 numbers; expected 5"),
  ])
  func faults(fault: String, expected: String) throws {
    let standin = try Standin(fault)
    let vectors = try Self.open(standin)
    _ = try vectors.vectors(for: Self.bytes("a"))
    let error = #expect(throws: ToklabError.self) { try vectors.vectors(for: Self.bytes("b", "a!")) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
    #expect(error?.description.contains(standin.path) == true)
    let later = #expect(throws: ToklabError.self) { try vectors.vectors(for: Self.bytes("b")) }
    #expect(later?.description.contains("has failed before") == true)
  }

  @Test func modelsWithoutVectors() throws {
    var error = #expect(throws: ToklabError.self) { try Self.open(Standin("scores")) }
    #expect(error?.description.contains("a model without dimensions") == true, "\(error?.description ?? "")")
    var launch = HelperModel.Launch(backend: "transformers", model: "/nowhere")
    launch.python = "/nowhere/python"
    error = #expect(throws: ToklabError.self) { try HelperVectors(launch) }
    #expect(error?.description.contains("cannot run /nowhere/python") == true)
  }

  /// Strategies take them as they take static vectors.
  @Test(arguments: ["tokenadapt", "tokenadapt-global", "focus", "wechsel", "omp-auxiliary", "auto"])
  func strategiesAskTheModel(method: String) throws {
    let setting = try StrategyTests.Setting(donorColumns: 16)
    let source = try ModelSource(setting.folder["m"])
    var request = setting.request
    request.donor = nil
    request.auxiliary = try Self.open(Standin())
    request.method = method
    let plan = try TransplantPlan(
      model: source, from: source.tokenizer(), to: TargetTokenizer(setting.folder["donor"]).tokenizer, request
    )
    let made = plan.input.filter { $0.tier == .strategy }
    #expect(made.count > 0 && made.allSatisfy { $0.row(of: source.input).allSatisfy { $0.isFinite } })
    if method == "auto" {
      // Tokens without a twin are TokenAdapt's, the others are not.
      #expect(made.contains { $0.method == "tokenadapt" })
    }
  }
}

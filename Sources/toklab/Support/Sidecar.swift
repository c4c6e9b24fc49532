import Tokenizers

/// `NAME.toklab.json` beside `NAME.json`: what the tokenizer's own format cannot hold.
struct Sidecar: Sendable {
  /// Texts and the ids they had when the tokenizer was made.
  var selfTest: [(text: String, ids: [TokenID])] = []

  /// The file beside `path`, or an empty one.
  ///
  /// - Throws: ``ToklabError`` for a file that is there and is not what it should be.
  static func beside(_ path: String) throws -> Sidecar {
    let base = FileFacts.isFolder(path) ? path + "/tokenizer.json" : path
    guard base.hasSuffix(".json") else { return Sidecar() }
    let name = String(base.dropLast(".json".count)) + ".toklab.json"
    guard FileFacts.exists(name) else { return Sidecar() }
    do { return try read(try FileBytes.read(name)) } catch let error as ToklabError { throw error.in(name) }
  }

  private static func read(_ bytes: [UInt8]) throws -> Sidecar {
    var sidecar = Sidecar()
    let root = try ByteJSON(bytes).root
    guard root.kind == .object else {
      throw ToklabError("no JSON object", expected: "what toklab train writes")
    }
    for sample in try root.member("self_test")?.elements() ?? [] {
      guard let text = sample.member("text"), let ids = sample.member("ids") else {
        throw sample.error("a sample without text or ids", expected: "what toklab train writes")
      }
      sidecar.selfTest.append((try text.string(), try ids.elements().map { try $0.tokenID() }))
    }
    return sidecar
  }
}

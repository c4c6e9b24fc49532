import Tokenizers

/// Where an edited tokenizer goes: `tokenizer.json` (or the name given), the file beside it, and `ids.tsv` in
/// the same folder. Nothing appears before ``commit(_:recipe:)``.
struct EditTarget {
  private let path: String
  private let folder: FolderResult?

  /// - Throws: ``ToklabError`` when the target cannot be written, before any work is done.
  init(_ path: String) throws {
    self.path = path
    if path.hasSuffix(".model") {
      throw ToklabError(
        file: path, "edit writes a tokenizer.json", expected: "a .json file or a folder",
        advice: "export the result for a .model")
    }
    if path.hasSuffix("/") || FileFacts.isFolder(path) {
      folder = try FolderResult(path)
    } else {
      folder = nil
      _ = try ResultFile(path)
      _ = try ResultFile(Self.ids(beside: path))
    }
  }

  /// `ids.tsv` in the folder of a file.
  static func ids(beside path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "ids.tsv" }
    return String(path[...slash]) + "ids.tsv"
  }

  /// Old and new ids, a tab between them, in the order of the old; tokens that are gone have no line.
  static func table(_ newIDs: [TokenID?]) -> [UInt8] {
    var out: [UInt8] = []
    for (old, new) in newIDs.enumerated() {
      if let new { out += Array("\(old)\t\(new)\n".utf8) }
    }
    return out
  }

  func commit(_ edited: EditedTokenizer, recipe: JSON) throws {
    let tokenizer = try HuggingFaceJSON.write(edited.definition)
    // What was written must open and keep its ids.
    let readBack = try Tokenizer(HuggingFaceJSON.read(tokenizer))
    if let difference = try SelfTest.firstDifference(try Tokenizer(edited.definition), readBack) {
      throw ToklabError(
        file: path, "reads back with other ids: \(difference.firstText) became \(difference.secondText)",
        advice: "report this as a defect of toklab")
    }
    let sidecar = JSON.object([
      ("schema", .string("toklab.tokenizer/1")), ("toklab", .string(ToklabVersion.current)),
      ("tokenizer_sha256", .string(SHA256.hex(tokenizer))), ("edit", recipe),
      ("self_test", try SelfTest.json(readBack)),
    ]).document()
    let ids = Self.table(edited.newIDs)
    if let folder {
      try folder.write("tokenizer.json", tokenizer)
      try folder.write("tokenizer.toklab.json", sidecar)
      try folder.write(
        "tokenizer_config.json",
        JSON.object([
          ("clean_up_tokenization_spaces", .bool(false)),
          ("tokenizer_class", .string("PreTrainedTokenizerFast")),
        ]).document())
      try folder.write("ids.tsv", ids)
      return try folder.commit()
    }
    let stem = path.hasSuffix(".json") ? String(path.dropLast(".json".count)) : path
    let files = try [(path, tokenizer), (stem + ".toklab.json", sidecar), (Self.ids(beside: path), ids)]
      .map { name, bytes in
        let file = try ResultFile(name)
        try file.output.write(bytes)
        return file
      }
    for file in files { try file.commit() }
  }
}

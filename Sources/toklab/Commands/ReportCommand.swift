import ArgumentParser
import Studies
import Tokenizers

/// `toklab report`.
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Make a page with pictures and tables out of results.",
    discussion: """
      A RESULT is the store of a sweep, or what a verb wrote with --json: every score verb, inspect (token lengths and scripts) and view \
      (coloured splits) have plots of their own; other documents are shown as tables. Results of the same verb on \
      the same text become one section. The page stands alone: no network, light and dark, sortable, printable. \
      NAME.csv and NAME.md lie beside NAME.html.
      """)

  @OptionGroup(title: "Common Options") var shared: SharedOptions

  @Argument(help: "Files that toklab wrote with --json, and stores of sweeps.", completion: .file())
  var results: [String] = []

  @Option(
    name: .shortAndLong,
    help: ArgumentHelp("A folder (gets report.html, .csv, .md) or FILE.html.", valueName: "path"))
  var output: String

  @Option(help: ArgumentHelp("The page's heading.", valueName: "text"))
  var title: String = "Tokenizer report"

  func validate() throws {
    if results.isEmpty {
      throw ValidationError("no RESULT given; expected files that toklab wrote with --json")
    }
    if shared.json { throw ValidationError("report has no --json: its inputs are the JSON") }
    if output == "-" {
      throw ValidationError("-o - is no place for three files; expected a folder or FILE.html")
    }
  }

  func run() throws {
    var documents: [ResultDocument] = []
    for path in results {
      var bytes: [UInt8] = []
      let stream = try ByteStream(path, hashing: true)
      try stream.readAll(into: &bytes)
      let sha256 = try stream.sha256() ?? ""
      // A sweep's store: its cells and what they say together.
      if bytes.starts(with: "SQLite format 3\0".utf8) {
        for verb in ["export", "fit"] {
          let json = try Companion.run("toklab-sweep", [verb, "--json", "--store", path])
          documents.append(try ResultReader.read(json, file: path, sha256: sha256))
        }
        continue
      }
      documents.append(try ResultReader.read(bytes, file: path, sha256: sha256))
    }
    let report = try Report(documents, title: title)
    let isPage = output.hasSuffix(".html")
    let stem = isPage ? String(output.dropLast(5)) : nil
    let files = [
      (".html", report.html()), (".csv", report.csv()), (".md", report.markdown()),
    ].map { (($0.0), Array($0.1.utf8)) }
    if let stem {
      for (ending, bytes) in files { try ResultFile.write(stem + ending, bytes) }
    } else {
      let folder = try FolderResult(output)
      for (ending, bytes) in files { try folder.write("report" + ending, bytes) }
      try folder.commit()
    }
    try summary(report)
    let page = stem.map { $0 + ".html" } ?? output + (output.hasSuffix("/") ? "" : "/") + "report.html"
    shared.note("\(page): \(Numbers.bytes(files[0].1.count)), \(report.sections.count) sections")
  }

  /// Small bar charts, for those who stay in the terminal.
  private func summary(_ report: Report) throws {
    let output = Output.standard()
    let style = shared.style
    let width = Terminal.width(1)
    for section in report.sections {
      for bars in section.bars where !bars.rows.isEmpty {
        try output.line(style.bold("\(section.title): \(bars.title)") + style.dim(" (\(bars.unit))"))
        for line in bars.lines(width: width) { try output.line("  " + line) }
        try output.line()
      }
    }
    try output.flush()
  }
}

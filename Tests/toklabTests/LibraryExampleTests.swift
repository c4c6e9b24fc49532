import Glibc
import TestSupport
import Testing

/// Examples/library: a package of somebody else that trains, encodes, scores and exports with what is public.
struct LibraryExampleTests {
  @Test func aProgramOfTenLinesBuildsAndItsTokenizerIsTheCommands() throws {
    let example = Toklab.packageRoot + "/Examples/library"
    // A build folder of its own: the one above is locked by a test run that builds.
    let build = Toklab.packageRoot + "/.build/example"
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    let built = try Toklab(program: "/usr/bin/env", environment: ["PATH": path], timeout: 900).run(
      ["swift", "build", "--package-path", example, "--scratch-path", build])
    #expect(built.status == 0, "\(built.text)\(built.errorText)")
    let scratch = try Scratch()
    let sample = Toklab.packageRoot + "/Corpora/sample"
    var folder: [String] = []
    for language in ["eng", "tur", "hin"] {
      folder.append(try scratch.write("texts/\(language).txt", Scratch.read("\(sample)/\(language).txt")))
    }
    let run = try Toklab(program: build + "/debug/premium").run([scratch["texts"], scratch["mine.json"]])
    #expect(run.status == 0, "\(run.errorText)")
    #expect(run.lines.first?.hasSuffix(" tokens") == true, "\(run.text)")
    #expect(run.lines.dropFirst().map { $0.split(separator: " ").first ?? "" } == ["eng", "hin", "tur"])
    #expect(run.lines.contains { $0.hasPrefix("eng 1.0 ") })

    let trained = try Toklab.run(
      ["train", "bpe", "--vocab-size", "2000", "-o", scratch["theirs"]] + folder)
    #expect(trained.status == 0, "\(trained.errorText)")
    #expect(try scratch.read("mine.json") == scratch.read("theirs"))
  }

  /// The README prints the program as it stands there.
  @Test func theReadmeShowsIt() throws {
    let main = String(
      decoding: try Scratch.read(Toklab.packageRoot + "/Examples/library/Sources/premium/main.swift"),
      as: UTF8.self)
    let readme = String(decoding: try Scratch.read(Toklab.packageRoot + "/README.md"), as: UTF8.self)
    #expect(readme.contains("```swift\n" + main + "```\n"))
  }
}

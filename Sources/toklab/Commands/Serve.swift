import ArgumentParser

/// `toklab serve`: hands over to `toklab-serve`, which holds the web server and has options of its own.
struct Serve: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Serve a local page that shows texts cut by several tokenizers.",
    discussion: "'toklab serve --help' describes its options: -t TOKENIZER, --port, --host.")

  @Argument(parsing: .captureForPassthrough, help: "Options of the server.")
  var arguments: [String] = []

  func run() throws { try Companion.become("toklab-serve", arguments) }
}

import ArgumentParser
import FlyingFox
import FlyingSocks
import Foundation
import ProgramSupport
import Tokenizers

/// `toklab serve`: a program of its own, which `toklab` becomes when asked for it, so that no other command pays for a
/// web server and Foundation when it starts.
struct ToklabServe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "toklab serve",
    abstract: "Serve a local page that shows texts cut by several tokenizers.",
    discussion: """
      The page works without network and is served on this machine's loopback address only, unless --host says \
      otherwise. It answers requests of its own page and of nobody else's.
      """)

  @Option(
    name: [.customShort("t"), .customLong("tokenizer")],
    help: ArgumentHelp("A tokenizer, or NAME=PATH (repeatable).", valueName: "[name=]path"))
  var tokenizers: [String] = []

  @Option(help: ArgumentHelp("The pattern of tokenizers that carry none.", valueName: "name|regex"))
  var pattern: String?

  @Option(help: ArgumentHelp("The port; 0 takes a free one.", valueName: "port"))
  var port: UInt16 = 8080

  @Option(
    help: ArgumentHelp(
      "An IPv4 address to listen on; others than 127.0.0.1 let other machines in.", valueName: "address"))
  var host: String = "127.0.0.1"

  @Flag(name: [.long, .customShort("q")], help: "Only errors on standard error.")
  var quiet = false

  func validate() throws {
    if tokenizers.isEmpty { throw ValidationError("no tokenizer given; expected -t PATH") }
  }

  func run() async throws {
    let page: TokenPage
    do { page = TokenPage(try tokenizers.map { try OpenTokenizer($0, pattern: pattern) }) } catch {
      throw Self.failed("\(error)")
    }
    let address: sockaddr_in
    do { address = try .inet(ip4: host, port: port) } catch {
      throw Self.failed("--host \(host): not an IPv4 address; expected such as 127.0.0.1")
    }
    let isLoopback = host.hasPrefix("127.")
    let server = HTTPServer(address: address, timeout: 15, logger: .disabled)
    await server.appendRoute("*") { request in await page.answer(request, loopback: isLoopback) }
    let quiet = quiet
    let announce = Task {
      try await server.waitUntilListening(timeout: 10)
      guard !quiet, case .ip4(let shown, let port)? = await server.listeningAddress else { return }
      if !isLoopback { Self.say("toklab: warning: other machines can reach this page") }
      Self.say("toklab: http://\(shown):\(port)/ (Ctrl-C ends it)")
    }
    do { try await server.run() } catch {
      announce.cancel()
      throw Self.failed(
        "\(host):\(port): cannot listen: \(error); is the port in use? --port 0 takes a free one")
    }
  }

  private static func failed(_ text: String) -> ExitCode {
    say("toklab: error: \(text)")
    return ExitCode(2)
  }

  static func say(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

@main
enum Main {
  static func main() async {
    do {
      var command = try ToklabServe.parseAsRoot(nil)
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      let code = ToklabServe.exitCode(for: error)
      if code == .success {
        do { try StandardOutput.write(ToklabServe.fullMessage(for: error) + "\n") } catch {
          ToklabServe.say("toklab: error: \(error)")
          exit(2)
        }
      } else if !(error is ExitCode) {
        let text = ToklabServe.message(for: error).split(separator: "\n").joined(separator: " ")
        ToklabServe.say("toklab: error: \(text)\nSee 'toklab serve --help'.")
      }
      exit(code == .success ? 0 : error is ExitCode ? code.rawValue : 64)
    }
  }
}

/// A tokenizer of the page.
struct OpenTokenizer: Sendable {
  let label: String
  let tokenizer: Tokenizer
  let specials: Set<TokenID>

  /// `NAME=PATH`, or a path whose file or folder names it.
  init(_ operand: String, pattern: String?) throws {
    var path = operand
    var name: String?
    if let equals = operand.firstIndex(of: "="), equals != operand.startIndex, access(operand, F_OK) != 0 {
      name = String(operand[..<equals])
      path = String(operand[operand.index(after: equals)...])
    }
    tokenizer = try Tokenizer(try TokenizerFile.open(path, pattern: pattern).definition)
    specials = Set(tokenizer.definition.addedTokens.filter(\.special).map(\.id))
    var parts = path.split(separator: "/").map(String.init)
    let generic = ["tokenizer.json", "tokenizer.model", "spiece.model", "vocab.txt"]
    if parts.count > 1, generic.contains(parts.last!) { parts.removeLast() }
    let file = parts.last ?? path
    label = name ?? (file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file)
  }
}

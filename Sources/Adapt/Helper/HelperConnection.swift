import Tokenizers

/// A helper that was started and has greeted: its frames, and the errors it reports.
final class HelperConnection {
  let process: HelperProcess
  /// The model as the user named it, for errors.
  let name: String

  /// Starts a helper and lets it open its model.
  ///
  /// - Returns: what `facts` makes of the greeting.
  /// - Throws: ``ToklabError`` when it cannot be started, speaks another version, or cannot open the model.
  static func open<Facts>(
    _ launch: HelperModel.Launch, _ facts: (ByteJSON.Value) throws(ToklabError) -> Facts
  ) throws(ToklabError) -> (HelperConnection, Facts) {
    let connection = try HelperConnection(launch)
    try connection.process.send(
      HelperFrames.frame(HelperFrames.Kind.hello, HelperFrames.bytes(HelperFrames.version)))
    let (kind, body) = try connection.next()
    guard kind == HelperFrames.Kind.facts else {
      throw kind == HelperFrames.Kind.fault ? connection.fault(body) : connection.unexpected(kind)
    }
    do throws(ToklabError) {
      let greeting = try ByteJSON(body).root
      let version = try number("protocol", 0...Int(Int32.max), in: greeting)
      guard version == Int(HelperFrames.version) else {
        throw ToklabError(
          "a helper that speaks version \(version.map(String.init) ?? "none") of the protocol",
          expected: "version \(HelperFrames.version)")
      }
      return (connection, try facts(greeting))
    } catch {
      throw ToklabError(
        "a greeting that is not understood: \(error.found)", expected: error.expected ?? "facts as JSON"
      ).in(launch.name)
    }
  }

  private init(_ launch: HelperModel.Launch) throws(ToklabError) {
    name = launch.name
    let command = [launch.python, launch.helper ?? "/dev/fd/3"] + launch.arguments
    process = try HelperProcess(
      command, script: launch.helper == nil ? HelperScript.source : nil, name: launch.name)
  }

  /// A number of the greeting; nil where it is missing or null.
  static func number(
    _ key: StaticString, _ range: ClosedRange<Int>, in greeting: ByteJSON.Value
  ) throws(ToklabError) -> Int? {
    guard let value = greeting.member(key), !value.isNull else { return nil }
    return try value.integer(in: range)
  }

  /// The next frame.
  func next() throws(ToklabError) -> (kind: UInt8, body: [UInt8]) {
    let length = Int(HelperFrames.number(try process.receive(4)))
    guard length >= 1, length <= HelperFrames.longest else {
      throw ToklabError(
        "an answer of \(length) bytes from the model helper",
        expected: "a frame of the protocol", advice: "it may print to its standard output"
      ).in(name)
    }
    let kind = try process.receive(1)[0]
    return (kind, try process.receive(length - 1))
  }

  /// The frame that ends an answer: tokens read and seconds.
  func done() throws(ToklabError) -> (tokens: Int, seconds: Double) {
    let (kind, body) = try next()
    guard kind == HelperFrames.Kind.done, body.count == 16 else {
      throw kind == HelperFrames.Kind.fault ? fault(body) : unexpected(kind)
    }
    return (
      Int(clamping: HelperFrames.number(body[..<8])), Double(bitPattern: HelperFrames.number(body[8...]))
    )
  }

  /// What the helper says is wrong.
  func fault(_ body: [UInt8]) -> ToklabError {
    do throws(ToklabError) {
      let value = try ByteJSON(body).root
      let message = try value.member("message")?.string() ?? "no message"
      let advice: String? =
        switch try value.member("kind")?.string() {
        case "context": "give a shorter text, or --context for a longer one"
        case "id": "model and tokenizer do not belong together"
        default: nil
        }
      return ToklabError(message, advice: advice).in(name)
    } catch { return unexpected(HelperFrames.Kind.fault) }
  }

  func unexpected(_ kind: UInt8) -> ToklabError {
    ToklabError(
      "a frame of kind \(ByteEscape.string([kind])) from the model helper",
      expected: "an answer by version \(HelperFrames.version) of the protocol"
    ).in(name)
  }
}

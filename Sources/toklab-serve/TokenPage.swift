import FlyingFox
import Foundation
import Studies
import Tokenizers

/// Answers of the server: one page, and two questions that the page asks.
///
/// There are no files behind any path, so there is nothing to climb into. A request must name the host it was sent
/// to (against rebound names), must not come from another origin's page, and brings at most 200 kB of JSON: more tokens than a page can show.
struct TokenPage: Sendable {
  let tokenizers: [OpenTokenizer]
  private let page: Data

  static let mostBytes = 200_000
  /// The trace of a long text would be a long page.
  static let mostExplained = 2_000

  init(_ tokenizers: [OpenTokenizer]) {
    self.tokenizers = tokenizers
    page = Data(PageText.html.utf8)
  }

  func answer(_ request: HTTPRequest, loopback: Bool) async -> HTTPResponse {
    if let refusal = refusal(request, loopback: loopback) { return refusal }
    switch (request.method, request.path) {
    case (.GET, "/"): return response(.ok, page, "text/html; charset=utf-8")
    case (.GET, "/tokenizers"): return response(.ok, Data(names()), "application/json")
    case (.POST, "/encode"), (.POST, "/explain"):
      guard request.headers[.contentType]?.lowercased().hasPrefix("application/json") == true else {
        return error(.unsupportedMediaType, "expected application/json")
      }
      guard let body = await body(request) else {
        return error(.payloadTooLarge, "more than \(Self.mostBytes) bytes")
      }
      do {
        let root = try ByteJSON(body).root
        return response(
          .ok, Data(request.path == "/encode" ? try encoded(root) : try explained(root)), "application/json")
      } catch {
        return self.error(.badRequest, "\(error)")
      }
    case (_, "/"), (_, "/tokenizers"), (_, "/encode"), (_, "/explain"):
      return error(.methodNotAllowed, "another method is expected here")
    default: return error(.notFound, "no such page")
    }
  }

  /// Requests of other pages, and requests for other names than this machine's.
  private func refusal(_ request: HTTPRequest, loopback: Bool) -> HTTPResponse? {
    let host = request.headers[.host] ?? ""
    if loopback {
      let name = host.lastIndex(of: ":").map { String(host[..<$0]) } ?? host
      let isAddress = name.hasPrefix("127.") && name.allSatisfy { $0.isNumber || $0 == "." }
      guard isAddress || name.lowercased() == "localhost" else { return error(.forbidden, "unknown host") }
    }
    if let origin = request.headers[HTTPHeader("Origin")], origin != "http://\(host)" {
      return error(.forbidden, "another origin")
    }
    if let site = request.headers[HTTPHeader("Sec-Fetch-Site")], site == "cross-site" || site == "same-site" {
      // A link that a person followed is no harm; anything that a page fetches is refused.
      guard request.method == .GET, request.headers[HTTPHeader("Sec-Fetch-Mode")] == "navigate" else {
        return error(.forbidden, "another origin")
      }
    }
    return nil
  }

  private func body(_ request: HTTPRequest) async -> [UInt8]? {
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > Self.mostBytes {
      return nil
    }
    var bytes: [UInt8] = []
    do {
      for try await chunk in request.bodySequence {
        bytes.append(contentsOf: chunk)
        if bytes.count > Self.mostBytes { return nil }
      }
    } catch { return [] }
    return bytes
  }

  private func response(_ status: HTTPStatusCode, _ body: Data, _ type: String) -> HTTPResponse {
    HTTPResponse(
      statusCode: status,
      headers: [
        .contentType: type, .cacheControl: "no-store", HTTPHeader("X-Content-Type-Options"): "nosniff",
        HTTPHeader("X-Frame-Options"): "DENY", HTTPHeader("Referrer-Policy"): "no-referrer",
        HTTPHeader("Cross-Origin-Resource-Policy"): "same-origin",
        HTTPHeader("Cross-Origin-Opener-Policy"): "same-origin",
        HTTPHeader("Content-Security-Policy"):
          "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; "
          + "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      ], body: body)
  }

  private func error(_ status: HTTPStatusCode, _ text: String) -> HTTPResponse {
    var json = JSONWriter(pretty: false)
    json.beginObject()
    json.key("error")
    json.string(text)
    json.endObject()
    return response(status, Data(json.bytes), "application/json")
  }

  // MARK: - What the page asks

  private func names() -> [UInt8] {
    var json = JSONWriter(pretty: false)
    json.beginArray()
    for tokenizer in tokenizers { json.string(tokenizer.label) }
    json.endArray()
    return json.bytes
  }

  private func text(_ root: ByteJSON.Value, _ name: StaticString) throws -> [UInt8] {
    guard let member = root.member(name) else {
      throw ToklabError("no \(name)", expected: "{\"\(name)\": \"…\"}")
    }
    return try member.bytes()
  }

  /// `{"text": …, "special": true}`: the tokens of each tokenizer. With `special`, text that spells a special token is
  /// one. A token is its id, its text, where it stands, its bytes, and whether it is partial (1) or special (2).
  private func encoded(_ root: ByteJSON.Value) throws -> [UInt8] {
    let text = try text(root, "text")
    var options = EncodeOptions()
    if try root.member("special")?.bool() == true { options.specialTokens = .all }
    var json = JSONWriter(pretty: false)
    json.beginArray()
    for one in tokenizers {
      json.beginObject()
      json.key("tokenizer")
      json.string(one.label)
      do {
        let encoder = try DocumentEncoder(one.tokenizer, options: options)
        let encoding = try text.withUnsafeBufferPointer { (bytes) throws(ToklabError) in
          try encoder.encodeWithOffsets(bytes)
        }
        json.key("tokens")
        json.beginArray()
        for (index, id) in encoding.ids.enumerated() {
          let bytes = one.tokenizer.bytes(of: id) ?? []
          let (shown, escaped) = ByteEscape.utf8(bytes)
          json.beginArray()
          json.integer(id)
          json.string(shown)
          json.integer(encoding.offsets[index].lowerBound)
          json.integer(encoding.offsets[index].upperBound)
          json.string(bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " "))
          json.integer((escaped ? 1 : 0) | (one.specials.contains(id) ? 2 : 0))
          json.endArray()
        }
        json.endArray()
      } catch {
        json.key("error")
        json.string("\(error)")
      }
      json.endObject()
    }
    json.endArray()
    return json.bytes
  }

  /// `{"text": …, "tokenizer": number}`: lines that say why, each with whether it is what came out.
  private func explained(_ root: ByteJSON.Value) throws -> [UInt8] {
    let text = try text(root, "text")
    guard let index = try root.member("tokenizer")?.integer(), tokenizers.indices.contains(index) else {
      throw ToklabError("no such tokenizer", expected: "its number, from 0")
    }
    guard text.count <= Self.mostExplained else {
      throw ToklabError("\(text.count) bytes to explain", expected: "at most \(Self.mostExplained)")
    }
    let tokenizer = tokenizers[index].tokenizer
    var json = JSONWriter(pretty: false)
    json.beginArray()
    for (piece, lines) in TraceLines.lines(try SplitTrace(of: text, tokenizer), tokenizer) {
      json.beginObject()
      json.key("piece")
      json.string(piece)
      json.key("lines")
      json.beginArray()
      for line in lines {
        json.beginArray()
        json.string(line.text)
        json.bool(line.isChosen)
        json.endArray()
      }
      json.endArray()
      json.endObject()
    }
    json.endArray()
    return json.bytes
  }
}

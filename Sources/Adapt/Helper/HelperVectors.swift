import Synchronization
import Tokenizers

/// Vectors of texts from a model that runs in another program: a sentence-embedding model of transformers, a GGUF
/// file, or one of the user's own (docs/helper-protocol.md, frame `E`).
///
/// A text is asked for once: its vector is kept. Texts that are no UTF-8 (a part of a character, say) and empty ones have
/// no vector.
public final class HelperVectors: AuxiliaryVectors {
  public let dimensions: Int
  /// What runs the model, with its version.
  public let backend: String
  private let state: Mutex<State>

  private struct State {
    let connection: HelperConnection
    var hasFailed = false
    var tokens = 0
    var seconds = 0.0
    /// Where a text's vector begins in `values`, in vectors.
    var places: [[UInt8]: Int] = [:]
    var values: [Float] = []
  }

  /// Texts of one question.
  private static let block = 1024

  /// Starts a helper with `--embed` and lets it open its model.
  ///
  /// - Throws: ``ToklabError`` when it cannot be started, cannot open the model, or gives no vectors.
  public init(_ launch: HelperModel.Launch) throws(ToklabError) {
    var launch = launch
    launch.arguments.append("--embed")
    let (connection, facts) = try HelperConnection.open(launch) {
      (greeting) throws(ToklabError) -> (Int, String) in
      guard let dimensions = try HelperConnection.number("dimensions", 1...1 << 16, in: greeting) else {
        throw ToklabError("a model without dimensions", expected: "one that gives vectors of texts")
      }
      return (dimensions, try greeting.member("backend")?.string() ?? "unknown")
    }
    (dimensions, backend) = facts
    state = Mutex(State(connection: connection))
  }

  /// Tokens the model has read, and the seconds it took.
  public var cost: (tokens: Int, seconds: Double) { state.withLock { ($0.tokens, $0.seconds) } }

  public func vectors(for texts: [[UInt8]]) throws(ToklabError) -> Matrix {
    let dimensions = dimensions
    let result: Result<Matrix, ToklabError> = state.withLock { state in
      do throws(ToklabError) {
        guard !state.hasFailed else {
          throw ToklabError("the model helper has failed before", expected: "a helper that answers")
            .in(state.connection.name)
        }
        var unknown: [[UInt8]] = []
        var seen: Set<[UInt8]> = []
        for text in texts where state.places[text] == nil && Self.isText(text) {
          if seen.insert(text).inserted { unknown.append(text) }
        }
        for start in stride(from: 0, to: unknown.count, by: Self.block) {
          do throws(ToklabError) {
            try Self.ask(unknown[start..<min(unknown.count, start + Self.block)], dimensions, &state)
          } catch {
            // Frames may be left over; what comes next would be misread.
            state.hasFailed = true
            throw error
          }
        }
        var out = Matrix(rows: texts.count, columns: dimensions)
        for (row, text) in texts.enumerated() {
          guard let place = state.places[text] else { continue }
          for column in 0..<dimensions {
            out.values[row * dimensions + column] = state.values[place * dimensions + column]
          }
        }
        return .success(out)
      } catch { return .failure(error) }
    }
    return try result.get()
  }

  private static func isText(_ text: [UInt8]) -> Bool {
    !text.isEmpty && String(validating: text, as: UTF8.self) != nil
  }

  private static func ask(
    _ texts: ArraySlice<[UInt8]>, _ dimensions: Int, _ state: inout State
  ) throws(ToklabError) {
    let connection = state.connection
    try connection.process.send(HelperFrames.texts(texts))
    for text in texts {
      let (kind, body) = try connection.next()
      guard kind == HelperFrames.Kind.vector else {
        throw kind == HelperFrames.Kind.fault ? connection.fault(body) : connection.unexpected(kind)
      }
      func wrong(_ found: String, _ expected: String) -> ToklabError {
        ToklabError("the vector of \"\(ByteEscape.string(text.prefix(40)))\": \(found)", expected: expected)
          .in(connection.name)
      }
      guard body.count == 4 * dimensions else {
        throw wrong("\(body.count / 4) numbers", "\(dimensions), as the model said")
      }
      let vector = HelperFrames.floats(body).map { Float($0) }
      guard vector.allSatisfy({ $0.isFinite }) else { throw wrong("a number that is not finite", "numbers") }
      state.places[text] = state.values.count / dimensions
      state.values += vector
    }
    let (tokens, seconds) = try connection.done()
    state.tokens += tokens
    state.seconds += seconds
  }
}

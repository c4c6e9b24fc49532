import Tokenizers

/// A tokenizer that was opened for a verb, with what tables and provenance say of it.
struct OpenTokenizer: Sendable {
  let operand: TokenizerOperand
  let file: TokenizerFile
  let tokenizer: Tokenizer
  let sidecar: Sidecar

  var label: String { operand.label }
  var sha256: String { file.sha256 }

  init(_ operand: TokenizerOperand, pattern: String?) throws {
    self.operand = operand
    file = try TokenizerFile.open(operand.path, pattern: pattern)
    sidecar = try Sidecar.beside(operand.path)
    do { tokenizer = try Tokenizer(file.definition) } catch { throw error.in(operand.path) }
  }
}

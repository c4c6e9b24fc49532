extension SentencePieceModel {
  /// Why a `.model` cannot give the same tokens; empty when it can.
  public static func limits(_ definition: TokenizerDefinition) -> [String] {
    do {
      _ = try SentencePieceConversion.pieces(definition)
      return []
    } catch {
      return [error.found]
    }
  }

  /// The file's bytes; a file of SentencePiece's that was read comes out unchanged.
  /// - Throws: ``ToklabError`` with the first reason of ``limits(_:)``.
  public static func write(_ definition: TokenizerDefinition) throws(ToklabError) -> [UInt8] {
    let model = try SentencePieceConversion.pieces(definition)
    var writer = ProtobufWriter()
    for piece in model.pieces {
      var inner = ProtobufWriter()
      inner.field(1, piece.bytes)
      if model.settings.scoresReservedPieces || piece.kind == .normal || piece.score != 0 {
        inner.field(2, piece.score)
      }
      if piece.kind != .normal { inner.field(3, Int(piece.kind.rawValue)) }
      writer.field(1, inner.bytes)
    }
    for message in messages(model) { writer.field(message.field, message.bytes) }
    return writer.bytes
  }

  /// The file's own messages while they still say what the settings say, else new ones.
  private static func messages(_ model: SentencePieceConversion.Model) -> [SentencePieceSettings.Message] {
    let settings = model.settings
    if !settings.messages.isEmpty {
      var writer = ProtobufWriter()
      for piece in model.pieces {
        var inner = ProtobufWriter()
        inner.field(1, piece.bytes)
        inner.field(2, piece.score)
        if piece.kind != .normal { inner.field(3, Int(piece.kind.rawValue)) }
        writer.field(1, inner.bytes)
      }
      for message in settings.messages { writer.field(message.field, message.bytes) }
      var read = (try? SentencePieceModel.read(writer.bytes))?.sentencePiece
      read?.scoresReservedPieces = settings.scoresReservedPieces
      if read == settings {
        return settings.messages
      }
    }
    var trainer = ProtobufWriter()
    trainer.field(3, settings.modelType.rawValue)
    trainer.field(4, model.pieces.count)
    trainer.field(24, settings.treatsWhitespaceAsSuffix)
    trainer.field(35, model.byteFallback)
    let unknown = model.pieces.firstIndex { $0.kind == .unknown } ?? 0
    trainer.field(40, unknown)
    let ids = [settings.beginningID, settings.endID, settings.paddingID]
    for (number, id) in zip([41, 42, 43], ids) { trainer.field(number, id.map { Int($0) } ?? -1) }
    trainer.field(44, settings.unknownSurface)
    trainer.field(45, model.pieces[unknown].bytes)
    for (number, id) in zip([46, 47, 48], ids) {
      if let id { trainer.field(number, model.pieces[Int(id)].bytes) }
    }
    var messages = [
      SentencePieceSettings.Message(field: 2, bytes: trainer.bytes),
      SentencePieceSettings.Message(field: 3, bytes: spec(settings.normalization)),
    ]
    if let other = settings.denormalization { messages.append(.init(field: 5, bytes: spec(other))) }
    return messages
  }

  private static func spec(_ normalization: SentencePieceSettings.Normalization) -> [UInt8] {
    var writer = ProtobufWriter()
    writer.field(1, normalization.name)
    writer.field(2, normalization.charsmap)
    writer.field(3, normalization.addDummyPrefix)
    writer.field(4, normalization.removeExtraWhitespaces)
    writer.field(5, normalization.escapeWhitespaces)
    return writer.bytes
  }
}

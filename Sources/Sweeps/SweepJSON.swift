import Studies
import Tokenizers

/// Documents for `toklab report`; they hold nothing that differs from run to run.
package enum SweepJSON {
  package static func fit(_ fit: SweepFit, _ notes: [String]) -> [UInt8] {
    var json = JSONWriter(pretty: true)
    json.beginObject()
    json.key("schema")
    json.string("toklab.score.sweep-fit/1")
    json.key("rows")
    json.beginArray()
    for row in fit.rows {
      json.beginObject()
      text(&json, "tokenizer", row.tokenizer)
      text(&json, "language", row.language)
      text(&json, "metric", row.metric)
      json.key("metric_version")
      json.integer(row.metricVersion)
      number(&json, "value", row.value)
      number(&json, "low", row.low)
      number(&json, "high", row.high)
      text(&json, "estimator", row.estimator)
      text(&json, "unit", row.unit)
      json.key("n")
      json.integer(row.n)
      text(&json, "encode_mode", row.encodeMode)
      text(&json, "null_reason", row.nullReason)
      json.endObject()
    }
    json.endArray()
    json.key("notes")
    json.beginArray()
    for note in notes { json.string(note) }
    json.endArray()
    provenance(&json)
    json.endObject()
    return json.bytes + [0x0A]
  }

  static func provenance(_ json: inout JSONWriter) {
    json.key("provenance")
    json.beginObject()
    text(&json, "toklab", ToklabVersion.current)
    json.endObject()
  }

  static func text(_ json: inout JSONWriter, _ key: String, _ value: String?) {
    json.key(key)
    if let value { json.string(value) } else { json.null() }
  }

  static func number(_ json: inout JSONWriter, _ key: String, _ value: Double?) {
    json.key(key)
    if let value { json.raw(Figures.shortest(value)) } else { json.null() }
  }
}

extension SweepExport {
  package func json() -> [UInt8] {
    var json = JSONWriter(pretty: true)
    json.beginObject()
    json.key("schema")
    json.string("toklab.sweep.export/1")
    json.key("plan")
    json.beginObject()
    for (key, value) in plan.facts { SweepJSON.text(&json, key, value) }
    json.endObject()
    json.key("cells")
    json.beginArray()
    for record in records {
      json.beginObject()
      json.key("cell")
      json.integer(record.id)
      SweepJSON.text(&json, "language", record.language)
      SweepJSON.text(&json, "algorithm", record.algorithm)
      SweepJSON.text(&json, "pre_tokenizer", record.preTokenizer)
      for (key, value) in [
        ("training_bytes", record.trainingBytes), ("seed", record.seed), ("vocabulary_size", record.size),
      ] {
        json.key(key)
        json.integer(value)
      }
      SweepJSON.text(&json, "status", record.status)
      json.key("size_reached")
      if let size = record.sizeReached { json.integer(size) } else { json.null() }
      SweepJSON.text(&json, "reason", record.reason)
      SweepJSON.text(&json, "tokenizer_sha256", record.sha256)
      json.key("values")
      json.beginObject()
      for value in values(record) { SweepJSON.number(&json, value.metric, value.value) }
      json.endObject()
      json.endObject()
    }
    json.endArray()
    SweepJSON.provenance(&json)
    json.endObject()
    return json.bytes + [0x0A]
  }
}

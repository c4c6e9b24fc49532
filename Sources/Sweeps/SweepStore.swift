import GRDB
import Glibc
import Tokenizers

/// What a sweep has found so far: a SQLite file in WAL mode, one transaction a finished cell.
///
/// Thread-safe: GRDB's queue runs one block at a time.
package final class SweepStore: Sendable {
  package let path: String
  private let queue: DatabaseQueue

  /// A training that is finished: its file serves all sizes (a merge list) or one.
  struct Training: Sendable, Hashable {
    var sha256: String
    /// The largest vocabulary there is in it.
    var size: Int
    var seconds: Double
    var bytesUsed: Int
  }

  struct Value: Sendable, Hashable {
    var metric: String
    var value: Double?
    var unit: String
    var n: Int
    var nullReason: String?
  }

  package struct Result: Sendable, Hashable {
    var status: String
    /// The size of the vocabulary that there is; nil where nothing could be trained.
    var sizeReached: Int?
    var reason: String?
    var training: Training?
    var values: [Value] = []
    var measureSeconds = 0.0
    var peakBytes = 0
  }

  /// - Parameter create: whether a store that is not there yet is made.
  /// - Throws: ``ToklabError``: no store, a file that is none, one of a later version, one that cannot be written.
  package init(_ path: String, create: Bool, readOnly: Bool = false) throws(ToklabError) {
    self.path = path
    let exists = access(path, F_OK) == 0
    guard exists || create else {
      throw ToklabError(
        file: path, "no such store", expected: "the --store of a sweep run",
        advice: "toklab sweep run makes one")
    }
    var configuration = Configuration()
    configuration.readonly = readOnly
    if !readOnly { configuration.journalMode = .wal }
    configuration.busyMode = .timeout(10)
    do {
      queue = try DatabaseQueue(path: path, configuration: configuration)
      let migrator = Self.migrator()
      if readOnly {
        guard try queue.read({ try migrator.hasCompletedMigrations($0) }) else {
          throw ToklabError(
            file: path, "not a store of sweeps, or one of an older toklab", expected: "a sweep's --store",
            advice: "toklab sweep resume --store FILE brings a store of an older toklab up to date")
        }
      } else {
        if exists, try queue.read({ try $0.tableExists("cell") == false && Self.hasTables($0) }) {
          throw ToklabError(
            file: path, "a SQLite file of another kind", expected: "a sweep's --store, or a new name")
        }
        guard try queue.read({ try migrator.hasBeenSuperseded($0) }) == false else {
          throw ToklabError(
            file: path, "a store of a later toklab", expected: "a store that this version knows")
        }
        try migrator.migrate(queue)
      }
    } catch { throw Self.error(error, path) }
  }

  package func close() throws(ToklabError) {
    do { try queue.close() } catch { throw Self.error(error, path) }
  }

  /// Whether there is anything of others; a disk that was full from the start leaves the migrator's own table.
  private static func hasTables(_ database: Database) throws -> Bool {
    try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master WHERE tbl_name <> 'grdb_migrations'")!
      > 0
  }

  /// The schema, version by version; what is here is never changed, only added to.
  private static func migrator() -> DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1") { database in
      try database.execute(
        sql: """
          CREATE TABLE fact (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
          CREATE TABLE text (
            role TEXT NOT NULL, language TEXT NOT NULL, path TEXT NOT NULL, sha256 TEXT NOT NULL,
            bytes INTEGER NOT NULL, lines INTEGER NOT NULL, PRIMARY KEY (role, language)) WITHOUT ROWID;
          CREATE TABLE contamination (
            language TEXT PRIMARY KEY, lines INTEGER NOT NULL, checked INTEGER NOT NULL, found INTEGER NOT NULL
          ) WITHOUT ROWID;
          CREATE TABLE training (
            language TEXT NOT NULL, algorithm TEXT NOT NULL, pre_tokenizer TEXT NOT NULL,
            training_bytes INTEGER NOT NULL, seed INTEGER NOT NULL, trained_size INTEGER NOT NULL,
            sha256 TEXT NOT NULL, size INTEGER NOT NULL, bytes_used INTEGER NOT NULL, seconds REAL NOT NULL,
            PRIMARY KEY (language, algorithm, pre_tokenizer, training_bytes, seed, trained_size)) WITHOUT ROWID;
          CREATE TABLE cell (
            id INTEGER PRIMARY KEY, language TEXT NOT NULL, algorithm TEXT NOT NULL, pre_tokenizer TEXT NOT NULL,
            training_bytes INTEGER NOT NULL, seed INTEGER NOT NULL, vocabulary_size INTEGER NOT NULL,
            status TEXT NOT NULL, size_reached INTEGER, reason TEXT, tokenizer_sha256 TEXT, bytes_used INTEGER,
            train_seconds REAL NOT NULL, measure_seconds REAL NOT NULL, process_bytes_peak INTEGER NOT NULL);
          CREATE TABLE value (
            cell INTEGER NOT NULL REFERENCES cell(id), metric TEXT NOT NULL, value REAL, unit TEXT NOT NULL,
            n INTEGER NOT NULL, null_reason TEXT, PRIMARY KEY (cell, metric)) WITHOUT ROWID;
          """)
    }
    // Lists of names were written without quotes, so a name with a comma could not be read again.
    migrator.registerMigration("2") { database in
      for key in ["languages", "algorithms", "pre_tokenizers"] {
        guard
          let old = try String.fetchOne(
            database, sql: "SELECT value FROM fact WHERE key = ?", arguments: [key])
        else { continue }
        let names = old.dropFirst().dropLast().split(separator: ", ").map(String.init)
        try database.execute(
          sql: "UPDATE fact SET value = ? WHERE key = ?", arguments: [SweepPlan.quoted(names), key])
      }
    }
    return migrator
  }

  // MARK: - The plan and its texts

  /// Makes the store this plan's, or makes sure that it is.
  ///
  /// - Throws: ``ToklabError`` that names the first difference of plans, or the text that changed.
  package func begin(_ plan: SweepPlan, _ texts: [SweepTexts.Digest]) throws(ToklabError) {
    try write { database in
      let stored = try Self.facts(database)
      if stored.isEmpty {
        for (key, value) in plan.facts + [("training", plan.training), ("evaluation", plan.evaluation)] {
          try database.execute(sql: "INSERT INTO fact VALUES (?, ?)", arguments: [key, value])
        }
        try database.execute(sql: "INSERT INTO fact VALUES ('toklab', ?)", arguments: [ToklabVersion.current])
        for text in texts {
          try database.execute(
            sql: "INSERT INTO text VALUES (?, ?, ?, ?, ?, ?)",
            arguments: [text.role, text.language, text.path, text.sha256, text.bytes, text.lines])
        }
        return
      }
      for (key, value) in plan.facts where stored[key] != value {
        throw ToklabError(
          file: self.path,
          "a sweep of another plan: \(key) is \(stored[key] ?? "missing") there and \(value) here",
          expected: "the plan that the store was begun with", advice: "take another --store for another plan")
      }
      for text in texts {
        let row = try Row.fetchOne(
          database, sql: "SELECT sha256 FROM text WHERE role = ? AND language = ?",
          arguments: [text.role, text.language])
        guard let row, row["sha256"] == text.sha256 else {
          throw ToklabError(
            file: text.path, "the \(text.role) text of \(text.language) has changed since the sweep began",
            expected:
              "SHA-256 \(row.map { ($0["sha256"] as String).prefix(16) } ?? "of a text in the store")…, found "
              + "\(text.sha256.prefix(16))…",
            advice: "put the old text back, or begin a new --store")
        }
      }
      // The same texts may lie elsewhere today.
      for (key, value) in [("training", plan.training), ("evaluation", plan.evaluation)] {
        try database.execute(sql: "UPDATE fact SET value = ? WHERE key = ?", arguments: [value, key])
      }
    }
  }

  /// The plan the store was begun with.
  package func plan() throws(ToklabError) -> SweepPlan {
    let facts = try read { try Self.facts($0) }
    guard facts["algorithms"] != nil else {
      throw ToklabError(file: path, "a store without a plan", expected: "a store that sweep run has begun")
    }
    do throws(ToklabError) {
      return try SweepPlan(
        facts: facts, training: facts["training"] ?? "", evaluation: facts["evaluation"] ?? "")
    } catch {
      throw error.in(path)
    }
  }

  private static func facts(_ database: Database) throws -> [String: String] {
    var facts: [String: String] = [:]
    for row in try Row.fetchAll(database, sql: "SELECT key, value FROM fact") {
      facts[row["key"]] = row["value"]
    }
    return facts
  }

  // MARK: - Contamination

  func contamination() throws(ToklabError) -> [String: Contamination.Outcome] {
    try read { database in
      var found: [String: Contamination.Outcome] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT * FROM contamination") {
        found[row["language"]] = .init(lines: row["lines"], checked: row["checked"], found: row["found"])
      }
      return found
    }
  }

  func keep(_ outcome: Contamination.Outcome, _ language: String) throws(ToklabError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO contamination VALUES (?, ?, ?, ?)",
        arguments: [language, outcome.lines, outcome.checked, outcome.found])
    }
  }

  // MARK: - Trainings and cells

  func training(_ group: SweepPlan.Group, size: Int) throws(ToklabError) -> Training? {
    try read { database in
      try Row.fetchOne(
        database,
        sql: """
          SELECT sha256, size, seconds, bytes_used FROM training WHERE language = ? AND algorithm = ?
          AND pre_tokenizer = ? AND training_bytes = ? AND seed = ? AND trained_size = ?
          """,
        arguments: [
          group.language, group.algorithm.rawValue, group.preTokenizer, group.trainingBytes, group.seed, size,
        ]
      ).map {
        Training(sha256: $0["sha256"], size: $0["size"], seconds: $0["seconds"], bytesUsed: $0["bytes_used"])
      }
    }
  }

  func keep(_ training: Training, _ group: SweepPlan.Group, size: Int) throws(ToklabError) {
    try write { database in
      try database.execute(
        sql: "INSERT OR REPLACE INTO training VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          group.language, group.algorithm.rawValue, group.preTokenizer, group.trainingBytes, group.seed, size,
          training.sha256, training.size, training.bytesUsed, training.seconds,
        ])
    }
  }

  /// The ids of the cells that are finished.
  package func finished() throws(ToklabError) -> Set<Int> {
    try read { Set(try Int.fetchAll($0, sql: "SELECT id FROM cell")) }
  }

  /// One transaction: the cell and its values, or nothing. A cell that is there already is a mistake of the program and
  /// fails (its id is the key).
  func keep(_ cell: SweepPlan.Cell, _ result: Result) throws(ToklabError) {
    try write { database in
      let group = cell.group
      try database.execute(
        sql: "INSERT INTO cell VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        arguments: [
          cell.id, group.language, group.algorithm.rawValue, group.preTokenizer, group.trainingBytes,
          group.seed,
          cell.size, result.status, result.sizeReached, result.reason, result.training?.sha256,
          result.training?.bytesUsed, result.training?.seconds ?? 0, result.measureSeconds, result.peakBytes,
        ])
      for value in result.values {
        try database.execute(
          sql: "INSERT INTO value VALUES (?, ?, ?, ?, ?, ?)",
          arguments: [cell.id, value.metric, value.value, value.unit, value.n, value.nullReason])
      }
    }
  }

  /// A finished cell as it is exported.
  package struct Record: Sendable {
    package var id: Int
    package var language: String
    package var algorithm: String
    package var preTokenizer: String
    package var trainingBytes: Int
    package var seed: Int
    package var size: Int
    package var status: String
    package var sizeReached: Int?
    package var reason: String?
    package var sha256: String?
    package var bytesUsed: Int?
    package var trainSeconds: Double
    package var measureSeconds: Double
    package var peakBytes: Int
    var values: [Value] = []
  }

  /// All finished cells in plan order.
  package func records() throws(ToklabError) -> [Record] {
    try read { database in
      var values: [Int: [Value]] = [:]
      for row in try Row.fetchAll(database, sql: "SELECT * FROM value ORDER BY cell, metric") {
        values[row["cell"], default: []].append(
          Value(
            metric: row["metric"], value: row["value"], unit: row["unit"], n: row["n"],
            nullReason: row["null_reason"]))
      }
      return try Row.fetchAll(database, sql: "SELECT * FROM cell ORDER BY id").map { row in
        Record(
          id: row["id"], language: row["language"], algorithm: row["algorithm"],
          preTokenizer: row["pre_tokenizer"],
          trainingBytes: row["training_bytes"], seed: row["seed"], size: row["vocabulary_size"],
          status: row["status"],
          sizeReached: row["size_reached"], reason: row["reason"], sha256: row["tokenizer_sha256"],
          bytesUsed: row["bytes_used"], trainSeconds: row["train_seconds"],
          measureSeconds: row["measure_seconds"],
          peakBytes: row["process_bytes_peak"], values: values[row["id"]] ?? [])
      }
    }
  }

  // MARK: - Errors

  private func read<R: Sendable>(_ body: @Sendable (Database) throws -> R) throws(ToklabError) -> R {
    do { return try queue.read(body) } catch { throw Self.error(error, path) }
  }

  private func write(_ body: @Sendable (Database) throws -> Void) throws(ToklabError) {
    do { try queue.write(body) } catch { throw Self.error(error, path) }
  }

  /// SQLite's errors in toklab's words, with what to do.
  private static func error(_ error: any Error, _ path: String) -> ToklabError {
    if let known = error as? ToklabError { return known }
    guard let failure = error as? DatabaseError else { return ToklabError(file: path, "\(error)") }
    let message = failure.message ?? "SQLite error \(failure.resultCode.rawValue)"
    switch failure.resultCode {
    case .SQLITE_FULL:
      return ToklabError(
        file: path, "the disk is full", expected: "room for the store",
        advice: "make room and run toklab sweep resume; finished cells are kept")
    case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM:
      return ToklabError(
        file: path, "cannot be written: \(message)", expected: "a store and its folder that can be written")
    case .SQLITE_NOTADB, .SQLITE_CORRUPT:
      return ToklabError(
        file: path, "not a SQLite file, or a damaged one: \(message)", expected: "the --store of a sweep")
    case .SQLITE_BUSY:
      return ToklabError(
        file: path, "in use by another process", expected: "one sweep a store",
        advice: "wait for it, or end it")
    case .SQLITE_IOERR:
      return ToklabError(
        file: path, "input or output failed: \(message)", expected: "a disk that works and has room",
        advice: "run toklab sweep resume when it is mended; finished cells are kept")
    default: return ToklabError(file: path, message)
    }
  }
}

import Corpora
import Glibc
import Tokenizers

/// Debian packages downloaded by apt and unpacked by dpkg into a folder of our own: no root, nothing is
/// installed, no dependencies come along. apt keeps its lists in that folder too.
struct DebianPackages {
  /// An absolute path.
  let cache: String
  let note: (String) -> Void

  /// - Parameter cache: made when it is missing.
  init(cache: String, note: @escaping (String) -> Void) throws(ToklabError) {
    for folder in ["/lists/partial", "/apt/archives/partial", "/packages", "/unpacked"] {
      try AtomicFile.makeFolder(cache + folder)
    }
    guard let real = realpath(cache, nil) else { throw ToklabError.system("cannot be opened", file: cache) }
    self.cache = String(cString: real)
    free(real)
    self.note = note
  }

  private var options: [String] {
    [
      "-q", "-o", "Dir::State::lists=\(cache)/lists", "-o", "Dir::Cache=\(cache)/apt",
      "-o", "Acquire::Languages=en", "-o", "Acquire::GzipIndexes=false", "-o", "APT::Sandbox::User=root",
    ]
  }

  private func update() throws(ToklabError) {
    note("fetching the lists of packages")
    _ = try ChildProcess.run("apt-get", options + ["update"])
  }

  private func updateIfNeeded() throws(ToklabError) {
    if FileTree.files(under: cache + "/lists", where: { $0.contains("_Packages") }).isEmpty { try update() }
  }

  /// The packages of some requests, by name; one that no list has is reported and left out.
  func fetch(_ requests: [CorpusRecipe.PackageRequest]) throws(ToklabError) -> [UnpackedPackage] {
    try updateIfNeeded()
    var names: [String] = []
    for request in requests { names += try resolve(request) }
    var packages: [UnpackedPackage] = []
    for name in names.sorted() { packages.append(try fetch(name)) }
    return packages
  }

  private func resolve(_ request: CorpusRecipe.PackageRequest) throws(ToklabError) -> [String] {
    switch request {
    case .named(let name):
      if try known(name).contains(name) { return [name] }
      note("package \(name) is in no list of this system and is left out")
      return []
    case .newest(let prefix):
      let numbered = try known(prefix).filter { version($0, prefix) != nil }
      guard
        let best = numbered.max(by: { version($0, prefix)!.lexicographicallyPrecedes(version($1, prefix)!) })
      else {
        note("no package \(prefix)NUMBER is in the lists of this system; left out")
        return []
      }
      return [best]
    case .all(let prefix):
      return try known(prefix).filter { !$0.hasSuffix("-common") }
    }
  }

  /// `6.1` as [6, 1]; nil where the rest of the name is not a version.
  private func version(_ name: String, _ prefix: String) -> [Int]? {
    let parts = name.dropFirst(prefix.count).split(separator: ".", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int($0) }
    return numbers.count == parts.count ? numbers : nil
  }

  private func known(_ prefix: String) throws(ToklabError) -> [String] {
    let out = try ChildProcess.run("apt-cache", options + ["pkgnames", prefix])
    return String(decoding: out, as: UTF8.self).split(separator: "\n").map(String.init).sorted()
  }

  private func packageFile(_ name: String) -> String? {
    FileTree.files(under: cache + "/packages") { $0.hasPrefix(name + "_") && $0.hasSuffix(".deb") }.last
      .map { cache + "/packages/" + $0 }
  }

  private func fetch(_ name: String) throws(ToklabError) -> UnpackedPackage {
    if packageFile(name) == nil {
      note("downloading \(name)")
      let download = options + ["download", name]
      do {
        _ = try ChildProcess.run("apt-get", download, in: cache + "/packages")
      } catch {
        // The lists may be older than what the mirror still has.
        try update()
        _ = try ChildProcess.run("apt-get", download, in: cache + "/packages")
      }
    }
    guard let file = packageFile(name) else {
      throw ToklabError("apt-get download \(name) gave no file", advice: "see 'apt-cache policy \(name)'")
    }
    let folder = cache + "/unpacked/" + name
    if access(folder, F_OK) != 0 {
      let temporary = folder + ".tmp-\(getpid())"
      try TemporaryFiles.register(temporary)
      defer { TemporaryFiles.forget(temporary) }
      do throws(ToklabError) {
        _ = try ChildProcess.run("dpkg-deb", ["-x", file, temporary])
        guard rename(temporary, folder) == 0 else {
          throw ToklabError.system("cannot be written", file: folder)
        }
      } catch {
        TemporaryFiles.remove(temporary)
        throw error
      }
    }
    let version = try ChildProcess.run("dpkg-deb", ["-f", file, "Version"])
    return UnpackedPackage(
      name: name, version: String(decoding: version.filter { $0 != 0x0A }, as: UTF8.self),
      sha256: SHA256.hex(try FileBytes.readRaw(file, limit: 1 << 32)), folder: folder)
  }

  /// apt's list of English package descriptions, all sections one after another.
  func descriptions() throws(ToklabError) -> [UInt8] {
    try updateIfNeeded()
    var out: [UInt8] = []
    for path in FileTree.files(under: cache + "/lists", where: { $0.contains("_i18n_Translation-en") }) {
      // apt may keep its lists compressed; its helper reads them all.
      out += try ChildProcess.run("/usr/lib/apt/apt-helper", ["cat-file", cache + "/lists/" + path])
      out.append(0x0A)
    }
    return out
  }
}

public import SystemPackage

/// A model on disk: the checkpoint files that make it up, open and checked, and what goes with them.
///
///     MODEL/model.safetensors.index.json      which shard holds which tensor
///     MODEL/model-00001-of-00002.safetensors  a shard
///     MODEL/model-00002-of-00002.safetensors
///     MODEL/config.json, tokenizer.json ...   companions
public struct Model: Sendable {
  /// A checkpoint file of the model.
  public struct Shard: Sendable {
    /// Its path relative to the model's directory.
    public let name: String
    /// The file.
    public let checkpoint: Checkpoint
  }

  /// The path that was given: of a safetensors file, an index or a directory.
  public let path: FilePath
  /// Where the files of the model are; nil for a safetensors file, which stands for itself.
  public let directory: FilePath?
  /// The name of the index in the directory; nil for a model of one file.
  public let indexName: String?
  /// Which shard holds which tensor; nil for a model of one file.
  public let index: ShardIndex?
  /// The checkpoint files in the order of the bytes of their names.
  public let shards: [Shard]
  /// The files that go with the model, in the order of the bytes of their names.
  public let companions: [CompanionFile]
  /// Files of the directory with weights that are not the model's: of other formats, of a training.
  public let leftOut: [String]
  /// What is unusual and yet allowed, but for the warnings of each checkpoint.
  public let warnings: [String]
  /// The layers, where the model is one of Keras.
  public var layers: [KerasLayer] { keras?.layers ?? [] }
  /// What HDF5 files hold, together; nil for safetensors files.
  let hdf5: HDF5Index?
  let keras: KerasModel?
  /// What `config.json` says; nil where there is none, or none that can be read.
  let configuration: JSONValue?
  /// What quantized weights are read as; nil where they are taken as they are.
  var dequantized: DequantizedModel?

  /// Opens the files of a model: a safetensors, GGUF or HDF5 file, or an archive of Keras; an index and the files
  /// it names; or a directory with an index, with a `model.safetensors`, or with one safetensors file.
  ///
  /// - Parameters:
  ///   - path: The file, index or directory.
  ///   - access: Where libhdf5 walks an HDF5 file.
  /// - Throws: ``StorageError``, ``DirectoryError``; ``CheckpointError`` for a file, ``ModelError`` for
  ///   files that do not go together.
  public init(_ path: FilePath, hdf5 access: HDF5Access = .inProcess) throws {
    if try FileIdentity(existing: path).isDirectory {
      try self.init(path, at: ModelDirectory(path), index: nil, access)
    } else if let shards = try KerasShards(given: path, access) {
      self.init(path, shards)
    } else if let index = try ShardIndex(given: path) {
      let directory = try ModelDirectory(path.parent)
      try self.init(path, at: directory, index: (path.lastComponent?.string ?? "", index), access)
    } else {
      try self.init(file: path, access)
    }
  }

  private init(file path: FilePath, _ access: HDF5Access) throws {
    self.path = path
    directory = nil
    indexName = nil
    index = nil
    let checkpoint = try Checkpoint(path, hdf5: access)
    shards = [Shard(name: path.lastComponent?.string ?? "", checkpoint: checkpoint)]
    companions = []
    leftOut = []
    warnings = []
    hdf5 = checkpoint.hdf5
    keras = checkpoint.keras
    configuration = nil
  }

  private init(_ path: FilePath, _ keras: KerasShards) {
    self.path = path
    directory = nil
    indexName = nil
    index = nil
    shards = keras.shards
    companions = []
    leftOut = []
    warnings = []
    hdf5 = keras.merged
    self.keras = keras.keras
    configuration = nil
  }

  private init(
    _ path: FilePath, at directory: ModelDirectory, index given: (name: String, ShardIndex)?,
    _ access: HDF5Access
  ) throws {
    self.path = path
    self.directory = directory.path
    var warnings: [String] = []
    let weights = try given.map { .index($0.name, $0.1) } ?? directory.weights()
    switch weights {
    case .file(let name):
      index = nil
      indexName = nil
      shards = [Shard(name: name, checkpoint: try directory.checkpoint(name, access))]
    case .index(let name, let index):
      self.index = index
      indexName = name
      shards = try directory.shards(of: index, name, access)
      warnings += index.warnings
      if let warning = index.sizeWarning(shards) { warnings.append(warning) }
    }
    var own = Set(shards.map { TensorName($0.name) })
    if let indexName { own.insert(TensorName(indexName)) }
    let surroundings = try Surroundings(of: directory, without: own)
    companions = surroundings.companions
    leftOut = surroundings.leftOut
    warnings += surroundings.warnings
    hdf5 = shards.first?.checkpoint.hdf5
    keras = shards.first?.checkpoint.keras
    configuration = try directory.configuration(companions, &warnings)
    self.warnings = warnings
  }
}

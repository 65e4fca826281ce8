import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Converts HDF5 files in chunks, and those that are to have some. The file is of h5py's making.
@Suite struct HDF5CompressionTests {
  private let directory: TemporaryDirectory
  private let input = Fixtures.hdf5.appending("compression.h5")

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func options(_ compression: HDF5Compression? = nil, jobs: Int = 2) throws
    -> ConversionOptions
  {
    var options = ConversionOptions(
      spec: try QuantizationSpec(granularity: .perChannel(axis: nil)))
    options.compression = compression
    options.jobs = jobs
    options.isDurable = false
    options.overwrites = true
    return options
  }

  private func convert(
    _ compression: HDF5Compression? = nil, copies: Bool = false, jobs: Int = 2,
    to name: String = "out.h5"
  ) throws -> FilePath {
    var options = try options(compression, jobs: jobs)
    if copies { options.selection.exclude = ["*"] }
    let output = directory.path(name)
    let report = try Conversion(of: input, options).write(to: output)
    #expect(try report.outputByteCount == output.fileBytes.count)
    return output
  }

  private func datasets(_ path: FilePath) throws -> [TensorName: HDF5Dataset] {
    let index = try HDF5Index(of: InputFile(path), access: .inProcess)
    return Dictionary(uniqueKeysWithValues: index.datasets.map { ($0.path, $0) })
  }

  @Test(arguments: [true, false])
  func `every dataset keeps its chunks, filters and limits`(_ copies: Bool) throws {
    let output = try convert(copies: copies)
    let (found, expected) = (try datasets(output), try datasets(input))
    for (path, dataset) in expected {
      #expect(found[path]?.chunking == dataset.chunking, "\(path)")
      #expect(found[path]?.shape == dataset.shape, "\(path)")
    }
    let added = found.filter { expected[$0.key] == nil }
    #expect(added.isEmpty == copies)
    #expect(added.values.allSatisfy { $0.chunking == nil })
  }

  @Test(arguments: [nil, HDF5Compression.gzip(level: 1), .gzip(level: 9)], [true, false])
  func `values are those of a contiguous output`(
    _ compression: HDF5Compression?, _ copies: Bool
  ) throws {
    let plain = try convert(.off, copies: copies, to: "plain.h5")
    #expect(try datasets(plain).values.allSatisfy { $0.chunking == nil })
    #expect(try convert(compression, copies: copies).tensorBytes == plain.tensorBytes)
    if copies { #expect(try plain.tensorBytes == input.tensorBytes) }
  }

  @Test func `gzip gives what is not small chunks, or what they are now another filter`() throws {
    let found = try datasets(convert(.gzip(level: 7), copies: true))
    #expect(found["plain/kernel"]?.chunking?.shape == [80, 64])
    #expect(found["plain/kernel"]?.chunking?.steps == [.shuffle, .deflate(level: 7)])
    #expect(found["growing/kernel"]?.chunking?.shape == [7, 30])
    #expect(found["growing/kernel"]?.chunking?.limits == [nil, 30])
    #expect(found["double/bias"]?.chunking?.steps == [.shuffle, .deflate(level: 7), .fletcher32])
    #expect(found["bytes"]?.chunking?.steps == [.deflate(level: 7), .fletcher32])
    #expect(found["empty"]?.chunking?.steps == [.shuffle, .deflate(level: 7)])
  }

  @Test(arguments: [nil, HDF5Compression.gzip(level: 6)])
  func `the same bytes come from any number of workers`(_ compression: HDF5Compression?) throws {
    let one = try convert(compression, jobs: 1, to: "one.h5").fileBytes
    for jobs in [2, 3, 8] {
      #expect(try convert(compression, jobs: jobs).fileBytes == one, "\(jobs) jobs")
    }
  }

  @Test func `a large dataset is gathered from many slabs, and from two passes`() throws {
    var random = SeededGenerator(seed: 5)
    // Slabs of a mebibyte of floats, chunks of a mebibyte of codes.
    let bench = try Workbench([
      ("a.weight", .init(.float32, [3000, 701], &random)),
      ("b.weight", .init(.float32, [3, 700_001], &random)),
    ])
    for granularity in [Granularity.perChannel(axis: 1), .perTensor, .perBlock(axis: 1, size: 1)] {
      var options = try options(.gzip(level: 1))
      options.configuration = QuantizerConfig(spec: try QuantizationSpec(granularity: granularity))
      options.format = .hdf5
      let gzipped = try bench.convert(options, to: "gzip.h5")
      options.jobs = 1
      let bytes = try gzipped.fileBytes
      #expect(try bench.convert(options, to: "one.h5").fileBytes == bytes)
      options.compression = .off
      #expect(try gzipped.tensorBytes == bench.convert(options, to: "plain.h5").tensorBytes)
      let chunks = try datasets(gzipped)["a.weight"]?.chunking?.shape
      #expect(chunks == [(1 << 20) / 701, 701])
      #expect(try datasets(gzipped)["b.weight"]?.chunking?.shape == [1, 700_001])
    }
  }

  @Test func `dequantizing keeps chunks and filters`() throws {
    let output = try convert()
    #expect(try Verification(of: output, against: input).run().findings.isEmpty)
    var options = Dequantization.Options()
    options.isDurable = false
    let floats = directory.path("floats.h5")
    let report = try Dequantization(of: output, options).write(to: floats)
    #expect(try report.outputByteCount == floats.fileBytes.count)
    let (found, expected) = (try datasets(floats), try datasets(input))
    #expect(Set(found.keys) == Set(expected.keys))
    for (path, dataset) in expected {
      #expect(found[path]?.chunking == dataset.chunking, "\(path)")
    }
  }

  @Test(arguments: [nil, HDF5Compression.gzip(level: 1)])
  func `a dry run tells the most that the output can be`(_ compression: HDF5Compression?) throws {
    let conversion = try Conversion(of: input, options(compression))
    let bound = try conversion.dryRun(to: directory.path("out.h5"))
    let report = try conversion.write(to: directory.path("out.h5"))
    #expect(bound.isBound && !report.isBound)
    #expect(report.outputByteCount <= bound.outputByteCount)
    for (tensor, bound) in zip(report.tensors, bound.tensors) {
      #expect(tensor.outputByteCount <= bound.outputByteCount, "\(tensor.name)")
    }
    #expect(try !Conversion(of: input, options(.off)).dryRun(to: directory.path("b.h5")).isBound)
  }

  @Test func `parameters go to a file of their own, in chunks if they are many`() throws {
    var random = SeededGenerator(seed: 6)
    let bench = try Workbench([("a.weight", .init(.float32, [512, 256], &random))])
    var options = try options(.gzip(level: 2))
    options.configuration = QuantizerConfig(
      spec: try QuantizationSpec(granularity: .perBlock(axis: 1, size: 4)))
    options.format = .hdf5
    options.separatesBuffers = true
    try bench.convert(options, to: "out.h5")
    let buffers = try datasets(bench.directory.path("out.buffers.h5"))
    #expect(
      buffers["a.weight_scale"]?.chunking?.steps == [.shuffle, .deflate(level: 2)])
    #expect(
      try datasets(bench.directory.path("out.h5"))["a.weight"]?.chunking?.steps
        == [.deflate(level: 2)])
  }

  @Test func `an output that is complete is recognised, another is not`() throws {
    var options = try options()
    options.resumes = true
    options.overwrites = false
    let output = directory.path("out.h5")
    #expect(try !Conversion(of: input, options).write(to: output).wasComplete)
    let bytes = try output.fileBytes
    let again = try Conversion(of: input, options).write(to: output)
    #expect(again.wasComplete && again.outputByteCount == bytes.count)
    for other in [HDF5Compression.gzip(level: 3), .off] {
      options.compression = other
      #expect(throws: StorageError.self) { try Conversion(of: input, options).write(to: output) }
    }
    #expect(try output.fileBytes == bytes)
  }

  @Test func `nothing is left behind by a run that is stopped`() throws {
    let progress = ConversionProgress()
    progress.cancel()
    #expect(throws: CancellationError.self) {
      try Conversion(of: input, options()).write(
        to: directory.path("out.h5"), progress: progress)
    }
    #expect(try directory.contents == [])
  }

  @Test func `a safetensors output and levels that gzip has not are refused`() throws {
    var options = try options(.gzip(level: 1))
    options.format = .safetensors
    #expect(throws: PlanError.compressionNeedsHDF5) { try Conversion(of: input, options) }
    #expect(throws: PlanError.invalidCompressionLevel(10)) {
      try Conversion(of: input, self.options(.gzip(level: 10)))
    }
    #expect(HDF5Compression("gzip:0") == nil && HDF5Compression("gzip:10") == nil)
    #expect(HDF5Compression("gzip:9") == .gzip(level: 9) && HDF5Compression("none") == .off)
  }
}

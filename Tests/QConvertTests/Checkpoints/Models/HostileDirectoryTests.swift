import Fixtures
import SystemPackage
import Testing

@testable import QConvert

/// Opens the models of several files on disk, sound and broken.
@Suite struct HostileDirectoryTests {
  /// What is said of those that are refused, after the path of the directory.
  private static let texts: [String: String] = {
    let index = "/model.safetensors.index.json: "
    let first = "/model-00001-of-00002.safetensors"
    let second = "/model-00002-of-00002.safetensors"
    let name = index + "tensor b.weight: the name of its file, "
    return [
      "dir_traversal_up": name
        + #""../outside.safetensors", has . or .. in its path; files lie in the directory of the index"#,
      "dir_traversal_deep": name
        + #""../../../../../../etc/passwd", has . or .. in its path; files lie in the directory of the index"#,
      "dir_traversal_abs": name
        + #""/etc/passwd", is an absolute path; files lie in the directory of the index"#,
      "dir_traversal_inner": name
        + #""sub/../../outside.safetensors", has . or .. in its path; files lie in the directory of the index"#,
      "dir_traversal_backslash": name + #""..\outside.safetensors", has a backslash"#,
      "dir_traversal_nul": name
        + #""model-00002-of-00002.safetensors\0.txt", has a control character"#,
      "dir_traversal_url": name
        + #""https://example.invalid/x.safetensors", is a URL; nothing is fetched"#,
      "dir_missing_shard": index
        + "model-00002-of-00002.safetensors, the file of tensor b.weight, is missing: "
        + "incomplete download?",
      "dir_tensor_in_two": index
        + "tensor b.weight is in model-00002-of-00002.safetensors and in "
        + "model-00001-of-00002.safetensors",
      "dir_corrupt_shard": second
        + ": the file has 87 bytes, tensor b.weight ends at byte 88: incomplete download?",
      "dir_bin_shard":
        "/pytorch_model.bin: a Python pickle, not a safetensors file; pickles are never opened",
      "dir_index_not_json": index + "the text ends in the middle of a value",
      "dir_index_html": index + "an HTML page, not an index: the download went wrong",
      "dir_index_lfs": index
        + "a Git LFS pointer, not the file it stands for: fetch it with `git lfs pull`",
      "dir_index_no_map": index + "no weight_map, so no index of safetensors files",
      "dir_index_map_list": index + "the weight_map is not a JSON object",
      "dir_index_map_number": index + "tensor a.weight: the name of its file is not a string",
      "dir_index_dup_key": index + "tensor b.weight stands twice in the weight_map",
      "dir_index_self": index
        + "JSON text, not a safetensors file: an index names the files to convert",
    ]
  }()

  @Test func `all directories are there`() throws {
    #expect(HostileCase.directories.count == 22)
    #expect(
      HostileCase.directories.filter { $0.expected == .reject }.map(\.name).sorted()
        == Self.texts.keys.sorted())
    // What an index must not reach is a sound file with the tensor that is looked for.
    let outside = try Checkpoint(Fixtures.hostile.appending("directories/outside.safetensors"))
    #expect(outside.tensors.map(\.name) == ["b.weight"])
  }

  @Test(arguments: HostileCase.directories)
  func `a directory is opened or refused as its verdict says`(_ hostile: HostileCase) throws {
    switch hostile.expected {
    case .accept:
      let model = try Model(hostile.file)
      #expect(model.shards.flatMap(\.checkpoint.tensors).map(\.name).sorted() == Self.tensors)
      #expect(model.warnings == [])
      #expect(model.companions.isEmpty)
    case .reject:
      let error = try #require(throws: (any Error).self) { try Model(hostile.file) }
      #expect("\(error)" == hostile.file.string + (Self.texts[hostile.name] ?? ""))
    }
  }

  private static let tensors: [TensorName] = ["a.weight", "b.weight"]
}

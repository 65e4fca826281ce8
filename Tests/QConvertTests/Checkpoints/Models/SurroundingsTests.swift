import Fixtures
import Foundation
import SystemPackage
import Testing

@testable import QConvert

/// What goes with a model, and what does not.
@Suite struct SurroundingsTests {
  private let directory: TemporaryDirectory
  private var path: FilePath { FilePath(directory.url.path()) }

  init() throws {
    directory = try TemporaryDirectory()
    try directory.addShard("model.safetensors", "a")
  }

  @Test func `companions come from all directories, sorted by their paths`() throws {
    let names = [
      "1_Pooling/config.json", "1_Pooling/deep/er/x.txt", "1_Pooling.json", "Z.txt", "config.json",
      "a b.txt", "\u{e9}.txt", ".gitattributes", "LICENSE",
    ]
    for (size, name) in names.enumerated() {
      try directory.add(name, Array(repeating: 0x20, count: size))
    }
    for name in [
      ".git/config", ".cache/huggingface/x.json", "code/__pycache__/m.pyc", ".DS_Store",
      ".model.safetensors.qconvert-12.tmp", ".out.qconvert-12/config.json",
    ] {
      try directory.add(name)
    }
    for name in ["pytorch_model.bin", "original/consolidated.00.pth", "x.mlpackage/Manifest.json"] {
      try directory.add(name)
    }
    try directory.addShard("2_Dense/model.safetensors", "b")
    let model = try Model(path)
    let dense = "2_Dense/model.safetensors"
    #expect(
      model.companions.map(\.name)
        == (names + [dense]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
    for companion in model.companions where companion.name != dense {
      #expect(names.firstIndex(of: companion.name) == companion.byteCount)
    }
    #expect(
      model.leftOut == [
        "original/consolidated.00.pth", "pytorch_model.bin",
        "x.mlpackage",
      ])
    #expect(
      model.warnings.filter { !$0.hasPrefix("config.json") } == [
        "\(dense) is no part of the model and copied as it is"
      ])
  }

  @Test func `a name that is not UTF-8 is an error, not a loss`() throws {
    #if !canImport(Darwin)
    let bytes: [CInterop.PlatformChar] = path.string.utf8CString.dropLast() + [0x2f, 0x61, -1, 0]
    let file = unsafe bytes.withUnsafeBufferPointer { bytes in
      unsafe bytes.baseAddress.map { unsafe FilePath(platformString: $0) } ?? ""
    }
    try FileDescriptor.open(
      file, .writeOnly, options: [.create], permissions: .ownerReadWrite
    ).close()
    let error = try #require(throws: DirectoryError.self) { try Model(path) }
    #expect("\(error)" == "\(path): the name of a file in it is not UTF-8: a\u{fffd}")
    #endif
  }

  @Test func `trees too deep are refused`() throws {
    func name(_ depth: Int) -> String { String(repeating: "d/", count: depth) + "x.txt" }
    try directory.add(name(31))
    #expect(try Model(path).companions.map(\.name) == [name(31)])
    try directory.add(name(32))
    let error = try #require(throws: ModelError.self) { try Model(path) }
    #expect(error == .tooDeep(path, String(name(32).dropLast("/x.txt".count))))
  }

  @Test func `directories too full are refused`() throws {
    for name in ["1", "2", "3"] { try directory.add("many/\(name)") }
    let many = path.appending("many")
    #expect(try DirectoryListing(many, limit: 3).entries.map(\.name) == ["1", "2", "3"])
    let error = try #require(throws: DirectoryError.self) {
      try DirectoryListing(many, limit: 2)
    }
    #expect("\(error)" == "\(many): more files than any model has")
  }

  // MARK: Names

  @Test(arguments: [
    "config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json",
    "tokenizer.model", "tokenizer.bin", "tokenizer.pkl", "spiece.model", "vocab.json", "vocab.bin",
    "vocab.txt", "merges.txt", "qwen.tiktoken", "chat_template.jinja", "modeling_x.py", "README.md",
    "source.spm", "sentencepiece.bpe.model", "special_tokens_map.json", "trainer_state.json",
    "scheduler_config.json", "optimizer.json", "model.json", "model_index.json",
    "pytorch_model.json",
    "lid.176.bin", "LICENSE", ".gitattributes", ".gitignore", "preprocessor_config.json",
    "rank.bpe", "modules.json", "index.json", "a.index.json", "openvino_model.xml", "x.npy",
  ])
  func `configurations and tokenizers are never left out`(_ name: String) {
    #expect(FileRole(file: name) == .companion)
  }

  @Test(arguments: [
    "x.safetensors", "X.SAFETENSORS", "model.safetensors.index.json",
    "model.safetensors.index.fp16.json", "tokenizer.safetensors", "pytorch_model.bin",
    "pytorch_model-00001-of-00002.bin", "pytorch_model.bin.index.json", "model.bin",
    "model-00001.bin", "adapter_model.bin", "diffusion_pytorch_model.fp16.bin", "weights.bin",
    "openvino_model.bin", "training_args.bin", "optimizer.bin", "scheduler.bin",
    "pytorch_lora_weights.bin", "optimizer.pt", "scheduler.pt", "consolidated.00.pth", "x.ckpt",
    "model.ckpt.index", "model.ckpt-12.data-00000-of-00001", "tf_model.h5",
    "tf_model.h5.index.json", "m.keras", "flax_model.msgpack", "flax_model.msgpack.index.json",
    "model.onnx", "model.onnx_data", "model.onnx_data_1", "model.onnx.data", "m-Q4_K_M.gguf",
    "ggml-model-q4_0.bin", "m.ggml", "weights.npz", "x.pkl", "x.pickle", "m.tflite", "M.mlmodel",
    "rust_model.ot", "rng_state.pth", "rng_state_0", "random_states_0.pkl", "__0_0.distcp",
  ])
  func `weights and training states are left out`(_ name: String) {
    #expect(FileRole(file: name) == .weights)
  }

  @Test(arguments: [".DS_Store", "._config.json", ".git", ".a.safetensors.qconvert-1.tmp"])
  func `files that are nobody's are passed over`(_ name: String) {
    #expect(FileRole(file: name) == .debris)
  }

  @Test func `directories have roles too`() {
    for name in [".git", ".cache", "__pycache__", ".out.qconvert-1"] {
      #expect(FileRole(directory: name) == .debris)
    }
    #expect(FileRole(directory: "x.mlpackage") == .weights)
    for name in ["1_Pooling", "original", "onnx", "tokenizer", ".github"] {
      #expect(FileRole(directory: name) == .companion)
    }
  }
}

import Testing

@testable import QConvert

@Suite struct KerasFileTests {
  private static let dense = HDF5Dataset.sample("dense/dense/kernel:0", [64, 32])

  /// A file of weights with one layer.
  private static func index(
    layerNames: HDF5Attribute = .texts("layer_names", ["dense"]),
    weightNames: HDF5Attribute = .texts("weight_names", ["dense/kernel:0"])
  ) -> HDF5Index {
    .sample(["": [layerNames], "dense": [weightNames], "dense/dense": []], [dense])
  }

  @Test(
    arguments: [
      (["": [], "a": []], [], nil),
      (["": []], [HDF5Dataset.sample("vars", [2])], nil),
      (["": []], [HDF5Dataset.sample("a/vars/x", [2])], nil),
      (["": [.texts("layer_names", [])]], [], .weights),
      (["": [.texts("layer_names0", [])]], [], .weights),
      (["": [], "model_weights": []], [], nil),
      (["": [], "model_weights": [.texts("layer_names", [])]], [], .model),
      (["": []], [HDF5Dataset.sample("layers/dense/vars/0", [2, 2])], .variables),
      (["": []], [HDF5Dataset.sample("vars/0", [2, 2])], .variables),
    ] as [(KeyValuePairs<String, [HDF5Attribute]>, [HDF5Dataset], KerasFile?)])
  func `a file is known by its groups and attributes`(
    _ groups: KeyValuePairs<String, [HDF5Attribute]>, _ datasets: [HDF5Dataset], _ file: KerasFile?
  ) throws {
    let index = HDF5Index.sample(groups, datasets)
    #expect(try KerasFile(index) == file)
    #expect(try KerasModel(index: index)?.file == file)
  }

  @Test(
    arguments: [
      (
        index(layerNames: .numbers("layer_names", count: 5)),
        "the root group: its attribute layer_names is no list of texts"
      ),
      (
        index(layerNames: .texts("layer_names", ["dense", "dense_1"])),
        "layer dense_1 is listed and has no group: incomplete file?"
      ),
      (
        index(layerNames: .texts("layer_names", ["dense", "dense"])), "layer dense is listed twice"
      ),
      (
        index(layerNames: .texts("layer_names", ["../dense"])),
        "the root group: its attribute layer_names names \"../dense\", which has . or .. in its path; "
          + "names stay in their group"
      ),
      (
        index(layerNames: .texts("layer_names", [""])),
        "the root group: its attribute layer_names names \"\", which is empty"
      ),
      (
        index(weightNames: .texts("weight_names", ["dense/bias:0"])),
        "layer dense: its weight dense/bias:0 is no dataset of the file: incomplete file?"
      ),
      (
        index(weightNames: .texts("weight_names", ["dense"])),
        "layer dense: its weight dense is no dataset of the file: incomplete file?"
      ),
      (
        index(weightNames: .texts("weight_names", ["/dense/dense/kernel:0"])),
        "dense: its attribute weight_names names \"/dense/dense/kernel:0\", which is an absolute path; "
          + "names are relative to their group"
      ),
      (
        index(weightNames: .texts("weight_names", ["dense//kernel:0"])),
        "dense: its attribute weight_names names \"dense//kernel:0\", which has nothing between two "
          + "slashes or after the last"
      ),
      (
        index(weightNames: .numbers("weight_names", count: 1)),
        "dense: its attribute weight_names is no list of texts"
      ),
      (
        index(
          weightNames: HDF5Attribute(
            name: "weight_names", type: .variableString(isUTF8: true), shape: [1],
            value: .texts([[0xff]]))),
        "dense: its attribute weight_names is not UTF-8"
      ),
      (
        index(
          weightNames: HDF5Attribute(
            name: "weight_names", type: .variableString(isUTF8: true), shape: [1], value: .unread)),
        "dense: its attribute weight_names is too large"
      ),
      (
        .sample(["": [.text("model_config", "{}")], "model_weights": []]),
        "model_weights: no attribute layer_names"
      ),
    ] as [(HDF5Index, String)])
  func `an incomplete model is refused`(_ index: HDF5Index, _ message: String) {
    let error = #expect(throws: KerasError.self) { try KerasModel(index: index) }
    #expect(error.map { "\($0)" } == message)
  }

  @Test(arguments: [
    HDF5Attribute.texts("weight_names", ["dense/kernel:0"]),
    .texts("weight_names", ["dense/kernel:0"], size: 14),
    .texts("weight_names", ["dense/kernel:0"], size: 20),
    .texts("weight_names0", ["dense/kernel:0"]),
  ])
  func `names may be texts of any kind`(_ names: HDF5Attribute) throws {
    let model = try #require(try KerasModel(index: Self.index(weightNames: names)))
    #expect(model.layers.map(\.variables) == [["dense/dense/kernel:0"]])
    #expect(model.weights["dense/dense/kernel:0"]?.role == .kernel)
  }

  @Test func `a list in several attributes is one`() throws {
    let index = HDF5Index.sample([
      "": [
        .texts("layer_names0", ["c", "b"], size: 3), .texts("layer_names1", ["a"]),
        .texts("layer_names3", ["d"]),
      ],
      "a": [.numbers("weight_names", count: 0)], "b": [], "c": [],
    ])
    #expect(try KerasModel(index: index)?.layers.map(\.path.string) == ["c", "b", "a"])
  }

  @Test(
    arguments: [
      (.nullTerminated, "ab\0d\0", ["ab"]), (.nullPadded, "ab\0d\0", ["ab\0d"]),
      (.spacePadded, "ab d ", ["ab d"]), (.spacePadded, "     ", [""]),
      (.nullPadded, "abcde", ["abcde"]),
    ] as [(HDF5StringPadding, String, [String])])
  func `texts of a fixed length end where their padding begins`(
    _ padding: HDF5StringPadding, _ bytes: String, _ texts: [String]
  ) {
    let attribute = HDF5Attribute(
      name: "a", type: .string(size: 5, padding: padding, isUTF8: true), shape: [],
      value: .bytes(Array(bytes.utf8)))
    #expect(attribute.texts == texts.map { Array($0.utf8) })
  }

  @Test func `a weight may have several paths`() throws {
    var kernel = HDF5Dataset.sample("a/kernel:0", [2, 3])
    kernel.otherPaths = ["b/kernel:0"]
    var group = HDF5Group(
      path: "a", address: 0, attributes: [.texts("weight_names", ["kernel:0"])])
    group.otherPaths = ["c"]
    let index = HDF5Index(
      groups: [
        HDF5Group(path: "", address: 0, attributes: [.texts("layer_names", ["a", "b", "c"])]),
        group,
        HDF5Group(path: "b", address: 0, attributes: [.texts("weight_names", ["kernel:0"])]),
      ], datasets: [kernel], warnings: [], userBlock: 0)
    let model = try #require(try KerasModel(index: index))
    #expect(model.layers.map(\.variables) == [["a/kernel:0"], ["a/kernel:0"], ["a/kernel:0"]])
  }

  @Test func `optimizer state is no weight in any file`() throws {
    let datasets = [
      HDF5Dataset.sample("optimizer_weights/adam/m", [3, 4]), .sample("optimizer/vars/2", [3, 4]),
    ]
    for dataset in datasets {
      #expect(KerasWeight(of: dataset).role == .optimizer)
      #expect(!KerasWeight(of: dataset).isWeight)
    }
    let variables = try #require(
      try KerasModel(index: .sample(["": [], "optimizer/vars": []], datasets)))
    #expect(variables.layers == [])
    #expect(variables.weights["optimizer/vars/2"]?.isWeight == false)
  }
}

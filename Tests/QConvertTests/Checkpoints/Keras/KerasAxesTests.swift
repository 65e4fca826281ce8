import Testing

@testable import QConvert

@Suite struct KerasAxesTests {
  @Test(
    arguments: [
      (.kernel, "Dense", 2, 1, 0), (.kernel, "Conv1D", 3, 2, 1), (.kernel, "Conv2D", 4, 3, 2),
      (.kernel, "Conv3D", 5, 4, 3), (.kernel, "Conv1DTranspose", 3, 1, 2),
      (.kernel, "Conv2DTranspose", 4, 2, 3), (.kernel, "Conv3DTranspose", 5, 3, 4),
      (.depthwiseKernel, "DepthwiseConv2D", 4, 2, 3),
      (.depthwiseKernel, "SeparableConv2D", 4, 2, 3),
      (.pointwiseKernel, "SeparableConv2D", 4, 3, 2), (.embeddings, "Embedding", 2, 0, 1),
      (.embeddings, "ReversibleEmbedding", 2, 0, 1),
      (.reverseEmbeddings, "ReversibleEmbedding", 2, 1, 0),
      (.kernel, "LSTM", 2, 1, 0), (.recurrentKernel, "GRUCell", 2, 1, 0),
      (.kernel, "ConvLSTM2D", 4, 3, 2), (.recurrentKernel, "ConvLSTM2D", 4, 3, 2),
    ] as [(KerasRole, String, Int, Int, Int)])
  func `a weight has the axes of its layer's class`(
    _ role: KerasRole, _ className: String, _ rank: Int, _ channel: Int, _ block: Int
  ) throws {
    let kind = try #require(KerasLayerKind(className: className))
    let axes = KerasAxes(of: role, in: kind, rank: rank)
    #expect(axes == KerasAxes(channel: channel, block: block, isAssumed: false))
  }

  @Test(
    arguments: [
      (.kernel, nil, 2, 1, 0), (.kernel, nil, 4, 3, 2), (.kernel, "Dense", 3, 2, 1),
      (.kernel, "Conv2DTranspose", 2, 1, 0), (.embeddings, "Embedding", 1, 0, 0),
      (.kernel, "EinsumDense", 3, 2, 1), (.other, "PReLU", 3, 2, 1),
      (.recurrentKernel, "LSTM", 1, 0, 0),
    ] as [(KerasRole, String?, Int, Int, Int)])
  func `axes that nothing tells are assumed`(
    _ role: KerasRole, _ className: String?, _ rank: Int, _ channel: Int, _ block: Int
  ) {
    let axes = KerasAxes(
      of: role, in: className.flatMap { KerasLayerKind(className: $0) }, rank: rank)
    #expect(axes == KerasAxes(channel: channel, block: block, isAssumed: true))
    #expect(KerasAxes(of: role, in: nil, rank: 0) == nil)
  }

  @Test(arguments: [
    ("ab,bc->ac", 2, 1, 0), ("abc,dc->abd", 2, 0, 1), ("...x,xy->...y", 2, 1, 0),
    ("abc,cde->abde", 3, 2, 0), ("abcd,cde->abe", 3, 2, 1), ("abc, cd -> abd", 2, 1, 0),
    ("abc,bdc->abd", 3, 1, 2), ("btnh,nhd->btd", 3, 2, 1), ("btd,ndh->btnh", 3, 2, 1),
  ])
  func `the equation of an EinsumDense tells the axes`(
    _ equation: String, _ rank: Int, _ channel: Int, _ block: Int
  ) {
    let axes = KerasEquation(equation)?.axes(rank: rank)
    #expect(axes == KerasAxes(channel: channel, block: block, isAssumed: false))
    #expect(KerasEquation(equation)?.axes(rank: rank + 1) == nil)
  }

  @Test(
    arguments: [
      ("ab,bc->ac", [5, 7], [true, false], [1, 7]),
      ("abc,cde->abde", [5, 2, 3], [true, false, false], [1, 1, 2, 3]),
      ("abcd,cde->abe", [2, 3, 5], [true, true, false], [1, 1, 5]),
      ("abc,dc->abd", [7, 5], [false, true], [1, 1, 7]),
      ("abc,bcd->abd", [6, 5, 7], [false, true, false], [1, 6, 7]),
      ("abc,cde->abed", [5, 2, 3], [true, false, false], nil),
    ] as [(String, [Int], [Bool], [Int]?)])
  func `scales are laid out like the output`(
    _ text: String, _ shape: [Int], _ contraction: [Bool], _ scales: [Int]?
  ) throws {
    let equation = try #require(KerasEquation(text))
    #expect(equation.isComplete)
    #expect(equation.contraction(rank: shape.count) == contraction)
    #expect(equation.scaleShape(ofKernel: shape) == scales)
    #expect(equation.contraction(rank: shape.count + 1) == nil)
    #expect(equation.scaleShape(ofKernel: shape + [1]) == nil)
    #expect(KerasEquation("...x,xy->...y")?.isComplete == false)
  }

  @Test(arguments: [
    "", "ab", "ab,bc", "ab->bc", "->,", "ab,b.c->ac", "ab,bb->ab", "ab-bc,->", "a,é->é",
  ])
  func `other texts are no equations`(_ text: String) {
    #expect(KerasEquation(text)?.axes(rank: 2) == nil)
  }

  @Test(arguments: [
    ("Dense", "dense"), ("Conv2DTranspose", "conv2d_transpose"), ("PReLU", "p_re_lu"),
    ("LSTMCell", "lstm_cell"), ("ConvLSTM2D", "conv_lstm2d"),
    ("MultiHeadAttention", "multi_head_attention"),
    ("SimpleRNN", "simple_rnn"), ("RMSNormalization", "rms_normalization"),
    ("DepthwiseConv1D", "depthwise_conv1d"),
    ("Pkg>My-Layer", "pkg_my_layer"),
  ])
  func `class names become names as in Keras`(_ className: String, _ name: String) {
    #expect(KerasLayerKind.snakeCase(className) == name)
  }

  @Test(arguments: [
    ("dense", "Dense"), ("dense_12", "Dense"), ("conv2d_transpose_1", "Conv2DTranspose"),
    ("conv2d", "Conv2D"), ("dense_", nil), ("dense_x", nil), ("my_dense", nil), ("_1", nil),
    ("", nil),
    ("Dense", nil),
  ])
  func `names that Keras gave tell the class`(_ name: String, _ className: String?) {
    #expect(KerasLayerKind.className(of: name) == className)
  }

  @Test func `scales beside a quantized kernel are no weights`() throws {
    let index = HDF5Index.sample(
      ["": [], "layers/reversible_embedding/vars": [], "layers/dense/vars": []],
      [
        .sample("layers/dense/vars/0", [8, 4], isFloat: false),
        .sample("layers/dense/vars/2", [2, 8]),
        .sample("layers/reversible_embedding/vars/0", [8, 4], isFloat: false),
        .sample("layers/reversible_embedding/vars/1", [8, 2]),
      ])
    let model = try #require(try KerasModel(index: index))
    #expect(model.weights.values.allSatisfy { !$0.isWeight })
  }

  @Test func `bfloat16 in opaque bytes is a float`() throws {
    func dataset(_ dtype: String) -> HDF5Dataset {
      HDF5Dataset(
        path: "layers/dense/vars/0", address: 0, type: .opaque(size: 2, tag: ""), shape: [4, 4],
        storage: .unallocated, filters: [], fill: nil, attributes: [.text("dtype", dtype)])
    }
    #expect(KerasWeight(of: dataset("bfloat16")).isWeight)
    #expect(!KerasWeight(of: dataset("void")).isWeight)
  }
}

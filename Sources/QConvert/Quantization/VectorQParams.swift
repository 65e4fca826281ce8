import CKernels

/// A calculator whose formula the vector kernels have too, bit for bit.
protocol VectorQParams: QParamsCalculator {
  /// The kernels' name of the formula.
  var rule: qc_rule_kind { get }
}

extension StaticQParams: VectorQParams {
  var rule: qc_rule_kind { QC_RULE_COREAI }
}

extension MLXAffineQParams: VectorQParams {
  var rule: qc_rule_kind { QC_RULE_MLX_AFFINE }
}

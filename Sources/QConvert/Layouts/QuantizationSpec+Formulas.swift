extension QuantizationSpec {
  /// The calculator with which a layout quantizes: that of its library, or coreai-opt's where the spec names it
  /// and the format can carry what it gives; nil where the spec names another.
  func calculator(ofLibrary own: String, takesReference: Bool) -> String? {
    switch qparamsCalculator {
    case Calculators.defaultName, own: own
    case StaticQParams.name where takesReference: StaticQParams.name
    default: nil
    }
  }
}

// From codes to values.

// What becomes of a code: multiplied by the scale, with or without roundings, or divided by it.
enum product_kind { PRODUCT_EXACT, PRODUCT_ROUNDED, PRODUCT_BACK };

struct lane_scale {
  vf scale, minval, zero;
};

INLINE struct lane_scale lane_scale_of(const struct qc_affine *affine, size_t i, size_t n) {
  vf scale = 1, minval = 0;
  vi zero = affine->quant_min;
  __builtin_memcpy(&scale, affine->scale + i, n * sizeof(float));
  if (affine->minval) __builtin_memcpy(&minval, affine->minval + i, n * sizeof(float));
  if (affine->zero) __builtin_memcpy(&zero, affine->zero + i, n * sizeof(int32_t));
  if (affine->global != 0) scale /= affine->global;
  return (struct lane_scale){scale, minval, __builtin_convertvector(zero, vf)};
}

INLINE struct lane_scale run_scale(const struct qc_affine *affine, size_t run) {
  float scale = affine->scale[run];
  if (affine->global != 0) scale /= affine->global;
  return (struct lane_scale){scale, affine->minval ? affine->minval[run] : 0.0f,
                             (float)(affine->zero ? affine->zero[run] : affine->quant_min)};
}

INLINE vf decode(enum qc_code code, vb q) {
  if (code == QC_I8) return __builtin_convertvector(__builtin_bit_cast(vsb, q), vf);
  if (code == QC_U8) return __builtin_convertvector(q, vf);
  vu bits = __builtin_convertvector(q, vu);
  if (code == QC_E2M1 || code == QC_E2M1_LOWER) {
    vu index = bits & 7;
    vu doubled = (index >> 1) + 126;
    vf value = as_float(doubled << 23 | (index & 1) << 22);
    value = index == 1 ? (vf)0.5f : value;
    value = index == 0 ? (vf)0.0f : value;
    return as_float(as_bits(value) | (bits & 8) << 28);
  }
  if (code == QC_E5M2) {
    vu magnitude = bits & 0x7f, sign = (bits & 0x80) << 24;
    vu special = (vu)(magnitude >= 0x7c) & 0x7f800000u;
    return as_float(as_bits(as_float(magnitude << 21) * 0x1p112f) | special | sign);
  }
  return e4m3_value(bits);
}

// The addition comes only with a minval: it would turn -0 into +0 in the float dtypes.
INLINE vf dequantize(enum qc_code code, enum product_kind kind, enum qc_float product, vb q, struct lane_scale lanes,
                     bool shifted) {
  vf value = decode(code, q);
  if (is_integer(code)) value -= lanes.zero;
  value = kind == PRODUCT_BACK ? value / lanes.scale : value * lanes.scale;
  if (kind == PRODUCT_ROUNDED) value = product == QC_F16 ? rounded(QC_F16, value) : rounded(QC_BF16, value);
  if (!shifted) return value;
  value += lanes.minval;
  if (kind == PRODUCT_ROUNDED) value = product == QC_F16 ? rounded(QC_F16, value) : rounded(QC_BF16, value);
  return value;
}

INLINE void dequantize_runs_as(enum qc_code code, enum qc_float type, enum product_kind kind, const uint8_t *q,
                               size_t runs, size_t length, const struct qc_affine *affine, void *out) {
  uint8_t *bytes = out;
  bool shifted = affine->minval != NULL;
  for (size_t run = 0; run < runs; run++) {
    struct lane_scale lanes = run_scale(affine, run);
    for (size_t i = 0; i < length; i += LANES) {
      size_t n = length - i < LANES ? length - i : LANES;
      vb codes = 0;
      if (n == LANES) {
        __builtin_memcpy(&codes, q + i, sizeof codes);
      } else {
        __builtin_memcpy(&codes, q + i, n);
      }
      vf value = dequantize(code, kind, affine->product, codes, lanes, shifted);
      store_some(type, value, bytes + i * element_size(type), n);
    }
    bytes += length * element_size(type);
    q += length;
  }
}

INLINE void dequantize_lanes_as(enum qc_code code, enum qc_float type, enum product_kind kind, const uint8_t *q,
                                size_t lanes, const struct qc_affine *affine, void *out) {
  uint8_t *bytes = out;
  bool shifted = affine->minval != NULL;
  for (size_t i = 0; i < lanes; i += LANES) {
    size_t n = lanes - i < LANES ? lanes - i : LANES;
    vb codes = 0;
    __builtin_memcpy(&codes, q + i, n);
    vf value = dequantize(code, kind, affine->product, codes, lane_scale_of(affine, i, n), shifted);
    store_some(type, value, bytes + i * element_size(type), n);
  }
}

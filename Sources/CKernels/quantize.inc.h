// From elements to codes.

// What is done to an element; several arithmetics come to the same once the factor is known.
enum element_step { STEP_DIVIDE, STEP_TIMES, STEP_DIVIDE_ROUNDED, STEP_TIMES_ROUNDED, STEP_HALF_AWAY, STEP_HALF_UP };

INLINE bool is_integer(enum qc_code code) { return code == QC_I8 || code == QC_U8; }

INLINE enum element_step step_of(enum qc_code code, enum qc_arithmetic arithmetic) {
  switch (arithmetic) {
    case QC_DIVIDE: return STEP_DIVIDE;
    case QC_MULTIPLY: case QC_RECIPROCAL: return STEP_TIMES;
    case QC_DIVIDE_ROUNDED: return STEP_DIVIDE_ROUNDED;
    case QC_RECIPROCAL_ROUNDED: return STEP_TIMES_ROUNDED;
    // How halves are rounded is for integers to say.
    case QC_HALF_AWAY: return is_integer(code) ? STEP_HALF_AWAY : STEP_TIMES;
    case QC_HALF_UP: return is_integer(code) ? STEP_HALF_UP : STEP_TIMES;
  }
}

// What 16 elements, or 16 runs, are quantized with.
struct lane_quantizer {
  vf factor;    // divides or multiplies
  vf minval;
  vf addend;    // to what is rounded; of float codes, 0 where -0 becomes 0, else -0
  vf low, high; // the limits of what is rounded
  vi offset;    // from what is rounded to the code
};

INLINE vf zero_unless_finite(vf value) {
  return (as_bits(value) & 0x7fffffff) < 0x7f800000u ? value : (vf)0;
}

// The clamp runs before the rounding: the bounds are whole numbers, so the result is the same, and
// rounding by adding 1.5 * 2^23 needs small numbers.
INLINE struct lane_quantizer lane_quantizer_of(enum qc_float type, enum qc_code code, enum element_step step,
                                               vf scale, vf minval, vi zero, const struct qc_affine *affine) {
  struct lane_quantizer lanes = {.minval = minval};
  if (affine->global != 0) scale /= affine->global;
  if (affine->arithmetic >= QC_RECIPROCAL) scale = zero_unless_finite(1.0f / scale);
  if (step == STEP_TIMES_ROUNDED) scale = zero_unless_finite(rounded(type, scale));
  // All of the group becomes 0.
  if (code == QC_E2M1_LOWER && affine->arithmetic <= QC_DIVIDE_ROUNDED) {
    scale = scale == 0 ? (vf)__builtin_inff() : scale;
  }
  lanes.factor = scale;
  if (is_integer(code)) {
    vi base = step == STEP_DIVIDE_ROUNDED ? (vi)0 : step == STEP_HALF_UP ? (vi)affine->quant_min : zero;
    lanes.low = __builtin_convertvector(affine->quant_min - base, vf);
    lanes.high = __builtin_convertvector(affine->quant_max - base, vf);
    lanes.offset = step == STEP_HALF_AWAY || step == STEP_HALF_UP ? base : base - 0x4b400000;
    lanes.addend = __builtin_convertvector(zero - (step == STEP_HALF_UP ? base : (vi)0), vf);
    if (step == STEP_HALF_UP) lanes.addend += 0.5f;
  } else {
    float largest = code == QC_E4M3 ? 448 : code == QC_E5M2 ? 57344 : 6;
    lanes.low = -largest;
    lanes.high = largest;
    lanes.addend = step == STEP_DIVIDE_ROUNDED || affine->global != 0 ? (vf)0.0f : (vf)-0.0f;
  }
  return lanes;
}

// The parameters of `n` runs or lanes from the i-th on.
INLINE struct lane_quantizer quantizers_at(enum qc_float type, enum qc_code code, enum element_step step,
                                           const struct qc_affine *affine, size_t i, size_t n) {
  vf scale = 1, minval = 0;
  vi zero = affine->quant_min;
  if (n == LANES) {
    __builtin_memcpy(&scale, affine->scale + i, sizeof scale);
    if (affine->minval) __builtin_memcpy(&minval, affine->minval + i, sizeof minval);
    if (affine->zero) __builtin_memcpy(&zero, affine->zero + i, sizeof zero);
  } else {
    __builtin_memcpy(&scale, affine->scale + i, n * sizeof(float));
    if (affine->minval) __builtin_memcpy(&minval, affine->minval + i, n * sizeof(float));
    if (affine->zero) __builtin_memcpy(&zero, affine->zero + i, n * sizeof(int32_t));
  }
  return lane_quantizer_of(type, code, step, scale, minval, zero, affine);
}

// The parameters of one of 16 runs for all lanes.
INLINE struct lane_quantizer one_quantizer(const struct lane_quantizer *runs, size_t j) {
  const float *factor = (const float *)&runs->factor, *minval = (const float *)&runs->minval;
  const float *addend = (const float *)&runs->addend, *low = (const float *)&runs->low;
  const float *high = (const float *)&runs->high;
  const int32_t *offset = (const int32_t *)&runs->offset;
  return (struct lane_quantizer){factor[j], minval[j], addend[j], low[j], high[j], offset[j]};
}

// The index of the nearest of 0 .5 1 1.5 2 3 4 6, ties to the even index or to the lower one.
INLINE vu float4_index(enum qc_code code, vf magnitude) {
  bool lower = code == QC_E2M1_LOWER;
  vu bits = as_bits(magnitude);
  // From 1 on, one bit of the mantissa stays.
  vu odd = lower ? (vu)0 : bits >> 22 & 1;
  vu index = ((bits + 0x1fffff + odd) >> 22) - 2 * 126;
  vi small = (magnitude > 0.25f) + (lower ? magnitude > 0.75f : magnitude >= 0.75f);
  return magnitude < 1 ? __builtin_bit_cast(vu, -small) : index;
}

INLINE vu float4_of(enum qc_code code, vf value) {
  vu bits = as_bits(value);
  vu index = float4_index(code, as_float(bits & 0x7fffffff));
  if (code == QC_E2M1_LOWER) {
    vu sign = index != 0 ? bits >> 28 & 8 : (vu)0;
    return index | sign;
  }
  vu sign = bits & 0x80000000u;
  if (code == QC_E2M1) return index | sign >> 28;
  // 0 .5 1 1.5 2 3 4 6 in e4m3: 00 30 38 3c 40 44 48 4c.
  vu byte = 0x30 + 4 * index;
  byte = index == 1 ? (vu)0x30 : byte;
  byte = index == 0 ? (vu)0 : byte;
  return byte | sign >> 24;
}

// `code` and `step` are constants wherever this is inlined, so that no loop asks for them.
INLINE vb quantize(enum qc_float type, enum qc_code code, enum element_step step, vf x,
                   const struct lane_quantizer *lanes) {
  x -= lanes->minval;
  vf value = step == STEP_DIVIDE || step == STEP_DIVIDE_ROUNDED ? x / lanes->factor : x * lanes->factor;
  if (step == STEP_DIVIDE_ROUNDED || step == STEP_TIMES_ROUNDED) value = rounded_number(type, value);
  if (step == STEP_HALF_UP || !is_integer(code)) value += lanes->addend;
  if (step == STEP_DIVIDE_ROUNDED && is_integer(code)) value = rounded_number(type, value + lanes->addend);
  value = larger(value, lanes->low);
  value = smaller(value, lanes->high);
  vu bits;
  if (step == STEP_HALF_UP) {
    bits = __builtin_bit_cast(vu, __builtin_convertvector(value, vi) + lanes->offset);
  } else if (step == STEP_HALF_AWAY) {
    vi whole = __builtin_convertvector(value, vi);
    vf rest = value - __builtin_convertvector(whole, vf);
    whole += (rest <= -0.5f) - (rest >= 0.5f);
    bits = __builtin_bit_cast(vu, whole + lanes->offset);
  } else if (is_integer(code)) {
    bits = as_bits(value + 12582912.0f) + __builtin_bit_cast(vu, lanes->offset);
  } else if (code == QC_E4M3) {
    bits = float8_of(value, 3, 7);
  } else if (code == QC_E5M2) {
    bits = float8_of(value, 2, 15);
  } else {
    bits = float4_of(code, value);
  }
  return __builtin_convertvector(bits, vb);
}

// One run; `length` is a constant where it is one of the usual sizes of groups.
INLINE void quantize_run(enum qc_float type, enum qc_code code, enum element_step step, const uint8_t *x,
                         size_t length, const struct lane_quantizer *lanes, uint8_t *out) {
  size_t i = 0;
  for (; i + LANES <= length; i += LANES) {
    vb q = quantize(type, code, step, load(type, x + i * element_size(type)), lanes);
    __builtin_memcpy(out + i, &q, sizeof q);
  }
  if (i < length) {
    vb q = quantize(type, code, step, load_some(type, x + i * element_size(type), length - i), lanes);
    __builtin_memcpy(out + i, &q, length - i);
  }
}

INLINE void quantize_runs_as(enum qc_float type, enum qc_code code, enum element_step step, const void *x, size_t runs,
                             size_t length, const struct qc_affine *affine, uint8_t *out) {
  const uint8_t *bytes = x;
  size_t width = element_size(type);
  for (size_t i = 0; i < runs; i += LANES) {
    size_t n = runs - i < LANES ? runs - i : LANES;
    struct lane_quantizer quantizers = quantizers_at(type, code, step, affine, i, n);
    for (size_t j = 0; j < n; j++) {
      struct lane_quantizer lanes = one_quantizer(&quantizers, j);
      if (length == 32) {
        quantize_run(type, code, step, bytes, 32, &lanes, out);
      } else {
        quantize_run(type, code, step, bytes, length, &lanes, out);
      }
      bytes += length * width;
      out += length;
    }
  }
}

INLINE void quantize_lanes_as(enum qc_float type, enum qc_code code, enum element_step step, const void *x,
                              size_t lanes, const struct qc_affine *affine, uint8_t *out) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < lanes; i += LANES) {
    size_t n = lanes - i < LANES ? lanes - i : LANES;
    struct lane_quantizer quantizers = quantizers_at(type, code, step, affine, i, n);
    vb q = quantize(type, code, step, load_some(type, bytes + i * element_size(type), n), &quantizers);
    __builtin_memcpy(out + i, &q, n);
  }
}

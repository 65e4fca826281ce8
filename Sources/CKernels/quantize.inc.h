// From elements to codes.

// What is done to an element; several arithmetics come to the same once the factor is known. The first four are
// without minval, and without an addend for float codes.
enum element_step {
  STEP_DIVIDE,
  STEP_DIVIDE_HALVES,  // as STEP_DIVIDE, by a product: see are_halves
  STEP_TIMES_POWER,    // as STEP_TIMES, by powers of two: see are_powers
  STEP_TIMES,
  STEP_SHIFT_DIVIDE,
  STEP_SHIFT_TIMES,
  STEP_DIVIDE_ROUNDED,
  STEP_TIMES_ROUNDED,
  STEP_HALF_AWAY,
  STEP_HALF_UP,
};

INLINE bool is_integer(enum qc_code code) { return code == QC_I8 || code == QC_U8; }

INLINE bool shifts(enum element_step step) { return step > STEP_TIMES; }

INLINE bool divides(enum element_step step) {
  return step == STEP_DIVIDE || step == STEP_SHIFT_DIVIDE || step == STEP_DIVIDE_ROUNDED;
}

INLINE bool rounds(enum element_step step) { return step == STEP_DIVIDE_ROUNDED || step == STEP_TIMES_ROUNDED; }

INLINE enum element_step step_of(enum qc_code code, const struct qc_affine *affine) {
  bool is_shifted = affine->minval || affine->global != 0;
  switch (affine->arithmetic) {
    case QC_DIVIDE: return is_shifted ? STEP_SHIFT_DIVIDE : STEP_DIVIDE;
    case QC_DIVIDE_ROUNDED: return STEP_DIVIDE_ROUNDED;
    case QC_RECIPROCAL_ROUNDED: return STEP_TIMES_ROUNDED;
    // How halves are rounded is for integers to say.
    case QC_HALF_AWAY: if (is_integer(code)) return STEP_HALF_AWAY; break;
    case QC_HALF_UP: if (is_integer(code)) return STEP_HALF_UP; break;
    case QC_MULTIPLY: case QC_RECIPROCAL: break;
  }
  return is_shifted ? STEP_SHIFT_TIMES : STEP_TIMES;
}

// What 16 elements, or 16 runs, are quantized with.
struct lane_quantizer {
  vf factor;    // divides or multiplies; of powers of two, what is added to the bits of two elements
  vf minval;
  vf addend;    // to what is rounded; of float codes, 0 where -0 becomes 0, else -0
  vf low, high; // the limits of what is rounded; of float codes, high is that of the magnitude
  vi offset;    // from the low byte of what is rounded to the code
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
  // All of the group becomes 0: no value is 0 / 0, whose sign depends on the processor.
  if (!is_integer(code) && divides(step)) {
    scale = scale == 0 ? (vf)__builtin_inff() : scale;
  }
  lanes.factor = scale;
  if (is_integer(code)) {
    vi base = step == STEP_DIVIDE_ROUNDED ? (vi)0 : step == STEP_HALF_UP ? (vi)affine->quant_min : zero;
    lanes.low = __builtin_convertvector(affine->quant_min - base, vf);
    lanes.high = __builtin_convertvector(affine->quant_max - base, vf);
    lanes.offset = base;
    lanes.addend = __builtin_convertvector(zero - (step == STEP_HALF_UP ? base : (vi)0), vf);
    if (step == STEP_HALF_UP) lanes.addend += 0.5f;
  } else {
    lanes.high = code == QC_E4M3 ? 448 : code == QC_E5M2 ? 57344 : 6;
    lanes.offset = code == QC_E4M3 ? -float_code_start(3, 7) : code == QC_E5M2 ? -float_code_start(2, 15)
                 : code == QC_E2M1_LOWER ? 0 : -float_code_start(1, 1);
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

// As float4 of ties to the lower magnitude, without its sign.
INLINE vu float4_lower(vu magnitude) {
  // From 1 on, one bit of the mantissa stays.
  vu index = ((magnitude + 0x1fffff) >> 22) - 2 * 126;
  vf value = as_float(magnitude);
  vi small = (value > 0.25f) + (value > 0.75f);
  return value < 1 ? __builtin_bit_cast(vu, -small) : index;
}

// As the codes of integers below.
INLINE vu code_of(enum qc_code code, vf value, vf largest) {
  vu bits = as_bits(value), magnitude = as_bits(smaller(as_float(bits & 0x7fffffff), largest));
  if (code == QC_E4M3) return float_code(magnitude, 3, 7) + (bits >> 24 & 0x80);
  if (code == QC_E5M2) return float_code(magnitude, 2, 15) + (bits >> 24 & 0x80);
  if (code != QC_E2M1_LOWER) return float_code(magnitude, 1, 1) + (bits >> 28 & 8);
  vu index = float4_lower(magnitude);
  vu sign = index != 0 ? bits >> 28 & 8 : (vu)0;
  return index | sign;
}

// What is left to do where the codes are together.
INLINE vb2 finished(enum qc_code code, vb2 codes) {
  if (code != QC_E2M1_AS_E4M3) return codes;
  // 0 .5 1 1.5 2 3 4 6 in e4m3: 00 30 38 3c 40 44 48 4c.
  vb2 index = codes & 7, sign = (codes & 8) << 4;
  vb2 byte = 0x30 + 4 * (index - ((vb2)(index == 1) & 1));
  return (byte & (vb2)(index != 0)) | sign;
}

// Adding it to a small number rounds that to an integer, ties to even, which is then in the low bits.
static const float INTEGER_ANCHOR = 0x1.8p23f;

// Adding it to a number below 512 rounds that to a multiple of 2^-13.
static const float HALVES_ANCHOR = 0x1.8p10f;

// What is added to the bits of a bfloat16 number, and those of the one before it, to multiply it with a power of two.
INLINE vf bits_of_power(vf power) {
  vi exponent = __builtin_bit_cast(vi, (as_bits(power) >> 23) - 127) << 7;
  return as_float(__builtin_bit_cast(vu, exponent << 16 | (exponent & 0xffff)));
}

INLINE vf power_of_bits(vf bits) { return as_float((as_bits(bits) + (127 << 23)) & 0xff800000u); }

// What with the offset is the code, in the low byte of every lane; what is above it does not count. `code` and
// `step` are constants wherever this is inlined, so that no loop asks for them.
INLINE vu quantize(enum qc_float type, enum qc_code code, enum element_step step, vf x,
                   const struct lane_quantizer *lanes) {
  if (step == STEP_DIVIDE_HALVES) {
    vf value = multiplied_and_added(x, lanes->factor, HALVES_ANCHOR);
    return as_bits(smaller(larger(value, lanes->low), lanes->high) + (INTEGER_ANCHOR - HALVES_ANCHOR));
  }
  if (shifts(step)) x -= lanes->minval;
  vf factor = step == STEP_TIMES_POWER ? power_of_bits(lanes->factor) : lanes->factor;
  vf value = divides(step) ? x / factor : x * factor;
  if (rounds(step)) value = rounded_number(type, value);
  if (step == STEP_HALF_UP || (shifts(step) && !is_integer(code))) value += lanes->addend;
  if (!is_integer(code)) return code_of(code, value, lanes->high);
  if (step == STEP_DIVIDE_ROUNDED) value = rounded_number(type, value + lanes->addend);
  value = larger(value, lanes->low);
  value = smaller(value, lanes->high);
  if (step == STEP_HALF_UP) return __builtin_bit_cast(vu, __builtin_convertvector(value, vi));
  if (step == STEP_HALF_AWAY) {
    vi whole = __builtin_convertvector(value, vi);
    vf rest = value - __builtin_convertvector(whole, vf);
    return __builtin_bit_cast(vu, whole + (rest <= -0.5f) - (rest >= 0.5f));
  }
  return as_bits(value + INTEGER_ANCHOR);
}

// The codes of float4 of bfloat16 elements times a power of two, whose exponent is added to theirs: in 16 bits, twice as
// many fit a vector. From 1 on, one bit of the mantissa stays; 0 is up to 1/4, 1/2 below 3/4.
INLINE vk16 float4_of(vk16 elements, vk16 exponent) {
  vk16 magnitude = __builtin_elementwise_min(__builtin_elementwise_add_sat(elements & 0x7fff, exponent), (vk16)0x40c0);
  vk16 index = ((magnitude + 0x1f + (magnitude >> 6 & 1)) >> 6) - 0xfc;
  vk16 small = ((0x3e80 - magnitude) >> 15) + ((0x3f3f - magnitude) >> 15);
  return __builtin_elementwise_max(index, -small) | (elements >> 12 & 8);
}

// Two vectors of consecutive elements of a run. Of bfloat16, one holds the even ones, the other those between: a shift
// or a mask makes a float32 of each, and two codes become one element of 16 bits.
INLINE void quantize_two(enum qc_float type, enum qc_code code, enum element_step step, const uint8_t *x,
                         const struct lane_quantizer *lanes, uint8_t *out) {
  vb2 codes;
  uint8_t offset = step == STEP_TIMES_POWER ? 0 : (uint8_t)lanes->offset[0];
  if (step == STEP_TIMES_POWER) {
    vk16 elements;
    __builtin_memcpy(&elements, x, sizeof elements);
    codes = __builtin_convertvector(float4_of(elements, __builtin_bit_cast(vk16, lanes->factor)), vb2);
  } else if (type == QC_BF16) {
    vu pairs;
    __builtin_memcpy(&pairs, x, sizeof pairs);
    vu even = quantize(type, code, step, as_float(pairs << 16), lanes);
    vu odd = quantize(type, code, step, as_float(pairs & 0xffff0000u), lanes);
    codes = __builtin_bit_cast(vb2, __builtin_convertvector((even & 0xff) | odd << 8, vh));
  } else {
    vu first = quantize(type, code, step, load(type, x), lanes);
    vu second = quantize(type, code, step, load(type, x + LANES * element_size(type)), lanes);
    codes.lo = __builtin_convertvector(first, vb);
    codes.hi = __builtin_convertvector(second, vb);
  }
  codes = finished(code, codes + offset);
  __builtin_memcpy(out, &codes, sizeof codes);
}

// A vector of elements, or less.
INLINE void quantize_some(enum qc_float type, enum qc_code code, enum element_step step, const uint8_t *x, size_t n,
                          const struct lane_quantizer *lanes, uint8_t *out) {
  vu bits = quantize(type, code, step, load_some(type, x, n), lanes) + __builtin_bit_cast(vu, lanes->offset);
  vb2 codes = 0;
  codes.lo = __builtin_convertvector(bits, vb);
  codes = finished(code, codes);
  // A copy of constant size is no call.
  if (n == LANES) {
    __builtin_memcpy(out, &codes, LANES);
  } else {
    __builtin_memcpy(out, &codes, n);
  }
}

INLINE void quantize_run(enum qc_float type, enum qc_code code, enum element_step step, const uint8_t *x,
                         size_t length, const struct lane_quantizer *lanes, uint8_t *out) {
  size_t i = 0;
  for (; i + 2 * LANES <= length; i += 2 * LANES) {
    quantize_two(type, code, step, x + i * element_size(type), lanes, out + i);
  }
  for (; i < length; i += LANES) {
    size_t n = length - i < LANES ? length - i : LANES;
    quantize_some(type, code, step, x + i * element_size(type), n, lanes, out + i);
  }
}

// Whether all scales are powers of two, of which the reciprocals are exact: then a product is the quotient. Where
// quotients are rounded to the type of the elements, those of scales up to 1 have no bits to lose.
INLINE bool are_divided_by_product(enum qc_code code, enum element_step step, vf scale) {
  if (!divides(step) || (rounds(step) && is_integer(code))) return false;
  vu bits = as_bits(scale), exponent = bits >> 23 & 0xff;
  return __builtin_reduce_and((bits & 0x7fffff) == 0 & exponent >= 1 & exponent <= (rounds(step) ? 127 : 253));
}

// Whether the codes of elements that have 11 bits follow from products with the reciprocals of scales that have no
// more. The quotient X / S * 2^k of integers below 2^11 is either halfway between two integers, or 2^-12 and more away
// from where the codes change (for quotients up to 1/2, next to it). The product is off by 2^-15 at most where it is
// below 256: rounded to a multiple of 2^-13 it lies on the side of the quotient, and halfway where that is. What is
// larger is cut to the limits.
INLINE bool are_halves(enum qc_float type, enum qc_code code, enum element_step step, vf scale) {
  if (step != STEP_DIVIDE || !is_integer(code) || type == QC_F32) return false;
  vu bits = as_bits(scale), exponent = bits >> 23 & 0xff;
  return __builtin_reduce_and((bits & 0x1fff) == 0 & exponent >= 1 & exponent <= 252);
}

// Whether float4 codes of bfloat16 elements follow from their exponents: the factors are powers of two, up to 2^124, by
// which what has no exponent stays below 1/4.
INLINE bool are_powers(enum qc_float type, enum qc_code code, enum element_step step, vf factor) {
  if (type != QC_BF16 || step != STEP_TIMES || (code != QC_E2M1 && code != QC_E2M1_AS_E4M3)) return false;
  vu bits = as_bits(factor);
  return __builtin_reduce_and((bits & 0x807fffff) == 0 & bits >= 1 << 23 & bits <= 251 << 23);
}

// Of at most 16 runs, whose quantizers differ only in the factor where they have one zero point.
INLINE void quantize_batch(enum qc_float type, enum qc_code code, enum element_step step, const uint8_t *x, size_t runs,
                           size_t length, const struct lane_quantizer *quantizers, uint8_t *out) {
  bool are_alike =
      is_integer(code) && !shifts(step) && __builtin_reduce_and(quantizers->offset == quantizers->offset[0]);
  struct lane_quantizer lanes = one_quantizer(quantizers, 0);
  // The length that most blocks have.
  if (length == 2 * LANES) {
    for (size_t i = 0; i < runs; i++, x += 2 * LANES * element_size(type), out += 2 * LANES) {
      if (!are_alike) lanes = one_quantizer(quantizers, i);
      lanes.factor = ((const float *)&quantizers->factor)[i];
      quantize_two(type, code, step, x, &lanes, out);
    }
    return;
  }
  for (size_t i = 0; i < runs; i++, x += length * element_size(type), out += length) {
    if (!are_alike) lanes = one_quantizer(quantizers, i);
    lanes.factor = ((const float *)&quantizers->factor)[i];
    quantize_run(type, code, step, x, length, &lanes, out);
  }
}

// How a batch of runs is quantized: by products, where quotients are these or their codes follow from them.
INLINE enum element_step by_product(enum qc_float type, enum qc_code code, enum element_step step,
                                    struct lane_quantizer *lanes) {
  if (are_divided_by_product(code, step, lanes->factor)) {
    lanes->factor = 1.0f / lanes->factor;
    step = shifts(step) ? STEP_SHIFT_TIMES : STEP_TIMES;
  } else if (are_halves(type, code, step, lanes->factor)) {
    lanes->factor = 1.0f / lanes->factor;
    lanes->low += HALVES_ANCHOR;
    lanes->high += HALVES_ANCHOR;
    return STEP_DIVIDE_HALVES;
  }
  if (!are_powers(type, code, step, lanes->factor)) return step;
  lanes->factor = bits_of_power(lanes->factor);
  return STEP_TIMES_POWER;
}

INLINE void quantize_lanes_as(enum qc_float type, enum qc_code code, enum element_step step, const void *x,
                              size_t lanes, const struct qc_affine *affine, uint8_t *out) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < lanes; i += LANES) {
    size_t n = lanes - i < LANES ? lanes - i : LANES;
    struct lane_quantizer quantizers = quantizers_at(type, code, step, affine, i, n);
    quantize_some(type, code, step, bytes + i * element_size(type), n, &quantizers, out + i);
  }
}

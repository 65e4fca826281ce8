// The kernels, written once over vectors of 16 floats; included by one file per instruction set, which
// defines QC_SET (the name) and QC_NATIVE_HALF (1 where float16 converts in hardware).

#pragma STDC FP_CONTRACT OFF
// Vectors are passed between functions of this file only, and all of those are inlined.
#pragma clang diagnostic ignored "-Wpsabi"

#define LANES 16
#define INLINE static inline __attribute__((always_inline))

typedef float vf __attribute__((ext_vector_type(LANES)));
typedef int32_t vi __attribute__((ext_vector_type(LANES)));
typedef uint32_t vu __attribute__((ext_vector_type(LANES)));
typedef uint16_t vh __attribute__((ext_vector_type(LANES)));
typedef uint8_t vb __attribute__((ext_vector_type(LANES)));
typedef int8_t vsb __attribute__((ext_vector_type(LANES)));
typedef int16_t vk16 __attribute__((ext_vector_type(2 * LANES)));
typedef uint8_t vb2 __attribute__((ext_vector_type(2 * LANES)));
#if QC_NATIVE_HALF
typedef _Float16 vhf __attribute__((ext_vector_type(LANES)));
#endif

INLINE vf as_float(vu bits) { return __builtin_bit_cast(vf, bits); }
INLINE vu as_bits(vf value) { return __builtin_bit_cast(vu, value); }
// Written as selections, which become one min or max instruction: the operands are never NaN.
INLINE vf smaller(vf a, vf b) { return a < b ? a : b; }
INLINE vf larger(vf a, vf b) { return a > b ? a : b; }

// ---------------------------------------------------------------- loading and storing

INLINE size_t element_size(enum qc_float type) { return type == QC_F32 ? 4 : 2; }

INLINE vf widen_half(vh half) {
#if QC_NATIVE_HALF
  return __builtin_convertvector(__builtin_bit_cast(vhf, half), vf);
#else
  // The half's exponent lands 112 below the float's; one exact multiplication corrects it, for
  // subnormals too. Infinity and NaN (exponent 31) are put right afterwards.
  vu bits = __builtin_convertvector(half, vu);
  vu magnitude = (bits & 0x7fff) << 13;
  vf value = as_float(magnitude) * 0x1p112f;
  vu special = (vu)(magnitude >= 0x0f800000u) & 0x7f800000u;
  return as_float(as_bits(value) | special | (bits & 0x8000) << 16);
#endif
}

INLINE vh narrow_half(vf value) {
#if QC_NATIVE_HALF
  return __builtin_bit_cast(vh, __builtin_convertvector(value, vhf));
#else
  vu bits = as_bits(value);
  vu magnitude = bits & 0x7fffffff;
  vu rebased = magnitude - (112u << 23);
  vu normal = (rebased + 0xfff + (rebased >> 13 & 1)) >> 13;
  // Adding 0.5 leaves a unit in the last place of 2^-24, a half's smallest step.
  vu subnormal = as_bits(as_float(magnitude) + 0.5f) - 0x3f000000u;
  vu code = magnitude < 0x38800000u ? subnormal : normal;
  code = magnitude >= 0x47800000u ? (vu)0x7c00 : code;
  code = magnitude > 0x7f800000u ? 0x7e00 | (magnitude >> 13 & 0x3ff) : code;
  return __builtin_convertvector(code | (bits >> 16 & 0x8000), vh);
#endif
}

INLINE vu round_to_bfloat(vf value) {
  vu bits = as_bits(value);
  vu rounded = bits + 0x7fff + (bits >> 16 & 1);
  return (bits & 0x7fffffff) > 0x7f800000u ? bits | 0x400000u : rounded;
}

INLINE vf load(enum qc_float type, const void *x) {
  if (type == QC_F32) {
    vf value;
    __builtin_memcpy(&value, x, sizeof value);
    return value;
  }
  vh half;
  __builtin_memcpy(&half, x, sizeof half);
  if (type == QC_F16) return widen_half(half);
  return as_float(__builtin_convertvector(half, vu) << 16);
}

INLINE void store(enum qc_float type, vf value, void *out) {
  if (type == QC_F32) {
    __builtin_memcpy(out, &value, sizeof value);
    return;
  }
  vh half = type == QC_F16 ? narrow_half(value) : __builtin_convertvector(round_to_bfloat(value) >> 16, vh);
  __builtin_memcpy(out, &half, sizeof half);
}

// The value rounded to `type`, held as a float32 again.
INLINE vf rounded(enum qc_float type, vf value) {
  if (type == QC_F32) return value;
  if (type == QC_F16) return widen_half(narrow_half(value));
  return as_float(round_to_bfloat(value) & 0xffff0000u);
}

// ---------------------------------------------------------------- ranges

// Floats order like their bit patterns once those of negative numbers are reversed, so ranges and the
// search for NaN and infinity run on integers, at the width of the tensor.
INLINE int32_t key16(int16_t bits) { return (int16_t)(bits ^ (bits >> 15 & 0x7fff)); }
INLINE int32_t key32(int32_t bits) { return bits ^ (bits >> 31 & 0x7fffffff); }

INLINE float key_value(enum qc_float type, int32_t key) {
  if (type == QC_F32) return __builtin_bit_cast(float, key32(key));
  uint16_t bits = (uint16_t)key16((int16_t)key);
  if (type == QC_BF16) return __builtin_bit_cast(float, (uint32_t)bits << 16);
  vh half = (vh)bits;
  return widen_half(half)[0];
}

INLINE int32_t infinity_key(enum qc_float type) {
  return type == QC_F32 ? 0x7f800000 : type == QC_F16 ? 0x7c00 : 0x7f80;
}

INLINE void keys_of_run(enum qc_float type, const uint8_t *x, size_t length, int32_t *low, int32_t *high) {
  int32_t lowest = INT32_MAX, highest = INT32_MIN;
  size_t i = 0;
  if (type == QC_F32) {
    if (length >= LANES) {
      vi lows = INT32_MAX, highs = INT32_MIN;
      for (; i + LANES <= length; i += LANES) {
        vi key;
        __builtin_memcpy(&key, x + 4 * i, sizeof key);
        key ^= key >> 31 & 0x7fffffff;
        lows = key < lows ? key : lows;
        highs = key > highs ? key : highs;
      }
      lowest = __builtin_reduce_min(lows);
      highest = __builtin_reduce_max(highs);
    }
    for (; i < length; i++) {
      int32_t bits;
      __builtin_memcpy(&bits, x + 4 * i, 4);
      int32_t key = key32(bits);
      lowest = key < lowest ? key : lowest;
      highest = key > highest ? key : highest;
    }
  } else {
    if (length >= 2 * LANES) {
      vk16 lows = INT16_MAX, highs = INT16_MIN;
      for (; i + 2 * LANES <= length; i += 2 * LANES) {
        vk16 key;
        __builtin_memcpy(&key, x + 2 * i, sizeof key);
        key ^= key >> 15 & 0x7fff;
        lows = key < lows ? key : lows;
        highs = key > highs ? key : highs;
      }
      lowest = __builtin_reduce_min(lows);
      highest = __builtin_reduce_max(highs);
    }
    for (; i < length; i++) {
      int16_t bits;
      __builtin_memcpy(&bits, x + 2 * i, 2);
      int32_t key = key16(bits);
      lowest = key < lowest ? key : lowest;
      highest = key > highest ? key : highest;
    }
  }
  *low = lowest;
  *high = highest;
}

INLINE bool range_runs_of(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  const uint8_t *bytes = x;
  int32_t infinity = infinity_key(type);
  bool finite = true;
  for (size_t run = 0; run < runs; run++) {
    int32_t low, high;
    keys_of_run(type, bytes + run * length * element_size(type), length, &low, &high);
    finite &= high < infinity && low > ~infinity;
    float lowest = key_value(type, low), highest = key_value(type, high);
    min[run] = lowest < min[run] ? lowest : min[run];
    max[run] = highest > max[run] ? highest : max[run];
  }
  return finite;
}

INLINE bool range_lanes_of(enum qc_float type, const void *x, size_t lanes, float *min, float *max) {
  const uint8_t *bytes = x;
  vu largest = 0;
  for (size_t i = 0; i < lanes; i += LANES) {
    size_t n = lanes - i < LANES ? lanes - i : LANES;
    if (n == LANES) {
      vf value = load(type, bytes + i * element_size(type)), low, high;
      __builtin_memcpy(&low, min + i, sizeof low);
      __builtin_memcpy(&high, max + i, sizeof high);
      low = smaller(value, low);
      high = larger(value, high);
      __builtin_memcpy(min + i, &low, sizeof low);
      __builtin_memcpy(max + i, &high, sizeof high);
      vu magnitude = as_bits(value) & 0x7fffffff;
      largest = magnitude > largest ? magnitude : largest;
    } else {
      uint8_t tail[LANES * 4] = {0};
      __builtin_memcpy(tail, bytes + i * element_size(type), n * element_size(type));
      vf value = load(type, tail);
      vu magnitude = as_bits(value) & 0x7fffffff;
      largest = magnitude > largest ? magnitude : largest;
      for (size_t j = 0; j < n; j++) {
        min[i + j] = value[j] < min[i + j] ? value[j] : min[i + j];
        max[i + j] = value[j] > max[i + j] ? value[j] : max[i + j];
      }
    }
  }
  return __builtin_reduce_max(largest) < 0x7f800000u;
}

// ---------------------------------------------------------------- quantization parameters

// Round half to even for |value| < 2^22: the sum has a unit in the last place of 1.
INLINE vf round_even(vf value) { return value + 12582912.0f - 12582912.0f; }

// The value, or +0 where it is not negative. On the bits: for floats, arm64 compilers take an instruction
// that keeps -0.
INLINE vf at_most_zero(vf value) {
  vi bits = __builtin_bit_cast(vi, value);
  bits = bits < 0 && bits != INT32_MIN ? bits : 0;
  return __builtin_bit_cast(vf, bits);
}

// An end of the range is the value of the code 0, and a whole number of steps from zero.
INLINE vu mlx_affine_of(const struct qc_rule *rule, vf low, vf high, vf *scale, vi *zero, vf *minval) {
  if (rule->has_low) low = rule->low;
  if (rule->has_high) high = rule->high;
  vi is_low_larger = as_float(as_bits(low) & 0x7fffffff) > as_float(as_bits(high) & 0x7fffffff);
  vf step = larger((high - low) / rule->quant_max, 1e-7f);
  step = is_low_larger ? step : -step;
  vf edge = is_low_larger ? low : high;
  vf steps = __builtin_elementwise_rint(edge / step);
  vi has_steps = steps != 0.0f;
  *scale = has_steps ? edge / steps : step;
  *minval = has_steps ? edge : (vf)0.0f;
  *zero = 0;
  // Of values whose range is nothing to them no scale is left.
  return *scale == 0.0f ? (vu)0x7f800000 : as_bits(*scale) & 0x7fffffff;
}

// Returns the bits of what has to be finite.
INLINE vu qparams_of(enum qc_float type, const struct qc_rule *rule, vf low, vf high,
                     vf *scale, vi *zero, vf *minval) {
  if (rule->kind == QC_RULE_MLX_AFFINE) return mlx_affine_of(rule, low, high, scale, zero, minval);
  low = rule->has_low ? (vf)rule->low : at_most_zero(low);
  high = rule->has_high ? (vf)rule->high : larger(high, 0.0f);
  vf magnitude = larger(-low, high);
  if (rule->power_of_two) {
    vi exponent = __builtin_bit_cast(vi, magnitude) >> 23 & 0xff;
    exponent -= rule->target_exponent;
    exponent = exponent < 1 ? (vi)1 : exponent;
    *scale = __builtin_bit_cast(vf, exponent << 23);
    *zero = 0;
    *minval = 0;
    return as_bits(magnitude);
  } else if (rule->asymmetric) {
    vf span = rounded(type, high - low);
    *scale = larger(rounded(type, span / (rule->quant_max - rule->quant_min)), 0x1p-23f);
    vf steps = round_even(rounded(type, low / *scale));
    vf point = rounded(type, rule->quant_min - steps);
    point = smaller(larger(point, rule->quant_min), rule->quant_max);
    *zero = __builtin_convertvector(point, vi);
    *minval = low;
  } else {
    *scale = larger(rounded(type, magnitude / rule->half_steps), 0x1p-23f);
    *zero = rule->zero_point;
    *minval = -magnitude;
  }
  return as_bits(*scale);
}

INLINE bool qparams_in(enum qc_float type, const struct qc_rule *rule, size_t count, const float *min,
                       const float *max, float *scale, int32_t *zero, float *minval) {
  vu largest = 0;
  for (size_t i = 0; i < count; i += LANES) {
    size_t n = count - i < LANES ? count - i : LANES;
    vf low = 0, high = 0, s, m;
    vi z;
    if (n == LANES) {
      __builtin_memcpy(&low, min + i, sizeof low);
      __builtin_memcpy(&high, max + i, sizeof high);
    } else {
      __builtin_memcpy(&low, min + i, n * sizeof *min);
      __builtin_memcpy(&high, max + i, n * sizeof *max);
    }
    vu bits = qparams_of(type, rule, low, high, &s, &z, &m);
    largest = bits > largest ? bits : largest;
    if (n == LANES) {
      __builtin_memcpy(scale + i, &s, sizeof s);
      __builtin_memcpy(zero + i, &z, sizeof z);
      __builtin_memcpy(minval + i, &m, sizeof m);
    } else {
      __builtin_memcpy(scale + i, &s, n * sizeof *scale);
      __builtin_memcpy(zero + i, &z, n * sizeof *zero);
      __builtin_memcpy(minval + i, &m, n * sizeof *minval);
    }
  }
  return __builtin_reduce_max(largest) < 0x7f800000u;
}

// ---------------------------------------------------------------- quantize

struct lane_affine {
  vf scale, minval, low, high;
  vi zero;
};

INLINE bool is_integer(enum qc_code code) { return code == QC_I8 || code == QC_U8; }

// The clamp runs before the rounding: the bounds are whole numbers, so the result is the same, and
// rounding by adding 1.5 * 2^23 needs small numbers.
INLINE struct lane_affine lane_affine_of(enum qc_code code, vf scale, vf minval, vi zero,
                                         const struct qc_affine *affine) {
  struct lane_affine lanes = {.scale = scale, .minval = minval, .zero = zero};
  if (is_integer(code)) {
    lanes.low = __builtin_convertvector(affine->quant_min - zero, vf);
    lanes.high = __builtin_convertvector(affine->quant_max - zero, vf);
  } else {
    float largest = code == QC_E4M3 ? 448 : code == QC_E5M2 ? 57344 : 6;
    lanes.low = -largest;
    lanes.high = largest;
  }
  return lanes;
}

INLINE struct lane_affine run_affine(enum qc_code code, const struct qc_affine *affine, size_t run) {
  return lane_affine_of(code, affine->scale[run], affine->minval ? affine->minval[run] : 0.0f,
                        affine->zero ? affine->zero[run] : affine->quant_min, affine);
}

INLINE struct lane_affine lanes_affine(enum qc_code code, const struct qc_affine *affine, size_t i, size_t n) {
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
  return lane_affine_of(code, scale, minval, zero, affine);
}

// A float8 with `mantissa` bits and exponent bias `bias`; |value| is at most its largest finite value.
INLINE vu float8_of(vf value, unsigned mantissa, unsigned bias) {
  vu bits = as_bits(value);
  vu magnitude = bits & 0x7fffffff;
  unsigned dropped = 23 - mantissa;
  vu rounded_up = magnitude + ((1u << (dropped - 1)) - 1) + (magnitude >> dropped & 1);
  vu normal = (rounded_up >> dropped) - ((127 - bias) << mantissa);
  // Adding 2^(23 - k) leaves a unit in the last place of 2^-k, the step of the subnormals.
  unsigned anchor = (127 + 23 - (bias - 1 + mantissa)) << 23;
  vu subnormal = as_bits(as_float(magnitude) + as_float((vu)anchor)) - anchor;
  vu code = magnitude < (128 - bias) << 23 ? subnormal : normal;
  return code | (bits >> 24 & 0x80);
}

// The index of the nearest of 0 .5 1 1.5 2 3 4 6, ties to the even index.
INLINE vu float4_index(vf magnitude) {
  vi below = (magnitude > 0.25f) + (magnitude >= 0.75f) + (magnitude > 1.25f) + (magnitude >= 1.75f) +
             (magnitude > 2.5f) + (magnitude >= 3.5f) + (magnitude > 5.0f);
  return __builtin_bit_cast(vu, -below);
}

// `reciprocal` is a constant wherever this is inlined, so that no loop asks for it.
INLINE vb quantize(enum qc_code code, bool reciprocal, vf x, struct lane_affine lanes) {
  x -= lanes.minval;
  vf value = reciprocal ? x * lanes.scale : x / lanes.scale;
  value = larger(value, lanes.low);
  value = smaller(value, lanes.high);
  vu bits;
  if (is_integer(code)) {
    bits = as_bits(value + 12582912.0f) - 0x4b400000u + __builtin_bit_cast(vu, lanes.zero);
  } else if (code == QC_E4M3) {
    bits = float8_of(value, 3, 7);
  } else if (code == QC_E5M2) {
    bits = float8_of(value, 2, 15);
  } else {
    vu sign = as_bits(value) >> 31;
    vu index = float4_index(as_float(as_bits(value) & 0x7fffffff));
    if (code == QC_E2M1) {
      bits = index | sign << 3;
    } else {
      // 0 .5 1 1.5 2 3 4 6 in e4m3: 00 30 38 3c 40 44 48 4c.
      vu byte = 0x30 + 4 * index;
      byte = index == 1 ? (vu)0x30 : byte;
      byte = index == 0 ? (vu)0 : byte;
      bits = byte | sign << 7;
    }
  }
  return __builtin_convertvector(bits, vb);
}

INLINE void quantize_runs_as(enum qc_float type, enum qc_code code, bool reciprocal, const void *x, size_t runs,
                             size_t length, const struct qc_affine *affine, uint8_t *out) {
  const uint8_t *bytes = x;
  for (size_t run = 0; run < runs; run++) {
    struct lane_affine lanes = run_affine(code, affine, run);
    size_t i = 0;
    for (; i + LANES <= length; i += LANES) {
      vb q = quantize(code, reciprocal, load(type, bytes + i * element_size(type)), lanes);
      __builtin_memcpy(out + i, &q, sizeof q);
    }
    if (i < length) {
      uint8_t tail[LANES * 4] = {0};
      __builtin_memcpy(tail, bytes + i * element_size(type), (length - i) * element_size(type));
      vb q = quantize(code, reciprocal, load(type, tail), lanes);
      __builtin_memcpy(out + i, &q, length - i);
    }
    bytes += length * element_size(type);
    out += length;
  }
}

INLINE void quantize_lanes_as(enum qc_float type, enum qc_code code, bool reciprocal, const void *x, size_t lanes,
                              const struct qc_affine *affine, uint8_t *out) {
  const uint8_t *bytes = x;
  size_t i = 0;
  for (; i + LANES <= lanes; i += LANES) {
    vb q = quantize(code, reciprocal, load(type, bytes + i * element_size(type)), lanes_affine(code, affine, i, LANES));
    __builtin_memcpy(out + i, &q, sizeof q);
  }
  if (i < lanes) {
    uint8_t tail[LANES * 4] = {0};
    __builtin_memcpy(tail, bytes + i * element_size(type), (lanes - i) * element_size(type));
    vb q = quantize(code, reciprocal, load(type, tail), lanes_affine(code, affine, i, lanes - i));
    __builtin_memcpy(out + i, &q, lanes - i);
  }
}

// ---------------------------------------------------------------- dequantize

INLINE vf decode(enum qc_code code, vb q) {
  if (code == QC_I8) return __builtin_convertvector(__builtin_bit_cast(vsb, q), vf);
  if (code == QC_U8) return __builtin_convertvector(q, vf);
  vu bits = __builtin_convertvector(q, vu);
  if (code == QC_E2M1) {
    vu index = bits & 7;
    vu doubled = (index >> 1) + 126;
    vf value = as_float(doubled << 23 | (index & 1) << 22);
    value = index == 1 ? (vf)0.5f : value;
    value = index == 0 ? (vf)0.0f : value;
    return as_float(as_bits(value) | (bits & 8) << 28);
  }
  vu magnitude = bits & 0x7f, sign = (bits & 0x80) << 24;
  if (code == QC_E5M2) {
    vu special = (vu)(magnitude >= 0x7c) & 0x7f800000u;
    return as_float(as_bits(as_float(magnitude << 21) * 0x1p112f) | special | sign);
  }
  vu nan = (vu)(magnitude == 0x7f) & 0x7fc00000u;
  return as_float(as_bits(as_float(magnitude << 20) * 0x1p120f) | nan | sign);
}

// The addition comes only with a minval: it would turn -0 into +0 in the float dtypes.
INLINE vf dequantize(enum qc_code code, enum qc_float type, bool reciprocal, vb q, struct lane_affine lanes, bool shifted,
                     bool rounds) {
  vf value = decode(code, q);
  if (is_integer(code)) value -= __builtin_convertvector(lanes.zero, vf);
  value = reciprocal ? value / lanes.scale : value * lanes.scale;
  if (rounds) value = rounded(type, value);
  return shifted ? value + lanes.minval : value;
}

INLINE void dequantize_runs_as(enum qc_code code, enum qc_float type, bool reciprocal, const uint8_t *q, size_t runs,
                               size_t length, const struct qc_affine *affine, void *out) {
  uint8_t *bytes = out;
  bool shifted = affine->minval != NULL, rounds = affine->rounds_product;
  for (size_t run = 0; run < runs; run++) {
    struct lane_affine lanes = run_affine(code, affine, run);
    for (size_t i = 0; i < length; i += LANES) {
      size_t n = length - i < LANES ? length - i : LANES;
      vb codes = 0;
      if (n == LANES) {
        __builtin_memcpy(&codes, q + i, sizeof codes);
        store(type, dequantize(code, type, reciprocal, codes, lanes, shifted, rounds), bytes + i * element_size(type));
      } else {
        uint8_t tail[LANES * 4];
        __builtin_memcpy(&codes, q + i, n);
        store(type, dequantize(code, type, reciprocal, codes, lanes, shifted, rounds), tail);
        __builtin_memcpy(bytes + i * element_size(type), tail, n * element_size(type));
      }
    }
    bytes += length * element_size(type);
    q += length;
  }
}

INLINE void dequantize_lanes_as(enum qc_code code, enum qc_float type, bool reciprocal, const uint8_t *q, size_t lanes,
                                const struct qc_affine *affine, void *out) {
  uint8_t *bytes = out;
  bool shifted = affine->minval != NULL, rounds = affine->rounds_product;
  for (size_t i = 0; i < lanes; i += LANES) {
    size_t n = lanes - i < LANES ? lanes - i : LANES;
    vb codes = 0;
    uint8_t tail[LANES * 4];
    __builtin_memcpy(&codes, q + i, n);
    store(type, dequantize(code, type, reciprocal, codes, lanes_affine(code, affine, i, n), shifted, rounds), tail);
    __builtin_memcpy(bytes + i * element_size(type), tail, n * element_size(type));
  }
}

// ---------------------------------------------------------------- packing

// A byte with these bits in every byte.
INLINE uint64_t everywhere(uint8_t byte) { return byte * 0x0101010101010101u; }

// The low `bits` of 8 bytes as one number, the first lowest: neighbours move together, then pairs, then fours.
INLINE uint64_t gather_bits(unsigned bits, uint64_t x) {
  x = (x & 0x00ff00ff00ff00ff) | (x & 0xff00ff00ff00ff00) >> (8 - bits);
  x = (x & 0x0000ffff0000ffff) | (x & 0xffff0000ffff0000) >> (16 - 2 * bits);
  return (x & 0xffffffff) | x >> 32 << 4 * bits;
}

// The way back.
INLINE uint64_t scatter_bits(unsigned bits, uint64_t x) {
  uint64_t fours = (1ull << 4 * bits) - 1, pairs = (1ull << 2 * bits) - 1, ones = (1ull << bits) - 1;
  x = (x & fours) | (x >> 4 * bits & fours) << 32;
  pairs |= pairs << 32;
  x = (x & pairs) | (x >> 2 * bits & pairs) << 16;
  ones |= ones << 16;
  ones |= ones << 32;
  return (x & ones) | (x >> bits & ones) << 8;
}

INLINE void pack_as(unsigned bits, bool is_offset, const uint8_t *codes, size_t count, uint8_t *out, size_t size) {
  uint64_t mask = everywhere((uint8_t)((1u << bits) - 1)), offset = everywhere(is_offset ? (uint8_t)(1u << (bits - 1)) : 0);
  size_t i = 0, end = 0;
  for (; i + 8 <= count; i += 8, end += bits) {
    uint64_t x;
    __builtin_memcpy(&x, codes + i, 8);
    x = gather_bits(bits, (x ^ offset) & mask);
    __builtin_memcpy(out + end, &x, bits);
  }
  if (i < count) {
    uint64_t x = 0;
    __builtin_memcpy(&x, codes + i, count - i);
    // The bits beyond the last code stay zero.
    x = (x ^ offset) & mask & (~0ull >> 8 * (8 - (count - i)));
    x = gather_bits(bits, x);
    size_t bytes = ((count - i) * bits + 7) / 8;
    __builtin_memcpy(out + end, &x, bytes);
    end += bytes;
  }
  if (end < size) __builtin_memset(out + end, 0, size - end);
}

INLINE void unpack_as(unsigned bits, bool is_offset, bool is_signed, const uint8_t *packed, size_t count, uint8_t *codes) {
  uint64_t sign = everywhere((uint8_t)(1u << (bits - 1)));
  uint64_t low = everywhere((uint8_t)((1u << bits) - 1));
  for (size_t i = 0; i < count; i += 8, packed += bits) {
    size_t n = count - i < 8 ? count - i : 8;
    uint64_t x = 0;
    __builtin_memcpy(&x, packed, (n * bits + 7) / 8);
    x = scatter_bits(bits, x);
    // What is signed and stored as it is has its sign in the highest bit; an offset one has the opposite.
    if (is_offset) x ^= sign;
    if (is_signed) x |= ((x & sign) >> (bits - 1)) * 0xffu & ~low;
    __builtin_memcpy(codes + i, &x, n);
  }
}

#define FOR_BITS(bits, call)                                                   \
  switch (bits) {                                                              \
    case 1: { enum { B = 1 }; call; break; }                                   \
    case 2: { enum { B = 2 }; call; break; }                                   \
    case 3: { enum { B = 3 }; call; break; }                                   \
    case 4: { enum { B = 4 }; call; break; }                                   \
    case 5: { enum { B = 5 }; call; break; }                                   \
    case 6: { enum { B = 6 }; call; break; }                                   \
    case 7: { enum { B = 7 }; call; break; }                                   \
    case 8: { enum { B = 8 }; call; break; }                                   \
  }

static void pack(unsigned bits, bool is_offset, const uint8_t *codes, size_t count, uint8_t *out, size_t size) {
  if (bits == 4) {
    size_t whole = count / (2 * LANES) * (2 * LANES);
    uint8_t offset = is_offset ? 8 : 0;
    for (size_t i = 0; i < whole; i += 2 * LANES) {
      vb2 pair;
      __builtin_memcpy(&pair, codes + i, sizeof pair);
      pair ^= offset;
      vb byte = (pair.even & 15) | pair.odd << 4;
      __builtin_memcpy(out + i / 2, &byte, sizeof byte);
    }
    codes += whole;
    count -= whole;
    out += whole / 2;
    size -= whole / 2;
  }
  FOR_BITS(bits, pack_as(B, is_offset, codes, count, out, size))
}

static void unpack(unsigned bits, bool is_offset, bool is_signed, const uint8_t *packed, size_t count, uint8_t *codes) {
  FOR_BITS(bits, unpack_as(B, is_offset, is_signed, packed, count, codes))
}

// ---------------------------------------------------------------- one function per type and code

#define FOR_FLOAT(type, call)                                                  \
  switch (type) {                                                              \
    case QC_F32: { enum { T = QC_F32 }; call; break; }                         \
    case QC_F16: { enum { T = QC_F16 }; call; break; }                         \
    case QC_BF16: { enum { T = QC_BF16 }; call; break; }                       \
  }

#define FOR_CODE(code, call)                                                   \
  switch (code) {                                                              \
    case QC_I8: { enum { C = QC_I8 }; call; break; }                           \
    case QC_U8: { enum { C = QC_U8 }; call; break; }                           \
    case QC_E4M3: { enum { C = QC_E4M3 }; call; break; }                       \
    case QC_E5M2: { enum { C = QC_E5M2 }; call; break; }                       \
    case QC_E2M1: { enum { C = QC_E2M1 }; call; break; }                       \
    case QC_E2M1_AS_E4M3: { enum { C = QC_E2M1_AS_E4M3 }; call; break; }       \
  }

#define FOR_SCALING(affine, call)                                              \
  if ((affine)->reciprocal) { enum { R = true }; call }                        \
  else { enum { R = false }; call }

static bool range_runs(enum qc_float type, const void *x, size_t runs, size_t length, float *min, float *max) {
  FOR_FLOAT(type, return range_runs_of(T, x, runs, length, min, max))
  return false;
}

static bool range_lanes(enum qc_float type, const void *x, size_t lanes, float *min, float *max) {
  FOR_FLOAT(type, return range_lanes_of(T, x, lanes, min, max))
  return false;
}

static bool qparams(const struct qc_rule *rule, size_t count, const float *min, const float *max,
                    float *scale, int32_t *zero, float *minval) {
  FOR_FLOAT(rule->precision, return qparams_in(T, rule, count, min, max, scale, zero, minval))
  return false;
}

static void quantize_runs(enum qc_float type, enum qc_code code, const void *x, size_t runs, size_t length,
                          const struct qc_affine *affine, uint8_t *out) {
  FOR_FLOAT(type, FOR_SCALING(affine, FOR_CODE(code, quantize_runs_as(T, C, R, x, runs, length, affine, out))))
}

static void quantize_lanes(enum qc_float type, enum qc_code code, const void *x, size_t lanes,
                           const struct qc_affine *affine, uint8_t *out) {
  FOR_FLOAT(type, FOR_SCALING(affine, FOR_CODE(code, quantize_lanes_as(T, C, R, x, lanes, affine, out))))
}

static void dequantize_runs(enum qc_code code, enum qc_float type, const uint8_t *q, size_t runs, size_t length,
                            const struct qc_affine *affine, void *out) {
  FOR_FLOAT(type, FOR_SCALING(affine, FOR_CODE(code, dequantize_runs_as(C, T, R, q, runs, length, affine, out))))
}

static void dequantize_lanes(enum qc_code code, enum qc_float type, const uint8_t *q, size_t lanes,
                             const struct qc_affine *affine, void *out) {
  FOR_FLOAT(type, FOR_SCALING(affine, FOR_CODE(code, dequantize_lanes_as(C, T, R, q, lanes, affine, out))))
}

static void narrow(enum qc_float type, const float *x, size_t count, void *out) {
  uint8_t *bytes = out;
  for (size_t i = 0; i < count; i += LANES) {
    size_t n = count - i < LANES ? count - i : LANES;
    vf value = 0;
    uint8_t tail[LANES * 4];
    __builtin_memcpy(&value, x + i, n * sizeof *x);
    FOR_FLOAT(type, store(T, value, tail))
    __builtin_memcpy(bytes + i * element_size(type), tail, n * element_size(type));
  }
}

static void widen(enum qc_float type, const void *x, size_t count, float *out) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < count; i += LANES) {
    size_t n = count - i < LANES ? count - i : LANES;
    vf value = 0;
    uint8_t tail[LANES * 4] = {0};
    __builtin_memcpy(tail, bytes + i * element_size(type), n * element_size(type));
    FOR_FLOAT(type, value = load(T, tail))
    __builtin_memcpy(out + i, &value, n * sizeof *out);
  }
}

// ---------------------------------------------------------------- errors

INLINE double lane_sum(vf lanes) {
  double sum = 0;
  for (int i = 0; i < LANES; i++) sum += lanes[i];
  return sum;
}

// Whether float32 has room for a sum of squares and for what it is made of.
INLINE bool is_exact_enough(double sum) { return sum == 0 || (sum > 1e-30 && sum < 1e30); }

INLINE void errors_of_block(enum qc_float type, const uint8_t *x, const float *values, const uint8_t *codes,
                            size_t count, uint8_t lowest, uint8_t highest, struct qc_errors *sums) {
  vf error = 0, signal = 0, value = 0, product = 0, largest = 0;
  vi clipped = 0;
  for (size_t i = 0; i < count; i += LANES) {
    size_t n = count - i < LANES ? count - i : LANES;
    vf original, stored = 0;
    vb code = 0;
    if (n == LANES) {
      original = load(type, x + i * element_size(type));
      __builtin_memcpy(&stored, values + i, sizeof stored);
      __builtin_memcpy(&code, codes + i, sizeof code);
    } else {
      // Zeros beyond the end add nothing: no zero is beyond a zero.
      uint8_t tail[LANES * 4] = {0};
      __builtin_memcpy(tail, x + i * element_size(type), n * element_size(type));
      original = load(type, tail);
      __builtin_memcpy(&stored, values + i, n * sizeof *values);
      __builtin_memcpy(&code, codes + i, n);
    }
    vf difference = original - stored;
    error += difference * difference;
    signal += original * original;
    value += stored * stored;
    product += original * stored;
    largest = larger(largest, as_float(as_bits(difference) & 0x7fffffff));
    vi wide = __builtin_convertvector(code, vi);
    clipped -= ((wide == (vi)highest) & (difference > 0)) | ((wide == (vi)lowest) & (difference < 0));
  }
  sums->clipped += (size_t)__builtin_reduce_add(clipped);
  double most = __builtin_reduce_max(largest);
  sums->largest = most > sums->largest ? most : sums->largest;
  struct qc_errors block = {lane_sum(error), lane_sum(signal), lane_sum(value), lane_sum(product), 0, 0};
  if (!is_exact_enough(block.squared_error) || !is_exact_enough(block.squared_signal) || block.squared_error == 0) {
    block = (struct qc_errors){0};
    for (size_t i = 0; i < count; i++) {
      uint8_t one[LANES * 4] = {0};
      __builtin_memcpy(one, x + i * element_size(type), element_size(type));
      double original = load(type, one)[0], stored = values[i];
      block.squared_error += (original - stored) * (original - stored);
      block.squared_signal += original * original;
      block.squared_value += stored * stored;
      block.product += original * stored;
    }
  }
  sums->squared_error += block.squared_error;
  sums->squared_signal += block.squared_signal;
  sums->squared_value += block.squared_value;
  sums->product += block.product;
}

static void errors(enum qc_float type, const void *x, const float *values, const uint8_t *codes, size_t count,
                   uint8_t lowest, uint8_t highest, struct qc_errors *sums) {
  const uint8_t *bytes = x;
  for (size_t i = 0; i < count; i += 1024) {
    size_t n = count - i < 1024 ? count - i : 1024;
    FOR_FLOAT(type, errors_of_block(T, bytes + i * element_size(T), values + i, codes + i, n, lowest, highest, sums);)
  }
}

#define NAME_(set) #set
#define NAME(set) NAME_(set)
#define TABLE_(set) qc_kernels_##set
#define TABLE(set) TABLE_(set)

const struct qc_kernels TABLE(QC_SET) = {
    .name = NAME(QC_SET),
    .range_runs = range_runs,
    .range_lanes = range_lanes,
    .qparams = qparams,
    .quantize_runs = quantize_runs,
    .quantize_lanes = quantize_lanes,
    .dequantize_runs = dequantize_runs,
    .dequantize_lanes = dequantize_lanes,
    .pack = pack,
    .unpack = unpack,
    .errors = errors,
    .narrow = narrow,
    .widen = widen,
};

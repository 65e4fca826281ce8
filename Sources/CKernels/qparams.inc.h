// From ranges to quantization parameters.

// Round half to even for |value| < 2^22: the sum has a unit in the last place of 1.
INLINE vf round_even(vf value) { return value + 12582912.0f - 12582912.0f; }

// Round half to even for any value: from 2^23 on all are whole.
INLINE vf round_whole(vf value) {
  vu bits = as_bits(value);
  vf anchor = as_float((bits & 0x80000000u) | 0x4b000000u);
  return (bits & 0x7fffffff) < 0x4b000000u ? value + anchor - anchor : value;
}

// The value, or +0 where it is not negative. On the bits: for floats, arm64 compilers take an instruction
// that keeps -0.
INLINE vf at_most_zero(vf value) {
  vi bits = __builtin_bit_cast(vi, value);
  bits = bits < 0 && bits != INT32_MIN ? bits : 0;
  return __builtin_bit_cast(vf, bits);
}

INLINE vf absolute(vf value) { return as_float(as_bits(value) & 0x7fffffff); }

INLINE vi exponent_of(vf value) { return __builtin_bit_cast(vi, value) >> 23 & 0xff; }

INLINE vi at_least(vi value, int32_t bound) { return value < bound ? (vi)bound : value; }

// The biased exponent of the power of two that is the magnitude's after a quarter of its own is added, or
// `zero` for 0; in the bits of the precision, as compressed-tensors computes.
INLINE vi ct_exponent(enum qc_float type, vf magnitude, int32_t target) {
  if (type != QC_F16) {
    vu bits = as_bits(magnitude) + (1u << 21);
    return at_least(__builtin_bit_cast(vi, bits >> 23) - target, 0);
  }
  vi half = __builtin_convertvector(narrow_half(magnitude), vi);
  vi exponent = (half + (1 << 8)) >> 10;
  // float16 has no 2^-127, so a scale of 1 takes its place.
  return exponent == 0 ? (vi)127 : exponent + 112 - target;
}

// The biased exponent of ceil(log2(value)), for 0 that of 1, at least 0.
INLINE vi ceiling_exponent(vf value) {
  vi bits = __builtin_bit_cast(vi, value);
  vi exponent = (bits >> 23) + ((bits & 0x7fffff) != 0 ? (vi)1 : (vi)0);
  exponent = bits <= 0x400000 ? (vi)0 : exponent;
  return bits == 0 ? (vi)127 : exponent;
}

// The biased exponent of floor(log2(value)) with the logarithm rounded to float32 first: just below a power of
// two, k, it is rounded up to k if the distance is less than half a step of the floats there.
INLINE vi logarithm_exponent(vf value) {
  vi bits = __builtin_bit_cast(vi, value);
  vi exponent = bits >> 23, distance = 0x800000 - (bits & 0x7fffff);
  vi next = exponent - 126;
  vi above = next > 0 ? (vi)1 : (vi)0;
  vi steps = __builtin_bit_cast(vi, __builtin_convertvector(next < 0 ? -next : next - above, vf));
  // floor(ln 2 * 2^j), where 2^j is the largest power of two up to the logarithm's magnitude.
  vi power = at_least((steps >> 23) - 126, 0);
  vi reach = (45426 << power) >> 17;
  return exponent + (distance <= reach ? (vi)1 : (vi)0);
}

// Parameters of 16 groups; returns the bits of what has to be finite, without the sign.
INLINE vu qparams_of(enum qc_float type, const struct qc_rule *rule, vf low, vf high,
                     vf *scale, vi *zero, vf *minval) {
  bool widens = rule->kind < QC_RULE_MLX_AFFINE;
  low = rule->has_low ? (vf)rule->low : widens ? at_most_zero(low) : low;
  high = rule->has_high ? (vf)rule->high : widens ? larger(high, 0.0f) : high;
  vf magnitude = larger(absolute(low), absolute(high));
  float steps = rule->quant_max - rule->quant_min;
  *zero = rule->zero_point;
  *minval = 0;
  switch (rule->kind) {
    case QC_RULE_SYMMETRIC: {
      vf quotient = rounded(type, magnitude / rule->half_steps);
      quotient = quotient == 0 ? (vf)rule->zero_scale : quotient;
      *scale = larger(quotient, rule->least_scale);
      *minval = -magnitude;
      break;
    }
    case QC_RULE_ASYMMETRIC: {
      vf span = rounded(type, high - low);
      *scale = larger(rounded(type, span / steps), rule->least_scale);
      vf point = rounded(type, rule->quant_min - round_even(rounded(type, low / *scale)));
      point = smaller(larger(point, rule->quant_min), rule->quant_max);
      *zero = __builtin_convertvector(point, vi);
      *minval = low;
      break;
    }
    case QC_RULE_POWER_OF_TWO:
      *scale = power_of_two(at_least(exponent_of(magnitude) - rule->target_exponent, 1));
      return as_bits(magnitude);
    case QC_RULE_CT_ASYMMETRIC: {
      vf quotient = rounded(type, rounded(type, high - low) / steps);
      vf point = rounded(type, rule->quant_min - rounded(type, low / quotient));
      point = round_even(smaller(larger(point, rule->quant_min), rule->quant_max));
      // 0 / 0: the library converts a NaN to an integer.
      vi whole = __builtin_convertvector(point, vi);
      whole = quotient == 0 ? whole & (low != 0) : whole;
      *zero = whole;
      *scale = quotient == 0 ? (vf)rule->zero_scale : quotient;
      *minval = low;
      break;
    }
    case QC_RULE_CT_MX:
      *scale = power_of_two(ct_exponent(type, magnitude, rule->target_exponent));
      break;
    case QC_RULE_CT_NVFP4: {
      vf value = e4m3_value(e4m3_of(rule->global * rounded(type, magnitude / rule->half_steps)));
      *scale = value == 0 ? (vf)rule->zero_scale : value;
      break;
    }
    case QC_RULE_MLX_AFFINE: {
      vf is_low = absolute(low) > absolute(high) ? (vf)1 : (vf)0;
      vf step = larger((high - low) / steps, rule->least_scale);
      step = is_low != 0 ? step : -step;
      vf edge = is_low != 0 ? low : high;
      vf code = round_whole(edge / step);
      *scale = code != 0 ? edge / code : step;
      *minval = code != 0 ? edge : (vf)0;
      break;
    }
    case QC_RULE_MLX_MX:
      *scale = power_of_two(ceiling_exponent(rounded(type, magnitude / rule->half_steps)));
      break;
    case QC_RULE_MLX_NVFP4:
      *scale = e4m3_value(e4m3_of(rounded(type, magnitude / rule->half_steps)));
      break;
    case QC_RULE_GGUF_EXTREME: {
      vf extreme = -low > high ? low : high;
      *scale = extreme / -rule->half_steps;
      break;
    }
    case QC_RULE_GGUF_MINIMUM:
      *scale = (high - low) / steps;
      // A zero has no sign, whichever of them comes first.
      *minval = low + 0.0f;
      break;
    case QC_RULE_GGUF_MX:
      *scale = power_of_two(at_least(logarithm_exponent(magnitude) - rule->target_exponent, 0));
      break;
  }
  return as_bits(*scale) & 0x7fffffff;
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

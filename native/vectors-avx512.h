// Vectors of 16 for processors with AVX-512 and VNNI.
#pragma once

#include <immintrin.h>

#include <cstdint>

namespace {

struct Vector {
  static constexpr int lanes = 16;
  using Floats = __m512;
  using Integers = __m512i;

  static Floats load(const float* from) { return _mm512_loadu_ps(from); }
  static void store(float* to, Floats value) { _mm512_storeu_ps(to, value); }
  static Integers load(const int32_t* from) { return _mm512_loadu_si512(from); }
  static Floats broadcast(float value) { return _mm512_set1_ps(value); }
  static Floats add(Floats a, Floats b) { return _mm512_add_ps(a, b); }
  static Floats subtract(Floats a, Floats b) { return _mm512_sub_ps(a, b); }
  static Floats multiply(Floats a, Floats b) { return _mm512_mul_ps(a, b); }
  /** a * b + c */
  static Floats fused(Floats a, Floats b, Floats c) { return _mm512_fmadd_ps(a, b, c); }
  static Floats maximum(Floats a, Floats b) { return _mm512_max_ps(a, b); }
  /** value within [-most, most]: the lesser magnitude with the sign of the value */
  static Floats clamp(Floats value, Floats most) { return _mm512_range_ps(value, most, 0b0010); }
  static Floats absolute(Floats value) { return _mm512_abs_ps(value); }
  static float sum(Floats value) { return _mm512_reduce_add_ps(value); }
  static float largest(Floats value) { return _mm512_reduce_max_ps(value); }
  static Floats toFloats(Integers value) { return _mm512_cvtepi32_ps(value); }

  static Floats reciprocal(Floats value) {
    const Floats guess = _mm512_rcp14_ps(value);  // One step of Newton's: 28 bits.
    return multiply(guess, _mm512_fnmadd_ps(value, guess, broadcast(2)));
  }
  static Floats round(Floats value) {
    return _mm512_roundscale_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  }
  /** value * 2^exponent, for whole exponents */
  static Floats scale(Floats value, Floats exponent) { return _mm512_scalef_ps(value, exponent); }

  /** sums[i] + the products of four unsigned activations, the same for all, and four weights of column i */
  static Integers dot(Integers sums, int32_t activations, Integers weights) {
    return _mm512_dpbusd_epi32(sums, _mm512_set1_epi32(activations), weights);
  }
  /** Rounded values within [-127, 127], as bytes with 128 for zero. */
  static void storeBytes(uint8_t* to, Floats value) {
    const Integers shifted = _mm512_add_epi32(_mm512_cvtps_epi32(value), _mm512_set1_epi32(128));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(shifted));
  }
};

}  // namespace

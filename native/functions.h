// Functions of vectors: exponentials and what the gates need of them, written over the vectors of one instruction set.
#pragma once

namespace {

using Floats = Vector::Floats;
using Integers = Vector::Integers;

constexpr int LANES = Vector::lanes;
constexpr float LOG2_E = 1.44269504088896341f;
/** Of powers of two: beyond it a sigmoid is 0 or 1 in float32, and the square of 2^40 is still a number. */
constexpr float SATURATED = 40;
/** 2^x within [-1/2, 1/2], interpolated at the zeros of the sixth Chebyshev polynomial. */
constexpr float POLYNOMIAL[] = {1.0f,           0.693147188f,  0.240221075f,
                               0.0555035711f, 0.00967603192f, 0.00133908634f};

/**
 * 2^value of each value: a power of two times a polynomial of what is left, which is off by 1 in 8 million at most.
 * Each operation is done to all of them before the next one, which waits for it.
 */
template <int COUNT>
inline void powersOfTwo(Floats (&values)[COUNT]) {
  const Floats most = Vector::broadcast(SATURATED);
  Floats exponents[COUNT];
  Floats rests[COUNT];
#pragma GCC unroll 8
  for (int i = 0; i < COUNT; i++) rests[i] = Vector::clamp(values[i], most);
#pragma GCC unroll 8
  for (int i = 0; i < COUNT; i++) exponents[i] = Vector::round(rests[i]);
#pragma GCC unroll 8
  for (int i = 0; i < COUNT; i++) rests[i] = Vector::subtract(rests[i], exponents[i]);
#pragma GCC unroll 8
  for (int i = 0; i < COUNT; i++) values[i] = Vector::broadcast(POLYNOMIAL[5]);
#pragma GCC unroll 8
  for (int power = 4; power >= 0; power--) {
#pragma GCC unroll 8
    for (int i = 0; i < COUNT; i++)
      values[i] = Vector::fused(values[i], rests[i], Vector::broadcast(POLYNOMIAL[power]));
  }
#pragma GCC unroll 8
  for (int i = 0; i < COUNT; i++) values[i] = Vector::scale(values[i], exponents[i]);
}

inline Floats exponential(Floats value) {
  Floats values[] = {Vector::multiply(value, Vector::broadcast(LOG2_E))};
  powersOfTwo(values);
  return values[0];
}

/** sigmoid(gate) * tanh(value) = (1 - exp(-2 value)) / ((1 + exp(-gate)) (1 + exp(-2 value))), of the two powers */
inline Floats gatedTanh(Floats ofGate, Floats ofValue) {
  const Floats one = Vector::broadcast(1);
  const Floats divisor = Vector::multiply(Vector::add(one, ofGate), Vector::add(one, ofValue));
  return Vector::multiply(Vector::subtract(one, ofValue), Vector::reciprocal(divisor));
}

}  // namespace

// The network, written over the vectors of one instruction set: included by one file for each, after its vectors.
//
// Nothing here, nor in what it includes, may use templates or inline functions of the C++ library: the linker keeps one
// copy of each, and that could be the one with instructions that the machine lacks. What is defined here is unnamed, so
// each file has its own.
#pragma once

#include "weights.h"

namespace {

using sentiflux::Batch;
using sentiflux::Kernel;
using sentiflux::NetworkWeights;

constexpr int DIRECTIONS = 2;
constexpr int LABELS = 3;
/** Rows that are scored together: enough to use a tile of weights often while it lies in the first cache. */
constexpr int BLOCK_ROWS = 48;
/** Rows whose gates are summed up together: as many sums as there are registers for. */
constexpr int TILE_ROWS = LANES == 16 ? 6 : 2;

/** What a step of one direction reads of a row, and where in `states` it writes. */
struct Place {
  const uint8_t* input;  // of its token
  float input_scale;
  size_t state;
};

/** The weights in this instruction set's layout, and what a block of rows needs. */
struct Network {
  int units;  // of a direction, in whole vectors
  EmbeddingTable table;
  Direction directions[DIRECTIONS];
  Array<float> output;  // [maximum or attended, direction, label, units]
  float output_bias[LABELS];
  Place places[BLOCK_ROWS];  // of one step
  Array<uint8_t> hidden[2];  // [rows, units]: of the step before, and of this one
  Array<float> cells;        // [rows, units]
  Array<float> states;       // [direction, rows, width, units]
  Array<float> shares;       // [width]: the attention of one row
};

/** The rows of a batch that are scored together, the longest first. */
struct Block {
  const Batch& batch;
  int first;
  int rows;
  int width;

  int row(int i) const { return batch.order[first + i]; }
  int length(int i) const { return batch.lengths[row(i)]; }
  int token(int i, int position) const { return batch.tokens[static_cast<size_t>(row(i)) * batch.width + position]; }
};

void findPlaces(Network& network, const Block& block, int which, int step, int active) {
  const EmbeddingTable& table = network.table;
  for (int row = 0; row < active; row++) {
    const int position = which == 0 ? step : block.length(row) - 1 - step;
    const size_t token = block.token(row, position);
    const size_t place = (static_cast<size_t>(which) * BLOCK_ROWS + row) * block.width + position;
    network.places[row] = {table.values + token * table.bytes, table.scales[token], place * network.units};
  }
}

/**
 * sums[row][gate] of the products of each row's bytes and a tile of weights, from the tile's start on. Unrolled whole,
 * so that the sums stay in registers.
 */
template <int ROWS>
inline void multiply(const uint8_t* const (&bytes)[ROWS], const PackedMatrix& matrix, int tile,
                     Integers (&result)[ROWS][GATES]) {
  const int32_t* start = matrix.start + static_cast<size_t>(tile) * GATES * LANES;
  Integers sums[ROWS][GATES];
#pragma GCC unroll 8
  for (int row = 0; row < ROWS; row++) {
#pragma GCC unroll 8
    for (int gate = 0; gate < GATES; gate++) sums[row][gate] = Vector::load(start + gate * LANES);
  }
  const int8_t* weights = matrix.ofTile(tile);
  for (int group = 0; group < matrix.groups; group++) {
    Integers ofGate[GATES];
#pragma GCC unroll 8
    for (int gate = 0; gate < GATES; gate++)
      ofGate[gate] = Vector::load(reinterpret_cast<const int32_t*>(weights + gate * LANES * GROUP));
    weights += GATES * LANES * GROUP;
#pragma GCC unroll 8
    for (int row = 0; row < ROWS; row++) {
      int32_t activations;
      std::memcpy(&activations, bytes[row] + group * GROUP, GROUP);
#pragma GCC unroll 8
      for (int gate = 0; gate < GATES; gate++)
        sums[row][gate] = Vector::dot(sums[row][gate], activations, ofGate[gate]);
    }
  }
#pragma GCC unroll 8
  for (int row = 0; row < ROWS; row++) {
#pragma GCC unroll 8
    for (int gate = 0; gate < GATES; gate++) result[row][gate] = sums[row][gate];
  }
}

/** Where the quantised states of a step of one direction come from and go to, [rows, units]. */
struct Step {
  const Direction& direction;
  const uint8_t* before;
  uint8_t* after;
};

/** Cells and states of a tile of rows and a tile of units, from their gates. */
template <int ROWS>
inline void moveOn(Network& network, const Step& step, int firstRow, int tile, const Floats (&gates)[ROWS][GATES]) {
  const Floats one = Vector::broadcast(1);
  const Floats ofSigmoid = Vector::broadcast(-LOG2_E);
  const Floats ofTanh = Vector::broadcast(-2 * LOG2_E);
  const size_t place = static_cast<size_t>(firstRow) * network.units + tile * LANES;
  Floats outputs[ROWS];
  Floats states[ROWS];
  for (int i = 0; i < ROWS; i++) {
    const auto& [input, candidate, forget, output] = gates[i];
    Floats powers[] = {Vector::multiply(input, ofSigmoid), Vector::multiply(candidate, ofTanh),
                       Vector::multiply(forget, ofSigmoid), Vector::multiply(output, ofSigmoid)};
    powersOfTwo(powers);
    float* cells = network.cells + place + i * network.units;
    const Floats kept = Vector::reciprocal(Vector::add(one, powers[2]));
    const Floats cell = Vector::fused(kept, Vector::load(cells), gatedTanh(powers[0], powers[1]));
    Vector::store(cells, cell);
    states[i] = Vector::multiply(cell, ofTanh);
    outputs[i] = powers[3];
  }
  powersOfTwo(states);
  for (int i = 0; i < ROWS; i++) {
    const Floats state = gatedTanh(outputs[i], states[i]);
    Vector::storeBytes(step.after + place + i * network.units, Vector::multiply(state, Vector::broadcast(LARGEST)));
    Vector::store(network.states + network.places[firstRow + i].state + tile * LANES, state);
  }
}

/** One step of a tile of rows and a tile of units. */
template <int ROWS>
void stepTile(Network& network, const Step& step, int firstRow, int tile) {
  const auto& [input, recurrent, bias, attention] = step.direction;
  const Place* places = network.places + firstRow;
  const uint8_t* inputs[ROWS];
  const uint8_t* states[ROWS];
  for (int i = 0; i < ROWS; i++) {
    inputs[i] = places[i].input;
    states[i] = step.before + static_cast<size_t>(firstRow + i) * network.units;
  }

  const size_t column = static_cast<size_t>(tile) * GATES * LANES;
  Integers sums[ROWS][GATES];
  Floats gates[ROWS][GATES];
  multiply<ROWS>(inputs, input, tile, sums);
  for (int gate = 0; gate < GATES; gate++) {
    const Floats scales = Vector::load(input.scales + column + gate * LANES);
    const Floats biases = Vector::load(bias + column + gate * LANES);
    for (int i = 0; i < ROWS; i++) {
      const Floats scale = Vector::multiply(scales, Vector::broadcast(places[i].input_scale));
      gates[i][gate] = Vector::fused(Vector::toFloats(sums[i][gate]), scale, biases);
    }
  }
  multiply<ROWS>(states, recurrent, tile, sums);
  for (int gate = 0; gate < GATES; gate++) {
    const Floats scales = Vector::load(recurrent.scales + column + gate * LANES);
    for (int i = 0; i < ROWS; i++)
      gates[i][gate] = Vector::fused(Vector::toFloats(sums[i][gate]), scales, gates[i][gate]);
  }
  moveOn<ROWS>(network, step, firstRow, tile, gates);
}

/** The same for a number of rows that is known at run time only: at most those of a tile. */
template <int ROWS = TILE_ROWS>
void stepRows(Network& network, const Step& step, int firstRow, int rows, int tile) {
  if (rows == ROWS) stepTile<ROWS>(network, step, firstRow, tile);
  else if constexpr (ROWS > 1) stepRows<ROWS - 1>(network, step, firstRow, rows, tile);
}

/** The states of one direction at all steps. */
void runDirection(Network& network, const Block& block, int which) {
  const size_t values = static_cast<size_t>(block.rows) * network.units;
  std::memset(network.cells.values, 0, values * sizeof(float));
  std::memset(network.hidden[0].values, ZERO, values);
  int active = block.rows;
  for (int number = 0; number < block.width; number++) {
    while (active > 0 && block.length(active - 1) <= number) active--;
    findPlaces(network, block, which, number, active);
    const auto& hidden = network.hidden;
    const Step step{network.directions[which], hidden[number % 2].values, hidden[(number + 1) % 2].values};
    for (int tile = 0; tile < network.units / LANES; tile++) {
      for (int first = 0; first < active; first += TILE_ROWS) {
        const int rows = active - first < TILE_ROWS ? active - first : TILE_ROWS;
        stepRows(network, step, first, rows, tile);
      }
    }
  }
}

/** The attention's score of each of a row's states. */
void scoreStates(Network& network, const float* const (&states)[DIRECTIONS], int length) {
  for (int step = 0; step < length; step++) {
    Floats sum = Vector::broadcast(0);
    for (int which = 0; which < DIRECTIONS; which++) {
      const float* attention = network.directions[which].attention.values;
      const float* state = states[which] + static_cast<size_t>(step) * network.units;
      for (int unit = 0; unit < network.units; unit += LANES)
        sum = Vector::fused(Vector::load(state + unit), Vector::load(attention + unit), sum);
    }
    network.shares[step] = Vector::sum(sum);
  }
}

/** The softmax over time of scores, in their place. */
void softmax(float* scores, int length) {
  float largest = scores[0];
  for (int step = 1; step < length; step++) largest = scores[step] > largest ? scores[step] : largest;
  alignas(64) float part[LANES];
  float sum = 0;
  for (int step = 0; step < length; step += LANES) {
    const int count = length - step < LANES ? length - step : LANES;
    for (int i = 0; i < LANES; i++) part[i] = i < count ? scores[step + i] - largest : -SATURATED;
    Vector::store(part, exponential(Vector::load(part)));
    for (int i = 0; i < count; i++) sum += part[i];
    std::memcpy(scores + step, part, count * sizeof(float));
  }
  for (int step = 0; step < length; step++) scores[step] /= sum;
}

/** The maximum and the attended mean over time of a row's states, through the last layer. */
void poolRow(Network& network, const Block& block, int i, float* logits) {
  const int units = network.units;
  const int length = block.length(i);
  const float* states[DIRECTIONS];
  for (int which = 0; which < DIRECTIONS; which++)
    states[which] = network.states + (static_cast<size_t>(which) * BLOCK_ROWS + i) * block.width * units;
  scoreStates(network, states, length);
  softmax(network.shares.values, length);
  Floats sums[LABELS];
  for (int label = 0; label < LABELS; label++) sums[label] = Vector::broadcast(0);
  for (int which = 0; which < DIRECTIONS; which++) {
    for (int unit = 0; unit < units; unit += LANES) {
      Floats maximum = Vector::load(states[which] + unit);
      Floats attended = Vector::broadcast(0);
      for (int step = 0; step < length; step++) {
        const Floats state = Vector::load(states[which] + static_cast<size_t>(step) * units + unit);
        maximum = Vector::maximum(maximum, state);
        attended = Vector::fused(state, Vector::broadcast(network.shares[step]), attended);
      }
      for (int label = 0; label < LABELS; label++) {
        const float* ofMaximum = network.output + static_cast<size_t>(which * LABELS + label) * units + unit;
        const float* ofAttended = ofMaximum + DIRECTIONS * LABELS * units;
        sums[label] = Vector::fused(maximum, Vector::load(ofMaximum), sums[label]);
        sums[label] = Vector::fused(attended, Vector::load(ofAttended), sums[label]);
      }
    }
  }
  for (int label = 0; label < LABELS; label++)
    logits[block.row(i) * LABELS + label] = Vector::sum(sums[label]) + network.output_bias[label];
}

bool makeRoom(Network& network, int width) {
  // The last one that is made: where one before it could not be, all are made anew.
  if (network.shares.size >= static_cast<size_t>(width)) return true;
  return network.states.allocate(static_cast<size_t>(DIRECTIONS) * BLOCK_ROWS * width * network.units) &&
         network.shares.allocate(width);
}

bool score(Kernel* kernel, const Batch& batch, float* logits) {
  Network& network = *reinterpret_cast<Network*>(kernel);
  for (int first = 0; first < batch.rows; first += BLOCK_ROWS) {
    const int rows = batch.rows - first < BLOCK_ROWS ? batch.rows - first : BLOCK_ROWS;
    const Block block{batch, first, rows, batch.lengths[batch.order[first]]};
    if (!makeRoom(network, block.width)) return false;
    for (int which = 0; which < DIRECTIONS; which++) runDirection(network, block, which);
    for (int i = 0; i < block.rows; i++) poolRow(network, block, i, logits);
  }
  return true;
}

bool prepare(Network& network, const NetworkWeights& weights) {
  const int hidden = weights.hidden;
  network.units = static_cast<int>(roundUp(hidden, LANES));
  if (!network.table.quantise(weights.table, weights.vocabulary, weights.embedding)) return false;
  for (int which = 0; which < DIRECTIONS; which++) {
    const float* attention = weights.attention + which * hidden;
    if (!network.directions[which].pack(weights.directions[which], attention, weights.embedding, hidden)) return false;
  }
  if (!network.output.allocate(static_cast<size_t>(2) * DIRECTIONS * LABELS * network.units)) return false;
  for (int part = 0; part < 2 * DIRECTIONS; part++)
    for (int unit = 0; unit < hidden; unit++)
      for (int label = 0; label < LABELS; label++)
        network.output[(static_cast<size_t>(part) * LABELS + label) * network.units + unit] =
            weights.output_kernel[(part * hidden + unit) * LABELS + label];
  std::memcpy(network.output_bias, weights.output_bias, sizeof network.output_bias);
  const size_t values = static_cast<size_t>(BLOCK_ROWS) * network.units;
  return network.cells.allocate(values) && network.hidden[0].allocate(values) && network.hidden[1].allocate(values);
}

void destroy(Kernel* kernel) {
  reinterpret_cast<Network*>(kernel)->~Network();
  std::free(kernel);
}

Kernel* create(const NetworkWeights& weights) {
  void* memory = std::calloc(1, sizeof(Network));
  if (memory == nullptr) return nullptr;
  Kernel* kernel = static_cast<Kernel*>(memory);
  if (prepare(*static_cast<Network*>(memory), weights)) return kernel;
  destroy(kernel);
  return nullptr;
}

}  // namespace

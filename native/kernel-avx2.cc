// The vectors come first: lstm.h is written over them.
#include "vectors-avx2.h"
#include "lstm.h"

const sentiflux::KernelOperations sentiflux::avx2_kernel{"avx2", create, score, destroy};

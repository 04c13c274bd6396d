// SPDX-License-Identifier: MIT
// Trunk: settings of the transformer without its head.
#ifndef AMBIT_TRUNK_H
#define AMBIT_TRUNK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AMBIT_POSITIONS_LEARNED, AMBIT_POSITIONS_SINUSOIDAL };

/* Where the layer norms stand: before attention and MLP, with a final norm after the last layer
 * (Radford et al. 2019, §2.3), or after each sum with the residual stream, without a final norm
 * (Vaswani et al. 2017, §3.1). */
enum { AMBIT_NORM_PRE, AMBIT_NORM_POST };

enum { AMBIT_ACTIVATION_GELU, AMBIT_ACTIVATION_RELU };

enum {
    AMBIT_INITIALIZATION_GPT2,  // N(0, initializer_range); residual projections divided by √(2L)
    AMBIT_INITIALIZATION_XAVIER // uniform (Glorot & Bengio 2010, eq. 16), where query, key and
                                // value are three matrices; biases uniform over ±1/√n_in
};

typedef struct AmbitTrunkSettings {
    int64_t n_context;        // length of the position table
    int64_t n_embd;           // E, width of the residual stream
    int64_t n_layer;          // L
    int64_t n_head;           // H
    int64_t n_inner;          // width of the MLP; 0: ambit_model_inner_width
    int positions;            // AMBIT_POSITIONS_*
    int norm;                 // AMBIT_NORM_*
    int activation;           // AMBIT_ACTIVATION_* of the MLP
    bool attention_bias;      // query, key, value and output projection have biases
    int initialization;       // AMBIT_INITIALIZATION_*
    double dropout;           // probability that a training pass drops an activation
    double initializer_range; // standard deviation of matrices and embeddings at step 0 (gpt2)
} AmbitTrunkSettings;

#endif

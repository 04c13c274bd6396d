// SPDX-License-Identifier: MIT
// Shared by the formats of weights. A safetensors file holds the length of the header (64 bits,
// little endian), the header (JSON: name → dtype, shape, data_offsets [begin, end)) and the data.
#ifndef AMBIT_STORE_WEIGHTS_H
#define AMBIT_STORE_WEIGHTS_H

#include "ambit/weights.h"

enum { AMBIT_SAFETENSORS_PREFIX = 8, AMBIT_WEIGHTS_NAME = 80, AMBIT_WEIGHTS_RANK = 8 };

static const char ambit_safetensors_metadata[] = "__metadata__";

/* The shape of a tensor in a file. */
typedef struct AmbitWeightsShape {
    size_t rank, length[AMBIT_WEIGHTS_RANK];
} AmbitWeightsShape;

/* How files of one format are read. */
typedef struct AmbitWeightsFormat {
    /* Opens the file and fills in content, names, config and step. */
    AmbitStatus (*open)(AmbitWeights *file, AmbitError *error);
    /* Checks that the tensor `name` can be read, and sets its shape. */
    AmbitStatus (*shape)(const AmbitWeights *file, const char *name, AmbitWeightsShape *shape,
                         AmbitError *error);
    /* Reads the whole tensor, whose shape fits `values`. */
    AmbitStatus (*read)(const AmbitWeights *file, const char *name, AmbitReal *values,
                        AmbitError *error);
    void (*close)(void *content);
} AmbitWeightsFormat;

extern const AmbitWeightsFormat ambit_weights_safetensors, ambit_weights_hdf;

struct AmbitWeights {
    const AmbitWeightsFormat *format;
    char *path, *config; // owned; config NULL: it brings none
    int64_t step;
    size_t n_names;
    char **names;  // [n_names] owned, of all that it holds
    void *content; // the format's; NULL: not opened
    char dropped[800];
};

/* AMBIT_INVALID with the file's path before the text. */
AmbitStatus ambit_weights_invalid(const AmbitWeights *file, AmbitError *error, const char *format,
                                  ...) __attribute__((format(printf, 3, 4)));

/* Hugging Face's name of a tensor of ours. */
void ambit_weights_name(const char *ours, char name[AMBIT_WEIGHTS_NAME]);

#endif
